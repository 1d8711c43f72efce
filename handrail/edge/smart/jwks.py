"""The public keys of apps: kept with the app, or fetched from its address within strict bounds.

An address is asked by https only (http to this very machine), without following redirects, and
not where it leads into a private network unless the operator allows it
(``HANDRAIL_PRIVATE_JWKS=1``): the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from django.conf import settings

from handrail.access import outbound
from handrail.access.applications import check_key_set
from handrail.access.models import App
from handrail.edge.smart.errors import KeysUnavailableError
from handrail.fhir.errors import BusinessRuleError

ALGORITHMS: Final = ("RS384", "ES384")
"""How apps sign: what SMART App Launch 2 asks every server to take."""
SECONDS: Final = 5.0  # for the whole answer
LARGEST: Final = 65_536  # bytes
KEPT: Final = 300.0  # seconds a fetched set is used
AGAIN: Final = 20.0  # seconds before an unknown key makes us ask again
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
    try:
        parts = outbound.split(address)
        host = parts.hostname or ""
        if parts.scheme != "https" and host not in outbound.LOOPBACK:
            raise KeysUnavailableError("The keys of an app are fetched by https only.")
        inside = host in outbound.LOOPBACK or settings.PRIVATE_JWKS
        with outbound.asking(
            "GET",
            address,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            named={host} if inside else (),
            within=SECONDS,
        ) as reply:
            if reply.status != _OK:
                raise KeysUnavailableError("The address of the app's keys did not answer with 200.")
            return reply.read(LARGEST)
    except (outbound.AddressRefusedError, outbound.UnreachableError) as error:
        raise KeysUnavailableError("The public keys of the app could not be fetched.") from error
