"""A PlanDefinition, read into types: its goals, its steps, for whom it is and where it comes from.

Reading never fails over a part that is missing or malformed inside a goal or a step: what cannot
be understood is left out, and :mod:`handrail.fhir.plans.gaps` says so.

Source: http://hl7.org/fhir/R4/plandefinition.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar, Final

from handrail.fhir import text as fhir_text
from handrail.fhir.errors import HandrailError
from handrail.fhir.plans import names
from handrail.fhir.plans.plan import (
    Code,
    Expression,
    Fits,
    Plan,
    PlanGoal,
    PlanStep,
    Source,
    Target,
)
from handrail.fhir.plans.words import Words, concept_words, part, parts, text, words_of

DEEPEST: Final = 8
MOST_STEPS: Final = 500
_DAYS: Final = {
    **dict.fromkeys(("d", "day", "days"), Decimal(1)),
    **dict.fromkeys(("wk", "week", "weeks"), Decimal(7)),
    **dict.fromkeys(("mo", "month", "months"), Decimal(365) / 12),
    **dict.fromkeys(("a", "year", "years"), Decimal(365)),
    **dict.fromkeys(("h", "hour", "hours"), Decimal(1) / 24),
    **dict.fromkeys(("min", "minute", "minutes"), Decimal(1) / 1440),
}
_LONGEST: Final = 36500  # days


class UnreadablePlanError(HandrailError):
    """This is no PlanDefinition that can be worked with; the message says where."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "structure"


@lru_cache(maxsize=256)
def read_text(body: bytes) -> Plan:
    """Return the plan in the text of a PlanDefinition, as :func:`read_plan`; read once."""
    return read_plan(fhir_text.parse(body))


def read_plan(definition: Any) -> Plan:
    """Return the plan that a PlanDefinition describes.

    Raises:
        UnreadablePlanError: it is no PlanDefinition, too deep, or has too many steps.
    """
    if not isinstance(definition, Mapping) or definition.get("resourceType") != "PlanDefinition":
        raise UnreadablePlanError("This is no PlanDefinition.")
    contexts = list(parts(definition.get("useContext")))
    plan = Plan(
        id=text(definition.get("id")),
        url=text(definition.get("url")),
        version=text(definition.get("version")),
        title=_title(definition),
        status=text(definition.get("status")),
        publisher=text(definition.get("publisher")),
        about=words_of(definition, "description"),
        topics=tuple(_codes_in(parts(definition.get("topic")))),
        goals=tuple(_goals(definition)),
        steps=tuple(_steps(definition, "PlanDefinition", 1)),
        addresses=_focus(contexts),
        fits=_fits(contexts),
        sources=tuple(_sources(definition.get("relatedArtifact"))),
        barriers=tuple(_extended(definition, names.BARRIER)),
        reviewed_on=text(definition.get("lastReviewDate")),
        effective=_effective(definition),
    )
    if sum(1 for _ in plan.walk()) > MOST_STEPS:
        raise UnreadablePlanError(f"This plan has more than {MOST_STEPS} steps. Divide it.")
    return plan


def _title(definition: Mapping[str, Any]) -> Words:
    found = (words_of(definition, name) for name in ("title", "name", "url"))
    return next((one for one in found if one.text), Words("Plan"))


def _effective(definition: Mapping[str, Any]) -> tuple[str, str]:
    period = part(definition.get("effectivePeriod"))
    return text(period.get("start")), text(period.get("end"))


def _goals(definition: Mapping[str, Any]) -> Iterator[PlanGoal]:
    for at, goal in enumerate(parts(definition.get("goal"))):
        yield PlanGoal(
            id=text(goal.get("id")) or f"goal-{at + 1}",
            words=concept_words(goal.get("description")),
            priority=next((code for _, code in _codings(goal.get("priority"))), ""),
            category=part(goal.get("category")),
            addresses=frozenset(_codes_in(parts(goal.get("addresses")))),
            targets=tuple(_target(each) for each in parts(goal.get("target"))),
            sources=tuple(_sources(goal.get("documentation"))),
            off=_off(goal),
            altered=bool(goal.get("modifierExtension")),
        )


def _target(target: Mapping[str, Any]) -> Target:
    kinds = ("detailQuantity", "detailRange", "detailCodeableConcept")
    details = {name: target[name] for name in kinds if part(target.get(name))}
    told = next(iter(_extended(target, names.TARGET_WORDS)), Words())
    return Target(
        measure=part(target.get("measure")),
        detail=details,
        due_days=days_in(target.get("due")),
        words=told if told.text else concept_words(details.get("detailCodeableConcept")),
    )


def _steps(parent: Mapping[str, Any], where: str, depth: int) -> Iterator[PlanStep]:
    if depth > DEEPEST and parent.get("action"):
        raise UnreadablePlanError(f"{where}: steps lie inside each other more than {DEEPEST} deep.")
    for at, action in enumerate(parts(parent.get("action"))):
        place = f"{where}.action[{at}]"
        title = words_of(action, "title")
        yield PlanStep(
            id=text(action.get("id")) or place.partition(".")[2],
            title=title if title.text else _untitled(action),
            details=words_of(action, "description"),
            owner=owner_of(action),
            due_days=_due(action),
            goals=tuple(one for one in _texts(action.get("goalId")) if one),
            done_when=next(iter(_extended(action, names.DONE_WHEN)), Words()),
            priority=text(action.get("priority")),
            definition=text(action.get("definitionCanonical")) or text(action.get("definitionUri")),
            conditions=tuple(_conditions(action)),
            selection=text(action.get("selectionBehavior")),
            related=tuple(_related(action)),
            steps=tuple(_steps(action, place, depth + 1)),
            sources=tuple(_sources(action.get("documentation"))),
            off=_off(action),
            raw=action,
        )


def _untitled(action: Mapping[str, Any]) -> Words:
    named = (words_of(action, name) for name in ("textEquivalent", "description"))
    coded = (concept_words(one) for one in parts(action.get("code")))
    return next((one for one in (*named, *coded) if one.text), Words())


def owner_of(action: Mapping[str, Any]) -> str:
    """Return who usually does an action: one of :data:`names.OWNERS`; empty: it does not say."""
    for participant in parts(action.get("participant")):
        for system, code in _codings(participant.get("role")):
            if system == names.OWNER and code in names.OWNERS:
                return code
        kind = text(participant.get("type"))
        if kind in names.PARTICIPANTS.values():
            return {"patient": "person", "related-person": "family"}[kind]
    return ""


def _conditions(action: Mapping[str, Any]) -> Iterator[Expression]:
    for condition in parts(action.get("condition")):
        given = part(condition.get("expression"))
        yield Expression(
            text(condition.get("kind")),
            text(given.get("language")),
            text(given.get("expression")),
        )


def _related(action: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in parts(action.get("relatedAction")):
        yield text(each.get("actionId")), text(each.get("relationship"))


def _due(action: Mapping[str, Any]) -> int | None:
    found = days_in(action.get("timingDuration"))
    if found is not None:
        return found
    span = part(action.get("timingRange"))
    return days_in(span.get("high")) or days_in(span.get("low"))


def days_in(duration: Any) -> int | None:
    """Return how many days a Duration is, rounded; None: it is none, or is out of all bounds."""
    duration = part(duration)
    unit = text(duration.get("code")) or text(duration.get("unit"))
    try:
        days = Decimal(str(duration.get("value"))) * _DAYS[unit]
        found = int(days.to_integral_value()) if days.is_finite() else -1
    except (InvalidOperation, KeyError, OverflowError):
        return None
    return found if 0 <= found <= _LONGEST else None


def _focus(contexts: list[Mapping[str, Any]]) -> frozenset[Code]:
    focus = (one for one in contexts if part(one.get("code")).get("code") == "focus")
    return frozenset(code for one in focus for code in _codings(one.get("valueCodeableConcept")))


def _fits(contexts: list[Mapping[str, Any]]) -> Fits:
    least = most = None
    programs: set[str] = set()
    gender = ""
    for one in contexts:
        kind = text(part(one.get("code")).get("code"))
        value = part(one.get("valueCodeableConcept"))
        if kind == "age":
            span = part(one.get("valueRange"))
            least, most = _years(span.get("low")), _years(span.get("high"))
        elif kind == "program":
            programs |= {code for _, code in _codings(value)} | {concept_words(value).text}
        elif kind == "gender":
            gender = next((code for _, code in _codings(value)), "")
    return Fits(least_age=least, most_age=most, programs=frozenset(programs - {""}), gender=gender)


def _years(quantity: Any) -> Decimal | None:
    days = days_in(quantity)
    return None if days is None else Decimal(days) / 365


def _sources(artifacts: Any) -> Iterator[Source]:
    for each in parts(artifacts):
        if text(each.get("type")) in {"citation", "documentation", "justification"}:
            dated = (
                text(one.get("valueDate"))
                for one in parts(each.get("extension"))
                if one.get("url") == names.SOURCE_DATE
            )
            yield Source(
                title=text(each.get("display")) or text(each.get("citation")),
                url=text(each.get("url")),
                publisher=text(each.get("label")),
                dated=next(dated, ""),
                standing=_marked(each, names.STANDING),
            )


def _extended(element: Mapping[str, Any], url: str) -> Iterator[Words]:
    for one in parts(element.get("extension")):
        if one.get("url") == url and text(one.get("valueString")):
            yield words_of(one, "valueString")


def _off(element: Mapping[str, Any]) -> bool:
    return _marked(element, names.OFF)


def _marked(element: Mapping[str, Any], url: str) -> bool:
    return any(
        one.get("url") == url and one.get("valueBoolean") is True
        for one in parts(element.get("extension"))
    )


def _codings(concept: Any) -> Iterator[Code]:
    for coding in parts(part(concept).get("coding")):
        if text(coding.get("code")):
            yield text(coding.get("system")), text(coding.get("code"))


def _codes_in(concepts: Iterator[Mapping[str, Any]]) -> Iterator[Code]:
    for concept in concepts:
        yield from _codings(concept)


def _texts(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else ():
        yield text(one)
