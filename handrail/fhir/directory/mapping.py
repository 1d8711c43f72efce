r"""A saved mapping: which column of somebody's table is which field of the specification.

A mapping is data (TOML, or the same as JSON), can be edited, saved and shipped::

    name = "County 211 list"
    id = ["Agency", "Program"]                 # columns that together name a row's service

    [organizations]
    name = "Agency"                            # a column, as it stands
    description = { columns = ["About", "Mission"], join = " " }

    [services]
    name = "Program"
    status = { value = "active" }              # the same for every row
    minimum_age = { column = "Ages", find = '(\d+)', as = "number" }

    [schedules]                                # of the service; hours in words become rows
    from = { column = "Hours", as = "hours" }

    [phones]
    from = { column = "Phone", as = "phones" }

    [languages]
    name = { column = "Languages", split = ",;" }   # one row for each part

A row of the table makes one organization, one service (several, if services.name is split),
one place and what hangs on them. Rows that name the same organization or place share it. A column
that no field takes is kept with the service.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from handrail.fhir.directory import cleaning
from handrail.fhir.directory.hsds.checking import Note
from handrail.fhir.directory.hsds.tables import KINDS, TABLES
from handrail.fhir.errors import BusinessRuleError

FROM: Final = "from"
WAYS: Final = frozenset({"text", "number", "date", "yes-no", "hours", "phones"})
_SPACE: Final = uuid5(NAMESPACE_URL, "urn:handrail:hsds")
_OWNERS: Final = {
    "organizations": (),
    "locations": (),
    "services": (),
    "funding": ("organization_id",),
    "organization_identifiers": ("organization_id",),
    "addresses": ("location_id",),
    "accessibility": ("location_id",),
    "attributes": (),
}
_LONGEST_PATTERN: Final = 200
_SEARCHED: Final = 2000  # characters that a pattern is looked for in
_RESERVED: Final = frozenset({"name", "id", "words"})
Row = dict[str, Any]


class MappingError(BusinessRuleError):
    """The mapping cannot be used; the message says which line of it and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Where the value of one field comes from and what is done with it."""

    columns: tuple[str, ...] = ()
    value: str = ""
    join: str = " "
    split: str = ""
    find: str = ""
    way: str = "text"
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapping that was understood: its name, what names a row, and the fields by table."""

    name: str
    key: tuple[str, ...]
    tables: Mapping[str, Mapping[str, Taking]]

    @property
    def columns(self) -> frozenset[str]:
        """Return the columns that some field takes."""
        every = (taking for fields in self.tables.values() for taking in fields.values())
        return frozenset(name for taking in every for name in taking.columns)


def parse(text: str) -> Mapped:
    """Return the mapping that a text in TOML or JSON says.

    Raises:
        MappingError: it is none, or names a table or field that the specification has not.
    """
    try:
        told = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MappingError(f"The mapping cannot be read: {error}") from error
    return understood(told)


def understood(told: Mapping[str, Any]) -> Mapped:
    """Return the mapping that a parsed text says.

    Raises:
        MappingError: as :func:`parse`.
    """
    tables = {name: _fields(name, fields) for name, fields in told.items() if name not in _RESERVED}
    if "name" not in tables.get("services", {}):
        raise MappingError("The mapping has to say which column is services.name.")
    return Mapped(name=str(told.get("name") or ""), key=_names(told.get("id")), tables=tables)


def _fields(table: str, fields: Any) -> dict[str, Taking]:
    if table not in TABLES:
        known = ", ".join(sorted(TABLES))
        raise MappingError(f"There is no table '{table}'. There are: {known}.")
    if not isinstance(fields, Mapping):
        raise MappingError(f"[{table}] has to be a table of fields.")
    for name in fields:
        if name not in {*KINDS[table], FROM} or name == "id":
            raise MappingError(f"[{table}] has no field '{name}'.")
    return {name: _taking(f"{table}.{name}", told) for name, told in fields.items()}


def _taking(place: str, told: Any) -> Taking:
    if isinstance(told, str):
        return Taking(columns=(told,))
    if not isinstance(told, Mapping):
        raise MappingError(f"{place} has to be a column or a table such as {{ column = 'Phone' }}.")
    way, find = str(told.get("as", "text")), str(told.get("find", ""))
    if way not in WAYS:
        raise MappingError(f"{place}: as = '{way}' is none of {', '.join(sorted(WAYS))}.")
    if len(find) > _LONGEST_PATTERN or not _compiles(find):
        raise MappingError(f"{place}: find is no pattern that can be used.")
    words = told.get("words") or {}
    return Taking(
        columns=_names(told.get("columns") or told.get("column")),
        value=str(told.get("value", "")),
        join=str(told.get("join", " ")),
        split=str(told.get("split", "")),
        find=find,
        way=way,
        words={str(word).strip().lower(): str(means) for word, means in words.items()},
    )


def _compiles(pattern: str) -> bool:
    """Tell whether a pattern can be used: nothing in it repeats what repeats already."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError):
        return False
    return re.search(r"[*+}]\)?[*+{]|\([^)]*[*+][^)]*\)[*+{]", pattern) is None


def _names(told: Any) -> tuple[str, ...]:
    given: Sequence[Any] = [told] if isinstance(told, str) else told or ()
    return tuple(str(one) for one in given)


@dataclass(slots=True)
class Made:
    """What one row of a table became: rows of the specification, and what is to be said of it."""

    rows: list[tuple[str, Row]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def apply(mapped: Mapped, given: Mapping[str, str]) -> Made:
    """Return the rows that one row of somebody's table is.

    Args:
        mapped: the mapping.
        given: the row, by column.
    """
    made = Made()
    names = _values(made, "name", mapped.tables["services"]["name"], given)
    for name in names or [""]:
        _one(made, mapped, given, str(name))
    return made


def _one(made: Made, mapped: Mapped, given: Mapping[str, str], service_name: str) -> None:
    """Add what a row says of one of its services."""
    whole = {
        name: _record(made, mapped, name, given)
        for name in ("organizations", "locations", "services")
    }
    service = whole["services"] | {"name": service_name}
    service |= {name: text for name, text in given.items() if name not in mapped.columns and text}
    whole["services"] = service
    owners = _identified(mapped, whole, given)
    made.rows += [(name, row) for name, row in whole.items() if row.get("id")]
    if owners.get("location_id"):
        at = f"{owners['service_id']}|{owners['location_id']}"
        both = {key: owners[key] for key in ("service_id", "location_id")}
        made.rows.append(("service_at_location", {"id": _id("at", at), **both}))
    for name in mapped.tables:
        if name not in whole:
            made.rows += _hanging(made, mapped, name, given, owners)


def _record(made: Made, mapped: Mapped, table: str, given: Mapping[str, str]) -> Row:
    """Return the one record of a table: of several parts the first counts, the rest is joined."""
    row: Row = {}
    for name, taking in mapped.tables.get(table, {}).items():
        parts = _values(made, name, taking, given)
        if parts:
            row[name] = parts[0] if len(parts) == 1 else "; ".join(map(str, parts))
    return row


def _identified(
    mapped: Mapped, whole: Mapping[str, Row], given: Mapping[str, str]
) -> dict[str, str]:
    """Give the three records their ids, which depend on what names them, and return these."""
    owner, service, place = (whole[name] for name in ("organizations", "services", "locations"))
    owners: dict[str, str] = {}
    if owner.get("name"):
        owner["id"] = owners["organization_id"] = _id("organization", str(owner["name"]).casefold())
        service["organization_id"] = owner["id"]
    address = [
        text
        for _, row in _plain(mapped, "addresses", given)
        for name, text in row.items()
        if name in {"address_1", "city", "postal_code"}
    ]
    where = "|".join((str(place.get("name", "")), *map(str, address)))
    if where.strip("|"):
        place["id"] = owners["location_id"] = _id("location", where.casefold())
        place.setdefault("location_type", "physical")
    named = [given.get(name, "") for name in mapped.key] or [
        str(owner.get("name", "")),
        str(service.get("name", "")),
        where,
    ]
    service["id"] = owners["service_id"] = _id("service", "|".join(named).casefold())
    service.setdefault("status", "active")
    return owners


def _plain(mapped: Mapped, table: str, given: Mapping[str, str]) -> Iterator[tuple[str, Row]]:
    row = _record(Made(), mapped, table, given)
    if row:
        yield table, row


def _hanging(
    made: Made, mapped: Mapped, table: str, given: Mapping[str, str], owners: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a table that hangs on the three: one for each part of what is split."""
    own = KINDS[table]
    keys = _OWNERS.get(table, ("service_id",))
    main = "location_id" if keys == ("location_id",) else "service_id"
    owner = owners.get(main, owners["service_id"])
    for number, one in enumerate(_several(made, mapped.tables[table], table, given)):
        row = {**one, **{key: owners[key] for key in keys if key in owners and key in own}}
        row["id"] = _id(table, f"{owner}|{number}|{sorted(one.items())}")
        if table == "attributes":
            row |= _term(row, owners["service_id"])
        if table == "addresses":
            row = {"address_type": "physical", "country": "US", **row}
        yield table, row


def _several(
    made: Made, fields: Mapping[str, Taking], table: str, given: Mapping[str, str]
) -> list[Row]:
    """Return the rows of one table that a row says, without ids."""
    found: list[Row] = []
    if FROM in fields:
        taken = _values(made, table, fields[FROM], given)
        found = [one if isinstance(one, dict) else {_main(table): one} for one in taken]
    singles: Row = {}
    for name, taking in fields.items():
        values = [] if name == FROM else _values(made, name, taking, given)
        if taking.split and len(values) > 1:
            found += [{name: value} for value in values]
        elif values:
            singles[name] = values[0]
    if not found and FROM not in fields and singles:
        return [singles]
    return [{**singles, **one} for one in found]


def _term(row: Row, service: str) -> Row:
    """Return an attribute whose value is the name of a term as one that has the term inside."""
    name = str(row.get("value") or row.get("taxonomy_term_id") or "")
    term = {"id": _id("term", name.casefold()), "name": name, "description": name}
    return {"link_id": service, "link_entity": "service", "taxonomy_term": term}


def _main(table: str) -> str:
    """Return the field that a bare word fills."""
    mains = {"required_documents": "document", "funding": "source", "attributes": "value"}
    return mains.get(table, "name" if "name" in KINDS[table] else "description")


def _values(made: Made, name: str, taking: Taking, given: Mapping[str, str]) -> list[Any]:
    """Return what a field takes from a row: nothing, one value or several."""
    text = taking.join.join(filter(None, (given.get(one, "").strip() for one in taking.columns)))
    text = text or taking.value
    if taking.find and text:
        found = re.search(taking.find, text[:_SEARCHED])
        text = (found[1] if found.re.groups else found[0]) or "" if found else ""
    parts = cleaning.listed(text, taking.split) if taking.split else [text] if text else []
    parts = [taking.words.get(part.lower(), part) for part in parts]
    return [value for part in parts if part for value in _way(made, name, taking.way, part)]


def _way(made: Made, name: str, way: str, part: str) -> list[Any]:
    if way == "hours":
        return _hours(made, name, part)
    if way == "phones":
        numbers = cleaning.phones(part)
        if not numbers:
            made.notes.append(Note(name, "There is no phone number in it.", "kept as words"))
        return [*numbers] or [{"number": part}]
    if way == "yes-no":
        said = cleaning.yes_or_no(part)
        return [part if said is None else "yes" if said else "no"]
    return [cleaning.day(part) or part] if way == "date" else [part]


def _hours(made: Made, name: str, part: str) -> list[Any]:
    hours = cleaning.schedules(part)
    if hours is None:
        made.notes.append(Note(name, "The hours cannot be read by a clock.", "kept as words"))
    return [{**one, "notes": part} for one in hours or ()] or [{"description": part}]


def _id(kind: str, named: str) -> str:
    return str(uuid5(_SPACE, f"mapping|{kind}|{named}"))
