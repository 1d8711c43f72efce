"""Which searches bring everybody who could be this person, and few others.

Two things have to agree, in every way two of them can: so one misspelt name, one wrong date or one
move do not hide anybody. Identifiers and phone numbers are enough alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handrail.fhir.matching.names import also_called
from handrail.fhir.matching.person import Person
from handrail.fhir.resource import Resource

Pairs = list[tuple[str, str]]
_DATE = 10
_MOST_VALUES = 8
_BEGINNING = 3  # letters of a name that are read right even where the rest is not


def searches(patient: Resource) -> Iterator[Pairs]:
    """Yield FHIR searches of Patient, each a list of (name, value)."""
    person = Person.of(patient)
    yield from _by_number(patient)
    family = _either(name.split()[0] for name in person.family)
    given = _either(sorted({n for name in person.given[:2] for n in also_called(name)}))
    near = _either(name[:_BEGINNING] for name in (*person.family, *person.given[:2]))
    zips = _either(one.zip for one in person.addresses)
    for days in _days(person.born):
        yield [("birthdate", days)]
    parts = {"family": family, "given": given, "address-postalcode": zips}
    year = person.born[:4]
    for one, other in (
        ("family", "given"),
        ("family", "address-postalcode"),
        ("given", "address-postalcode"),
    ):
        if parts[one] and parts[other]:
            yield [(one, parts[one]), (other, parts[other])]
    if near and year:
        yield [("name", near), ("birthdate", year)]
    if not year and not zips and family and not given:
        yield [("family", family)]


def _by_number(patient: Resource) -> Iterator[Pairs]:
    listed = [one for one in patient.get("identifier", ()) if one.get("value")]
    values = [
        f"{_escaped(one['system'])}|{_escaped(one['value'])}"
        if one.get("system")
        else _escaped(one["value"])
        for one in listed[:_MOST_VALUES]
    ]
    if values:
        yield [("identifier", ",".join(values))]
    reached = [one["value"] for one in patient.get("telecom", ()) if one.get("value")]
    if reached:
        yield [("telecom", _either(reached))]


def _days(born: str) -> Iterator[str]:
    """Yield the date, and the one with day and month swapped."""
    if len(born) != _DATE:
        return
    year, month, day = born.split("-")
    swapped = f"{year}-{day}-{month}"
    yield f"{born},{swapped}" if day <= "12" and day != month else born


def _either(values: Iterable[str]) -> str:
    kept = dict.fromkeys(one for one in values if one)
    return ",".join(_escaped(one) for one in list(kept)[:_MOST_VALUES])


def _escaped(value: str) -> str:
    return "".join(f"\\{each}" if each in "\\,|$" else each for each in value)
