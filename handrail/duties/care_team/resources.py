"""Typed views of CareTeam, Consent and of who is on a team: parse once, never dig in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from handrail.fhir.resource import Resource, code_of, codings, id_of, reference_to, target_of

TEAM: Final = "urn:handrail:care-team"
ROLE: Final = "urn:handrail:team-role"
DOES: Final = "urn:handrail:does"
PART: Final = "urn:handrail:permitted-part"
AGREED: Final = "urn:handrail:agreed"
MAY_DISCUSS: Final = "urn:handrail:may-discuss"


@dataclass(frozen=True, slots=True)
class Member:
    """A participant of a CareTeam. ``place`` is its position; ``role`` our code, if it has one."""

    place: int
    reference: str
    name: str
    role: str
    role_text: str
    does: str
    since: str
    until: str
    on_behalf_of: str = ""

    def is_on(self, day: date) -> bool:
        """Tell whether they are on the team on that day; who leaves is off it the same day."""
        text = day.isoformat()
        begun = not self.since or self.since[:10] <= text
        return begun and not (self.until and self.until[:10] <= text)


@dataclass(frozen=True, slots=True)
class TeamView:
    """A CareTeam of a patient. ``own``: the one that is kept here."""

    id: str
    version: int
    name: str
    own: bool
    active: bool
    members: tuple[Member, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to reach somebody: a phone number or an e-mail address."""

    system: str
    value: str
    use: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be on the team, as the directory or the patient's record has them."""

    reference: str
    name: str
    ways: tuple[Way, ...]
    relationship: str = ""
    ended: bool = False
    scope: str = ""


@dataclass(frozen=True, slots=True)
class PermissionView:
    """What somebody of the family may know: a Consent of the patient."""

    id: str
    version: int
    related: str
    parts: tuple[str, ...]
    given_on: str
    ends_on: str
    agreed: str
    active: bool

    def holds(self, day: date) -> bool:
        """Tell whether it holds on that day."""
        return self.active and not (self.ends_on and self.ends_on[:10] < day.isoformat())


def team_view(team: Resource) -> TeamView:
    """Return what a CareTeam of a patient says."""
    own = any(one.get("system") == TEAM for one in team.get("identifier", ()))
    meta = team.get("meta") or {}
    return TeamView(
        id=str(team.get("id", "")),
        version=int(meta.get("versionId", 0)),
        name=str(team.get("name", "")),
        own=own,
        active=team.get("status", "active") in {"active", "proposed"},
        members=tuple(_members(team.get("participant", ()))),
        source=_source(team),
    )


def _source(team: Resource) -> str:
    managing: Mapping[str, Any] = next(iter(team.get("managingOrganization", ())), {})
    return str(managing.get("display", ""))


def _members(participants: Sequence[Mapping[str, Any]]) -> Iterator[Member]:
    for place, one in enumerate(participants):
        member, period = one.get("member") or {}, one.get("period") or {}
        role: Mapping[str, Any] = next(iter(one.get("role", ())), {})
        yield Member(
            place=place,
            reference=target_of(member),
            name=str(member.get("display", "")),
            role=code_of(role, ROLE),
            role_text=_words(role),
            does=_does(one),
            since=str(period.get("start", "")),
            until=str(period.get("end", "")),
            on_behalf_of=str((one.get("onBehalfOf") or {}).get("display", "")),
        )


def _words(concept: Mapping[str, Any]) -> str:
    first: Mapping[str, Any] = next(iter(concept.get("coding", ())), {})
    return str(concept.get("text") or first.get("display") or "")


def _does(participant: Mapping[str, Any]) -> str:
    return _extended(participant, DOES, "valueString")


def person_of(resource: Resource) -> Person:
    """Return who a Practitioner, RelatedPerson, Organization or PractitionerRole is."""
    points = [p for p in resource.get("telecom", ()) if p.get("value") and p.get("use") != "old"]
    points.sort(key=lambda point: int(point.get("rank", 99)))
    relationship: Mapping[str, Any] = next(iter(resource.get("relationship", ())), {})
    return Person(
        reference=reference_to(resource),
        name=name_of(resource),
        ways=tuple(
            Way(str(p.get("system", "phone")), str(p["value"]), str(p.get("use", "")))
            for p in points
        ),
        relationship=_words(relationship) if relationship else "",
        ended=resource.get("active") is False,
        scope=_scope(resource),
    )


def _scope(resource: Resource) -> str:
    return _extended(resource, MAY_DISCUSS, "valueCode")


def name_of(resource: Resource) -> str:
    """Return the name of a person or an organization; empty if it has none."""
    if isinstance(resource.get("name"), str):
        return str(resource["name"])
    names = [name for name in resource.get("name", ()) if name.get("use") != "old"]
    best: Mapping[str, Any] = names[0] if names else {}
    given = " ".join(part for part in best.get("given", ()) if part)
    whole = " ".join(part for part in (given, str(best.get("family", ""))) if part)
    return whole or str(best.get("text", ""))


def permission_view(consent: Resource) -> PermissionView | None:
    """Return what a Consent lets somebody of the family know; None if it is about others."""
    provision = consent.get("provision") or {}
    actor: Mapping[str, Any] = next(iter(provision.get("actor", ())), {})
    related = id_of(actor.get("reference"), "RelatedPerson")
    parts = tuple(code for system, code in _classes(provision) if system == PART)
    if not related or not parts:
        return None
    period = provision.get("period") or {}
    return PermissionView(
        id=str(consent.get("id", "")),
        version=int((consent.get("meta") or {}).get("versionId", 0)),
        related=related,
        parts=parts,
        given_on=str(consent.get("dateTime", ""))[:10],
        ends_on=str(period.get("end", ""))[:10],
        agreed=_agreed(consent),
        active=consent.get("status") == "active",
    )


def _classes(provision: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for coding in provision.get("class", ()):
        yield from codings({"coding": [coding]})


def _agreed(consent: Resource) -> str:
    return _extended(consent, AGREED, "valueCode")


def _extended(element: Mapping[str, Any], url: str, value: str) -> str:
    found = (e.get(value, "") for e in element.get("extension", ()) if e.get("url") == url)
    return str(next(found, ""))
