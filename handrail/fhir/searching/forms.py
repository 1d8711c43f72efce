"""The tokens of each kind of value: small remembering functions that compiled modules call.

Each factory takes a resource type and the names of the parameters that read the same element. A
name may say how it looks at a reference: ``focus*`` also finds it by id alone, ``patient=Patient``
takes references to that type only, ``patient?Patient`` notes only that there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from handrail.fhir.searching import amounts, covering, hashing, sounds, texts, times
from handrail.fhir.searching.hashing import token

Tokens = tuple[int, ...]
OfText = Callable[[str], Tokens]
OfPair = Callable[[str | None, str | None], Tokens]
OfValue = Callable[[Any], Tokens]

_REMEMBERED = 512
_LONGEST_REMEMBERED = 300
_FEWEST_DIGITS = 7


def _remembering(tokens: OfText) -> OfText:
    """Return ``tokens`` with a memory for the values it saw last; long ones are not kept."""
    remembered = lru_cache(maxsize=_REMEMBERED)(tokens)

    def quick(value: str) -> Tokens:
        return remembered(value) if len(value) <= _LONGEST_REMEMBERED else tokens(value)

    return quick


def present(resource_type: str, *names: str) -> Tokens:
    """Return the tokens that say these parameters have a value."""
    return tuple(token(resource_type, name, hashing.PRESENT) for name in names)


def plain(resource_type: str, *names: str) -> OfText:
    """Return the tokens of a code, an id, or another value that has no system."""

    @_remembering
    def tokens(value: str) -> Tokens:
        return tuple(token(resource_type, name, hashing.ANY_SYSTEM, value) for name in names)

    return tokens


def flag(resource_type: str, *names: str) -> Callable[[bool], Tokens]:
    """Return the tokens of a boolean."""
    no, yes = (plain(resource_type, *names)(value) for value in ("false", "true"))

    def tokens(value: bool) -> Tokens:  # noqa: FBT001 - the value of a FHIR element
        return yes if value else no

    return tokens


def contact(resource_type: str, *names: str) -> OfText:
    """Return the tokens of ``ContactPoint.value``, see ``contact_forms``."""

    @_remembering
    def tokens(value: str) -> Tokens:
        return tuple(
            token(resource_type, name, hashing.ANY_SYSTEM, form)
            for name in names
            for form in contact_forms(value)
        )

    return tokens


def contact_forms(value: str) -> set[str]:
    """Return an address or number as written, in lower case, and a phone number's digits alone."""
    forms = {value, value.lower()}
    digits = "".join(filter(str.isdigit, value))
    if len(digits) >= _FEWEST_DIGITS and not any(map(str.isalpha, value)):
        forms.add(digits)
    return forms


def coding(resource_type: str, *names: str) -> OfPair:
    """Return the tokens of a Coding or an Identifier, given its system and its code or value."""

    def tokens(system: str | None, code: str | None) -> Tokens:
        return tuple(
            one for name in names for one in coded(resource_type, name, system or "", code or "")
        )

    remembered = lru_cache(maxsize=_REMEMBERED)(tokens)

    def quick(system: str | None, code: str | None) -> Tokens:
        short = len(system or "") + len(code or "") <= _LONGEST_REMEMBERED
        return (remembered if short else tokens)(system, code)

    return quick


def coded(resource_type: str, name: str, system: str, code: str) -> Iterator[int]:
    """Yield the three ways to find a code: in its system, in any system, and by its system."""
    if code:
        yield token(resource_type, name, hashing.ANY_SYSTEM, code)
        yield token(resource_type, name, hashing.SYSTEM_AND_CODE, system, code)
    if system:
        yield token(resource_type, name, hashing.SYSTEM, system)


def amount(resource_type: str, *names: str) -> OfValue:
    """Return the tokens of the unit of a Quantity or Money."""

    @lru_cache(maxsize=_REMEMBERED)
    def tokens(system: str | None, code: str | None, word: str | None) -> Tokens:
        said = {"system": system, "code": code, "unit": word}
        return tuple(one for name in names for one in _measured(resource_type, name, said))

    def of_unit(value: Mapping[str, Any]) -> Tokens:
        code = value.get("code")
        if code is None and "currency" in value:
            return tokens(amounts.CURRENCIES, value["currency"], None)
        return tokens(value.get("system"), code, value.get("unit"))

    return of_unit


def _measured(resource_type: str, name: str, said: Mapping[str, Any]) -> Iterator[int]:
    known = amounts.unit_of(said)
    if known is not None:
        yield token(resource_type, name, hashing.UNIT, known.base)
    for system, code in amounts.units(said):
        yield token(resource_type, name, hashing.ANY_SYSTEM, code)
        if system and known is None:
            yield token(resource_type, name, hashing.SYSTEM_AND_CODE, system, code)


def ranged(resource_type: str, *names: str) -> Tokens:
    """Return the tokens that say the amount is a range, which no column holds."""
    return tuple(token(resource_type, name, hashing.RANGED) for name in names)


def identified(resource_type: str, *names: str) -> OfPair:
    """Return the tokens of ``Reference.identifier``."""
    bare = (name.rstrip("*").partition("=")[0] for name in names if "?" not in name)
    return coding(resource_type, *(f"{name}{hashing.OF_IDENTIFIER}" for name in bare))


def reference(resource_type: str, *names: str) -> OfText:
    """Return the tokens of ``Reference.reference``; none for a contained resource."""

    @_remembering
    def tokens(literal: str) -> Tokens:
        if literal.startswith("#"):
            return ()
        literal = literal.partition("/_history/")[0]
        return tuple(one for name in names for one in _referred(resource_type, name, literal))

    return tokens


def _referred(resource_type: str, name: str, literal: str) -> Iterator[int]:
    head, _, identity = literal.rpartition("/")
    target = head.rpartition("/")[2]
    name, only_present, wanted = name.partition("?")
    if not only_present:
        name, _, wanted = name.partition("=")
    if wanted:
        if target != wanted:
            return
        yield token(resource_type, name, hashing.PRESENT)
        if only_present:
            return
    bare = name.rstrip("*")
    yield hashing.reference(resource_type, bare, literal)
    if bare != name and target:
        yield token(resource_type, bare, hashing.LOGICAL_ID, identity)


def canonical(resource_type: str, *names: str) -> OfText:
    """Return the tokens of a uri or canonical, with and without ``|version``."""

    @_remembering
    def tokens(value: str) -> Tokens:
        forms = {value, value.partition("|")[0]}
        return tuple(
            token(resource_type, name, hashing.URI, form) for name in names for form in forms
        )

    return tokens


def words(resource_type: str, *names: str) -> OfText:
    """Return the tokens of a text: its beginnings, what is inside, and the text as it is."""

    @_remembering
    def tokens(value: str) -> Tokens:
        found = [(hashing.EXACT, value)]
        found += [(hashing.STARTS, one) for one in texts.prefixes(value)]
        found += [(hashing.INSIDE, one) for one in texts.insides(value)]
        return tuple(token(resource_type, name, *form) for name in names for form in found)

    return tokens


def parts(resource_type: str, *names: str) -> OfValue:
    """Return the tokens of every text in a HumanName or an Address."""
    of_text = words(resource_type, *names)

    def tokens(value: Mapping[str, Any]) -> Tokens:
        return tuple(one for text in texts.texts_of(value) for one in of_text(text))

    return tokens


def sounding(resource_type: str, *names: str) -> OfValue:
    """Return the tokens of how the words of a text or HumanName sound."""

    @_remembering
    def of_text(value: str) -> Tokens:
        heard = sounds.codes(value)
        return tuple(
            token(resource_type, name, hashing.SOUND, one) for name in names for one in heard
        )

    def tokens(value: Mapping[str, Any] | str) -> Tokens:
        return tuple(one for text in texts.texts_of(value) for one in of_text(text))

    return tokens


def day(resource_type: str, *names: str) -> OfText:
    """Return the tokens of the calendar units of a date, dateTime or instant."""

    @_remembering
    def tokens(value: str) -> Tokens:
        return _units(resource_type, names, times.interval(value))

    return tokens


def period(resource_type: str, *names: str) -> OfValue:
    """Return the tokens of the calendar units of a Period."""

    def tokens(value: Mapping[str, Any]) -> Tokens:
        return _units(resource_type, names, times.period(value))

    return tokens


def timing(resource_type: str, *names: str) -> OfValue:
    """Return the tokens of the calendar units of a Timing, from its first event to its last."""

    def tokens(value: Mapping[str, Any]) -> Tokens:
        return _units(resource_type, names, times.timing(value))

    return tokens


def _units(resource_type: str, names: tuple[str, ...], span: times.Interval | None) -> Tokens:
    if span is None:
        return ()
    found = tuple(covering.marks(span))
    return tuple(token(resource_type, name, *mark) for name in names for mark in found)


def only_patient(found: list[str | None]) -> str | None:
    """Return the id of the one patient in these references; None if there is none, '' if several.

    Only literal relative references count (``Patient/id``, with or without a version).
    """
    patients = {ref[8:].partition("/")[0] for ref in found if ref and ref.startswith("Patient/")}
    if not patients:
        return None
    return patients.pop() if len(patients) == 1 else ""


def is_said(resource: Mapping[str, Any], name: str) -> bool:
    """Return whether a choice element is there and is not false (``deceased[x]``)."""
    said = resource.get(f"{name}Boolean")
    return bool(said) if said is not None else any(key.startswith(name) for key in resource)
