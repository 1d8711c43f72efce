"""Requests of apps that wait for a person: kept in the session of the browser that brought them.

An address never holds more than a random number that is of use in this browser only, so that the
request survives signing in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access.applications import known, within
from handrail.access.database import acting
from handrail.access.decide import may_see_patient
from handrail.access.models import App
from handrail.access.principal import Principal
from handrail.access.scopes import parsed
from handrail.access.tokens import digest_of
from handrail.edge.smart.errors import AppRequestError
from handrail.edge.smart.models import Launch

_KEY: Final = "handrail-apps"
_LIVES: Final = 900.0  # seconds
_MOST: Final = 5
_CONTEXTS: Final = frozenset({"patient", "user"})


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits. ``scopes`` is what the app may get of what it asked for."""

    identity: str
    app: App
    parameters: Mapping[str, list[str]]
    scopes: list[str]

    def first(self, name: str) -> str:
        """Return a parameter of the request."""
        return next(iter(self.parameters.get(name) or [""]), "")

    @property
    def needs_patient(self) -> bool:
        """Tell whether the app is opened for one patient."""
        contexts = {one.context for one in map(parsed, self.scopes) if one is not None}
        return "launch/patient" in self.scopes or "patient" in contexts

    @property
    def source(self) -> str:
        """Return where the answer goes, as the content security policy names it."""
        parts = urlsplit(self.first("redirect_uri"))
        if parts.scheme in {"http", "https"}:
            return f"{parts.scheme}://{parts.netloc}"
        return f"{parts.scheme}:"


def keep(request: HttpRequest, parameters: Mapping[str, list[str]]) -> str:
    """Keep a request that was checked, and return its number."""
    waiting: dict[str, Any] = dict(request.session.get(_KEY) or {})
    now = time.time()
    fresh = {n: one for n, one in waiting.items() if now - one["at"] < _LIVES}
    newest = dict(sorted(fresh.items(), key=lambda item: -item[1]["at"])[: _MOST - 1])
    number = secrets.token_urlsafe(16)
    request.session[_KEY] = {**newest, number: {"at": now, "parameters": dict(parameters)}}
    return number


def find(request: HttpRequest, number: str, by: Principal) -> Pending:
    """Return the request that waits under this number.

    Raises:
        AppRequestError: it waited too long, is of another browser, or the app is not let in here.
    """
    one = (request.session.get(_KEY) or {}).get(number)
    if one is None or time.time() - one["at"] >= _LIVES:
        raise AppRequestError(_("This request has ended. Go back to the app and begin again."))
    parameters = one["parameters"]
    app = known(parameters["client_id"][0])
    if app is None or app.org != by.org:
        raise AppRequestError(
            _("Your organization has not let this app in. An administrator can register it.")
        )
    return Pending(number, app, parameters, grantable(app, parameters["scope"][0]))


def grantable(app: App, scope: str) -> list[str]:
    """Return what of the scopes asked for a person may give to the app."""
    wanted = [s for s in scope.split() if (one := parsed(s)) is None or one.context in _CONTEXTS]
    return within(wanted, app.scopes)


def done(request: HttpRequest, number: str) -> None:
    """Forget a request that was answered."""
    waiting = dict(request.session.get(_KEY) or {})
    waiting.pop(number, None)
    request.session[_KEY] = waiting


def launched(pending: Pending, by: Principal, *, use: bool) -> Launch | None:
    """Return from which patient's page the app was opened; None: from none. ``use`` it up.

    Raises:
        AppRequestError: the launch is another person's or another app's, has expired, or was used.
    """
    secret = pending.first("launch")
    if not secret:
        return None
    now = timezone.now()
    with acting(by):
        mine = Launch.objects.filter(
            org=by.org,
            digest=digest_of(secret),
            app=pending.app.id,
            person=by.person,
            expires_at__gt=now,
            used_at__isnull=True,
        )
        found = mine.first()
        usable = found is not None and may_see_patient(by, found.patient)
        if usable and use:
            usable = bool(mine.update(used_at=now))
    if not usable:
        raise AppRequestError(_("The launch is not known, has expired or was used before."))
    return found
