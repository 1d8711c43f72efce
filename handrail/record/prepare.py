"""From a wanted change to a version ready to be appended: checked, identified, spliced, indexed.

The text of every value is kept character for character; only ``id`` and what the server owns of
``meta`` (versionId, lastUpdated) are written into it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

import msgspec
import orjson
import xxhash
from typing_extensions import override

from handrail.access.decide import needs_patient
from handrail.fhir import instants, text
from handrail.fhir.errors import Fault, InvalidResourceError
from handrail.fhir.resource import Resource
from handrail.fhir.searching.extract import Indexed, index
from handrail.fhir.validation import validate
from handrail.record.stored import Draft

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SERVER_META = frozenset({"versionId", "lastUpdated"})
_NAMES = frozenset({"resourceType", "id", "meta"})
_SEARCHED = tuple(field.name for field in fields(Indexed))


class _Named(msgspec.Struct):
    """The members that are written anew in every version."""

    resource_type: str = msgspec.field(name="resourceType")
    id: str = ""
    meta: msgspec.Raw = msgspec.Raw()


_named = msgspec.json.Decoder(_Named)


@dataclass
class Submitted:
    """A draft that was checked: its parts, and a hash of what it says."""

    resource_type: str
    id: str
    meta: bytes  # the members of meta that are not the server's, joined
    rest: bytes  # all other members, joined
    content: bytes
    if_match: int | None = None
    cause: str = ""
    room: str = ""
    new: bool = False  # its id was made just now, so nothing can be stored under it

    @property
    def reference(self) -> str:
        """Return ``Type/id``."""
        return f"{self.resource_type}/{self.id}"

    @cached_property
    def quick(self) -> Resource:
        """Return the resource parsed fast, without the server's meta; decimals are floats."""
        parsed: Resource = orjson.loads(_text(self, self.meta))
        return parsed

    @cached_property
    def indexed(self) -> Indexed:
        """Return its search values."""
        return index(self.quick)

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled with the search values, without the parsed resource: that is parsed anew."""
        found = self.indexed
        searched = tuple(getattr(found, name) for name in _SEARCHED)
        said = (self.resource_type, self.id, self.meta, self.rest, self.content, self.if_match)
        return _unpacked, (*said, self.cause, self.room, searched)


def _unpacked(*parts: Any) -> Submitted:
    """Return what was pickled."""
    submitted = Submitted(*parts[:-1])
    submitted.__dict__["indexed"] = Indexed(*parts[-1])
    return submitted


@dataclass
class Prepared:
    """A version ready to be appended."""

    resource_type: str
    id: str
    version: int
    updated_at: datetime
    body: bytes
    content: bytes
    cause: str = ""
    deleted: bool = False
    before: bytes | None = None
    existed: bool = False
    submitted: Submitted | None = None

    @property
    def reference(self) -> str:
        """Return ``Type/id``."""
        return f"{self.resource_type}/{self.id}"

    @cached_property
    def quick(self) -> Resource:
        """Return the resource parsed fast; decimals are floats, so never written back."""
        if self.submitted is not None:
            return {**self.submitted.quick, "meta": self._meta(self.submitted.quick)}
        parsed: Resource = orjson.loads(self.body) if self.body else {}
        return parsed

    def _meta(self, submitted: Resource) -> dict[str, Any]:
        """Return ``meta`` as it is stored: rows made now and rows rebuilt must be the same."""
        own = {"versionId": str(self.version), "lastUpdated": instants.written(self.updated_at)}
        return own | {k: v for k, v in submitted.get("meta", {}).items() if k not in _SERVER_META}

    @cached_property
    def resource(self) -> Resource:
        """Return the resource parsed without loss."""
        return text.parse(self.body)

    @cached_property
    def indexed(self) -> Indexed:
        """Return its search values."""
        return self.submitted.indexed if self.submitted is not None else index(self.quick)

    @cached_property
    def hash(self) -> bytes:
        """Return the sha256 of the text."""
        return hashlib.sha256(self.body).digest()


def submit(draft: Draft, identity: str = "", *, new: bool = False) -> Submitted:
    """Check a draft against FHIR R4 and take it apart.

    Args:
        draft: what is to be stored.
        identity: replaces the id it states.
        new: ``identity`` was made just now (a random UUID): nobody need look for what is stored.

    Raises:
        InvalidResourceError: with every fault and its FHIRPath.
    """
    raw = draft.raw if draft.raw is not None else text.write(draft.resource or {})
    validate(raw)
    submitted = take_apart(raw, identity, draft.if_match)
    submitted.new = submitted.new or new
    return submitted


def take_apart(raw: bytes, identity: str = "", if_match: int | None = None) -> Submitted:
    """Take the text of a valid resource apart; ``identity`` replaces the id it states."""
    compact = text.compact(raw)
    named = _named.decode(compact)
    known = identity or named.id
    meta, rest = _apart(compact, named)
    content = xxhash.xxh3_128_digest(b"%b|%b" % (meta, rest))
    return Submitted(
        named.resource_type, known or uuid4().hex, meta, rest, content, if_match, new=not known
    )


def _apart(compact: bytes, named: _Named) -> tuple[bytes, bytes]:
    """Return the members of meta that are not the server's, and all but type, id and meta."""
    kept = b",".join(_pairs(_members.decode(named.meta), skip=_SERVER_META)) if named.meta else b""
    begin, end = b'{"resourceType":"%b"' % named.resource_type.encode(), b"}"
    if named.id:
        begin += b',"id":"%b"' % named.id.encode()
    meta = b',"meta":%b' % bytes(named.meta) if named.meta else b""
    if meta and compact.endswith(meta + end):
        end = meta + end
    else:
        begin += meta
    if compact.startswith(begin) and compact.endswith(end):  # the usual order: one piece is left
        return kept, compact[len(begin) + 1 : -len(end)]
    return kept, b",".join(_pairs(_members.decode(compact), skip=_NAMES))


def _pairs(members: dict[str, Any], skip: frozenset[str] = frozenset()) -> Iterator[bytes]:
    for name, value in members.items():
        if name not in skip:
            yield b'"%b":%b' % (name.encode(), bytes(value))


def compose(submitted: Submitted, version: int, updated_at: datetime) -> bytes:
    """Return the text of a version: what was submitted, with id and the server's meta."""
    stamp = instants.written(updated_at)
    meta = b'"versionId":"%d","lastUpdated":"%b"' % (version, stamp.encode())
    if submitted.meta:
        meta = b"%b,%b" % (meta, submitted.meta)
    return _text(submitted, meta)


def _text(submitted: Submitted, meta: bytes) -> bytes:
    parts = [
        b'"resourceType":"%b","id":"%b"' % (submitted.resource_type.encode(), submitted.id.encode())
    ]
    if meta:
        parts.append(b'"meta":{%b}' % meta)
    if submitted.rest:
        parts.append(submitted.rest)
    return b"{%b}" % b",".join(parts)


# In the column ``patient``: about patients, but of no single one; only who reaches all may see it.
SEVERAL = "*"


def whose(version: Prepared | Submitted) -> str:
    """Return the patient whose record a resource is in.

    Empty for what an organization knows apart from any patient, and for Tasks about nobody;
    :data:`SEVERAL` for what is about several patients or does not say about whom.
    """
    patient = version.indexed.patient
    if patient or version.resource_type == "Task" or not needs_patient(version.resource_type):
        return patient
    return SEVERAL


def reference_of(reference: str) -> tuple[str, str]:
    """Return (type, id) of a literal ``Type/id``; raise if it is not one."""
    resource_type, slash, identity = reference.partition("/")
    if not slash or not identity or "/" in identity:
        raise InvalidResourceError(
            "A reference has the form Type/id.", [Fault("", f"'{reference}' has not.", "value")]
        )
    return resource_type, identity
