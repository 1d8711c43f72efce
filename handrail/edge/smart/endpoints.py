"""What can be asked of a token: whether it holds (RFC 7662), and that it ends (RFC 7009)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from django.utils import timezone
from typing_extensions import override

from handrail.access import applications, tokens
from handrail.access.database import acting
from handrail.access.models import App, Grant, Token
from handrail.edge.smart.context import Here, is_alive, keeper


class FoundToken:
    """A token, in Authlib's words; ``grant`` None: the app's own."""

    def __init__(self, token: Token, grant: Grant | None) -> None:
        """Keep token and grant."""
        self.token, self.grant = token, grant

    def check_client(self, client: Any) -> bool:
        """Tell whether it is this app's."""
        return bool(client.app.id == self.token.app)

    def is_expired(self) -> bool:
        """Tell whether its time is over, or it was used up."""
        return self.token.expires_at <= timezone.now() or self.token.used_at is not None

    def is_revoked(self) -> bool:
        """Tell whether it, or its grant, was ended."""
        return self.token.revoked_at is not None or not (self.grant is None or is_alive(self.grant))


def _found(secret: str, app: App) -> FoundToken | None:
    """Return the token of this app's organization."""
    with acting(keeper(app.org), durable=False):
        token = Token.objects.filter(org=app.org, digest=tokens.digest_of(secret)).first()
        if token is None:
            return None
        grant = Grant.objects.filter(org=app.org, id=token.grant).first()
        return FoundToken(token, grant)


class Introspection(IntrospectionEndpoint):
    """Tells an app about its own tokens; and any of the organization's to who proves itself.

    A resource server that is registered here as an app with a secret or a key may ask about every
    token of its organization; a public app may not ask at all.
    """

    CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]  # noqa: RUF012 - Authlib's way
    server: Here

    @override
    def query_token(self, token_string: str, token_type_hint: str) -> FoundToken | None:
        """Return the token."""
        return self._found(token_string)

    def _found(self, secret: str) -> FoundToken | None:
        return _found(secret, self.app) if secret.isascii() else None

    @override
    def authenticate_endpoint_client(self, request: Any) -> Any:
        """Return the app that asks."""
        client = super().authenticate_endpoint_client(request)
        self.app: App = client.app
        return client

    @override
    def check_permission(self, token: Any, client: Any, request: Any) -> bool:
        """Allow it: the token is of the organization of who proved itself."""
        return True

    @override
    def introspect_token(self, token: FoundToken) -> dict[str, Any]:
        """Return what the token opens."""
        kept, grant = token.token, token.grant
        said: dict[str, Any] = {
            "active": True,
            "client_id": kept.app,
            "scope": " ".join(kept.scopes),
            "exp": int(kept.expires_at.timestamp()),
            "iat": int(kept.created_at.timestamp()),
            "iss": self.server.origin,
            "aud": self.server.base,
            "token_type": "Bearer" if kept.kind == "access" else "refresh_token",
        }
        if grant is None:
            return said | {"sub": kept.app}
        said["sub"] = grant.person.partition("/")[2]
        if "fhirUser" in kept.scopes:
            said["fhirUser"] = f"{self.server.base}/{grant.person}"
        known = {"patient": grant.patient, "encounter": grant.encounter}
        return said | {name: value for name, value in known.items() if value}


class Revocation(RevocationEndpoint):
    """Ends a token of the app that asks; with a refresh token, everything of its grant."""

    CLIENT_AUTH_METHODS = [  # noqa: RUF012 - Authlib's way
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    ]
    server: Here

    @override
    def authenticate_endpoint_client(self, request: Any) -> Any:
        """Return the app that asks."""
        client = super().authenticate_endpoint_client(request)
        self.app: App = client.app
        return client

    @override
    def query_token(self, token_string: str, token_type_hint: str) -> FoundToken | None:
        """Return the token."""
        return _found(token_string, self.app) if token_string.isascii() else None

    @override
    def revoke_token(self, token: FoundToken, request: Any) -> None:
        """End it."""
        app, kept = self.app, token.token
        with acting(keeper(app.org), durable=True):
            if kept.kind == "refresh":
                tokens.revoke_grant(app.org, kept.grant)
            else:
                mine = Token.objects.filter(org=app.org, digest=kept.digest)
                mine.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
            applications.note(
                keeper(app.org), app.device, "token revoked", f"{kept.kind} of {kept.grant}"
            )
        tokens.forget()
