"""What arrives on paper or by mail, as FHIR: raw parts in Binaries, a DocumentReference to them.

Nobody is named in the DocumentReference until somebody has settled whose it is: until then it is
in no patient's record, and only who sorts what arrives may look at it. Ids come from what arrived,
so that the same fax taken in twice is there once.

Source: http://hl7.org/fhir/R4/documentreference.html, http://hl7.org/fhir/R4/binary.html.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid5

from handrail.fhir.resource import Resource, code_of, concept, id_of, reference

CATEGORY: Final = "urn:handrail:incoming"
IDENTIFIER: Final = "urn:handrail:arrival"
_NAMESPACE: Final = UUID("8b1f6d1e-4a68-5a0a-9a35-6a3b4a1d7c11")
_STARTS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_LONGEST: Final = 200  # characters of a name or an id that are kept
WAITING, SORTED, ASIDE = "preliminary", "final", "amended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of what arrived: its media type, a name for it, its bytes."""

    media: str
    title: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One fax, letter, e-mail or filled form.

    ``channel`` is "fax", "mail", "form" or "paper"; ``key`` identifies it (a message id, or
    :func:`digest` of the bytes); ``at`` is an instant (ISO 8601); ``sender`` an address or number,
    empty if it is not known.
    """

    channel: str
    key: str
    at: str
    sender: str = ""
    parts: Sequence[Part] = ()


def digest(raw: bytes) -> str:
    """Return the SHA-256 of what arrived, in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def media_of(raw: bytes) -> str:
    """Return the media type of a scanned page (PDF, TIFF, PNG, JPEG); empty if it is none."""
    return next((media for start, media in _STARTS if raw.startswith(start)), "")


def arrived(arrival: Arrival) -> list[Resource]:
    """Return the Binaries, and last the DocumentReference that refers to them in order."""
    identity = uuid5(_NAMESPACE, f"{arrival.channel}|{arrival.key}").hex
    binaries = [_binary(f"{identity}-{n}", part) for n, part in enumerate(arrival.parts, 1)]
    document: Resource = {
        "resourceType": "DocumentReference",
        "id": identity,
        "identifier": [{"system": IDENTIFIER, "value": _plain(arrival.key)}],
        "status": "current",
        "docStatus": WAITING,
        "category": [concept(CATEGORY, arrival.channel)],
        "date": arrival.at,
        "content": [
            {"attachment": _attachment(part, made["id"], arrival.at)}
            for part, made in zip(arrival.parts, binaries, strict=True)
        ],
    }
    if sender := _plain(arrival.sender):
        document["author"] = [{"display": sender}]
    return [*binaries, document]


def _binary(identity: str, part: Part) -> Resource:
    binary = {"resourceType": "Binary", "id": identity, "contentType": part.media}
    if part.data:
        binary["data"] = base64.b64encode(part.data).decode("ascii")
    return binary


def _attachment(part: Part, identity: str, at: str) -> dict[str, Any]:
    sha1 = hashlib.sha1(part.data, usedforsecurity=False).digest()  # what FHIR asks for
    return {
        "contentType": part.media,
        "url": f"Binary/{identity}",
        "size": len(part.data),
        "hash": base64.b64encode(sha1).decode("ascii"),
        "title": _plain(part.title) or "Part",
        "creation": at,
    }


def _plain(text: str) -> str:
    """Return the beginning of what a stranger calls something, without what no text has."""
    kept = "".join(one if one.isprintable() else " " for one in text[:_LONGEST])
    return " ".join(kept.split())


def content_of(binary: Mapping[str, Any]) -> bytes:
    """Return the bytes a Binary holds."""
    return base64.b64decode(binary.get("data", ""))


def channel_of(document: Mapping[str, Any]) -> str:
    """Return by which way a DocumentReference arrived; empty if it did not arrive from outside."""
    found = (code_of(category, CATEGORY) for category in document.get("category", ()))
    return next((code for code in found if code), "")


def sender_of(document: Mapping[str, Any]) -> str:
    """Return the address or number it came from, empty if unknown."""
    authors = (author.get("display", "") for author in document.get("author", ()))
    return str(next(authors, ""))


def binaries_of(document: Mapping[str, Any]) -> list[str]:
    """Return the ids of the Binaries it refers to, in order."""
    urls = (content.get("attachment", {}).get("url", "") for content in document["content"])
    return [url.removeprefix("Binary/") for url in urls if str(url).startswith("Binary/")]


def is_waiting(document: Mapping[str, Any]) -> bool:
    """Tell whether nobody has said yet whose it is, or set it aside."""
    return bool(channel_of(document)) and document.get("docStatus") == WAITING


def settled(document: Resource, patient: str) -> Resource:
    """Return the DocumentReference in the record of ``patient`` (an id)."""
    return {**document, "docStatus": SORTED, "subject": reference(f"Patient/{patient}")}


def belonging(binary: Resource, patient: str) -> Resource:
    """Return the Binary, open to those who may see the record of ``patient`` (an id)."""
    return {**binary, "securityContext": reference(f"Patient/{patient}")}


def set_aside(document: Resource, words: str) -> Resource:
    """Return the DocumentReference that is nobody's referral, with the reason."""
    return {**document, "docStatus": ASIDE, "description": words}


def patient_of(document: Mapping[str, Any]) -> str:
    """Return the id of the patient it was settled to be about, or an empty string."""
    return id_of(document.get("subject"), "Patient")
