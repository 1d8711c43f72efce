"""A registered app as Authlib asks about it, and how it proves who it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final

from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from django.db import IntegrityError, transaction
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from typing_extensions import override

from handrail.access.applications import known, within
from handrail.access.database import acting
from handrail.access.models import App
from handrail.access.principal import system
from handrail.access.tokens import digest_of
from handrail.edge.smart import jwks
from handrail.edge.smart.errors import KeysUnavailableError
from handrail.edge.smart.jwks import ALGORITHMS
from handrail.edge.smart.models import UsedAssertion

if TYPE_CHECKING:
    from authlib.oauth2.rfc6749 import OAuth2Request

LONGEST: Final = 300  # seconds an assertion may live (SMART App Launch 2, client authentication)
LEEWAY: Final = 30  # seconds two clocks may differ
_METHODS: Final = {
    "public": frozenset({"none"}),
    "secret": frozenset({"client_secret_basic", "client_secret_post"}),
    "key": frozenset({"private_key_jwt"}),
}
_LONGEST_TEXT: Final = 16_384  # characters of an assertion


class Client(ClientMixin):
    """An app, in the words of OAuth."""

    def __init__(self, app: App) -> None:
        """Keep the app."""
        self.app = app

    def get_client_id(self) -> str:
        """Return its client id."""
        return self.app.id

    def get_default_redirect_uri(self) -> str:
        """Return nothing: an app always says where it is."""
        return ""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return what of the scopes asked for the app may be given."""
        return " ".join(within((scope or "").split(), self.app.scopes))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether the address is registered, character for character."""
        return redirect_uri in self.app.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Tell whether this is the app's secret."""
        kept = bytes(self.app.secret_digest or b"")
        return compare_digest(kept, digest_of(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - theirs
        """Tell whether the app proves itself in this way."""
        return method in _METHODS[self.app.kind]

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether the app may ask for this."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether the app may ask in this way."""
        if grant_type == "client_credentials":
            return self.app.kind == "key" and self._acts_by_itself
        return grant_type in {"authorization_code", "refresh_token"}

    @property
    def _acts_by_itself(self) -> bool:
        return any(scope.startswith("system/") for scope in self.app.scopes)


def find(client_id: str) -> Client | None:
    """Return the app in force with this client id."""
    app = known(client_id) if client_id.isascii() else None
    return Client(app) if app else None


class SignedAssertion(JWTBearerClientAssertion):
    """``private_key_jwt``: the app signs that it is the one, for us, just now, and once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, audience: str) -> None:
        """Keep the address of our token endpoint."""
        super().__init__(leeway=LEEWAY)
        self.audience = audience
        self._client: Client | None = None
        self._kid = ""

    @override
    def get_audiences(self) -> list[str]:
        """Return whom an assertion has to be for."""
        return [self.audience]

    @override
    def extract_assertion(self, assertion: str) -> Any:
        """Return header and claims, not verified yet; refuse what we never accept."""
        if len(assertion) > _LONGEST_TEXT:
            raise InvalidClientError(description="The assertion is too long.")
        headers, claims = super().extract_assertion(assertion)
        if headers.get("alg") not in ALGORITHMS:
            raise InvalidClientError(description="Sign with RS384 or ES384.")
        self._kid = str(headers.get("kid") or "")
        self._jku = headers.get("jku")
        return headers, claims

    @override
    def resolve_client_public_key(self, client: Client) -> KeySet:
        """Return the public keys of the app that fit."""
        self._client, app = client, client.app
        if app.kind != "key" or self._jku not in (None, app.jwks_url):
            raise InvalidClientError(description="The app has not registered such a key.")
        try:
            found = jwks.keys_of(app, self._kid)
        except KeysUnavailableError as error:
            raise InvalidClientError(description=error.message.replace('"', "")) from error
        fitting = [key for key in found if not self._kid or key.get("kid") == self._kid]
        try:
            return KeySet.import_key_set({"keys": fitting})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InvalidClientError(description="The keys of the app cannot be read.") from error

    @override
    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        """Return the claims, once the signature holds under an algorithm we accept."""
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidClientError(description="The assertion is not signed by the app.") from (
                error
            )
        self.verify_claims(token.claims)
        return token.claims

    @override
    def verify_claims(self, claims: Any) -> None:
        """Refuse an assertion that lives too long; the rest is Authlib's."""
        ends = claims.get("exp")
        if not isinstance(ends, int | float) or ends > time.time() + LONGEST + LEEWAY:
            raise InvalidClientError(description="An assertion lives at most five minutes.")
        super().verify_claims(claims)

    @override
    def validate_jti(self, claims: Any, jti: object) -> bool:
        """Tell whether this assertion comes for the first time, and remember it."""
        if self._client is None or not isinstance(jti, str) or not 0 < len(jti) <= 255:  # noqa: PLR2004 - a sane id
            return False
        app = self._client.app
        ends = datetime.fromtimestamp(claims["exp"] + LEEWAY, UTC)
        with acting(system(app.org, "smart", "Apps"), durable=True):
            old = UsedAssertion.objects.filter(org=app.org, expires_at__lt=datetime.now(UTC))
            old.delete()
            try:
                with transaction.atomic():
                    UsedAssertion.objects.create(
                        org=app.org, app=app.id, digest=digest_of(jti), expires_at=ends
                    )
            except IntegrityError:
                return False
        return True


def sign_in_by_assertion(audience: str) -> Any:
    """Return Authlib's way to ask for a signed assertion; a new one for each request."""

    def authenticate(query_client: Any, request: OAuth2Request) -> Any:
        return SignedAssertion(audience)(query_client, request)

    return authenticate
