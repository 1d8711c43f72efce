"""Two entries of a directory that may be one: why, and how sure. Pure; a person decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any, Final

from rapidfuzz.fuzz import ratio

from handrail.fhir.directory.words import folded
from handrail.fhir.resource import Resource, id_of
from handrail.fhir.rulebook import Rule

REPLACED_BY: Final = "urn:handrail:replaced-by"
NOT_THE_SAME: Final = "urn:handrail:not-the-same"

_NUMBER = re.compile(r"\d")
_DIGITS: Final = 10
_STREET: Final[Mapping[str, str]] = {
    "street": "st",
    "avenue": "ave",
    "av": "ave",
    "road": "rd",
    "boulevard": "blvd",
    "drive": "dr",
    "lane": "ln",
    "court": "ct",
    "place": "pl",
    "highway": "hwy",
    "square": "sq",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "suite": "ste",
    "first": "1st",
    "second": "2nd",
    "third": "3rd",
}
_LEGAL: Final = frozenset(
    ("the", "of", "and", "inc", "llc", "co", "corp", "corporation", "foundation", "a", "an", "for")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is compared of a service. ``different``: ids that somebody said are others."""

    id: str
    name: str
    organization: str = ""
    organization_name: str = ""
    phones: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    different: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two entries that may be one, the reasons ("phone", "address", "name") and name likeness.

    ``alike`` is 0 to 100.
    """

    one: str
    other: str
    reasons: tuple[str, ...]
    alike: int


def phone_key(text: str) -> str:
    """Return a phone number as its last ten digits; empty if it has fewer."""
    digits = "".join(_NUMBER.findall(re.split(r"(?i)\s*(?:x|ext)", text)[0]))
    return digits[-_DIGITS:] if len(digits) >= _DIGITS else ""


def address_key(line: str, postal_code: str) -> str:
    """Return an address in one spelling: "24 2nd ave 94401"; empty without a number and a ZIP."""
    words = re.findall(r"[a-z0-9]+", folded(line))
    zip5 = postal_code.strip()[:5]
    if not words or not words[0][0].isdigit() or not zip5:
        return ""
    return " ".join([*(_STREET.get(word, word) for word in words), zip5])


def name_key(name: str) -> str:
    """Return a name without what legal forms add."""
    words = re.findall(r"\w+", folded(name))
    return " ".join(word for word in words if word not in _LEGAL) or " ".join(words)


@lru_cache(maxsize=8192)  # each name of a block is held against all others
def _sorted_key(name: str) -> str:
    return " ".join(sorted(name_key(name).split()))


def alike(one: str, other: str) -> int:
    """Return how alike two names are, 0 to 100, whatever the order of their words."""
    return round(ratio(_sorted_key(one), _sorted_key(other)))


def compare(one: Entry, other: Entry, rule: Rule) -> Pair | None:
    """Return why two entries may be one; None: there is no reason to think so.

    The same phone or address needs a name that is somewhat alike (one office has many services);
    without either only a name that is almost the same, of another organization, counts.

    Args:
        one: an entry.
        other: another one.
        rule: ``directory.duplicates``: how alike names must be.
    """
    if other.id in one.different or one.id in other.different or one.id == other.id:
        return None
    likeness = alike(one.name, other.name)
    reasons = [
        *["phone"] * bool(one.phones & other.phones),
        *["address"] * bool(one.addresses & other.addresses),
    ]
    enough = int(rule.values["alike_with_contact" if reasons else "alike_alone"])
    if likeness < enough:
        return None
    if not reasons and not _same_house(one, other, rule):
        return None
    first, second = sorted((one.id, other.id))
    return Pair(one=first, other=second, reasons=(*reasons, "name"), alike=likeness)


def _same_house(one: Entry, other: Entry, rule: Rule) -> bool:
    """Tell whether two organizations may be one: two that differ run services of one name."""
    if not one.organization_name or not other.organization_name:
        return True
    needed = int(rule.values["alike_with_contact"])
    return alike(one.organization_name, other.organization_name) >= needed


def pairs(blocks: Iterable[Iterable[Entry]], rule: Rule) -> list[Pair]:
    """Return the pairs that may be one, the surest first.

    Args:
        blocks: entries that share a phone, an address or a name; large ones are left out, as a
            number that a hundred share says nothing.
        rule: ``directory.duplicates``.
    """
    found: dict[tuple[str, str], Pair | None] = {}
    for block in blocks:
        entries = sorted(block, key=lambda one: one.id)
        if len(entries) > int(rule.values["largest_block"]):
            continue
        for one, other in combinations(entries, 2):
            if (one.id, other.id) not in found:
                found[one.id, other.id] = compare(one, other, rule)
    kept = (pair for pair in found.values() if pair is not None)
    return sorted(kept, key=lambda p: (-len(p.reasons), -p.alike, p.one, p.other))


def _linked(service: Mapping[str, Any], url: str) -> Iterator[str]:
    for extension in service.get("extension", ()):
        if extension.get("url") == url:
            yield id_of(extension.get("valueReference"), "HealthcareService")


def replaced_by(service: Mapping[str, Any]) -> str:
    """Return the id of the service that took the place of this one when the two were merged."""
    return next(_linked(service, REPLACED_BY), "")


def different_of(service: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of services that somebody said are others."""
    return frozenset(_linked(service, NOT_THE_SAME)) - {""}


def merged_into(service: Resource, survivor: str) -> Resource:
    """Return the service made inactive, with a link to the one that took its place."""
    link = {"url": REPLACED_BY, "valueReference": {"reference": f"HealthcareService/{survivor}"}}
    others = [one for one in service.get("extension", ()) if one.get("url") != REPLACED_BY]
    return {**service, "active": False, "extension": [*others, link]}


def told_apart(service: Resource, other: str) -> Resource:
    """Return the service with the note that ``other`` is another one."""
    if other in different_of(service):
        return service
    link = {"url": NOT_THE_SAME, "valueReference": {"reference": f"HealthcareService/{other}"}}
    return {**service, "extension": [*service.get("extension", ()), link]}
