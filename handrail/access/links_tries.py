"""Bounds guesses, in the database, so that every process counts the same.

A try is counted before it is looked at, so that many at once do not slip through, and given back
when it was right. Counting runs outside of ``acting``: it stands even if the request fails.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from handrail.access.database import cursor
from handrail.access.links_secrets import address_digest, lookup_of

_TAKE_SQL: Final = """
insert into access_tries as t (kind, digest, count, until)
values (%(kind)s, %(digest)s, 1, now() + %(within)s)
on conflict (kind, digest) do update set
  count = case when t.until < now() then 1 else least(t.count, 1000000) + 1 end,
  until = case when t.until < now() then now() + %(within)s else t.until end
returning count
"""
_BACK_SQL: Final = """
update access_tries set count = greatest(count - 1, 0) where kind = %s and digest = %s
"""
_OLD_SQL: Final = "delete from access_tries where until < now() - interval '1 day'"
_IPV6_SITE: Final = 64  # bits: one household or office has that many addresses of its own


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tries of one kind within how long."""

    kind: str
    most: int
    within: timedelta


ADDRESS: Final = Limit("address", 20, timedelta(minutes=15))
"""Wrong codes and unknown links from one network address."""
EVERYWHERE: Final = Limit("everywhere", 200, timedelta(minutes=15))
"""Wrong reply codes from all of them together."""
LINK: Final = Limit("link", 10, timedelta(hours=1))
"""Wrong codes at one link."""
SENDING: Final = Limit("sending", 5, timedelta(hours=1))
"""Codes that one link sends."""


def take(limit: Limit, of: str = "") -> bool:
    """Count one try; tell whether it may be made."""
    digest = _digest(limit, of)
    values = {"kind": limit.kind, "digest": digest, "within": limit.within}
    row = cursor().execute(_TAKE_SQL, values).fetchone()
    count = int(row[0]) if row else limit.most + 1
    if count == 1:
        cursor().execute(_OLD_SQL)
    return count <= limit.most


def give_back(limit: Limit, of: str = "") -> None:
    """Take back one try that was right."""
    cursor().execute(_BACK_SQL, (limit.kind, _digest(limit, of)))


def take_all(*asked: tuple[Limit, str]) -> bool:
    """Count one try of each kind; tell whether it may be made.

    The narrower limits come first: who is over one of them takes nothing from those of others, and
    so locks nobody else out.
    """
    return all(take(limit, of) for limit, of in asked)


def _digest(limit: Limit, of: str) -> bytes:
    return address_digest(_site(of)) if limit is ADDRESS else lookup_of(of)


def _site(address: str) -> str:
    """Return what an address counts as: itself, or the site of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == ipaddress.IPv4Address(0).version:
        return str(found)
    return str(ipaddress.ip_network((found, _IPV6_SITE), strict=False))
