"""What an ``$export`` asks for, read from the address or from Parameters, and refused by name.

Source: http://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from handrail.access.principal import Principal
from handrail.edge.bulk_data.errors import AskedWrongError
from handrail.fhir import instants
from handrail.fhir.errors import UnsupportedError
from handrail.fhir.r4 import MODULES
from handrail.fhir.searching.query import parse
from handrail.operation import Asked

NDJSON: Final = "application/fhir+ndjson"
_FORMATS: Final = frozenset({NDJSON, "application/ndjson", "ndjson"})
_NOT_OFFERED: Final = frozenset(
    {"includeAssociatedData", "organizeOutputBy", "allowPartialManifests"}
)
_NO_EFFECT: Final = frozenset({"_format", "_pretty"})
MOST_FILTERS: Final = 50
MOST_PATIENTS: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for. ``level`` is "", "Patient" or "Group"; empty tuples: no limit.

    ``filters`` are (type, query) pairs; ``patients`` ids; ``since`` ISO 8601.
    """

    level: str = ""
    group: str = ""
    types: tuple[str, ...] = ()
    since: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    elements: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for the table."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Wanted:
        """Return what was kept."""
        lists = {name: tuple(value) for name, value in kept.items() if isinstance(value, list)}
        lists["filters"] = tuple((kind, query) for kind, query in kept.get("filters", ()))
        return cls(**{**kept, **lists})

    @property
    def since_at(self) -> datetime | None:
        """Return the moment of ``_since``."""
        return datetime.fromisoformat(self.since) if self.since else None


@dataclass
class _Reading:
    """A kick-off that is being read."""

    asked: Asked
    lenient: bool
    parts: dict[str, Any] = field(default_factory=dict)

    def refuse(self, message: str) -> None:
        """Refuse a parameter, unless what is not understood may be left out."""
        if not self.lenient:
            raise UnsupportedError(message)


def wanted(asked: Asked) -> Wanted:
    """Return what a kick-off asks for.

    Raises:
        AskedWrongError: it is not asynchronous, or a value cannot be read.
        UnsupportedError: something is asked that Handrail does not do; not when it is lenient.
    """
    prefer = asked.header("Prefer").replace(";", ",").replace(" ", "").split(",")
    if "respond-async" not in prefer:
        raise AskedWrongError("An export takes a while: send the header Prefer: respond-async.")
    reading = _Reading(asked, "handling=lenient" in prefer)
    for name in dict.fromkeys(_names(asked)):
        if name in _READERS:
            _READERS[name](reading, _given(asked, name))
        elif name in _NOT_OFFERED:
            reading.refuse(f"{name} is not offered here. Ask without it.")
        elif name not in _NO_EFFECT:
            reading.refuse(f"$export has no parameter {name[:60]}. It has {', '.join(_READERS)}.")
    level = asked.resource_type
    if reading.parts.get("patients") and not level:
        raise AskedWrongError("patient goes with Patient/$export or Group/[id]/$export only.")
    return Wanted(level=level, group=asked.id, **reading.parts)


def _names(asked: Asked) -> Iterable[str]:
    yield from (name for name, _ in asked.pairs)
    for one in (asked.body or {}).get("parameter") or []:
        if isinstance(one, dict):
            yield str(one.get("name", ""))


def _given(asked: Asked, name: str) -> list[str]:
    """Return the values of a parameter; of a reference, what it refers to."""
    found = asked.values(name)
    for one in (asked.body or {}).get("parameter") or []:
        if isinstance(one, dict) and one.get("name") == name:
            reference = one.get("valueReference")
            if isinstance(reference, dict):
                found.append(str(reference.get("reference", "")))
    return found


def _format(reading: _Reading, values: list[str]) -> None:
    for value in values:
        if value.replace(" ", "+") not in _FORMATS:
            reading.refuse(f"Exports are written as {NDJSON} only, not as {value[:60]}.")


def told(*, group: str = "", types: str = "", since: str = "") -> Wanted:
    """Return what an operator asks for on the command line; empty: no limit.

    Raises:
        AskedWrongError: a value cannot be read.
    """
    pairs = [(name, value) for name, value in (("_type", types), ("_since", since)) if value]
    asked = Asked(
        method="GET",
        resource_type="Group" if group else "",
        id=group,
        pairs=pairs,
        body=None,
        raw=b"",
        base="",
        headers={"HTTP_PREFER": "respond-async"},
        by=Principal(org=0, person="", name=""),
    )
    return wanted(asked)


def _since(reading: _Reading, values: list[str]) -> None:
    try:
        at = instants.asked(values[-1])
    except (ValueError, IndexError) as error:
        raise AskedWrongError("_since is an instant, as in 2026-11-22T01:02:03Z.") from error
    reading.parts["since"] = at.isoformat()


def _types(reading: _Reading, values: list[str]) -> None:
    found = [part.strip() for value in values for part in value.split(",") if part.strip()]
    for one in found:
        if one not in MODULES:
            reading.refuse(f"_type names {one[:60]}, which is no resource type of FHIR R4.")
    reading.parts["types"] = tuple(dict.fromkeys(one for one in found if one in MODULES))
    if found and not reading.parts["types"]:
        raise AskedWrongError("_type names no resource type of FHIR R4.")


def _filters(reading: _Reading, values: list[str]) -> None:
    """Keep the searches of ``_typeFilter``, each tried by the search parser before it is kept."""
    found = []
    for value in (part for whole in values for part in _apart(whole)):
        kind, _, query = unquote(value).partition("?") if "?" not in value else value.partition("?")
        if kind not in MODULES or not query:
            raise AskedWrongError(
                "_typeFilter is a search with its type, as in MedicationRequest?status=active."
            )
        parse(kind, parse_qsl(query), strict=not reading.lenient)
        found.append((kind, query))
    if len(found) > MOST_FILTERS:
        raise AskedWrongError(f"An export has at most {MOST_FILTERS} filters.")
    reading.parts["filters"] = tuple(dict.fromkeys(found))


def _apart(value: str) -> Iterable[str]:
    """Yield the filters that commas divide; a comma inside of a filter's value stays."""
    begun = ""
    for part in value.split(","):
        kind = part.partition("?")[0]
        if begun and kind in MODULES and "?" in part:
            yield begun
            begun = part
        else:
            begun = f"{begun},{part}" if begun else part
    if begun:
        yield begun


def _elements(reading: _Reading, values: list[str]) -> None:
    found = [part.strip() for value in values for part in value.split(",") if part.strip()]
    for one in found:
        kind, dot, name = one.partition(".") if one[:1].isupper() else ("", ".", one)
        if not dot or not name.isalnum() or (kind and kind not in MODULES):
            raise AskedWrongError("_elements names elements at the root: id,code or Patient.name.")
    reading.parts["elements"] = tuple(dict.fromkeys(found))


def _patients(reading: _Reading, values: list[str]) -> None:
    if reading.asked.method != "POST":
        raise AskedWrongError("patient is given in Parameters that are POSTed, not in the address.")
    found = []
    for value in (part.strip() for whole in values for part in whole.split(",")):
        kind, _, identity = value.rpartition("/")
        if not identity or kind.rpartition("/")[2] not in {"", "Patient"}:
            raise AskedWrongError("patient refers to patients, as in Patient/123.")
        found.append(identity)
    if len(found) > MOST_PATIENTS:
        raise AskedWrongError(f"Ask for at most {MOST_PATIENTS} patients at once.")
    reading.parts["patients"] = tuple(dict.fromkeys(found))


_READERS: dict[str, Callable[[_Reading, list[str]], None]] = {
    "_outputFormat": _format,
    "_since": _since,
    "_type": _types,
    "_typeFilter": _filters,
    "_elements": _elements,
    "patient": _patients,
}
