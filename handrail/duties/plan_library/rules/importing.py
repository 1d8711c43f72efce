"""Plans that come from elsewhere: read and judged before anything is stored.

A plan is a FHIR R4 PlanDefinition, by itself or in a Bundle with the ActivityDefinitions its steps
refer to, as JSON. Source: http://hl7.org/fhir/R4/plandefinition.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir import text
from handrail.fhir.errors import InvalidResourceError, TooLargeError
from handrail.fhir.plans import read_plan
from handrail.fhir.resource import Resource
from handrail.fhir.validation import faults

MOST_BYTES: Final = 2_000_000
_MOST_ACTIVITIES: Final = 200
_MOST_FAULTS: Final = 50


class NoPlanError(InvalidResourceError):
    """There is no plan in what was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What was found in a text. ``left_out``: the kinds of what is not taken, with how many."""

    plans: tuple[Resource, ...]
    activities: tuple[Resource, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()


def opened(typed: str) -> Package:
    """Return the plans in a text, and the ActivityDefinitions that came with them.

    Raises:
        TooLargeError: it is longer than two million bytes, or has too many definitions.
        UnreadableError: it is no JSON.
        NoPlanError: there is no PlanDefinition in it.
        InvalidResourceError: something in it does not follow R4; the faults say where.
        UnreadablePlanError: a plan is too deep or has too many steps.
    """
    raw = typed.strip().removeprefix("\ufeff").encode()
    if len(raw) > MOST_BYTES:
        raise TooLargeError(
            f"This text has {len(raw) / 1_000_000:.1f} million bytes; at most 2 million are read."
            " Divide it. Nothing was saved."
        )
    if not raw:
        raise NoPlanError("There is nothing here yet. Paste the plan or choose its file.")
    resources = list(_inside(text.parse(raw)))
    found = tuple(one for one in resources if one.get("resourceType") == "PlanDefinition")
    with_url = (one for one in resources if one.get("resourceType") == "ActivityDefinition")
    activities = tuple(one for one in with_url if isinstance(one.get("url"), str))
    if not found:
        kinds = ", ".join(dict.fromkeys(map(_kind, resources))) or "nothing"
        raise NoPlanError(
            f"There is no PlanDefinition in it, but {kinds[:200]}. Give a FHIR R4 PlanDefinition,"
            " or a Bundle that has one."
        )
    if len(activities) > _MOST_ACTIVITIES:
        raise TooLargeError(f"It has more than {_MOST_ACTIVITIES} ActivityDefinitions. Divide it.")
    taken = [*found, *activities]
    _refuse_invalid(taken)
    for plan in found:
        read_plan(plan)
    others = Counter(_kind(one) for one in resources if not any(one is each for each in taken))
    return Package(plans=found, activities=activities, left_out=tuple(sorted(others.items())))


def _kind(resource: Mapping[str, Any]) -> str:
    kind = resource.get("resourceType")
    return kind[:60] if isinstance(kind, str) and kind else "no resource"


def _inside(resource: Any) -> Iterator[Resource]:
    """Yield the resource, or those in its entries where it is a Bundle."""
    if not isinstance(resource, dict):
        return
    if resource.get("resourceType") != "Bundle":
        yield resource
        return
    entries = resource.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield inner


def _refuse_invalid(resources: Iterable[Resource]) -> None:
    found = []
    for one in resources:
        kind = str(one["resourceType"])
        found += [f for f in faults(text.write(one), kind) if f.severity in {"error", "fatal"}]
    if found:
        raise InvalidResourceError(
            "This plan does not follow FHIR R4, so it cannot be brought in. Nothing was saved."
            " Correct these places, or ask whoever made the plan.",
            found[:_MOST_FAULTS],
        )
