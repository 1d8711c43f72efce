"""What one could ask somebody else for: the needs and the steps of a person's plan. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from handrail.fhir import work
from handrail.fhir.directory.candidates import Candidate
from handrail.fhir.people import language_of, postal_code_of, spoken_name
from handrail.fhir.referring.names import PERTAINS, SDOHCC
from handrail.fhir.resource import (
    Resource,
    code_of,
    codings,
    id_of,
    reference_to,
    target_of,
    words_of,
)
from handrail.fhir.task import is_open

ROLE: Final = "urn:handrail:concern-role"
STRENGTH: Final = "protective-factor"
STEP: Final = "plan-step"
SERVICE: Final = "service"
SPECIALIST: Final = "specialist"

_OVER: Final = frozenset({"inactive", "remission", "resolved"})
_LISTED: Final = frozenset({"problem-list-item", "health-concern"})
_OPEN: Final = frozenset({"draft", "active", "on-hold"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Askable:
    """A need or a step somebody else could be asked for.

    ``reference`` is "Condition/..." or "Task/...", ``words`` what it says, ``category`` the SDOH
    category code (empty: none), ``kind`` who could do it ("service" or "specialist"), ``needs`` the
    ids of the Conditions behind it, ``goal`` the goal it serves ("Goal/..."; empty: none),
    ``behind`` what that need or goal says, ``asked`` the open requests for it already.
    """

    reference: str
    words: str
    category: str
    kind: str
    needs: tuple[str, ...]
    goal: str
    behind: str
    asked: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return what its fields are named by: the reference without a slash."""
        return self.reference.replace("/", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the record has of a person: everything this decision looks at."""

    conditions: Sequence[Resource] = ()
    goals: Sequence[Resource] = ()
    tasks: Sequence[Resource] = ()
    requests: Sequence[Resource] = ()


def askables(kept: Kept) -> list[Askable]:
    """Return the open, confirmed needs, each followed by the open steps that serve it.

    Needs of daily life come before diagnoses.
    """
    needs = [one for one in kept.conditions if is_need(one)]
    needs.sort(key=lambda one: not _category([one]))
    goals = {reference_to(goal): goal for goal in kept.goals}
    steps = [
        one
        for one in kept.tasks
        if work.kind_of(one) == STEP and is_open(str(one.get("status", "")))
    ]
    found: list[Askable] = []
    told: set[str] = set()
    for need in needs:
        found.append(_need(need, kept.requests))
        for step in steps:
            behind = _behind(step, goals)
            if str(need["id"]) in behind[1] and str(step["id"]) not in told:
                told.add(str(step["id"]))
                found.append(_step(step, behind, needs, kept.requests))
    loose = [one for one in steps if str(one["id"]) not in told]
    return [*found, *(_step(one, _behind(one, goals), needs, kept.requests) for one in loose)]


def is_need(condition: Resource) -> bool:
    """Tell whether a Condition is a confirmed, open need: no barrier, no strength, no mistake.

    What was only diagnosed during a visit and is on no list of problems is none.
    """
    categories = _categories(condition)
    listed = any(s == SDOHCC or code in _LISTED for s, code in categories)
    verified = code_of(condition.get("verificationStatus"))
    return (
        listed
        and verified in {"", "confirmed"}
        and code_of(condition.get("clinicalStatus")) not in _OVER
        and (ROLE, "barrier") not in categories
        and (SDOHCC, STRENGTH) not in categories
    )


def _categories(condition: Resource) -> set[tuple[str, str]]:
    return {pair for each in condition.get("category", ()) for pair in codings(each)}


def _category(conditions: Iterable[Resource]) -> str:
    """Return the SDOH category the conditions have; empty if they are clinical."""
    codes = (code for one in conditions for s, code in sorted(_categories(one)) if s == SDOHCC)
    return next(codes, "")


def _need(need: Resource, requests: Sequence[Resource]) -> Askable:
    category = _category([need])
    return Askable(
        reference=reference_to(need),
        words=words_of(need.get("code")),
        category=category,
        kind=SERVICE if category else SPECIALIST,
        needs=(str(need["id"]),),
        goal="",
        behind="",
        asked=_asked({str(need["id"])}, requests),
    )


def _behind(step: Resource, goals: Mapping[str, Resource]) -> tuple[str, tuple[str, ...]]:
    """Return the goal that a step serves, and the ids of the needs which that goal addresses."""
    for one in step.get("extension", ()):
        aim = target_of(one.get("valueReference")) if one.get("url") == PERTAINS else ""
        if aim in goals:
            addressed = goals[aim].get("addresses", ())
            return aim, tuple(filter(None, (id_of(each, "Condition") for each in addressed)))
    return "", ()


def _step(
    step: Resource,
    behind: tuple[str, tuple[str, ...]],
    needs: Sequence[Resource],
    requests: Sequence[Resource],
) -> Askable:
    goal, ids = behind
    mine = [one for one in needs if str(one["id"]) in ids]
    category = _category(mine)
    return Askable(
        reference=reference_to(step),
        words=str(step.get("description") or words_of(step.get("code"))),
        category=category,
        kind=SERVICE if category or not mine else SPECIALIST,
        needs=tuple(str(one["id"]) for one in mine),
        goal=goal,
        behind=", ".join(words_of(one.get("code")) for one in mine),
        asked=_asked({str(one["id"]) for one in mine}, requests),
    )


def _asked(needs: Collection[str], requests: Sequence[Resource]) -> tuple[str, ...]:
    """Return the ids of the open requests that are already made for any of the needs."""
    return tuple(
        str(request["id"])
        for request in requests
        if request.get("status") in _OPEN
        and {id_of(each, "Condition") for each in request.get("reasonReference", ())} & set(needs)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What of a person narrows the search: where, in which language, with which insurance."""

    near: str = ""
    language: str = ""
    plan: str = ""


def circumstances(person: Resource, coverages: Iterable[Resource]) -> Circumstances:
    """Return what of a person narrows the search; what the record does not say stays empty."""
    active = [one for one in coverages if one.get("status") == "active"]
    payors = (payor for one in active for payor in one.get("payor", ()))
    plan = next((str(payor["display"]) for payor in payors if payor.get("display")), "")
    return Circumstances(near=postal_code_of(person), language=language_of(person), plan=plan)


_WAYS: Final[Mapping[str, str]] = {"email": "mail", "fax": "fax", "sms": "sms", "phone": "phone"}


def receiver(resource: Resource) -> Candidate:
    """Return a service, an organization or a practice as somebody who could be asked."""
    points = (one for one in resource.get("telecom", ()) if one.get("value"))
    channels: dict[str, str] = {}
    for one in points:
        way = _WAYS.get(str(one.get("system", "")))
        if way and one.get("use") != "old":
            channels.setdefault(way, str(one["value"]))
    return Candidate(reference=reference_to(resource), name=_called(resource), channels=channels)


def _called(resource: Resource) -> str:
    """Return its own name, else that of the person and the organization behind it."""
    parties = (resource.get("practitioner"), resource.get("organization"))
    shown = [str(one["display"]) for one in parties if one and one.get("display")]
    return spoken_name(resource) or ", ".join(shown) or reference_to(resource)
