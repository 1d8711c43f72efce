"""On which basis may facts that name a person go to this recipient, for this purpose, on this day?

45 CFR 164.506(c) for treatment; a Consent for everybody else, and always for records of substance
use disorder programs (42 CFR 2.31) and other sensitive facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from handrail.fhir.disclosing.agreement import WRITTEN, Disclosable, disclosable
from handrail.fhir.disclosing.kinds import PART_2, UNREAD, Kind, kinds, newest
from handrail.fhir.rulebook import Rulebook

Purpose = Literal["treatment", "coordination", "service"]
RecipientKind = Literal["health-care", "community"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a disclosure rests on.

    Attributes:
        kind: ``treatment``, ``consent``, or ``none``: nothing that names the person may leave.
        consent: ``Consent/id`` of the Consent that is used; empty if none is.
        part2: records of substance use disorder programs may go with it.
        words: what it is, in a sentence.
        expires: the last day of the Consent (ISO 8601); empty: no Consent, or no end.
        kinds: the sensitive facts that may go.
        parts: the parts of the record that may go; None: all that is needed.
        to_do: what helps, where there is none or not for everything; empty: nothing is missing.
        passed_over: why other Consents of the person do not count: (``Consent/id``, words).
    """

    kind: Literal["treatment", "consent", "none"]
    consent: str = ""
    part2: bool = False
    words: str = ""
    expires: str = ""
    kinds: frozenset[str] = frozenset()
    parts: frozenset[str] | None = None
    to_do: str = ""
    passed_over: tuple[tuple[str, str], ...] = ()

    @property
    def stands(self) -> bool:
        """Tell whether facts that name the person may leave."""
        return self.kind != "none"


@dataclass(frozen=True, slots=True)
class _Asked:
    recipients: frozenset[str]
    purpose: str
    recipient_kind: str
    at: date
    about: str


def basis_for(  # noqa: PLR0913 - who, for what, when, about what: all of it decides
    consents: Iterable[Mapping[str, Any]],
    *,
    recipient: str | Collection[str],
    purpose: Purpose,
    recipient_kind: RecipientKind,
    at: date,
    rules: Rulebook,
    about: str = "",
) -> Basis:
    """Return the basis of a disclosure; pure.

    Args:
        consents: the Consents of the person, of any kind; those about others things are ignored.
        recipient: reference of who receives it, or all references of the same one (a service and
            its organization).
        purpose: what for.
        recipient_kind: whether they give health care (45 CFR 160.103) or are a community
            organization.
        at: the day it would leave.
        rules: the rule book.
        about: reference of the request it is for. A Consent that was given for other requests
            does not count.
    """
    asked = _Asked(
        frozenset({recipient} if isinstance(recipient, str) else recipient) - {""},
        purpose,
        recipient_kind,
        at,
        about,
    )
    read = [view for one in consents if (view := disclosable(one))]
    found = [(view, _refusal(view, asked)) for view in read]
    good = [view for view, refusal in found if not refusal]
    passed = tuple((view.reference, refusal) for view, refusal in found if refusal)
    best = max(good, key=lambda view: _worth(view, asked, rules), default=None)
    return _basis(best, asked, rules, passed)


def _basis(
    best: Disclosable | None,
    asked: _Asked,
    rules: Rulebook,
    passed: tuple[tuple[str, str], ...],
) -> Basis:
    treats = _treats(asked, rules)
    if best is None and not treats:
        return Basis("none", words=_NONE, to_do=_ASK, passed_over=passed)
    allowed = frozenset(_allowed(best, asked, rules))
    return Basis(
        kind="treatment" if treats else "consent",
        consent=best.reference if best else "",
        part2=PART_2 in allowed,
        words=_words(best, treats=treats),
        expires=best.ends_on if best else "",
        kinds=allowed,
        parts=None if treats or best is None else best.parts | {"request"},
        to_do="" if best else _SENSITIVE,
        passed_over=passed,
    )


_NONE = "Nothing allows that facts about this person go to this recipient."
_ASK = (
    "Ask the person, and write down what they agree to: who may know, what for, and until when. "
    "Until then only a request without name goes."
)
_SENSITIVE = "Sensitive facts are left out. They go only when the person agreed to this recipient."


def _treats(asked: _Asked, rules: Rulebook) -> bool:
    values = newest(rules, "disclosing.basis").values
    return (
        bool(asked.recipients)
        and asked.recipient_kind in values["treatment_recipients"]
        and asked.purpose in values["treatment_purposes"]
        and not values["ask_for_treatment"]
    )


def _words(best: Disclosable | None, *, treats: bool) -> str:
    agreed = f"The person agreed on {best.given_on}, until {best.ends_on}." if best else ""
    if treats:
        treated = "It is for their treatment, by somebody who gives health care."
        return f"{treated} {agreed}".strip()
    return agreed


def _refusal(view: Disclosable, asked: _Asked) -> str:
    """Return why a Consent does not count for this; empty: it does."""
    on = asked.at.isoformat()
    reasons = (
        (bool(view.revoked_on), f"It was taken back on {view.revoked_on}."),
        (not view.active, "It is not in force."),
        (not view.permits, "It has rules inside that a person has to read."),
        (not _for_them(view, asked), "It names another recipient."),
        (asked.purpose not in view.purposes, "It is for another purpose."),
        (not view.ends_on, "It does not say until when it holds."),
        (on > view.ends_on, f"It ended on {view.ends_on}."),
        (not view.holds(asked.at), f"It begins on {view.begins_on}."),
        (bool(view.about) and asked.about not in view.about, "It was given for another request."),
        (not view.sourced, "Nothing proves it: there is no paper and no note of it."),
    )
    return next((words for wrong, words in reasons if wrong), "")


def _for_them(view: Disclosable, asked: _Asked) -> bool:
    if not asked.recipients:
        return False
    if asked.recipients & view.recipients:
        return True
    wanted = {"health-care": "treating-providers", "community": "community-services"}
    return wanted.get(asked.recipient_kind, "") in view.classes


def _worth(view: Disclosable, asked: _Asked, rules: Rulebook) -> tuple[int, int, str, str]:
    """Return what puts one Consent before another: it lets more go, it is newer."""
    return (len(set(_allowed(view, asked, rules))), len(view.parts), view.given_on, view.id)


def _allowed(view: Disclosable | None, asked: _Asked, rules: Rulebook) -> Iterator[str]:
    for kind in kinds(rules).every:
        if kind.never:
            continue
        agreed = view is not None and kind.code in view.kinds and _signed(view, kind, asked, rules)
        if agreed or (not kind.needs_consent and kind.code != PART_2):
            yield kind.code
    if view is not None and UNREAD in view.kinds:
        yield UNREAD


def _signed(view: Disclosable, kind: Kind, asked: _Asked, rules: Rulebook) -> bool:
    """Tell whether a Consent is given in the form that facts of this kind need."""
    if not kind.in_writing and kind.code != PART_2:
        return True
    return view.how in WRITTEN and not missing_elements(
        view.elements, asked.recipient_kind, rules, kind=kind.code
    )


def missing_elements(
    elements: frozenset[str], recipient_kind: str, rules: Rulebook, *, kind: str = PART_2
) -> tuple[str, ...]:
    """Return what a signed paper has to say for facts of this kind and does not (42 CFR 2.31)."""
    wanted = kinds(rules).kind(kind)
    if wanted is None or not (wanted.in_writing or kind == PART_2):
        return ()
    values = newest(rules, "disclosing.agreement").values
    needed: list[str] = list(values["part2_elements"])
    if recipient_kind == "health-care":
        needed += values["part2_health_care_elements"]
    return tuple(one for one in needed if one not in elements)
