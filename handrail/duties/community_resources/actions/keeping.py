"""Keeping the directory true: confirm, correct, say the room, add, take off, put back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.community_resources.actions.looking import Read, facts_of, read
from handrail.duties.community_resources.models import Provider
from handrail.duties.community_resources.resources import (
    DEACTIVATED,
    facts_now,
    place_of,
    service_of,
)
from handrail.duties.community_resources.rules.writing import (
    FACT_OF,
    Entry,
    UnclearEntryError,
    changed_fields,
    check,
    entry_of,
    has_address,
    new_organization,
    new_place,
    new_service,
    profiled,
    readdressed,
    written,
)
from handrail.fhir.directory import capacity, opening
from handrail.fhir.directory.confirming import WAYS, Confirmation, verification
from handrail.fhir.directory.duplicates import replaced_by
from handrail.fhir.errors import BusinessRuleError, HandrailError
from handrail.fhir.resource import Resource, reference
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Committed, Draft

ROOM = "community_resources"
LONGEST_NAME = 120


class ReplacedServiceError(BusinessRuleError):
    """The entry was merged into another; nothing is written on it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a fact was learned: ``how`` (a code of ``confirming.WAYS``) and who told it, a name."""

    how: str = "phone"
    told_by: str = ""


def confirm(by: Principal, identity: str, facts: Collection[str], asking: Asking) -> Committed:
    """Write down that these facts of a service are so; none given: all that it has.

    Raises:
        UnclearEntryError: an unknown fact or way of asking.
        ReplacedServiceError: it was merged into another.
        NotFoundError: there is no such service.
    """
    require(by, "create", "VerificationResult")
    with acting(by):
        found = read(by, identity)
        _require_standing(found.stored.resource)
        now = facts_of(found)
        wanted = list(facts) or [fact for fact, value in now.items() if value]
        if not set(wanted) <= now.keys():
            raise UnclearEntryError([("facts", _("Choose what is confirmed."))])
        made = _verification(by, identity, {fact: now[fact] for fact in wanted}, asking)
        return store.commit([made], by=by, reason="facts of a service confirmed", room=ROOM)


def _require_standing(service: Resource) -> None:
    if replaced_by(service):
        raise ReplacedServiceError(
            _("This entry was merged into another one. Open that one and write it there.")
        )


def _verification(by: Principal, identity: str, facts: dict[str, str], asking: Asking) -> Resource:
    if asking.how not in WAYS:
        raise UnclearEntryError([("how", _("Choose how you asked."))])
    said = Confirmation(
        by=by.person,
        by_name=by.name,
        on=known(by.org).as_of.date(),
        how=asking.how,
        told_by=asking.told_by[:LONGEST_NAME].strip(),
    )
    return verification(f"HealthcareService/{identity}", facts, said)


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a service that is there, and the version it shows."""

    entry: Entry
    version: int
    found: Read


def form_of(by: Principal, identity: str) -> Form:
    """Return what the form of a service shows."""
    with acting(by):
        require(by, "update", "HealthcareService")
        found = read(by, identity)
        return Form(_entry(found), found.stored.version, found)


def form_at(by: Principal, identity: str, version: int) -> Entry:
    """Return what the form showed of an earlier version; an empty form where there is none."""
    with acting(by):
        found = read(by, identity)
        try:
            stored = store.vread(f"HealthcareService/{identity}", version, by=by)
        except HandrailError:
            return Entry()
        service = service_of({**stored.resource, "id": identity})
        return _entry(replace(found, stored=stored, service=service))


def _entry(found: Read) -> Entry:
    service = found.service
    first = found.places[0] if found.places else None
    place = place_of({**first.resource, "id": first.id}) if first else None
    address = (first.resource.get("address") or {}) if first else {}
    shown = entry_of(service, place, address)
    if found.organization is None:
        return shown
    name = str(found.organization.resource.get("name", "")) or shown.organization
    return replace(shown, organization=name)


def correct(
    by: Principal,
    identity: str,
    entry: Entry,
    asking: Asking,
    *,
    domains: frozenset[str],
    if_match: int = 0,
) -> Committed:
    """Correct facts of a service: what changed is written, and confirmed in the same moment.

    Raises:
        UnclearEntryError: something typed cannot be used.
        VersionConflictError: somebody saved first; nothing was written.
        ReplacedServiceError: it was merged into another.
    """
    check(entry, domains, _)
    with acting(by):
        form = form_of(by, identity)
        found = form.found
        _require_standing(found.stored.resource)
        changed = changed_fields(form.entry, entry)
        drafts = _corrected(by, found, changed, entry, if_match)
        if not drafts:
            return Committed(0, (), (f"HealthcareService/{identity}",))
        facts = {FACT_OF[name] for name in changed if name in FACT_OF}
        if facts:
            now = _facts_after(found, drafts)
            drafts.append(_verification(by, identity, {f: now[f] for f in sorted(facts)}, asking))
        return store.commit(drafts, by=by, reason="facts of a service corrected", room=ROOM)


_ADDRESS = frozenset({"line", "city", "state", "postal_code"})


def _corrected(
    by: Principal, found: Read, changed: set[str], entry: Entry, if_match: int
) -> list[Draft | Resource]:
    drafts: list[Draft | Resource] = []
    service = found.stored.resource
    made = written(service, changed, entry)
    who = found.service.organization
    if "organization" in changed:
        who, drafts = _organization(by, entry)
        made["providedBy"] = reference(f"Organization/{who}", entry.organization)
    if changed & _ADDRESS and found.places:
        place = found.places[0]
        drafts.append(Draft(readdressed(place.resource, entry), if_match=place.version))
    elif changed & _ADDRESS and has_address(entry):
        place_id = uuid4().hex
        drafts.append(new_place(entry, place_id, who))
        made["location"] = [reference(f"Location/{place_id}")]
    if made != service or if_match not in {0, found.stored.version}:
        drafts.append(Draft(made, if_match=if_match or None))
    return drafts


def _facts_after(found: Read, drafts: list[Draft | Resource]) -> dict[str, str]:
    """Return what the facts say once the drafts are written."""
    resources = [one.resource if isinstance(one, Draft) else one for one in drafts]
    fresh = {f"{one['resourceType']}/{one['id']}": one for one in resources if one}
    service = service_of(fresh.get(found.stored.reference, found.stored.resource))
    held = {one.reference: one.resource for one in found.places} | fresh
    wanted = [held[f"Location/{one}"] for one in service.places if f"Location/{one}" in held]
    places = [place_of(one) for one in wanted]
    hours = service.hours or next((one.hours for one in places if one.hours), ())
    return facts_now(service, places, opening.packed(hours))


def _organization(by: Principal, entry: Entry) -> tuple[str, list[Draft | Resource]]:
    """Return the id of the organization of that name, and a draft where there is none."""
    held = Provider.objects.filter(org=by.org, name__iexact=entry.organization, active=True)
    found = held.order_by("source").values_list("source", flat=True).first()
    if found:
        return found, []
    identity = uuid4().hex
    return identity, [new_organization(entry, identity)]


def add(
    by: Principal, entry: Entry, asking: Asking, *, domains: frozenset[str], token: str = ""
) -> str:
    """Add a service that was found by hand; its facts are confirmed at once. Returns its id.

    The same form (``token``) sent twice adds one.

    Raises:
        UnclearEntryError: something typed cannot be used.
    """
    require(by, "create", "HealthcareService")
    check(entry, domains, _)
    identity = token or uuid4().hex
    with acting(by):
        if store.current_versions([("HealthcareService", identity)], by=by):
            return identity
        who, drafts = _organization(by, entry)
        place = uuid4().hex if has_address(entry) else ""
        if place:
            drafts.append(new_place(entry, place, who))
        service = new_service(entry, identity, who, place)
        drafts.append(service)
        parsed = service_of(service)
        places = [place_of(new_place(entry, place, who))] if place else []
        now = facts_now(parsed, places, opening.packed(parsed.hours))
        said = {fact: value for fact, value in now.items() if value}
        drafts.append(_verification(by, identity, said, asking))
        store.commit(drafts, by=by, reason="service added to the directory", room=ROOM)
    return identity


def say_room(
    by: Principal,
    identity: str,
    status: str,
    note: str,
    asking: Asking,
    *,
    if_match: int = 0,
) -> Committed:
    """Write down what a service says of its room; an empty ``status``: nobody knows.

    Raises:
        UnclearEntryError: an unknown status.
        VersionConflictError: somebody saved first.
    """
    require(by, "update", "HealthcareService")
    if status and status not in capacity.STATUSES:
        raise UnclearEntryError([("status", _("Choose what they said."))])
    with acting(by):
        found = read(by, identity)
        _require_standing(found.stored.resource)
        told = capacity.Told(status, note[:LONGEST_NAME].strip()) if status else None
        made = profiled(capacity.with_told(found.stored.resource, told))
        drafts: list[Draft | Resource] = [Draft(made, if_match=if_match or None)]
        if told is not None:
            said = {"capacity": f"{told.status} {told.note}".strip()}
            drafts.append(_verification(by, identity, said, asking))
        return store.commit(drafts, by=by, reason="room of a service told", room=ROOM)


def take_off(by: Principal, identity: str, reason: str, *, if_match: int = 0) -> Committed:
    """Take a service off the directory, with the reason; it stays to be read.

    Raises:
        UnclearEntryError: no reason.
        VersionConflictError: somebody saved first.
    """
    require(by, "update", "HealthcareService")
    said = " ".join(reason.split())[:LONGEST_NAME]
    if not said:
        raise UnclearEntryError([("reason", _("Say why it is taken off."))])
    with acting(by):
        service = read(by, identity).stored.resource
        _require_standing(service)
        extensions = [one for one in service.get("extension", ()) if one.get("url") != DEACTIVATED]
        extensions.append({"url": DEACTIVATED, "valueString": said})
        made = profiled({**service, "active": False, "extension": extensions})
        drafts = [Draft(made, if_match=if_match or None)]
        return store.commit(drafts, by=by, reason="service taken off", room=ROOM)


def put_back(by: Principal, identity: str, *, if_match: int = 0) -> Committed:
    """Put a service back on the directory."""
    require(by, "update", "HealthcareService")
    with acting(by):
        service = read(by, identity).stored.resource
        _require_standing(service)
        extensions = [one for one in service.get("extension", ()) if one.get("url") != DEACTIVATED]
        made = {**service, "active": True, "extension": extensions}
        if not extensions:
            del made["extension"]
        drafts = [Draft(profiled(made), if_match=if_match or None)]
        return store.commit(drafts, by=by, reason="service put back", room=ROOM)
