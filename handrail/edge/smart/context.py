"""What an access token response says besides the token: the context in which the app was opened.

Source: http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from django.contrib.sessions.models import Session
from django.utils import timezone

from handrail.access import applications, tokens
from handrail.access.database import acting
from handrail.access.identity import memberships
from handrail.access.models import App, Grant
from handrail.access.principal import Principal, system

REFRESHABLE: Final = frozenset({"offline_access", "online_access"})
OFFLINE: Final = timedelta(days=90)
ONLINE: Final = timedelta(hours=12)
TO_COME: Final = timedelta(minutes=2)
"""How long an app may take to come with its code."""
BY_ITSELF: Final = timedelta(minutes=5)
"""How long a system's token lives (SMART Backend Services)."""


def keeper(org: int) -> Principal:
    """Return who keeps grants and tokens of an organization."""
    return system(org, "smart", "Apps")


@dataclass(slots=True)
class Issuing:
    """The tokens that are to be made. ``grant`` None: for the app itself."""

    app: App | None = None
    grant: Grant | None = None
    scopes: Sequence[str] = field(default_factory=tuple)
    base: str = ""

    def make(self) -> dict[str, Any]:
        """Make them, and return the answer of the token endpoint."""
        assert self.app is not None  # noqa: S101 - a grant has decided before it asks for tokens
        app, grant, now = self.app, self.grant, timezone.now()
        lives = timedelta(minutes=app.minutes) if grant else BY_ITSELF
        ends = min(now + lives, grant.expires_at) if grant else now + lives
        with acting(keeper(app.org), durable=True):
            access = tokens.issue(app, grant, kind="access", scopes=self.scopes, expires_at=ends)
            answer: dict[str, Any] = {
                "access_token": access.secret,
                "token_type": "Bearer",
                "expires_in": int((ends - now).total_seconds()),
                "scope": " ".join(self.scopes),
            }
            if grant and REFRESHABLE & set(grant.scopes):
                answer["refresh_token"] = _refresh(app, grant)
            applications.note(
                keeper(app.org),
                app.device,
                "token issued",
                f"grant {grant.id}" if grant else " ".join(self.scopes),
                grant.patient if grant else "",
            )
        return answer | (_opened_with(grant, self.scopes, self.base) if grant else {})


class Here(Protocol):
    """The server that answers a request: our addresses as its client knows them."""

    origin: str
    base: str
    issuing: Issuing


def _refresh(app: App, grant: Grant) -> str:
    """Return a refresh token; it may get every scope of the grant, however few were asked for."""
    made = tokens.issue(
        app, grant, kind="refresh", scopes=grant.scopes, expires_at=grant.expires_at
    )
    return made.secret


def _opened_with(grant: Grant, scopes: Sequence[str], base: str) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if grant.patient:
        known |= {"patient": grant.patient, "need_patient_banner": True}
    if grant.encounter:
        known["encounter"] = grant.encounter
    if "fhirUser" in scopes:
        known["fhirUser"] = f"{base}/{grant.person}"
    return known


def ends_at(scopes: Sequence[str], minutes: int) -> datetime:
    """Return when a grant of these scopes ends: how long the app may come back."""
    now = timezone.now()
    if "offline_access" in scopes:
        return now + OFFLINE
    return now + (ONLINE if "online_access" in scopes else timedelta(minutes=minutes) + TO_COME)


def is_alive(grant: Grant) -> bool:
    """Tell whether a grant holds: in force, for an active member, and as long as its session."""
    if grant.revoked_at is not None or grant.expires_at <= timezone.now():
        return False
    if all(member.principal.org != grant.org for member in memberships(grant.account)):
        return False
    if "offline_access" in grant.scopes or not grant.session:
        return True
    live = Session.objects.filter(session_key=grant.session, expire_date__gt=timezone.now())
    return live.exists()
