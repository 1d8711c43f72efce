"""What the parameters of operations have in common: numbers, dates, lists of types, refusals."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from handrail.fhir import instants
from handrail.fhir.errors import HandrailError
from handrail.fhir.r4 import MODULES
from handrail.fhir.searching.times import Interval, interval
from handrail.operation import Asked


class ParameterError(HandrailError):
    """A parameter of an operation cannot be understood."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


def number(asked: Asked, name: str, otherwise: int, *, least: int = 0) -> int:
    """Return a whole number; raise ParameterError for anything else."""
    given = asked.value(name)
    if not given:
        return otherwise
    if not (given.isascii() and given.isdigit()) or int(given[:9]) < least:
        raise ParameterError(f"{name} is a whole number, {least} or more.")
    return int(given[:9])


def truth(asked: Asked, name: str, *, otherwise: bool = False) -> bool:
    """Return a boolean; raise ParameterError for anything but true and false."""
    given = asked.value(name)
    if given not in {"", "true", "false"}:
        raise ParameterError(f"{name} is true or false.")
    return given == "true" if given else otherwise


def span(asked: Asked, name: str) -> Interval | None:
    """Return what a date or dateTime stands for; raise ParameterError for anything else."""
    given = asked.value(name)
    if not given:
        return None
    found = interval(given.replace(" ", "+"))
    if found is None:
        raise ParameterError(f"{name} is a date (2026-11-20, 2026-11 or 2026) or a dateTime.")
    return found


def instant(asked: Asked, name: str) -> datetime | None:
    """Return an instant; raise ParameterError for anything else."""
    given = asked.value(name)
    if not given:
        return None
    try:
        return instants.asked(given)
    except ValueError as error:
        raise ParameterError(f"{name} is an instant: 2026-11-20T09:00:00Z.") from error


def kinds(asked: Asked, name: str) -> tuple[str, ...]:
    """Return resource types, given once or several times, with commas; raise ParameterError."""
    given = [one.strip() for value in asked.values(name) for one in value.split(",")]
    for one in given:
        if one and one not in MODULES:
            raise ParameterError(f"“{one[:60]}” is no resource type of FHIR R4.")
    return tuple(dict.fromkeys(one for one in given if one))


def required(asked: Asked, name: str, what: str) -> str:
    """Return a parameter; raise ParameterError when it is missing, saying ``what`` it is."""
    given = asked.value(name)
    if not given:
        raise ParameterError(f"{name} is missing: {what}.")
    return given


def structures(asked: Asked, name: str, kind: str) -> list[dict[str, Any]]:
    """Return the values of a complex parameter (``valueCoding``) of a Parameters body."""
    body = asked.body or {}
    listed = body.get("parameter", ()) if body.get("resourceType") == "Parameters" else ()
    found = [
        one.get(f"value{kind}")
        for one in listed
        if isinstance(one, dict) and one.get("name") == name
    ]
    return [one for one in found if isinstance(one, dict)]


def codings(asked: Asked, name: str) -> list[tuple[str, str]]:
    """Return (system, code) of a parameter of type Coding: ``system|code`` or a valueCoding.

    An empty system: of any. Codes that are given with commas are several.
    """
    found = []
    for one in (part for value in asked.values(name) for part in value.split(",") if part):
        system, bar, code = one.rpartition("|")
        found.append((system if bar else "", code))
    found += [
        (str(one.get("system", "")), str(one.get("code", "")))
        for one in structures(asked, name, "Coding")
    ]
    return found


def own_patients(asked: Asked) -> list[str]:
    """Return the ids of the patients that a principal is bound to; none: to nobody."""
    if asked.by.app:
        return [asked.by.patient] if asked.by.patient else []
    return sorted(asked.by.opened)
