"""JSON of the specification in its forms: a record, a list, a page of an API, tables, NDJSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from handrail.edge.hsds.errors import DirectoryFileError
from handrail.fhir.directory.hsds.tables import ENTITIES, TABLES

Row = dict[str, Any]
_BY_NAME: Final = {
    **{name: name for name in TABLES},
    **{entity: name for name, entity in ENTITIES.items()},
    "service_at_locations": "service_at_location",
}
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
# What only one kind of record has, in the order in which it is looked for.
_TELLING: Final = (
    ("service_at_location", ("location", "location_id", "service", "service_id")),
    ("locations", ("location_type", "latitude", "addresses")),
    ("services", ("status", "organization", "organization_id", "service_at_locations")),
    ("taxonomy_terms", ("taxonomy", "taxonomy_detail", "parent_id", "term_uri", "taxonomy_id")),
    ("organizations", ("website", "legal_status", "tax_status", "locations", "services", "logo")),
    ("taxonomies", ("version",)),
)


def rows_of(text: bytes, stem: str, name: str) -> Iterator[tuple[int, str, Row]]:
    """Yield (number, table, record) of a document; numbers are lines in NDJSON, else places.

    Args:
        text: the document.
        stem: what the file is called, without its ending: it may name the table.
        name: what it is called, for messages.

    Raises:
        DirectoryFileError: it is no JSON, or no record of the specification.
    """
    listed = _split(text.removeprefix(b"\xef\xbb\xbf"))
    if listed is not None:
        yield from _one_by_one(listed, _table_named(stem), name)
        return
    for line, told in _parsed(text, name):
        for number, table, record in _records(told, _table_named(stem), name):
            yield line or number, table, record


def _split(body: bytes) -> list[msgspec.Raw] | None:
    """Return the records of a list, not yet parsed: all of them at once take six times the file."""
    try:
        found = _LIST.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return found if all(bytes(one).startswith(b"{") for one in found) else None


def _one_by_one(
    listed: Sequence[msgspec.Raw], table: str, name: str
) -> Iterator[tuple[int, str, Row]]:
    for place, one in enumerate(listed, 1):
        try:
            told = json.loads(bytes(one))
        except RecursionError as error:
            raise DirectoryFileError(f"{name} is nested too deep.") from error
        except ValueError as error:
            raise DirectoryFileError(f"{name} is not JSON: {error}") from error
        for _, found, record in _listed([told], table, name, place):
            yield place, found, record


def _parsed(text: bytes, name: str) -> Iterator[tuple[int, Any]]:
    body = text.removeprefix(b"\xef\xbb\xbf")
    try:
        yield 0, json.loads(body)
    except RecursionError as error:
        raise DirectoryFileError(f"{name} is nested too deep.") from error
    except ValueError as error:
        if not body.lstrip().startswith(b"{") or b"\n" not in body.strip():
            raise DirectoryFileError(f"{name} is not JSON: {error}") from error
        yield from _by_line(body, name)


def _by_line(body: bytes, name: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                message = f"{name}, line {number}, is not JSON: {error}. Nothing was taken."
                raise DirectoryFileError(message) from error


def _records(told: Any, table: str, name: str) -> Iterator[tuple[int, str, Row]]:
    if isinstance(told, Mapping):
        tables = {key: _table_named(str(key).removesuffix(".csv")) for key in told}
        if told and all(str(key).endswith(".csv") for key in told):
            for key, rows in told.items():
                yield from _listed(rows, tables[key], f"{name}, {key}")
            return
        if isinstance(told.get("contents"), list):
            yield from _listed(told["contents"], table, name)
            return
        yield from _listed([told], table, name)
        return
    yield from _listed(told, table, name)


def _listed(told: Any, table: str, name: str, first: int = 1) -> Iterator[tuple[int, str, Row]]:
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise DirectoryFileError(f"{name} holds no records of HSDS.")
    for number, one in enumerate(told, first):
        found = table or _table_of(one)
        if not found:
            message = f"{name}, record {number}: nothing in it says what it is."
            raise DirectoryFileError(f"{message} Name the file after its table.")
        yield number, found, one


def _table_named(stem: str) -> str:
    """Return the table that a name means: "services", "service_full", "organization_list"."""
    bare = stem.lower().removesuffix("_full").removesuffix("_list")
    return _BY_NAME.get(bare, "")


def _table_of(record: Mapping[str, Any]) -> str:
    found = (table for table, fields in _TELLING if any(field in record for field in fields))
    return next(found, "organizations" if "name" in record and "description" in record else "")
