"""Who is on somebody's team, and what family may know: from a line of a story.

Clinicians and organizations elsewhere stand once in ``variety/directory.toml``; whoever is on
several teams is one resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handrail.duties.care_team.rules import joining, permitting
from handrail.duties.care_team.rules.joining import Joining
from handrail.duties.care_team.rules.permitting import Permitting
from handrail.fhir.resource import Resource
from handrail.record.known import RecordKnown
from handrail.site.demo.days import identity
from handrail.site.demo.events import Happening
from handrail.site.demo.house import BY_NAME, TEAMS
from handrail.site.demo.words import read

Line = Mapping[str, Any]
_ROLES = {"clinician": "nurse", "coordinator": "coordinator", "supervisor": "coordinator"}


def join(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Put everybody of the line on the team; what family may know is written down with it."""
    on = now.calendar.local_date(one.at).isoformat()
    patient = one.paper.patient
    team = now.read(f"CareTeam/{joining.team_id(patient)}") or joining.new_team(patient)
    for line in one.event["team"]:
        since = one.paper.days.on(int(line["since"])).isoformat() if "since" in line else on
        if "kin" in line:
            yield from _permitted(one, line, now)
        team = joining.joined(team, _joining(one, line, since))
        if "left" in line:
            ended = one.paper.days.on(int(line["left"])).isoformat()
            team = joining.left(team, len(team["participant"]) - 1, ended)
    yield team


def _joining(one: Happening, line: Line, since: str) -> Joining:
    reference, name, role, extra = _who(one, line)
    return Joining(
        reference=reference,
        name=name,
        role=str(line.get("role", role)),
        does=str(line.get("does", "")),
        since=since,
        organization=extra.get("organization", ""),
        organization_name=extra.get("organization_name", ""),
    )


def _who(one: Happening, line: Line) -> tuple[str, str, str, dict[str, str]]:
    """Return reference, name, role and the organization of somebody in a line."""
    if "kin" in line:
        reference, name = relative(one, int(line["kin"]))
        return reference, name, "caregiver", {}
    who = str(line["who"])
    if who in BY_NAME:
        colleague = BY_NAME[who]
        return colleague.person, colleague.name, _ROLES.get(colleague.role.value, "other"), {}
    if who in TEAMS:
        return f"CareTeam/{who}", TEAMS[who], "nurse", {}
    entry = directory(who)
    reference, name = elsewhere(who)
    extra = {}
    if "name" in entry:
        extra = {
            "organization": f"Organization/{identity('at', entry['at'])}",
            "organization_name": str(entry["at"]),
        }
    return reference, name, str(entry["role"]), extra


def relative(one: Happening, place: int) -> tuple[str, str]:
    """Return reference and name of somebody of the story's ``people``."""
    related = f"RelatedPerson/{one.paper.id('related', place)}"
    return related, str(one.paper.story["people"][place]["name"])


def directory(who: str) -> Mapping[str, Any]:
    """Return an entry of the directory of clinicians and organizations elsewhere."""
    entry: Mapping[str, Any] = read("variety/directory")[who]
    return entry


def elsewhere(who: str) -> tuple[str, str]:
    """Return reference and name of somebody in the directory: a clinician, or an organization."""
    entry = directory(who)
    if "name" in entry:
        return f"Practitioner/{identity('outside', who)}", str(entry["name"])
    return f"Organization/{identity('at', entry['at'])}", str(entry["at"])


def outside() -> Iterator[Resource]:
    """Yield the organizations of the directory, and the clinicians who work there."""
    for who, entry in read("variety/directory").items():
        phone = {"telecom": [{"system": "phone", "value": entry["phone"], "use": "work"}]}
        organization: Resource = {
            "resourceType": "Organization",
            "id": identity("at", entry["at"]),
            "active": True,
            "name": entry["at"],
        }
        yield organization | phone
        if "name" in entry:
            given, _, family = str(entry["name"]).rpartition(" ")
            human = {"text": entry["name"], "family": family, "given": given.split()}
            yield {
                "resourceType": "Practitioner",
                "id": identity("outside", who),
                "active": True,
                "name": [human],
                **phone,
            }


def _permitted(one: Happening, line: Line, now: RecordKnown) -> Iterator[Resource]:
    """Yield the Consent and the RelatedPerson of what somebody of the family may know."""
    if "may" not in line:
        return
    on = now.calendar.local_date(one.at)
    reference, name = relative(one, int(line["kin"]))
    parts = frozenset(map(str, line["may"]))
    wanted = Permitting(
        related=reference.partition("/")[2],
        name=name,
        parts=parts,
        agreed=str(line.get("agreed", "said")),
        ends_on=one.paper.days.on(int(line["ends"])).isoformat(),
    )
    permitting.check(wanted, on, now.rules.rule(permitting.RULE, on))
    yield permitting.consent(one.paper.patient, wanted, on, one.paper.id("consent", line["kin"]))
    related = now.read(reference)
    if related is None:
        raise LookupError(f"{one.paper.story['key']}: nobody at place {line['kin']}.")
    yield permitting.talked_to(related, permitting.may_discuss(parts), on, wanted.ends_on)
