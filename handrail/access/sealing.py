"""Sealed notes to ourselves in addresses: nobody else can read or change them.

A page's "next" link says what was searched and where the page ended. That may name a patient, and
addresses end up in logs; so the note is encrypted (HMAC-SHA256 as the keystream in counter mode)
and authenticated (HMAC-SHA256 over nonce and text), with keys derived from Django's SECRET_KEY.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import zlib
from functools import cache
from hashlib import sha256
from typing import Any, ClassVar

import orjson
from django.conf import settings

from handrail.fhir.errors import HandrailError

_NONCE, _TAG, _BLOCK = 12, 16, 32  # bytes
_LONGEST = 16_384  # characters
_REFUSAL = "This link is not one of ours, or too old. Search again from the beginning."


class SealError(HandrailError):
    """A sealed note that is not one of ours."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


@cache
def _key(use: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"handrail.fhir_api.{use}".encode(), sha256)


def seal_place(of: str, place: Any) -> str:
    """Return a place (JSON) so that it can stand in an address; ``of`` says in what it is one."""
    return seal(orjson.dumps([of, place]))


def place_in(sealed: str, of: str) -> Any:
    """Return the place that was sealed.

    Raises:
        SealError: it was not sealed here, or is a place in something else.
    """
    said, place = orjson.loads(unseal(sealed))
    if said != of:
        raise SealError(_REFUSAL)
    return place


def seal(note: bytes) -> str:
    """Return ``note`` so that it can stand in an address."""
    nonce = secrets.token_bytes(_NONCE)
    hidden = _mixed(nonce, zlib.compress(note))
    tag = hmac.digest(_key("tag"), nonce + hidden, sha256)[:_TAG]
    return base64.urlsafe_b64encode(nonce + tag + hidden).rstrip(b"=").decode()


def unseal(sealed: str) -> bytes:
    """Return the note.

    Raises:
        SealError: it was not sealed here.
    """
    if len(sealed) > _LONGEST:
        raise SealError(_REFUSAL)
    try:
        packed = base64.b64decode(sealed + "=" * (-len(sealed) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SealError(_REFUSAL) from error
    nonce, tag, hidden = packed[:_NONCE], packed[_NONCE : _NONCE + _TAG], packed[_NONCE + _TAG :]
    expected = hmac.digest(_key("tag"), nonce + hidden, sha256)[:_TAG]
    if not hmac.compare_digest(tag, expected):
        raise SealError(_REFUSAL)
    return zlib.decompress(_mixed(nonce, hidden))


def _mixed(nonce: bytes, text: bytes) -> bytes:
    """Return ``text`` combined with the keystream of ``nonce``; twice gives it back."""
    key = _key("stream")
    blocks = range(-(-len(text) // _BLOCK))
    stream = b"".join(hmac.digest(key, nonce + n.to_bytes(4), sha256) for n in blocks)
    mixed = int.from_bytes(text) ^ int.from_bytes(stream[: len(text)])
    return mixed.to_bytes(len(text))
