"""API keys: made once, shown once, kept as SHA-256 only; found again in one indexed query.

A process remembers a key it has seen for :data:`REMEMBERED` seconds; a revoked key is refused
everywhere after at most that long, an expired one at once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access import audit, scopes
from handrail.access.database import acting, authenticating, cursor
from handrail.access.decide import require
from handrail.access.models import ApiKey
from handrail.access.principal import Principal, Role
from handrail.fhir.errors import BusinessRuleError, NotFoundError, SignInRequiredError

PREFIX: Final = "hr_"
REMEMBERED: Final = 5.0  # seconds
MAX_DAYS: Final = 730
_CAPACITY: Final = 1024
_USED_EVERY: Final = 60.0  # seconds between two notes of last_used_at
_REFUSAL: Final = "This key is not known, has expired or was revoked. Ask for a new one."

_FIND_SQL: Final = """
select org, id, name, scopes, patients, device, expires_at,
  extract(epoch from now() - coalesce(last_used_at, created_at - interval '1 day'))::float8
from access_api_key where digest = %s and revoked_at is null and expires_at > now()
"""
_USED_SQL: Final = "update access_api_key set last_used_at = now() where org = %s and id = %s"


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key; ``secret`` is shown once and not kept anywhere."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Seen:
    principal: Principal
    expires_at: datetime
    fresh_until: float


_seen: dict[bytes, _Seen] = {}
_lock = Lock()


def add(
    by: Principal,
    name: str,
    wanted: Iterable[str],
    *,
    expires_days: int = 365,
    patients: Iterable[str] = (),
) -> MadeKey:
    """Make a key.

    Args:
        by: who makes it.
        name: what it is for, as people will read it in the trail.
        wanted: SMART v2 scopes, see :mod:`handrail.access.scopes`.
        expires_days: after how many days it ends, at most 730.
        patients: the ids of the patients it is for, if all scopes are ``patient/…``.

    Raises:
        ForbiddenError: ``by`` does not manage keys.
        BusinessRuleError: a scope is not understood, or the days are out of range.
    """
    require(by, "manage_keys")
    understood, chosen = scopes.understand(wanted), sorted(set(patients))
    if not 0 < expires_days <= MAX_DAYS:
        raise BusinessRuleError(_("A key lives between 1 and 730 days. Choose when it ends."))
    if not scopes.every_patient(understood) and not chosen:
        raise BusinessRuleError(_("A key with patient/ scopes needs the patients it is for."))
    if scopes.every_patient(understood) and any(s.startswith("patient/") for s in understood):
        raise BusinessRuleError(_("A key has system/ scopes or patient/ scopes, not both."))
    secret, identity = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(8)
    with acting(by, durable=True):
        key = ApiKey.objects.create(
            org=by.org,
            id=identity,
            name=name,
            digest=_digest(secret),
            scopes=sorted(understood),
            patients=chosen,
            device=f"Device/key-{identity}",
            expires_at=timezone.now() + timedelta(days=expires_days),
        )
        key.refresh_from_db(fields=["created_at"])
        _note(by, key, "key added")
    return MadeKey(key, secret)


def listed(by: Principal) -> list[ApiKey]:
    """Return the keys of the organization, those in force first."""
    require(by, "manage_keys")
    with acting(by):
        return list(ApiKey.objects.filter(org=by.org).order_by("-revoked_at", "name"))


def revoke(by: Principal, identity: str) -> ApiKey:
    """End a key, by its id or its name. It is refused everywhere within seconds.

    Raises:
        ForbiddenError: ``by`` does not manage keys.
        NotFoundError: there is no such key, or it was revoked before.
    """
    require(by, "manage_keys")
    with acting(by, durable=True):
        live = ApiKey.objects.filter(org=by.org, revoked_at__isnull=True)
        key = live.filter(id=identity).first() or live.filter(name=identity).first()
        if key is None:
            raise NotFoundError(_("There is no such key in force. List the keys to see their ids."))
        key.revoked_at = timezone.now()
        key.save(force_update=True)
        _note(by, key, "key revoked")
    forget()
    return key


def forget() -> None:
    """Forget every key this process remembers."""
    with _lock:
        _seen.clear()


def authenticate_key(secret: str) -> Principal:
    """Return the principal of the key with this secret.

    Raises:
        SignInRequiredError: the key is not known, has expired or was revoked.
    """
    if not secret.startswith(PREFIX):
        raise SignInRequiredError(_(_REFUSAL))
    digest, now = _digest(secret), time.monotonic()
    seen = _seen.get(digest)
    if seen is not None and seen.fresh_until > now and seen.expires_at > timezone.now():
        return seen.principal
    principal, expires_at = _find(digest)
    with _lock:
        if len(_seen) >= _CAPACITY:
            _seen.clear()
        _seen[digest] = _Seen(principal, expires_at, now + REMEMBERED)
    return principal


def _find(digest: bytes) -> tuple[Principal, datetime]:
    with authenticating(digest=digest):
        row = cursor().execute(_FIND_SQL, (digest,), prepare=True).fetchone()
    if row is None:
        with _lock:
            _seen.pop(digest, None)
        raise SignInRequiredError(_(_REFUSAL))
    org, identity, name, granted, patients, device, expires_at, unused = row
    principal = Principal(
        org=org,
        person=device,
        name=name,
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset(granted),
        opened=frozenset(patients),
    )
    if unused > _USED_EVERY:
        with acting(principal, durable=False):
            cursor().execute(_USED_SQL, (org, identity))
    return principal, expires_at


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _note(by: Principal, key: ApiKey, what: str) -> None:
    event = audit.Event(
        action="U", what=what, reference=key.device, purpose="HOPERAT", detail=" ".join(key.scopes)
    )
    audit.note(by, event)
