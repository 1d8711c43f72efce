"""Access and refresh tokens of SMART apps: opaque, kept as SHA-256, found in one indexed query.

A process remembers an access token it has seen for :data:`REMEMBERED` seconds: one that was revoked
is refused everywhere after at most that long, an expired one at once. What a person may do and
whom they reach is asked for anew each time it is looked up, so an app never keeps a right that its
person has lost.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access.database import acting, authenticating, cursor
from handrail.access.decide import may_see_patient
from handrail.access.identity import memberships
from handrail.access.models import App, Grant, Token
from handrail.access.principal import Principal, Role
from handrail.access.scopes import is_confined, of_resources
from handrail.fhir.errors import SignInRequiredError

ACCESS: Final = "hs_"
REFRESH: Final = "ht_"
REMEMBERED: Final = 5.0  # seconds
KEPT: Final = timedelta(days=7)  # how long tokens that ended are kept, to notice a replay
_CAPACITY: Final = 1024
_REFUSAL: Final = "This token is not known, has expired or was revoked. Ask for a new one."

_FIND_SQL: Final = """
select org, app, name, account, patient, scopes, expires_at
from access_token
where digest = %s and kind = 'access' and revoked_at is null and expires_at > now()
"""


@dataclass(frozen=True, slots=True)
class _Seen:
    principal: Principal
    expires_at: datetime
    fresh_until: float


_seen: dict[bytes, _Seen] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; ``secret`` is given out once and not kept anywhere."""

    token: Token
    secret: str = field(repr=False)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return sha256(secret.encode()).digest()


def issue(
    app: App,
    grant: Grant | None,
    *,
    kind: str,
    scopes: Iterable[str],
    expires_at: datetime,
    patient: str | None = None,
) -> Issued:
    """Make a token of ``kind`` "access" or "refresh"; inside ``acting``.

    Without a ``grant`` it is for the app itself.
    """
    secret = (ACCESS if kind == "access" else REFRESH) + secrets.token_urlsafe(32)
    token = Token.objects.create(
        org=app.org,
        digest=digest_of(secret),
        kind=kind,
        grant=grant.id if grant else "",
        app=app.id,
        name=app.name,
        account=grant.account if grant else None,
        patient=(grant.patient if grant else "") if patient is None else patient,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    return Issued(token, secret)


def revoke_grant(org: int, grant: str) -> None:
    """End a grant and every token of it; inside ``acting``."""
    now = timezone.now()
    Grant.objects.filter(org=org, id=grant, revoked_at__isnull=True).update(revoked_at=now)
    Token.objects.filter(org=org, grant=grant, revoked_at__isnull=True).update(revoked_at=now)
    forget()


def end_old(org: int) -> int:
    """Delete the tokens of an organization that ended a week ago or longer; inside ``acting``."""
    deleted, _kinds = Token.objects.filter(org=org, expires_at__lt=timezone.now() - KEPT).delete()
    return deleted


def forget() -> None:
    """Forget every token this process remembers."""
    with _lock:
        _seen.clear()


def authenticate_token(secret: str) -> Principal:
    """Return the principal of the access token: the person with the app, or the app itself.

    Raises:
        SignInRequiredError: the token is not known, has expired or was revoked, or the person is
            no longer active.
    """
    if not secret.startswith(ACCESS):
        raise SignInRequiredError(_(_REFUSAL))
    digest, now = digest_of(secret), time.monotonic()
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
    return _principal(row), row[-1]


def _principal(row: Sequence[Any]) -> Principal:
    org, app, name, account, patient, granted, _ends = row
    device, scopes = f"Device/app-{app}", of_resources(granted)
    if account is None:
        return Principal(
            org=org, person=device, name=name, roles=frozenset({Role.SYSTEM}), scopes=scopes
        )
    places = (m.principal for m in memberships(account) if m.principal.org == org)
    person = next(places, None)
    if person is None:
        raise SignInRequiredError(_(_REFUSAL))
    return through_app(person, device, opened_by(granted, person), patient)


def opened_by(granted: Iterable[str], person: Principal) -> frozenset[str]:
    """Return the scopes to resources that ``granted`` ones give an app that acts for ``person``."""
    scopes = of_resources(granted)
    if "fhirUser" in granted:  # it lets the app read who its person is
        scopes |= {f"user/Practitioner.r?_id={person.person.partition('/')[2]}"}
    return scopes


def through_app(person: Principal, device: str, scopes: frozenset[str], patient: str) -> Principal:
    """Return ``person`` acting through an app that was opened for ``patient`` (an id, or empty).

    A patient whom the person does not reach any more is not reached by the app either.
    """
    reached = frozenset({patient}) - {""}
    if patient:
        with acting(person, durable=False):
            reached = reached if may_see_patient(person, patient) else frozenset()
    confined = is_confined(scopes)
    return replace(
        person,
        scopes=scopes,
        app=device,
        patient=patient if reached else "",
        confined=confined,
        opened=reached if confined else person.opened,
    )
