"""What a person decides about a need: it is so, it is not, it is over, in whose words, what help.

Every decision is a new version of the Condition; what it rests on stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from handrail.duties.needs.resources import (
    ASSERTED,
    CLINICAL,
    VERIFICATION,
    WISH,
    need_of,
)
from handrail.duties.needs.rules.writing import with_evidence, with_extension
from handrail.fhir.errors import IllegalMoveError, NotFoundError
from handrail.fhir.resource import Resource, concept, reference

_LONGEST: Final = 500
"""Characters of a need in somebody's words."""


class Verdict(StrEnum):
    """What a person says of one need. The wishes about help are among them: they are answers."""

    CONFIRM = "confirm"
    HELPED = "already-getting-help"
    NOT_NOW = "not-now"
    WANTS = "wants-help"
    REFUTE = "refute"
    RESOLVE = "resolve"
    WORD = "word"


WISHES: Final = frozenset({Verdict.HELPED, Verdict.NOT_NOW, Verdict.WANTS})
PUT_OFF: Final = frozenset({Verdict.HELPED, Verdict.NOT_NOW})
"""The wishes after which somebody asks again."""

_FROM: Final = {
    Verdict.CONFIRM: frozenset({"proposed", "open", "refuted", "resolved"}),
    Verdict.HELPED: frozenset({"proposed", "open"}),
    Verdict.NOT_NOW: frozenset({"proposed", "open"}),
    Verdict.WANTS: frozenset({"proposed", "open"}),
    Verdict.REFUTE: frozenset({"proposed", "open"}),
    Verdict.RESOLVE: frozenset({"open"}),
    Verdict.WORD: frozenset({"proposed", "open"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who says something of a need, and when. ``on`` is an ISO day, ``by`` a ``Type/id``."""

    verdict: Verdict
    by: str
    by_name: str
    on: str
    words: str = ""
    evidence: tuple[str, ...] = ()


def decided(condition: Resource, said: Said) -> Resource:
    """Return the Condition after what was said.

    Raises:
        NotFoundError: it is no need or strength.
        IllegalMoveError: this cannot be said of a need in its state.
    """
    need = need_of(condition)
    if need is None:
        raise NotFoundError("There is no such need or strength.")
    if need.state not in _FROM[said.verdict]:
        raise IllegalMoveError(
            f"This need is {need.state}; '{said.verdict}' cannot be said of it. Nothing was saved."
            " Look at it again: somebody may have decided meanwhile."
        )
    changed = _settled(condition, said)
    if said.words.strip():
        changed = worded(changed, said.words)
    if said.verdict in WISHES:
        changed = with_extension(changed, WISH, valueCode=said.verdict.value)
    return with_evidence(changed, said.evidence)


def _settled(condition: Resource, said: Said) -> Resource:
    if said.verdict is Verdict.WORD:
        return condition
    if said.verdict is Verdict.REFUTE:
        states = {
            "verificationStatus": concept(VERIFICATION, "refuted"),
            "clinicalStatus": concept(CLINICAL, "inactive"),
        }
        return _signed({**condition, **states}, said)
    if said.verdict is Verdict.RESOLVE:
        ended = {"clinicalStatus": concept(CLINICAL, "resolved"), "abatementDateTime": said.on}
        return {**condition, **ended}
    need = need_of(condition)
    if need is not None and need.state == "open":
        return condition
    return _confirmed(condition, said)


def _confirmed(condition: Resource, said: Said) -> Resource:
    gone = {"abatementDateTime", "abatementString"}
    kept = {name: value for name, value in condition.items() if name not in gone}
    states = {
        "verificationStatus": concept(VERIFICATION, "confirmed"),
        "clinicalStatus": concept(CLINICAL, "active"),
    }
    return _signed(with_extension({**kept, **states}, ASSERTED, valueDateTime=said.on), said)


def _signed(condition: Resource, said: Said) -> Resource:
    """Return it with who decided; the profile asks for a practitioner."""
    if not said.by.startswith("Practitioner/"):
        return condition
    return {**condition, "recorder": reference(said.by, said.by_name)}


def worded(condition: Resource, words: str) -> Resource:
    """Return the Condition in somebody's own words; its codes stay."""
    named = {key: value for key, value in condition.get("code", {}).items() if key != "_text"}
    return {**condition, "code": {**named, "text": " ".join(words.split())[:_LONGEST]}}


def fresh(sources: Iterable[str], condition: Resource) -> tuple[str, ...]:
    """Return those of ``sources`` on which the Condition does not rest yet."""
    need = need_of(condition)
    known = set(need.evidence if need else ())
    return tuple(source for source in dict.fromkeys(sources) if source not in known)
