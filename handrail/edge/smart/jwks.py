"""The public keys of apps: kept with the app, or fetched from its address within strict bounds.

An address is asked by https only (http to this very machine), without following redirects, and
not where it leads into a private network unless the operator allows it
(``HANDRAIL_PRIVATE_JWKS=1``): the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from typing_extensions import override

from handrail.access.applications import check_key_set
from handrail.access.models import App
from handrail.access.outbound import is_public
from handrail.edge.smart.errors import KeysUnavailableError
from handrail.fhir.errors import BusinessRuleError

ALGORITHMS: Final = ("RS384", "ES384")
"""How apps sign: what SMART App Launch 2 asks every server to take."""
SECONDS: Final = 5.0  # for the whole answer
LARGEST: Final = 65_536  # bytes
KEPT: Final = 300.0  # seconds a fetched set is used
AGAIN: Final = 20.0  # seconds before an unknown key makes us ask again
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PIECE: Final = 8192
_OK: Final = 200
_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class _Fetched:
    keys: list[dict[str, Any]]
    at: float


_fetched: dict[str, _Fetched] = {}
_lock = Lock()


def keys_of(app: App, kid: str) -> list[dict[str, Any]]:
    """Return the public keys of ``app``, as JWKs; fetched anew when ``kid`` is not among them.

    Raises:
        KeysUnavailableError: they could not be fetched.
    """
    if app.jwks is not None:
        return check_key_set(app.jwks)
    now = time.monotonic()
    seen = _fetched.get(app.jwks_url)
    if seen is not None and now - seen.at < KEPT:
        has_it = not kid or any(key.get("kid") == kid for key in seen.keys)
        if has_it or now - seen.at < AGAIN:
            return seen.keys
    keys = _parsed(fetch(app.jwks_url))
    with _lock:
        if len(_fetched) >= _REMEMBERED:
            _fetched.clear()
        _fetched[app.jwks_url] = _Fetched(keys, now)
    return keys


def forget() -> None:
    """Forget what was fetched."""
    with _lock:
        _fetched.clear()


def _parsed(text: bytes) -> list[dict[str, Any]]:
    try:
        return check_key_set(json.loads(text))
    except (ValueError, RecursionError, BusinessRuleError) as error:
        raise KeysUnavailableError("The address of the app's keys gave no JWKS.") from error


def fetch(address: str) -> bytes:
    """Return what is at ``address``, at most :data:`LARGEST` bytes, within :data:`SECONDS`.

    Raises:
        KeysUnavailableError: nothing can be had from there; no detail is told to the app.
    """
    parts = urlsplit(address)
    deadline = time.monotonic() + SECONDS
    try:
        connection = _connection(parts, deadline)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"Accept": "application/json"})
            return _body(connection, deadline)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise KeysUnavailableError("The public keys of the app could not be fetched.") from error


def _body(connection: http.client.HTTPConnection, deadline: float) -> bytes:
    answer = connection.getresponse()
    if answer.status != _OK:
        raise KeysUnavailableError("The address of the app's keys did not answer with 200.")
    body = b""
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > LARGEST or time.monotonic() > deadline:
            raise KeysUnavailableError("The JWKS of the app is too large, or came too slowly.")
    return body


def _connection(parts: SplitResult, deadline: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    if not secure and not (parts.scheme == "http" and host in _LOOPBACK):
        raise KeysUnavailableError("The keys of an app are fetched by https only.")
    port = parts.port or (443 if secure else 80)
    place = _place(host, port)
    patience = max(deadline - time.monotonic(), 0.1)
    if secure:
        return _PinnedTls(host, port, place, patience)
    return http.client.HTTPConnection(place, port, timeout=patience)


def _place(host: str, port: int) -> str:
    """Return the IP address to connect to; refuse those of private networks."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    place = str(found[0][4][0])
    allowed = host in _LOOPBACK or getattr(settings, "PRIVATE_JWKS", False)
    if not allowed and not is_public(place):
        raise KeysUnavailableError("The address of the app's keys leads into a private network.")
    return place


class _PinnedTls(http.client.HTTPSConnection):
    """HTTPS to an IP address that was looked at, with the certificate of the host's name."""

    def __init__(self, host: str, port: int, place: str, patience: float) -> None:
        """Keep where to connect."""
        self._place = place
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=patience, context=self._tls)

    @override
    def connect(self) -> None:
        """Connect to the address that was looked at."""
        plain = socket.create_connection((self._place, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
