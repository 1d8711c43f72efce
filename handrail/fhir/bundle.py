"""Bundles taken apart: entries as raw text, and their references made literal without reparsing.

Source: http://hl7.org/fhir/R4/bundle.html#references and http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

import msgspec

from handrail.fhir.errors import Fault, UnreadableError

_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"([A-Z][A-Za-z]+\?[^"\\]+)"')
_URN = re.compile(rb'"(urn:(?:uuid|oid):[^"#\\]+)"')


class _Request(msgspec.Struct):
    method: str = ""
    url: str = ""
    if_none_exist: str = msgspec.field(default="", name="ifNoneExist")
    if_match: str = msgspec.field(default="", name="ifMatch")
    if_none_match: str = msgspec.field(default="", name="ifNoneMatch")
    if_modified_since: str = msgspec.field(default="", name="ifModifiedSince")


class _Entry(msgspec.Struct):
    full_url: str = msgspec.field(default="", name="fullUrl")
    resource: msgspec.Raw = msgspec.Raw()
    request: _Request | None = None


class _Bundle(msgspec.Struct):
    resource_type: str = msgspec.field(default="", name="resourceType")
    type: str = ""
    entry: list[_Entry] = []


class Named(msgspec.Struct):
    """The two members that say what a resource is."""

    resource_type: str = msgspec.field(default="", name="resourceType")
    id: str = ""


_bundles = msgspec.json.Decoder(_Bundle)
_named = msgspec.json.Decoder(Named)


@dataclass(slots=True)
class Entry:
    """One entry of a Bundle. ``raw`` is the resource's text, values as they came (empty: none)."""

    position: int
    raw: bytes
    resource_type: str
    id: str
    full_url: str = ""
    method: str = ""
    url: str = ""
    if_none_exist: str = ""
    if_match: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""

    @property
    def reference(self) -> str:
        """Return ``Type/id``."""
        return f"{self.resource_type}/{self.id}"


def name_of(raw: bytes) -> Named:
    """Return type and id of a resource's text.

    Raises:
        UnreadableError: it is not a JSON object, or these members are not text.
    """
    try:
        return _named.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(
            "This is not a FHIR resource in JSON.",
            [Fault("", f"This is not a FHIR resource in JSON: {error}.", "structure")],
        ) from error


def open_bundle(text: bytes) -> tuple[str, list[Entry]]:
    """Return the type of a Bundle and its entries, without insignificant white space.

    Raises:
        UnreadableError: the text is not a Bundle.
    """
    try:
        bundle = _bundles.decode(msgspec.json.format(text, indent=-1))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(
            "This is not a FHIR Bundle in JSON.",
            [Fault("Bundle", f"This is not a FHIR Bundle in JSON: {error}.", "structure")],
        ) from error
    return bundle.type, [_entry(position, entry) for position, entry in enumerate(bundle.entry)]


def _entry(position: int, entry: _Entry) -> Entry:
    raw = bytes(entry.resource)
    named = name_of(raw) if raw else Named()
    request = entry.request or _Request()
    return Entry(
        position,
        raw,
        named.resource_type,
        named.id,
        entry.full_url,
        request.method,
        request.url,
        request.if_none_exist,
        request.if_match,
        request.if_none_match,
        request.if_modified_since,
    )


def identify(entries: Iterable[Entry], seed: str = "") -> None:
    """Give every entry without an id the one it is known by, so that loading twice is once.

    A PUT's url, then the UUID of ``fullUrl``, then one made from ``seed`` and the position.
    """
    for entry in entries:
        if entry.method == "PUT" and "/" in entry.url and "?" not in entry.url:
            entry.id = entry.url.rpartition("/")[2]
        if entry.id or not entry.resource_type:
            continue
        _, _, uuid = entry.full_url.partition("urn:uuid:")
        entry.id = uuid or uuid5(NAMESPACE_URL, f"{seed}#{entry.position}").hex


def literal(entries: Iterable[Entry]) -> dict[bytes, bytes]:
    """Return what ``fullUrl``s that are URNs become: ``Type/id``."""
    return {
        entry.full_url.encode(): entry.reference.encode()
        for entry in entries
        if entry.full_url.startswith("urn:") and entry.resource_type
    }


def resolve(
    raw: bytes, urns: Mapping[bytes, bytes], conditional: Callable[[str], str] | None = None
) -> bytes:
    """Return the text with its URNs and conditional references made literal.

    Args:
        raw: a resource's text.
        urns: from :func:`literal`; others stay as they are.
        conditional: answers ``Type?query`` with ``Type/id``; None leaves them.
    """
    if urns and b'"urn:' in raw:
        raw = _URN.sub(lambda found: b'"%b"' % urns.get(found[1], found[1]), raw)
    if conditional is not None and b"?" in raw:
        raw = _CONDITIONAL.sub(
            lambda found: b'"reference":"%b"' % conditional(found[1].decode()).encode(), raw
        )
    return raw
