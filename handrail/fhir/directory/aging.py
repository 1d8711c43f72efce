"""How answers age, and what several of them say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from handrail.fhir.directory.telling import Answer, Told
from handrail.fhir.moments import day_in
from handrail.fhir.rulebook import Rulebook


class Trust(StrEnum):
    """How far what was told is relied on; shown in words, never as a number."""

    NOBODY_ASKED = "nobody-asked"
    UNSURE = "unsure"
    OLD = "old"
    CONTRADICTED = "contradicted"
    TOLD = "told"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """After how many days each kind of answer is asked for again."""

    answers: Mapping[Answer, int]
    new_patients: int
    wait: int

    @classmethod
    def of(cls, rules: Rulebook, on: date) -> Ages:
        """Return what the rule book says on that day."""
        days = rules.rule("told.takes-plan", on).values["ask_again_days"]
        return cls(
            answers={answer: int(days[answer.value]) for answer in Answer},
            new_patients=int(rules.rule("told.new-patients", on).values["ask_again_days"]),
            wait=int(rules.rule("told.wait", on).values["ask_again_days"]),
        )

    def ask_again_on(self, told: Told) -> date | None:
        """Return the day from which the answer is asked for again; None if it has no day."""
        day = day_of(told)
        return day + timedelta(days=self.answers[told.answer]) if day else None

    def is_old(self, told: Told, today: date) -> bool:
        """Tell whether one asks again before relying on the answer."""
        return _is_past(self.ask_again_on(told), today)

    def is_wait_old(self, told: Told, today: date) -> bool:
        """Tell whether the wait that was named is older than waits are relied on."""
        day = day_of(told)
        return _is_past(day and day + timedelta(days=self.wait), today)

    def is_list_old(self, told: Told, today: date) -> bool:
        """Tell whether "takes new patients" is older than that is relied on."""
        day = day_of(told)
        return _is_past(day and day + timedelta(days=self.new_patients), today)


def _is_past(on: date | None, today: date) -> bool:
    return on is None or today >= on


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What several answers about one office and one plan say together.

    ``newest`` is the one that counts, ``against`` the ones of others, not yet old, that say
    something else. Nobody said anything: ``newest`` is None.
    """

    newest: Told | None
    against: tuple[Told, ...]
    trust: Trust


def day_of(told: Told) -> date | None:
    """Return the day of an answer; None where there is none that can be meant."""
    return day_in(told.told_on)


def newest_first(every: Iterable[Told]) -> list[Told]:
    """Return answers in the order in which they are shown."""
    return sorted(every, key=lambda one: (one.told_at, one.id), reverse=True)


def standing(every: Iterable[Told], ages: Ages, today: date) -> Standing:
    """Return what the answers say together. A definite answer counts before "not sure"."""
    stand = [one for one in newest_first(every) if one.stands]
    definite = [one for one in stand if one.answer is not Answer.UNSURE]
    newest = next(iter(definite or stand), None)
    if newest is None:
        return Standing(newest=None, against=(), trust=Trust.NOBODY_ASKED)
    fresh = [one for one in definite if not ages.is_old(one, today)]
    against = tuple(one for one in fresh if one.answer is not newest.answer)
    return Standing(newest=newest, against=against, trust=_trust(newest, fresh, against))


def _trust(newest: Told, fresh: Sequence[Told], against: Sequence[Told]) -> Trust:
    if newest.answer is Answer.UNSURE:
        return Trust.UNSURE
    if newest not in fresh:
        return Trust.OLD
    if against:
        return Trust.CONTRADICTED
    days = {one.told_on for one in fresh}
    speakers = {one.told_by.casefold() for one in fresh if one.told_by}
    return Trust.AGREED if len(days) > 1 or len(speakers) > 1 else Trust.TOLD
