"""How an app gets tokens: with a code, with a refresh token, or as a system by itself."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    grants,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from django.utils import timezone
from typing_extensions import override

from handrail.access import applications, tokens
from handrail.access.database import acting
from handrail.access.models import App, Grant, Token
from handrail.access.scopes import enforceable
from handrail.edge.smart import signing
from handrail.edge.smart.context import Here, Issuing, is_alive, keeper
from handrail.edge.smart.models import Code

CODE_LIVES: Final = timedelta(seconds=60)
_WAYS: Final = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]


class Challenge(CodeChallenge):
    """PKCE (RFC 7636), with S256 only, and for every app."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - Authlib's way

    @override
    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse a request without a challenge."""
        sent = grant.request.payload.data
        if not sent.get("code_challenge") or sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError(
                "Send code_challenge, with code_challenge_method S256.", redirect_uri=redirect_uri
            )
        super().validate_code_challenge(grant, redirect_uri)


class KeptCode:
    """A code that an app brought back, in Authlib's words."""

    def __init__(self, code: Code, grant: Grant) -> None:
        """Keep code and grant."""
        self.code, self.grant = code, grant
        self.code_challenge, self.code_challenge_method = code.challenge, "S256"

    def get_redirect_uri(self) -> str:
        """Return where the code was sent."""
        return self.code.redirect_uri

    def get_scope(self) -> str:
        """Return what was granted."""
        return " ".join(self.grant.scopes)

    def get_nonce(self) -> str:
        """Return the app's nonce, which the id_token repeats."""
        return self.code.nonce

    def get_auth_time(self) -> int | None:
        """Return when the person signed in, in seconds since 1970."""
        at = self.grant.signed_in_at
        return int(at.timestamp()) if at else None

    def get_acr(self) -> str:
        """Return nothing: we claim no level."""
        return ""

    def get_amr(self) -> list[str]:
        """Return nothing: we claim no method."""
        return []


class CodeGrant(grants.AuthorizationCodeGrant):
    """Authorization code with PKCE. A code that comes twice ends everything it led to."""

    TOKEN_ENDPOINT_AUTH_METHODS = _WAYS
    server: Here

    @override
    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep the SHA-256 of the code, for the grant that the person gave (``request.user``)."""
        given: Grant = request.user
        Code.objects.create(
            org=given.org,
            digest=tokens.digest_of(code),
            app=given.app,
            grant=given.id,
            redirect_uri=request.payload.redirect_uri,
            challenge=request.payload.data["code_challenge"],
            nonce=request.payload.data.get("nonce", "")[:500],
            expires_at=timezone.now() + CODE_LIVES,
        )

    @override
    def generate_authorization_code(self) -> str:
        """Return a code of 256 bits."""
        return secrets.token_urlsafe(32)

    @override
    def query_authorization_code(self, code: str, client: Any) -> KeptCode | None:
        """Use the code up; None: it is not this app's, or has expired, or comes twice."""
        app: App = client.app
        now = timezone.now()
        with acting(keeper(app.org), durable=True):
            mine = Code.objects.filter(org=app.org, digest=tokens.digest_of(code), app=app.id)
            fresh = mine.filter(used_at__isnull=True, expires_at__gt=now).update(used_at=now)
            found = mine.first()
            if found is None:
                return None
            if not fresh:
                if found.used_at is not None:
                    _end(app, found.grant, "code came twice")
                return None
            grant = Grant.objects.filter(org=app.org, id=found.grant).first()
            alive = grant is not None and is_alive(grant)
        return KeptCode(found, grant) if alive and grant else None

    @override
    def delete_authorization_code(self, authorization_code: Any) -> None:
        """Keep it for now: a code that comes twice is noticed."""

    @override
    def authenticate_user(self, authorization_code: Any) -> Grant:
        """Return the grant, and decide on the tokens."""
        grant: Grant = authorization_code.grant
        self.server.issuing = Issuing(
            self.request.client.app, grant, grant.scopes, self.server.base
        )
        return grant


class RefreshGrant(grants.RefreshTokenGrant):
    """A refresh token is used once, and gives a new one; one that comes twice ends its grant."""

    TOKEN_ENDPOINT_AUTH_METHODS = _WAYS
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: Here

    @override
    def authenticate_refresh_token(self, refresh_token: str) -> KeptToken | None:
        """Return the token if it holds. It is used up only once the request is a proper one."""
        app: App = self._client().app
        with acting(keeper(app.org), durable=True):
            found = Token.objects.filter(
                org=app.org,
                digest=tokens.digest_of(refresh_token),
                app=app.id,
                kind="refresh",
                revoked_at__isnull=True,
            ).first()
            if found is None:
                return None
            if found.used_at is not None:
                _end(app, found.grant, "refresh token came twice")
                return None
            grant = Grant.objects.filter(org=app.org, id=found.grant).first()
            alive = grant is not None and is_alive(grant)
        return KeptToken(found, grant) if alive and grant else None

    def _client(self) -> Any:
        return self.request.client

    @override
    def _validate_token_scope(self, token: Any) -> None:
        """Refuse more than was granted; less is fine."""
        wanted = (self.request.payload.scope or "").split()
        left = applications.within(wanted, token.token.scopes)
        if left != list(dict.fromkeys(wanted)):
            raise InvalidScopeError("A refresh never gives more than was granted.")

    @override
    def authenticate_user(self, refresh_token: Any) -> Grant:
        """Use the token up and decide on the new ones."""
        token: Token = refresh_token.token
        grant: Grant = refresh_token.grant
        app: App = self._client().app
        now = timezone.now()
        with acting(keeper(app.org), durable=True):
            mine = Token.objects.filter(org=app.org, digest=token.digest, used_at__isnull=True)
            first = mine.update(used_at=now)
            if not first:
                _end(app, token.grant, "refresh token came twice")
        if not first:
            raise InvalidGrantError
        wanted = (self.request.payload.scope or "").split() or token.scopes
        self.server.issuing = Issuing(app, grant, wanted, self.server.base)
        return grant

    @override
    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Do nothing: it is used up already."""


class KeptToken:
    """A refresh token that an app brought, in Authlib's words."""

    def __init__(self, token: Token, grant: Grant) -> None:
        """Keep token and grant."""
        self.token, self.grant = token, grant

    def check_client(self, client: Any) -> bool:
        """Tell whether it is this app's."""
        return bool(client.app.id == self.token.app)

    def get_scope(self) -> str:
        """Return what it may give."""
        return " ".join(self.token.scopes)


class BackendGrant(grants.ClientCredentialsGrant):
    """Backend Services: a system acts by itself, and proves itself with a signature."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["private_key_jwt"]  # noqa: RUF012 - Authlib's way
    server: Here

    @override
    def validate_requested_scope(self) -> None:
        """Decide on the token; without any ``system/`` scope that it may have there is none."""
        app: App = self.request.client.app
        wanted = (self.request.payload.scope or "").split()
        allowed = [scope for scope in app.scopes if scope.startswith("system/")]
        given = applications.within(wanted, allowed)
        if not given or not enforceable(given):
            raise InvalidScopeError("Ask for system/ scopes that the app is registered with.")
        self.server.issuing = Issuing(app, None, given, self.server.base)


class IdToken(OpenIDCode):
    """Who the person is, signed by us: ``openid`` with ``fhirUser`` and the app's nonce."""

    def __init__(self, server: Here) -> None:
        """Keep the server, which knows our addresses."""
        super().__init__(require_nonce=False)
        self.server = server

    @override
    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """Say no: a code is bound to its nonce and used once, so a nonce is too."""
        return False

    @override
    def get_client_algorithm(self, client: Any) -> str:
        """Return how we sign."""
        return signing.ALGORITHM

    @override
    def get_client_claims(self, client: Any) -> dict[str, Any]:
        """Return who we are and for whom this is."""
        return {"iss": self.server.origin, "aud": [client.app.id]}

    @override
    def get_encode_header(self, client: Any) -> dict[str, Any]:
        """Return the header, which names our key."""
        return {"alg": signing.ALGORITHM, "kid": signing.key().kid}

    @override
    def resolve_client_private_key(self, client: Any) -> Any:
        """Return our key."""
        return signing.key()

    @override
    def generate_user_info(self, user: Grant, scope: str) -> UserInfo:
        """Return who the person is: an id that says nothing, and their Practitioner resource."""
        known = {"sub": user.person.partition("/")[2]}
        if {"fhirUser", "profile"} & set(scope.split()):
            known["fhirUser"] = f"{self.server.base}/{user.person}"
        return UserInfo(known)


def _end(app: App, grant: str, why: str) -> None:
    """End a grant because somebody used what they should not have."""
    tokens.revoke_grant(app.org, grant)
    applications.note(keeper(app.org), app.device, "app access ended", f"grant {grant}: {why}")


def denied(redirect_uri: str) -> AccessDeniedError:
    """Return what an app is told when the person says no."""
    return AccessDeniedError("The person did not let the app in.", redirect_uri=redirect_uri)
