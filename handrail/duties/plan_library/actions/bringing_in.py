"""Bringing in a plan that somebody else wrote: first a preview, then the record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from handrail.access.decide import require
from handrail.access.people import organization_name
from handrail.access.principal import Principal
from handrail.duties.plan_library.actions.library import (
    ROOM,
    TYPE,
    plan_kept,
    today,
)
from handrail.duties.plan_library.rules.importing import Package, opened
from handrail.duties.plan_library.rules.versions import is_shipped, says_the_same
from handrail.fhir import text
from handrail.fhir.plans import Plan, Unsupported, read_plan, unsupported
from handrail.fhir.resource import Resource
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.stored import Committed, Draft, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A plan before it is brought in. ``here``: the plan with the same address; ``same``: alike."""

    package: Package
    chosen: int
    definition: Resource
    plan: Plan
    unsupported: tuple[Unsupported, ...]
    activities: tuple[Resource, ...]
    here: Stored | None
    same: bool


def preview(by: Principal, typed: str, chosen: int = 0) -> Preview:
    """Return what bringing in the plan in ``typed`` would come to; nothing is stored.

    Raises:
        HandrailError: it cannot be read or used; the message and the faults say why and where.
    """
    require(by, "create", TYPE)
    package = opened(typed)
    chosen = chosen if 0 <= chosen < len(package.plans) else 0
    definition = _named(package.plans[chosen], today(by.org))
    plan = read_plan(definition)
    wanted = {step.definition.partition("|")[0] for step in plan.walk()}
    activities = tuple(one for one in package.activities if one["url"] in wanted)
    here = _here(TYPE, str(definition["url"]), by)
    return Preview(
        package=package,
        chosen=chosen,
        definition=definition,
        plan=plan,
        unsupported=tuple(unsupported(definition, [*activities_of(by, plan), *activities])),
        activities=activities,
        here=here,
        same=here is not None and says_the_same(here.resource, definition),
    )


def _named(definition: Resource, day: str) -> Resource:
    """Return the plan with an address and a version, where it has none."""
    made = {name: value for name, value in definition.items() if name not in {"id", "meta"}}
    digest = hashlib.sha256(text.write(made)).hexdigest()[:24]
    made.setdefault("url", f"urn:handrail:plan:imported-{digest}")
    made.setdefault("version", day)
    return made


def _here(kind: str, url: str, by: Principal) -> Stored | None:
    query = parse(kind, [("url", url), ("_count", "1")])
    entries = store.search(query, by=by).entries
    return entries[0] if entries else None


def bring_in(by: Principal, typed: str, chosen: int = 0) -> tuple[str, Committed]:
    """Store a plan and what its steps refer to; return its id and what was written.

    It is not in use until somebody puts it to use. A plan with the same address is replaced; its
    history is kept.

    Raises:
        HandrailError: as :func:`preview`.
    """
    seen = preview(by, typed, chosen)
    publisher = str(seen.definition.get("publisher") or organization_name(by.org))
    if is_shipped({"publisher": publisher}):
        publisher = organization_name(by.org)
    identity = seen.here.id if seen.here else uuid4().hex
    plan = {**seen.definition, "id": identity, "status": "draft", "publisher": publisher}
    drafts = [*_with_activities(by, seen.activities)]
    drafts.append(Draft(plan, if_match=seen.here.version if seen.here else None))
    done = store.commit(drafts, by=by, reason="plan brought in", room=ROOM)
    return identity, done


def _with_activities(by: Principal, activities: Iterable[Resource]) -> Iterable[Draft]:
    for activity in activities:
        here = _here("ActivityDefinition", str(activity["url"]), by)
        own = {name: value for name, value in activity.items() if name not in {"id", "meta"}}
        identity = here.id if here else uuid4().hex
        yield Draft({**own, "id": identity}, if_match=here.version if here else None)


def activities_of(by: Principal, plan: Plan) -> list[Resource]:
    """Return the ActivityDefinitions that are kept here and that the steps of a plan refer to."""
    urls = sorted({step.definition.partition("|")[0] for step in plan.walk()} - {""})
    found = (_here("ActivityDefinition", url, by) for url in urls)
    return [one.resource for one in found if one]


def exported(by: Principal, identity: str, version: int | None = None) -> bytes:
    """Return a plan as FHIR JSON; a Bundle where its steps refer to definitions kept here."""
    stored = plan_kept(identity, by=by, version=version)
    along = activities_of(by, read_plan(stored.resource))
    if not along:
        return stored.body
    entries = [{"resource": one} for one in (stored.resource, *along)]
    return text.write({"resourceType": "Bundle", "type": "collection", "entry": entries})
