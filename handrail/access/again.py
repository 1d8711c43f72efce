"""A principal kept for later, and whether it may still act then.

Work that is done after the request that asked for it (a job, a notification) acts as whoever asked.
:func:`remember` gives what may be kept: references, never a secret. :func:`again` asks anew: a key
that was revoked, a token that ended or a member who left gets nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from handrail.access.database import acting, cursor
from handrail.access.principal import Principal, Role, system
from handrail.fhir.errors import SignInRequiredError

Remembered = dict[str, Any]
Revive = Callable[[int, Mapping[str, Any]], Principal | None]

_KEY_SQL = """
select name, scopes, patients from access_api_key
where org = %s and device = %s and revoked_at is null and expires_at > now()
"""
_APP_SQL = """
select name, scopes from access_app where org = %s and id = %s and revoked_at is null
"""
_MEMBER_SQL = """
select account_id from access_membership where org = %s and practitioner = %s and active
"""
_GRANT_SQL = """
select scopes from access_grant
where org = %s and person = %s and app = %s and patient = %s and revoked_at is null
  and expires_at > now()
"""
_OF_RESOURCES = ("system/", "user/", "patient/")
_revivers: dict[str, Revive] = {}


def remember(principal: Principal) -> Remembered:
    """Return what to keep of ``principal``, as JSON."""
    scopes = principal.scopes
    return {
        "person": principal.person,
        "name": principal.name,
        "roles": sorted(principal.roles),
        "scopes": None if scopes is None else sorted(scopes),
        "opened": sorted(principal.opened) if scopes is not None else [],
        "app": principal.app,
        "patient": principal.patient,
    }


def revive_with(prefix: str, revive: Revive) -> None:
    """Say how principals whose reference begins with ``prefix`` are found again.

    ``revive(org, remembered)`` runs inside a transaction of the organization; None: may not act any
    more.
    """
    _revivers[prefix] = revive


def again(org: int, remembered: Mapping[str, Any]) -> Principal:
    """Return the principal as it may act now.

    Raises:
        SignInRequiredError: it may not act any more.
    """
    person = str(remembered.get("person", ""))
    with acting(system(org, "access", "Handrail")):
        for prefix, revive in _revivers.items():
            if person.startswith(prefix):
                found = revive(org, remembered)
                break
        else:
            found = _ours(org, remembered)
    if found is None:
        raise SignInRequiredError("The key or the member that asked for this may not act any more.")
    return found


def _ours(org: int, remembered: Mapping[str, Any]) -> Principal | None:
    if Role.SYSTEM in remembered["roles"] and remembered["scopes"] is None:
        device = str(remembered["person"]).removeprefix("Device/")
        return system(org, device, str(remembered["name"]))
    return None


def _key(org: int, remembered: Mapping[str, Any]) -> Principal | None:
    row = cursor().execute(_KEY_SQL, (org, remembered["person"])).fetchone()
    if row is None:
        return None
    name, scopes, patients = row
    return Principal(
        org=org,
        person=str(remembered["person"]),
        name=name,
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset(scopes),
        opened=frozenset(patients),
    )


def _app(org: int, remembered: Mapping[str, Any]) -> Principal | None:
    """Return an app that acts in its own name, with what it was given and still may have."""
    from handrail.access.applications import within

    identity = str(remembered["person"]).removeprefix("Device/app-")
    row = cursor().execute(_APP_SQL, (org, identity)).fetchone()
    if row is None:
        return None
    name, granted = row
    mine = [one for one in granted if one.startswith(_OF_RESOURCES)]
    kept = sorted(remembered["scopes"] or ())
    return Principal(
        org=org,
        person=str(remembered["person"]),
        name=name,
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset(within(kept, mine) if kept else mine),
    )


def _member(org: int, remembered: Mapping[str, Any]) -> Principal | None:
    """Return a member as they are now; an app that acts for one keeps its narrower scopes."""
    from handrail.access.identity import memberships

    practitioner = str(remembered["person"]).removeprefix("Practitioner/")
    row = cursor().execute(_MEMBER_SQL, (org, practitioner)).fetchone()
    places = memberships(row[0]) if row else []
    found = next((one.principal for one in places if one.principal.org == org), None)
    if found is None or remembered["scopes"] is None:
        return found
    kept, app = frozenset(remembered["scopes"]), str(remembered.get("app", ""))
    if app:
        return _through_app(org, found, app, kept, str(remembered.get("patient", "")))
    return replace(found, scopes=kept, opened=found.opened | frozenset(remembered["opened"]))


def _through_app(
    org: int, person: Principal, app: str, scopes: frozenset[str], patient: str
) -> Principal | None:
    """Return a person with an app, as far as what they granted it holds."""
    from handrail.access.applications import within
    from handrail.access.tokens import opened_by, through_app

    asked = (org, person.person, app.removeprefix("Device/app-"), patient)
    granted = [scope for (each,) in cursor().execute(_GRANT_SQL, asked) for scope in each]
    kept = frozenset(within(sorted(scopes), opened_by(granted, person)))
    return through_app(person, app, kept, patient) if kept else None


revive_with("Device/key-", _key)
revive_with("Device/app-", _app)
revive_with("Practitioner/", _member)
