"""What of a PlanDefinition Handrail does not do, in plain sentences, before one relies on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.plans import expressions
from handrail.fhir.plans.reading import DEEPEST
from handrail.fhir.plans.words import part, parts, text

KINDS: Final = ("Task", "ServiceRequest", "CommunicationRequest")
"""What an ActivityDefinition becomes here."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One thing that is not done: where (FHIRPath), what it is, and what happens instead."""

    path: str
    what: str
    consequence: str


def unsupported(
    definition: Mapping[str, Any], activities: Iterable[Mapping[str, Any]] = ()
) -> list[Unsupported]:
    """Return what of a plan is not supported; ``activities`` are definitions that came with it."""
    known = {text(one.get("url")): one for one in activities if text(one.get("url"))}
    found = [*_of_plan(definition), *_of_goals(definition)]
    for path, action in actions(definition):
        found += _of_action(path, action, known)
    for activity in known.values():
        found += _of_activity(activity)
    return found


def actions(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (FHIRPath, action) of every action, with those inside others, as deep as is read."""
    yield from _actions(definition, "PlanDefinition", 1)


def _actions(
    parent: Mapping[str, Any], where: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for at, action in enumerate(parts(parent.get("action")) if depth <= DEEPEST else ()):
        path = f"{where}.action[{at}]"
        yield path, action
        yield from _actions(action, path, depth + 1)


def _of_plan(definition: Mapping[str, Any]) -> Iterator[Unsupported]:
    where = "PlanDefinition"
    if definition.get("modifierExtension"):
        yield Unsupported(
            f"{where}.modifierExtension",
            "It has an extension that may change its meaning.",
            "The plan is not used.",
        )
    if definition.get("library"):
        yield Unsupported(
            f"{where}.library",
            "It refers to libraries of logic.",
            "They are kept, but not run.",
        )
    subject = part(definition.get("subjectCodeableConcept"))
    kinds = {text(one.get("code")) for one in parts(subject.get("coding"))} - {"Patient"}
    if kinds or definition.get("subjectReference"):
        yield Unsupported(
            f"{where}.subject",
            "It may be about something other than a patient.",
            "It is only ever applied to a patient.",
        )
    understood = {"focus", "age", "gender", "program"}
    for at, context in enumerate(parts(definition.get("useContext"))):
        kind = text(part(context.get("code")).get("code"))
        if kind not in understood:
            yield Unsupported(
                f"{where}.useContext[{at}]",
                f"It is meant for a setting of the kind “{kind[:40]}”.",
                "This is shown, but not checked.",
            )


def _of_goals(definition: Mapping[str, Any]) -> Iterator[Unsupported]:
    for at, goal in enumerate(parts(definition.get("goal"))):
        if goal.get("modifierExtension"):
            yield Unsupported(
                f"PlanDefinition.goal[{at}].modifierExtension",
                "The goal has an extension that may change its meaning.",
                "The goal is left out.",
            )
        if goal.get("start"):
            yield Unsupported(
                f"PlanDefinition.goal[{at}].start",
                "The goal begins with an event.",
                "It begins when the plan is agreed.",
            )


_Test = Callable[[Any], bool]
_ACTION: Final[tuple[tuple[str, _Test, str, str], ...]] = (
    (
        "modifierExtension",
        bool,
        "The step has an extension that may change its meaning.",
        "The step is left out.",
    ),
    ("trigger", bool, "The step begins by itself after an event.", "A person begins it."),
    ("input", bool, "The step asks for certain data.", "The data is not looked up."),
    ("output", bool, "The step says what data comes of it.", "The result is written by a person."),
    (
        "selectionBehavior",
        lambda value: bool(value) and value not in ("any", "all"),
        "Only some of the steps inside it are to be chosen.",
        "All are offered; a person chooses.",
    ),
    ("requiredBehavior", bool, "It says whether the step must be done.", "A person decides."),
    (
        "precheckBehavior",
        lambda value: value == "yes",
        "The step is to be ticked from the start.",
        "Nothing is ticked from the start.",
    ),
    (
        "cardinalityBehavior",
        lambda value: value == "multiple",
        "The step may be done several times.",
        "It is opened once.",
    ),
    ("transform", bool, "A map makes a resource of the step.", "The map is not run."),
    (
        "definitionUri",
        bool,
        "What is done is described outside of FHIR.",
        "The step becomes a task with its own words.",
    ),
    (
        "timingTiming",
        lambda value: bool(part(value).get("repeat")),
        "The step is repeated.",
        "Its first date is used; the next one is set when it is done.",
    ),
)


def _of_action(
    path: str, action: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> Iterator[Unsupported]:
    for name, test, what, consequence in _ACTION:
        if test(action.get(name)):
            yield Unsupported(f"{path}.{name}", what, consequence)
    yield from _of_conditions(path, action)
    yield from _of_values(path, action)
    yield from _of_definition(path, text(action.get("definitionCanonical")), known)


def _of_conditions(path: str, action: Mapping[str, Any]) -> Iterator[Unsupported]:
    for at, condition in enumerate(parts(action.get("condition"))):
        where = f"{path}.condition[{at}]"
        if condition.get("kind") != "applicability":
            yield Unsupported(
                where, "It says when the step starts or stops.", "A person starts and ends it."
            )
            continue
        given = part(condition.get("expression"))
        why = expressions.why_not(text(given.get("language")), text(given.get("expression")))
        if why:
            yield Unsupported(
                where,
                f"It says for whom the step is. {why}",
                "The step is offered to everybody; a person decides.",
            )


def _of_values(path: str, element: Mapping[str, Any]) -> Iterator[Unsupported]:
    for at, value in enumerate(parts(element.get("dynamicValue"))):
        given = part(value.get("expression"))
        why = expressions.why_not(text(given.get("language")), text(given.get("expression")))
        if why:
            yield Unsupported(
                f"{path}.dynamicValue[{at}]",
                f"It works out “{text(value.get('path'))[:60]}”. {why}",
                "The value is left as it is written.",
            )


def _of_definition(
    path: str, canonical: str, known: Mapping[str, Mapping[str, Any]]
) -> Iterator[Unsupported]:
    url = canonical.partition("|")[0]
    if url and url not in known:
        yield Unsupported(
            f"{path}.definitionCanonical",
            f"It is described by {url[:120]}, which did not come with the plan.",
            "The step becomes a task with its own words, unless that is here already.",
        )


def _of_activity(activity: Mapping[str, Any]) -> Iterator[Unsupported]:
    name = f"ActivityDefinition/{text(activity.get('id')) or text(activity.get('url'))[:60]}"
    if activity.get("resourceType") != "ActivityDefinition":
        kind = text(activity.get("resourceType"))[:40]
        yield Unsupported(
            name, f"A step is described by a {kind}.", "The step becomes a task with its own words."
        )
        return
    kind = text(activity.get("kind")) or "Task"
    if kind not in KINDS:
        yield Unsupported(
            f"{name}.kind",
            f"It makes a {kind[:40]}.",
            "It becomes a task for a clinician: Handrail orders nothing of this kind.",
        )
    for field, what in (("dosage", "a dose"), ("transform", "a map"), ("library", "logic")):
        if activity.get(field):
            yield Unsupported(f"{name}.{field}", f"It has {what}.", "This is left out.")
    yield from _of_values(name, activity)
