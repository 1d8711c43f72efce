"""What an administrator does with connections: add, change, list, test, remove."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from handrail.access import audit, outbound
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, system
from handrail.edge.connect import keyring
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import Peer
from handrail.fhir.errors import BusinessRuleError, NotFoundError

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?")
_ID: Final = re.compile(r"([1-9][0-9]{0,8})-[0-9a-f]{16}")
MOST_HOURS: Final = 24 * 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed with an EHR. None: as it was."""

    base: str | None = None
    client_id: str | None = None
    launch_client_id: str | None = None
    scope: str | None = None
    group: str | None = None
    types: str | None = None
    every_hours: int | None = None
    referrals: bool | None = None

    def given(self) -> dict[str, Any]:
        """Return what is to change."""
        every = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in every.items() if value is not None}


def add(by: Principal, name: str, terms: Terms) -> Connection:
    """Add a connection with a new key pair; one of that name is changed and keeps its key.

    Raises:
        ForbiddenError: ``by`` does not manage settings.
        BusinessRuleError: the name or the hours cannot be used, or the address is missing.
        AddressRefusedError: the base is no address.
    """
    require(by, "manage_settings")
    given = terms.given()
    if not _NAME.fullmatch(name):
        raise BusinessRuleError(
            _("A connection has a short name of small letters, digits and dashes, as in mercy.")
        )
    if not 0 <= given.get("every_hours", 0) <= MOST_HOURS:
        raise BusinessRuleError(_("Pulls are between 1 and 744 hours apart; 0 for none by itself."))
    if "base" in given:
        outbound.split(given["base"])
    with acting(by, durable=True):
        found = Connection.objects.filter(org=by.org, name=name).first()
        if found is None:
            found = _new(by, name, given)
        else:
            Connection.objects.filter(org=by.org, id=found.id).update(**given)
            found.refresh_from_db()
        _note(by, found, "connection added")
    return found


def _new(by: Principal, name: str, given: dict[str, Any]) -> Connection:
    if not given.get("base"):
        raise BusinessRuleError(_("Say where the EHR is: the base address of its FHIR API."))
    identity = f"{by.org}-{secrets.token_hex(8)}"
    return Connection.objects.create(
        org=by.org,
        id=identity,
        name=name,
        jwks=keyring.make(by.org, identity),
        added_at=datetime.now(UTC),
        **given,
    )


def listed(by: Principal) -> list[Connection]:
    """Return the connections of the organization, by name."""
    require(by, "manage_settings")
    with acting(by):
        return list(Connection.objects.filter(org=by.org).order_by("name"))


def named(by: Principal, name: str) -> Connection:
    """Return a connection.

    Raises:
        NotFoundError: there is none of that name.
    """
    require(by, "manage_settings")
    with acting(by):
        found = Connection.objects.filter(org=by.org, name=name).first()
    if found is None:
        raise NotFoundError(_("There is no connection of that name. List them to see their names."))
    return found


def anywhere(identity: str) -> Connection:
    """Return the connection with this id, of whichever organization, for who is nobody yet.

    Raises:
        NotFoundError: there is none.
    """
    match = _ID.fullmatch(identity)
    if match:
        org = int(match[1])
        with acting(system(org, "connect", "Connections"), durable=False):
            found = Connection.objects.filter(org=org, id=identity).first()
        if found is not None:
            return found
    raise NotFoundError(
        _("There is no such connection. Ask your administrator for the right address.")
    )


def remove(by: Principal, name: str) -> None:
    """Remove a connection and its private key; what was pulled stays.

    Raises:
        NotFoundError: there is none of that name.
    """
    found = named(by, name)
    with acting(by, durable=True):
        Connection.objects.filter(org=by.org, id=found.id).delete()
        _note(by, found, "connection removed")
    keyring.forget(found.org, found.id)


def test(by: Principal, name: str) -> str:
    """Ask the EHR for a token, and say in words that it gave one.

    Raises:
        PeerError: what is wrong, and with what.
    """
    peer = Peer(named(by, name))
    peer.configuration()
    peer.token()
    return _("The server knows us: it gave a token.")


def _note(by: Principal, one: Connection, what: str) -> None:
    audit.note(by, audit.Event(action="U", what=what, purpose="HOPERAT", detail=one.name))
