"""Adding a provider by hand, and correcting what the directory says of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.provider_network.actions.finding import specialties
from handrail.duties.provider_network.actions.telling import ROOM, TellingError
from handrail.duties.provider_network.resources import MADE_HERE, NUCC
from handrail.fhir.directory.words import words_in
from handrail.fhir.errors import NotFoundError
from handrail.fhir.resource import Resource, concept, reference
from handrail.record import store
from handrail.record.store import Draft

SPECIALTIES: Final = "urn:handrail:specialty"
OWN_SPECIALTY: Final = "own-"
_LONGEST: Final = 120
_ZIP: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider as typed. ``languages`` are BCP-47 codes."""

    name: str = ""
    organization: str = ""
    specialty: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    line: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    languages: tuple[str, ...] = ()
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is right: how to reach the office, and whether it is still there."""

    phone: str = ""
    fax: str = ""
    email: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Which office was written down; ``transaction`` takes it back (0: it was there already)."""

    reference: str
    transaction: int


def add_provider(by: Principal, provider: Provider) -> Kept:
    """Write a provider down by hand: who, where, how to reach them.

    Raises:
        TellingError: neither a name nor an organization, no way to reach them, or a ZIP code that
            is none.
    """
    require(by, "create", "PractitionerRole")
    _check(provider)
    identity = provider.token or uuid4().hex
    with acting(by):
        if store.several([f"PractitionerRole/{identity}"], by=by):
            return Kept(reference=f"PractitionerRole/{identity}", transaction=0)
        named = {name.casefold(): code for code, name in specialties(by)}
        made = list(_resources(provider, identity, named.get(provider.specialty.casefold(), "")))
        done = store.commit(made, by=by, reason="a provider written down by hand", room=ROOM)
    return Kept(reference=f"PractitionerRole/{identity}", transaction=done.transaction)


def _check(provider: Provider) -> None:
    if not (provider.name or provider.organization):
        raise TellingError("name", _("Give a name, or the name of the office."))
    if not (provider.phone or provider.fax or provider.email):
        raise TellingError("phone", _("Give a phone number, a fax number or an e-mail address."))
    digits = provider.zip_code[:_ZIP]
    if provider.zip_code and not (len(digits) == _ZIP and digits.isascii() and digits.isdigit()):
        raise TellingError("zip", _("Give a ZIP code of five digits, such as 06103."))
    if "@" not in provider.email and provider.email:
        raise TellingError("email", _("This is no e-mail address."))


def _resources(provider: Provider, identity: str, code: str) -> Iterator[Resource]:
    """Yield the person, the office, the place and the role that joins them."""
    role: Resource = {
        "resourceType": "PractitionerRole",
        "id": identity,
        "identifier": [{"system": MADE_HERE, "value": identity}],
        "active": True,
        "telecom": list(_points(provider)),
    }
    if provider.name:
        yield _person(provider, f"{identity}-p"[:64])
        role["practitioner"] = reference(f"Practitioner/{identity}-p"[:77], provider.name)
    if provider.organization:
        office = {"resourceType": "Organization", "id": f"{identity}-o", "active": True}
        yield {**office, "name": provider.organization}
        role["organization"] = reference(f"Organization/{identity}-o", provider.organization)
    if provider.zip_code or provider.city or provider.line:
        yield _place(provider, f"{identity}-l")
        role["location"] = [reference(f"Location/{identity}-l")]
    if provider.specialty:
        role["specialty"] = [_specialty(provider.specialty, code)]
    yield role


def _specialty(words: str, code: str) -> dict[str, Any]:
    """Return a specialty: one that is known here, else the words under a code of our own."""
    if code.startswith(OWN_SPECIALTY) or not code:
        own = code or f"{OWN_SPECIALTY}{'-'.join(words_in(words))}"[:_LONGEST]
        return concept(SPECIALTIES, own, words, words)
    return concept(NUCC, code, words, words)


def _person(provider: Provider, identity: str) -> Resource:
    given, _space, family = provider.name.strip().rpartition(" ")
    name: dict[str, Any] = {"text": provider.name.strip(), "family": family}
    person: Resource = {
        "resourceType": "Practitioner",
        "id": identity,
        "active": True,
        "name": [name | ({"given": given.split()} if given else {})],
    }
    spoken = [concept("urn:ietf:bcp:47", code) for code in provider.languages]
    return {**person, "communication": spoken} if spoken else person


def _place(provider: Provider, identity: str) -> Resource:
    address = {
        "line": [provider.line] if provider.line else [],
        "city": provider.city,
        "state": provider.state,
        "postalCode": provider.zip_code,
    }
    return {
        "resourceType": "Location",
        "id": identity,
        "status": "active",
        "name": provider.organization or provider.name,
        "address": {name: value for name, value in address.items() if value},
    }


def _points(ways: Provider | Correction) -> Iterator[dict[str, str]]:
    for system, value in (("phone", ways.phone), ("fax", ways.fax), ("email", ways.email)):
        if value:
            yield {"system": system, "value": value, "use": "work"}


def correct(by: Principal, role: str, correction: Correction, *, if_match: int = 0) -> Kept:
    """Put right how an office is reached, and whether it is still there.

    What it was stays in the history. A number of the place or the organization is not changed: the
    one given here is the role's own and counts first.

    Raises:
        NotFoundError: there is no such office.
        VersionConflictError: somebody changed it meanwhile.
    """
    with acting(by):
        stored = store.read(f"PractitionerRole/{role}", by=by)
        kept = stored.resource
        if kept.get("resourceType") != "PractitionerRole":
            raise NotFoundError(_("There is no such office."))
        systems = {"phone", "fax", "email"}
        others = [one for one in kept.get("telecom", ()) if one.get("system") not in systems]
        points = [*_points(correction), *others]
        changed = {**kept, "active": correction.active, "telecom": points}
        if not points:
            del changed["telecom"]
        draft = Draft(changed, if_match=if_match or stored.version)
        done = store.commit([draft], by=by, reason="a provider corrected by hand", room=ROOM)
    return Kept(reference=f"PractitionerRole/{role}", transaction=done.transaction)
