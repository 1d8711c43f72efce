"""Offices of specialists, from ``variety/offices.toml``, and what they said about plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from handrail.fhir.directory.aging import Ages
from handrail.fhir.directory.telling import Answer, Told, plan_key, verification
from handrail.fhir.resource import Resource, concept, reference
from handrail.record.known import known
from handrail.site.demo import house, teams, towns
from handrail.site.demo.days import Days, identity, stamp
from handrail.site.demo.words import read

Line = Mapping[str, Any]
NUCC: Final = "http://nucc.org/provider-taxonomy"
PLANS: Final = (
    "Medicare", "Medicaid", "Bayberry Health Plan", "Tallgrass Advantage", "Cedarline Mutual",
    "Bayberry Supplement",
)  # fmt: skip


def offices() -> Sequence[Line]:
    """Return the lines of the directory, always in the same order."""
    found: Sequence[Line] = read("variety/offices")["office"]
    return found


def office(key: str) -> Line:
    """Return one office."""
    return next(one for one in offices() if one["key"] == key)


def receiver(key: str) -> tuple[str, str]:
    """Return reference and name of an office."""
    line = office(key)
    return f"PractitionerRole/{identity('office', key)}", f"{_who(line)[1]}, {_at(line)}"


def reached(key: str) -> str:
    """Return the fax number of an office."""
    return _number(offices().index(office(key)), fax=True)


def plan_id(name: str) -> str:
    """Return the id of the InsurancePlan, the same as the room gives a plan that is typed."""
    return f"plan-{sha256(plan_key(name).encode()).hexdigest()[:24]}"


def directory(days: Days) -> Iterator[Resource]:
    """Yield plans, and the people and places of the offices, with what they answered."""
    for name in PLANS:
        plan = {"resourceType": "InsurancePlan", "id": plan_id(name)}
        yield {**plan, "status": "active", "name": name}
    seen: set[str] = set()
    for number, line in enumerate(offices()):
        for resource in _office(number, line):
            if resource["id"] not in seen:
                seen.add(resource["id"])
                yield resource
        for told in line.get("told", ()):
            yield _told(line, told, days)


def _who(line: Line) -> tuple[str, str]:
    """Return reference and name of who works there."""
    who = str(line["who"])
    if "office" not in line:
        return teams.elsewhere(who)
    return f"Practitioner/{identity('outside', line['key'])}", who


def _at(line: Line) -> str:
    return str(line["office"] if "office" in line else teams.directory(str(line["who"]))["at"])


def _office(number: int, line: Line) -> Iterator[Resource]:
    person, name = _who(line)
    at = _at(line)
    organization = f"Organization/{identity('at', at)}"
    place = identity("place", at, line["at"])
    if "office" in line:
        given, _, family = name.rpartition(" ")
        human = {"text": name, "family": family, "given": given.split()}
        spoken = [concept("urn:ietf:bcp:47", one) for one in _spoken(line)]
        made: Resource = {"resourceType": "Practitioner", "id": person.partition("/")[2]}
        made |= {"active": True, "name": [human]}
        yield {**made, "communication": spoken} if spoken else made
        yield {
            "resourceType": "Organization",
            "id": identity("at", at),
            "active": True,
            "name": at,
        }
    yield towns.place(str(line["at"]), place, (organization, at))
    code, words = line["specialty"]
    yield {
        "resourceType": "PractitionerRole",
        "id": identity("office", line["key"]),
        "active": True,
        "practitioner": reference(person, name),
        "organization": reference(organization, at),
        "specialty": [concept(NUCC, code, words, words)],
        "location": [reference(f"Location/{place}")],
        "telecom": [
            {"system": "phone", "value": _number(number), "use": "work"},
            {"system": "fax", "value": _number(number, fax=True), "use": "work"},
        ],
    }


def _spoken(line: Line) -> list[str]:
    return ["en", *filter(None, str(line.get("speaks", "")).replace(" ", "").split(","))]


def _number(number: int, *, fax: bool = False) -> str:
    """Return a number of 555-0100 to 555-0199, which are kept for fiction."""
    return f"{'808' if fax else '707'}-555-01{number:02}"


def _told(line: Line, told: Line, days: Days) -> Resource:
    """Return one answer of an office."""
    who = house.BY_NAME[str(told.get("asked", "dana"))]
    at = days.worked(int(told["day"]), 11, 20)
    answer = Told(
        about=(f"PractitionerRole/{identity('office', line['key'])}",),
        plan=plan_id(str(told["plan"])),
        plan_name=str(told["plan"]),
        answer=Answer(told["say"]),
        told_at=stamp(at),
        recorder=who.person,
        recorder_name=who.name,
        new_patients=str(told.get("new", "")),
        wait_days=told.get("wait"),
        told_by=str(told["by"]),
        reference_number=str(told.get("number", "")),
    )
    facts = known(house.ORG, at)
    again = Ages.of(facts.rules, facts.as_of.date()).ask_again_on(answer)
    made = verification(answer, ask_again_on=again.isoformat() if again else "")
    return {**made, "id": identity("told", line["key"], told["day"], told["plan"])}
