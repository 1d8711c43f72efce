"""The apps an organization lets in: registered by an administrator, and what people granted them.

Nobody registers an app over the network. What an app is given is never more than its registration
says, nor more than the person who opens it may do.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access import audit, scopes, tokens
from handrail.access.database import acting, authenticating
from handrail.access.decide import require
from handrail.access.models import App, Grant, Token
from handrail.access.principal import Principal
from handrail.fhir.errors import BusinessRuleError, Fault, NotFoundError

SIGN_IN: Final = frozenset(
    {"openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access"}
)
SHORTEST, LONGEST = 5, 60  # minutes an access token may live
_MOST: Final = 20  # redirect addresses, and public keys, of one app
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_APPS_OWN: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")  # com.example.app:/back
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApp:
    """An app to register; see :class:`handrail.access.models.App` for the fields."""

    name: str
    kind: str
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...] = ()
    launch_url: str = ""
    jwks: dict[str, Any] | None = None
    jwks_url: str = ""
    minutes: int = 30


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of it; ``secret`` is empty unless the kind is "secret", and is not kept."""

    app: App
    secret: str = field(repr=False)


def register(by: Principal, new: NewApp) -> Registered:
    """Register an app.

    Raises:
        ForbiddenError: ``by`` does not manage keys and apps.
        BusinessRuleError: something in it cannot be used; the text says what to write.
    """
    require(by, "manage_keys")
    allowed = _checked(new)
    identity = secrets.token_hex(16)
    secret = secrets.token_urlsafe(32) if new.kind == "secret" else ""
    with acting(by, durable=True):
        app = App.objects.create(
            org=by.org,
            id=identity,
            lookup=tokens.digest_of(identity),
            name=new.name.strip(),
            kind=new.kind,
            launch_url=new.launch_url,
            redirect_uris=list(new.redirect_uris),
            scopes=sorted(allowed),
            secret_digest=tokens.digest_of(secret) if secret else None,
            jwks=new.jwks,
            jwks_url=new.jwks_url,
            minutes=new.minutes,
        )
        note(by, app.device, "app added", " ".join(app.scopes))
    return Registered(app, secret)


def _wrong(name: str, text: str) -> BusinessRuleError:
    """Return the refusal of a registration, with the field of it that has to be corrected."""
    return BusinessRuleError(text, [Fault(name, text)])


def _checked(new: NewApp) -> frozenset[str]:
    """Return the scopes, in our spelling; refuse what cannot be used."""
    if not new.name.strip():
        raise _wrong("name", _("An app needs a name, as people will read it."))
    if new.kind not in App.KINDS:
        raise _wrong("kind", _("The kind of an app is public, secret or key."))
    if not SHORTEST <= new.minutes <= LONGEST:
        raise _wrong("minutes", _("An access token lives between 5 and 60 minutes."))
    sign_in = {scope for scope in new.scopes if scope in SIGN_IN}
    wanted = [scope for scope in new.scopes if scope not in SIGN_IN]
    allowed = (scopes.understand(wanted) if wanted else frozenset()) | sign_in
    _check_system(new, allowed)
    _check_addresses(new)
    _check_keys(new)
    return allowed


def _check_system(new: NewApp, allowed: frozenset[str]) -> None:
    by_itself = {scope for scope in allowed if scope.startswith("system/")}
    if not allowed:
        raise _wrong("scopes", _("Say what the app may be given: at least one scope."))
    if by_itself and new.kind != "key":
        raise _wrong(
            "scopes", _("Only an app that signs with a private key may have system/ scopes.")
        )
    if allowed - by_itself and not new.redirect_uris:
        raise _wrong(
            "redirect_uris",
            _("An app that people open needs an address to come back to (redirect URI)."),
        )


def _check_addresses(new: NewApp) -> None:
    if len(new.redirect_uris) > _MOST:
        raise _wrong("redirect_uris", _("An app has at most 20 redirect URIs."))
    for address in new.redirect_uris:
        if not _is_web(address) and not (new.kind == "public" and _is_own(address)):
            raise _wrong(
                "redirect_uris",
                _(
                    "%(address)s cannot be a redirect URI. Write it in full, with https:// (http://"
                    " only on localhost), without # and *."
                )
                % {"address": address[:200]},
            )
    for name in ("launch_url", "jwks_url"):
        address = getattr(new, name)
        if address and not _is_web(address):
            raise _wrong(
                name,
                _("%(address)s is no address that can be used. Write it in full, with https://.")
                % {"address": address[:200]},
            )


def _is_web(address: str) -> bool:
    """Tell whether an address is https, or http to this very machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and not set(address) & set(' #*\\"<>')
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    return plain and secure and bool(host) and "@" not in parts.netloc


def _is_own(address: str) -> bool:
    """Tell whether an address has a scheme that only one app on a phone answers to."""
    scheme, colon, rest = address.partition(":")
    plain = address.isascii() and address.isprintable() and not set(rest) & set(' #*\\"<>')
    return bool(colon and plain and _APPS_OWN.fullmatch(scheme))


def _check_keys(new: NewApp) -> None:
    if new.kind != "key":
        if new.jwks or new.jwks_url:
            raise _wrong("jwks", _("Public keys belong to an app of the kind key."))
        return
    if bool(new.jwks) == bool(new.jwks_url):
        raise _wrong(
            "jwks",
            _(
                "Give the public keys of the app: either the address of its JWKS or the JWKS"
                " itself."
            ),
        )
    if new.jwks is not None:
        check_key_set(new.jwks)


def check_key_set(key_set: object) -> list[dict[str, Any]]:
    """Return the keys of a JWK set that holds public RSA or P-384 keys and nothing else.

    Raises:
        BusinessRuleError: it does not; the text says what is wrong.
    """
    listed = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST:
        raise _wrong("jwks", _('A JWKS is written {"keys": […]} and has between 1 and 20 keys.'))
    for key in listed:
        if not isinstance(key, dict) or key.get("kty") not in {"RSA", "EC"}:
            raise _wrong("jwks", _("The keys of a JWKS are RSA keys, or EC keys on P-384."))
        if _PRIVATE & key.keys():
            raise _wrong(
                "jwks",
                _(
                    "There is a private key in this JWKS. Make a new pair; give the public key"
                    " only."
                ),
            )
    return listed


def listed(by: Principal) -> list[App]:
    """Return the apps of the organization, those in force first."""
    require(by, "manage_keys")
    with acting(by):
        return list(App.objects.filter(org=by.org).order_by("-revoked_at", "name"))


def revoke(by: Principal, identity: str) -> App:
    """End an app, by its id or its name, and everything that was granted to it.

    Raises:
        ForbiddenError: ``by`` does not manage keys and apps.
        NotFoundError: there is no such app in force.
    """
    require(by, "manage_keys")
    now = timezone.now()
    with acting(by, durable=True):
        live = App.objects.filter(org=by.org, revoked_at__isnull=True)
        app = live.filter(id=identity).first() or live.filter(name=identity).first()
        if app is None:
            raise NotFoundError(_("There is no such app in force. List the apps to see their ids."))
        app.revoked_at = now
        app.save(force_update=True)
        for kind in (Grant, Token):
            granted = kind.objects.filter(org=by.org, app=app.id, revoked_at__isnull=True)
            granted.update(revoked_at=now)
        note(by, app.device, "app revoked")
    tokens.forget()
    return app


def known(identity: str) -> App | None:
    """Return the app in force with this client id, before anybody acts; None: there is none."""
    digest = tokens.digest_of(identity)
    with authenticating(digest=digest):
        return App.objects.filter(lookup=digest, revoked_at__isnull=True).first()


def to_open(by: Principal) -> Sequence[App]:
    """Return the apps that can be opened from a patient's page, by name."""
    with acting(by):
        live = App.objects.filter(org=by.org, revoked_at__isnull=True)
        return list(live.exclude(launch_url="").order_by("name"))


@dataclass(frozen=True, slots=True)
class Given:
    """A grant in force, with its app."""

    grant: Grant
    app: App


def grants(by: Principal, *, of: str = "") -> list[Given]:
    """Return the grants in force, newest first: one's own, or those to the app ``of``.

    Raises:
        ForbiddenError: somebody who does not manage apps asks for those of others.
    """
    if of:
        require(by, "manage_keys")
    with acting(by):
        asked = {"app": of} if of else {"person": by.person}
        found = Grant.objects.filter(
            org=by.org, revoked_at__isnull=True, expires_at__gt=timezone.now(), **asked
        )
        apps = {app.id: app for app in App.objects.filter(org=by.org)}
        return [Given(grant, apps[grant.app]) for grant in found.order_by("-created_at")]


def take_back(by: Principal, identity: str) -> None:
    """End a grant of one's own; who manages apps ends any.

    Raises:
        NotFoundError: there is no such grant of theirs.
    """
    with acting(by, durable=True):
        found = Grant.objects.filter(org=by.org, id=identity, revoked_at__isnull=True).first()
        if found is None or (found.person != by.person and not _manages(by)):
            raise NotFoundError(_("There is no such grant of yours. It may have ended already."))
        tokens.revoke_grant(by.org, found.id)
        note(by, f"Device/app-{found.app}", "app access taken back", f"grant {found.id}")


def _manages(by: Principal) -> bool:
    from handrail.access.decide import allows

    return allows(by, "manage_keys")


def note(by: Principal, device: str, what: str, detail: str = "", patient: str = "") -> None:
    """Write into the trail what happened to an app or a grant; inside ``acting``."""
    event = audit.Event(
        action="U", what=what, reference=device, purpose="HOPERAT", detail=detail, patient=patient
    )
    audit.note(by, event)


def within(wanted: Iterable[str], allowed: Iterable[str]) -> list[str]:
    """Return what of the ``wanted`` scopes is ``allowed``: each as asked, or the part of it.

    ``launch`` and the like are there or not. A wanted ``patient/*.rs`` of which only Observations
    are allowed becomes ``patient/Observation.rs``.
    """
    permitted = list(allowed)
    found: list[str] = []
    for scope in wanted:
        one = scopes.parsed(scope)
        if one is None:
            found += [scope] if scope in permitted else []
            continue
        parts = [scopes.common(one, other) for other in map(scopes.parsed, permitted) if other]
        whole = one in parts
        found += [scope] if whole else [str(part) for part in parts if part is not None]
    return list(dict.fromkeys(found))
