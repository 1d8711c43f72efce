"""The library of plans: what is there, changing one, switching it off, going back to the shipped.

A plan that the organization changes or switches off is published by the organization from then on;
a later version of Handrail leaves it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.utils.translation import gettext as _

from handrail.access.decide import require
from handrail.access.people import organization_name
from handrail.access.principal import Principal
from handrail.duties.plan_library.actions.shipped import shipped
from handrail.duties.plan_library.rules.changing import changed
from handrail.duties.plan_library.rules.versions import (
    is_shipped,
    made_own,
    next_version,
    says_the_same,
)
from handrail.fhir.errors import BusinessRuleError, HandrailError, NotFoundError
from handrail.fhir.plans import Plan, UnreadablePlanError, read_plan
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Committed, Draft, Stored

ROOM: Final = "plan_library"
TYPE: Final = "PlanDefinition"


class UnusableChangeError(HandrailError):
    """A change to a plan is refused; ``fields`` are (name of the field, what is wrong)."""

    status = 422
    code = "invalid"

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        """Keep what is wrong, by field."""
        super().__init__(_("Some fields cannot be saved like this. Nothing is lost."))
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A plan on the shelf. ``plan`` None: it cannot be read; ``newer``: Handrail has a newer."""

    id: str
    title: str
    plan: Plan | None
    shipped: bool
    newer: bool


def shelf(by: Principal) -> list[Shelved]:
    """Return every plan of the organization, by title."""
    found = [_shelved(one.resource) for one in store.of_patient("", TYPE, by=by)]
    return sorted(found, key=lambda each: each.title.casefold())


def _shelved(definition: Resource) -> Shelved:
    identity = str(definition["id"])
    own = not is_shipped(definition)
    comes = shipped(identity) if own else None
    derived = str(definition.get("version", "")).partition(".own.")[0]
    try:
        plan = read_plan(definition)
    except UnreadablePlanError:
        plan = None
    title = plan.title.text if plan else str(definition.get("title") or identity)
    newer = comes is not None and comes["version"] != derived
    return Shelved(id=identity, title=title, plan=plan, shipped=not own, newer=newer)


def plan_kept(identity: str, *, by: Principal, version: int | None = None) -> Stored:
    """Return a plan, or an older version of it; it may fail as :func:`store.read` does."""
    reference = f"{TYPE}/{identity}"
    return store.vread(reference, version, by=by) if version else store.read(reference, by=by)


def earlier(by: Principal, identity: str) -> list[Stored]:
    """Return every version of a plan, newest first."""
    return [one for one in store.history(f"{TYPE}/{identity}", by=by) if not one.deleted]


def change(
    by: Principal, identity: str, fields: Mapping[str, str], *, if_match: int | None = None
) -> Committed:
    """Save what was typed as a version of the organization's own.

    Raises:
        UnusableChangeError: a field is empty, too long or no number; nothing was saved.
        BusinessRuleError: nothing was changed.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    require(by, "update", TYPE)
    stored = plan_kept(identity, by=by)
    entry = changed(stored.resource, fields)
    if entry.faults:
        raise UnusableChangeError(entry.faults)
    if says_the_same(entry.definition, stored.resource):
        raise BusinessRuleError(_("Nothing was changed."))
    made = _own(by, entry.definition, stored.resource)
    return _commit(by, made, if_match or stored.version, "plan changed")


def switch(by: Principal, identity: str, *, on: bool, if_match: int | None = None) -> Committed:
    """Put a plan to use, or switch it off. Care plans that were made with it stay as they are.

    Raises:
        VersionConflictError: somebody changed the plan meanwhile.
    """
    require(by, "update", TYPE)
    stored = plan_kept(identity, by=by)
    comes = shipped(identity)
    if on and comes is not None and says_the_same(comes, stored.resource):
        made = comes
    else:
        wanted = {**stored.resource, "status": "active" if on else "retired"}
        made = _own(by, wanted, stored.resource)
    reason = "plan put to use" if on else "plan switched off"
    return _commit(by, made, if_match or stored.version, reason)


def go_back(by: Principal, identity: str, *, if_match: int | None = None) -> Committed:
    """Take the plan as it comes with Handrail in place of the organization's own.

    Raises:
        NotFoundError: it does not come with Handrail.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    require(by, "update", TYPE)
    comes = shipped(identity)
    if comes is None:
        raise NotFoundError(_("This plan does not come with Handrail."))
    stored = plan_kept(identity, by=by)
    return _commit(by, comes, if_match or stored.version, "back to the plan that is shipped")


def _own(by: Principal, definition: Resource, before: Resource) -> Resource:
    made = made_own(definition, before, organization_name(by.org), today(by.org))
    taken = {str(one.resource.get("version")) for one in earlier(by, str(before["id"]))}
    while made["version"] in taken:
        made["version"] = next_version(made["version"])
    return made


def _commit(by: Principal, made: Resource, if_match: int, reason: str) -> Committed:
    definition = {name: value for name, value in made.items() if name != "meta"}
    return store.commit([Draft(definition, if_match=if_match)], by=by, reason=reason, room=ROOM)


def today(org: int) -> str:
    """Return today's date where the organization is, ISO 8601."""
    return known(org, datetime.now(UTC)).as_of.date().isoformat()
