"""A contact as somebody types it in, and the words for how it was made and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from handrail.fhir.resource import Resource


class Outcome(StrEnum):
    """What came of it. The order is that of the digit keys."""

    PATIENT = "spoke-patient"
    FAMILY = "spoke-family"
    NO_ANSWER = "no-answer"
    LEFT_MESSAGE = "left-message"
    WRONG_NUMBER = "wrong-number"
    CALL_BACK = "call-back"
    STAFF = "spoke-staff"

    @property
    def two_way(self) -> bool:
        """Tell whether the patient, or who speaks for them, answered."""
        return self in {Outcome.PATIENT, Outcome.FAMILY}

    @property
    def is_attempt(self) -> bool:
        """Tell whether it counts as an attempt without reaching anybody."""
        return self in {Outcome.NO_ANSWER, Outcome.LEFT_MESSAGE, Outcome.WRONG_NUMBER}


class How(StrEnum):
    """The way a contact was made."""

    PHONE = "phone"
    VISIT = "visit"
    VIDEO = "video"
    MESSAGE = "message"
    LETTER = "letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact or attempt, as it was typed in. ``minutes`` is what is kept.

    ``id`` becomes the id of the Encounter or Communication, so the same form sent twice is one
    contact. ``again_at`` is when to call back; ``next_step`` a quick step ("pharmacy tue").
    """

    id: str
    patient: str
    outcome: Outcome
    how: How = How.PHONE
    checklist: frozenset[str] = frozenset()
    note: str = ""
    minutes: int = 1
    started_at: datetime
    by: str
    by_name: str = ""
    relative: str = ""
    again_at: datetime | None = None
    next_step: str = ""

    @property
    def ended_at(self) -> datetime:
        """Return when it ended: its start and the minutes."""
        return self.started_at + timedelta(minutes=self.minutes)

    @property
    def reference(self) -> str:
        """Return the reference of what stands for this contact in the record."""
        return f"{'Encounter' if self.outcome.two_way else 'Communication'}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a contact is decided against: the work it was made for, and the other open work.

    ``checklist`` are (code, label) of the work's kind; ``contact_kinds`` the kinds that are done
    by a contact; ``handles`` people by the word after "@" (reference, name).
    """

    task: Resource | None = None
    others: Sequence[Resource] = ()
    checklist: Sequence[tuple[str, str]] = ()
    attempts: int = 3
    contact_kinds: frozenset[str] = frozenset()
    handles: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that saving does, for the preview and for what is said afterwards.

    ``does``: contact, done, also-done, goes-on, attempt, again, another-way, number, adds, stays.
    """

    does: str
    step: str = ""
    at: datetime | None = None
    on: date | None = None
    number: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that saving a contact writes, and how it is said beforehand."""

    drafts: tuple[Resource, ...]
    lines: tuple[Line, ...]
