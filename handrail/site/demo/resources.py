"""The directory of community services, from ``variety/services.toml``: invented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from handrail.duties.community_resources.resources import facts_now, place_of, service_of
from handrail.duties.community_resources.rules.writing import Entry, new_service
from handrail.fhir.directory import capacity, opening
from handrail.fhir.directory.confirming import Confirmation, verification
from handrail.fhir.resource import Resource
from handrail.site.demo import house, towns
from handrail.site.demo.days import Days, dice, identity
from handrail.site.demo.words import LANGUAGE_NAMES, read

Line = Mapping[str, Any]
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ROOM: Final = {
    "waitlist": "About six weeks",
    "no-capacity": "Nothing left until the first of next month",
}
_TOLD_BY: Final = ("Front desk", "Volunteer at the phone", "The director", "Whoever had the list")


def services() -> Sequence[Line]:
    """Return the lines of the directory, always in the same order."""
    found: Sequence[Line] = read("variety/services")["service"]
    return found


def receiver(key: str) -> tuple[str, str]:
    """Return reference and name of a service."""
    line = next(one for one in services() if one["key"] == key)
    return f"HealthcareService/{identity('service', key)}", f"{line['name']}, {line['by']}"


def behind(key: str) -> tuple[str, str]:
    """Return reference and name of the organization that offers a service."""
    name = str(next(one for one in services() if one["key"] == key)["by"])
    return f"Organization/{identity('at', name)}", name


def reached(key: str, channel: str) -> str:
    """Return the address or number a service is reached at by one way."""
    number, line = next((n, one) for n, one in enumerate(services()) if one["key"] == key)
    return _mail(line) if channel == "mail" else _number(number, fax=channel == "fax")


def directory(days: Days) -> Iterator[Resource]:
    """Yield organizations, places and services, each organization and place once."""
    made: set[str] = set()
    for number, line in enumerate(services()):
        for resource in _around(line):
            if resource["id"] not in made:
                made.add(resource["id"])
                yield resource
        service = _service(number, line)
        yield service
        if "told" in line:
            yield _confirmed(line, service, days)


def _around(line: Line) -> Iterator[Resource]:
    name = str(line["by"])
    organization = identity("at", name)
    yield {"resourceType": "Organization", "id": organization, "active": True, "name": name}
    if "at" in line:
        of = (f"Organization/{organization}", name)
        yield towns.place(str(line["at"]), identity("place", name, line["at"]), of)


def _service(number: int, line: Line) -> Resource:
    name = str(line["by"])
    place = identity("place", name, line["at"]) if "at" in line else ""
    made = new_service(
        _entry(number, line), identity("service", line["key"]), identity("at", name), place
    )
    if line.get("fax"):
        fax = {"system": "fax", "value": _number(number, fax=True)}
        made = {**made, "telecom": [*made["telecom"], fax]}
    if "room" in line:
        made = capacity.with_told(made, capacity.Told(line["room"], _ROOM[line["room"]]))
    return made


def _entry(number: int, line: Line) -> Entry:
    same = line.get("phone_of")
    place = next((n for n, one in enumerate(services()) if one["key"] == same), number)
    spoken = [] if str(line.get("speaks", "")).endswith("only") else ["English"]
    spoken += [LANGUAGE_NAMES.get(one, one) for one in _spoken(line)]
    return Entry(
        name=str(line["name"]),
        organization=str(line["by"]),
        categories=tuple(line["needs"]),
        about=str(line["about"]),
        phone=_number(place),
        email=_mail(line),
        languages=", ".join(spoken),
        hours=_hours(str(line["hours"])),
        cost=str(line.get("cost", "free")),
        cost_words=str(line.get("fees", "")),
        eligibility=str(line.get("who", "")),
        documents="\n".join(line.get("bring", ())),
        applying=str(line.get("apply", "")),
    )


def _spoken(line: Line) -> Iterator[str]:
    for one in str(line.get("speaks", "")).split(","):
        code = one.strip().removesuffix(" only")
        if code:
            yield code


def _hours(text: str) -> tuple[str, ...]:
    """Return the hours of each day from Monday: "mon-fri 9-17; sat 9-12"."""
    week = [""] * len(_DAYS)
    for part in text.split("; "):
        days, _, span = part.rpartition(" ")
        for each in days.split(", "):
            first, _, last = each.partition("-")
            for day in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
                week[day] = span
    return tuple(week)


def _number(number: int, *, fax: bool = False) -> str:
    """Return a number of 555-0100 to 555-0199, which are kept for fiction."""
    return f"{'606' if fax else '505'}-555-01{number:02}"


def _mail(line: Line) -> str:
    if "mail" not in line:
        return ""
    host = "".join(c for c in str(line["by"]).lower() if c.isalnum())
    return f"{line['mail']}@{host}.example"


def _confirmed(line: Line, service: Resource, days: Days) -> Resource:
    """Return who asked, and when, whether the facts are so."""
    parsed = service_of(service)
    places = [place_of(one) for one in _around(line) if one["resourceType"] == "Location"]
    said = facts_now(parsed, places, opening.packed(parsed.hours))
    if "room" in line:
        said["capacity"] = f"{line['room']} {_ROOM[line['room']]}"
    chance = dice("confirmed", line["key"])
    who = chance.choice((house.DANA, house.LEE, house.FRAN))
    told = Confirmation(
        by=who.person,
        by_name=who.name,
        on=days.before(days.on(1 - int(line["told"]))),
        told_by=chance.choice(_TOLD_BY),
    )
    facts = {fact: value for fact, value in said.items() if value}
    made = verification(f"HealthcareService/{service['id']}", facts, told)
    return {**made, "id": identity("confirmed", line["key"])}
