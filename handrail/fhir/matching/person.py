"""What of a Patient is compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handrail.fhir.matching.names import plain, words
from handrail.fhir.resource import Resource

_SHORTEST_PHONE = 7
_PHONE_DIGITS = 10
_DAY = len("1954-02-14")
_MANY = 10
"""How many names, addresses and numbers of one record are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place, plain: ``lines`` are the words of street and number."""

    lines: tuple[str, ...]
    city: str
    zip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A Patient as it is compared; what is not known is empty.

    ``born`` is a FHIR date; ``reached`` are phone numbers (ten digits) and e-mail addresses;
    ``numbers`` are (system, value) of identifiers.
    """

    family: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    born: str = ""
    sex: str = ""
    addresses: tuple[Address, ...] = ()
    reached: frozenset[str] = frozenset()
    numbers: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, patient: Resource) -> Person:
        """Take what is compared from a valid Patient; names of all times count."""
        names = _listed(patient, "name")
        return cls(
            family=_once(_family(name.get("family", "")) for name in names),
            given=_once(
                word for name in names for one in name.get("given", ()) for word in words(one or "")
            ),
            born=patient.get("birthDate", ""),
            sex=patient.get("gender", ""),
            addresses=tuple(_address(one) for one in _listed(patient, "address")),
            reached=frozenset(_reached(_listed(patient, "telecom"))),
            numbers=frozenset(_numbers(_listed(patient, "identifier"))),
        )


def is_exactly(one: Resource, other: Resource) -> bool:
    """Tell whether two Patients have the same first and last name and the same day of birth."""
    mine, theirs = Person.of(one), Person.of(other)
    return (
        len(mine.born) == _DAY
        and mine.born == theirs.born
        and bool(set(mine.family) & set(theirs.family))
        and mine.given[:1] == theirs.given[:1] != ()
    )


def _listed(patient: Resource, name: str) -> list[Mapping[str, Any]]:
    return [one for one in patient.get(name, ()) if isinstance(one, Mapping)][:_MANY]


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in found if one))[:_MANY]


def _family(name: str) -> str:
    return " ".join(words(name))


def _address(one: Mapping[str, Any]) -> Address:
    lines = tuple(word for line in one.get("line", ()) for word in words(line or ""))
    postal = "".join(words(one.get("postalCode", "")))
    return Address(lines=lines, city=" ".join(words(one.get("city", ""))), zip=postal[:5])


def _reached(telecom: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for one in telecom:
        value = str(one.get("value", ""))
        digits = "".join(letter for letter in value if letter.isdigit())
        if "@" in value:
            yield plain(value)
        elif len(digits) >= _SHORTEST_PHONE:
            yield digits[-_PHONE_DIGITS:]


def _numbers(identifiers: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for one in identifiers:
        value = "".join(words(str(one.get("value", ""))))
        if value and one.get("use") != "old":
            yield str(one.get("system", "")), value
