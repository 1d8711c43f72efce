"""What opens a link, computed from its id and SECRET_KEY, so that no table ever holds it.

A token is the id of the link (120 random bits) and 80 bits of HMAC-SHA256 over it; a code is taken
from an HMAC over the id and a turn, which counts the codes that the link has had. Whoever reads the
database, or a copy of it, cannot open a link; with another SECRET_KEY no link opens any more.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b32encode
from functools import cache
from hashlib import sha256
from typing import Final

from django.conf import settings

REPLY_DIGITS: Final = 8
ONCE_DIGITS: Final = 6
ENDING_DIGITS: Final = 4
"""How many digits of a fax number are asked for beside the reply code."""
_ID_BYTES, _TAG_BYTES = 15, 10  # 24 and 16 letters of base 32, without padding
_ID_LENGTH: Final = 24
_TOKEN = re.compile(r"[a-z2-7]{40}")
_NO_DIGIT = re.compile(r"[^0-9]")
_LONGEST: Final = 64  # characters that are looked at of what was typed


@cache
def _key(use: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"handrail.link.{use}".encode(), sha256)


def _mac(use: str, text: str) -> bytes:
    return hmac.digest(_key(use, settings.SECRET_KEY), text.encode(), sha256)


def _letters(given: bytes) -> str:
    return b32encode(given).decode().lower()


def new_id() -> str:
    """Return the id of a new link."""
    return _letters(secrets.token_bytes(_ID_BYTES))


def token_of(identity: str) -> str:
    """Return the token that opens the link: 40 letters and digits."""
    return identity + _letters(_mac("token", identity)[:_TAG_BYTES])


def id_in(token: str) -> str:
    """Return the id in a token that was made here; of any other an id that no link has."""
    if not _TOKEN.fullmatch(token):
        token = "a" * 40
    identity = token[:_ID_LENGTH]
    return identity if hmac.compare_digest(token_of(identity), token) else ""


def lookup_of(identity: str) -> bytes:
    """Return the digest by which a link is found before anybody acts."""
    return sha256(identity.encode()).digest()


def digits_of(typed: str) -> str:
    """Return the digits of what was typed: people write blanks and dashes between them.

    Only ASCII digits count, and only so many characters are looked at.
    """
    return _NO_DIGIT.sub("", typed[:_LONGEST])


def reply_code(identity: str, turn: int) -> str:
    """Return the 8-digit code that stands on a fax."""
    return _code("reply-code", f"{identity}/{turn}", REPLY_DIGITS)


def reply_digest(code: str) -> bytes:
    """Return the keyed digest by which the link of a reply code is found."""
    return _mac("reply", code)


def once_code(identity: str, turn: int) -> str:
    """Return the code that is sent, or read out, once."""
    return _code("once", f"{identity}/{turn}", ONCE_DIGITS)


def same(one: str, other: str) -> bool:
    """Tell whether two codes are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.encode(), other.encode())


def address_digest(address: str) -> bytes:
    """Return what tries from a network address are counted under; the address is not kept."""
    return _mac("address", address)


def _code(use: str, text: str, digits: int) -> str:
    return f"{int.from_bytes(_mac(use, text)) % 10**digits:0{digits}d}"
