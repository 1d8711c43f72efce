"""Which payers' directories are pulled: add one, list them, stop one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from handrail.access import outbound
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.edge.plan_net.models import Directory
from handrail.edge.plan_net.pulling import begin
from handrail.fhir.errors import NotFoundError

_LONGEST: Final = 20  # characters of what begins the ids


def add(by: Principal, address: str, name: str = "") -> Directory:
    """Have a directory pulled now, and each day for what changed. One that is there is pulled now.

    Raises:
        AddressRefusedError: it is no address that is asked. Its host counts as named.
        ForbiddenError: ``by`` does not set this up.
    """
    require(by, "manage_settings")
    base = address.strip().rstrip("/")
    outbound.look(base, {urlsplit(base).netloc})
    host = urlsplit(base).hostname or "directory"
    plain = re.sub(r"[^a-z0-9]+", "-", (name or host).lower()).strip("-")[:_LONGEST]
    mark = blake2b(base.encode(), digest_size=3).hexdigest()
    with acting(by, durable=True):
        one, _ = Directory.objects.get_or_create(
            org=by.org,
            base=base,
            defaults={
                "id": f"{plain or 'directory'}-{mark}",
                "name": name or host,
                "added_at": datetime.now(UTC),
            },
        )
    begin(one)
    return one


def stop(by: Principal, address: str) -> None:
    """Pull a directory no more; what came from it stays.

    Raises:
        NotFoundError: it is not pulled.
        ForbiddenError: ``by`` does not set this up.
    """
    require(by, "manage_settings")
    with acting(by, durable=True):
        gone, _ = Directory.objects.filter(org=by.org, base=address.strip().rstrip("/")).delete()
    if not gone:
        raise NotFoundError("This directory is not pulled. Without an address all are listed.")


def lines(by: Principal) -> Iterator[str]:
    """Yield each directory in words."""
    require(by, "manage_settings")
    with acting(by):
        every = list(Directory.objects.filter(org=by.org).order_by("name"))
    for one in every:
        last = one.last or {}
        said = (
            f"{last['stored']} stored, {last['refused']} refused on {last['at'][:10]}"
            if last
            else "not yet pulled whole"
        )
        now = f"; now at page {one.run['pages']}" if one.run else ""
        wrong = f"; the last try failed: {one.error}" if one.error else ""
        yield f"{one.name}  {one.base}  {said}{now}{wrong}"
        yield from (f"    {why}" for why in last.get("why", ()))
