"""Who sends a bearer token: an API key or a SMART access token, told apart by its beginning.

Also the addresses at which tokens are asked for, which the FHIR API names to its clients.
Source: https://www.rfc-editor.org/rfc/rfc6750 (bearer tokens).
"""

from __future__ import annotations

from typing import Final

from handrail.access import keys, tokens
from handrail.access.principal import Principal
from handrail.fhir.errors import SignInRequiredError

AUTHORIZE: Final = "/oauth/authorize"
TOKEN: Final = "/oauth/token"  # noqa: S105 - an address
REVOKE: Final = "/oauth/revoke"
INTROSPECT: Final = "/oauth/introspect"
MANAGE: Final = "/settings/my-apps"


class TokenRefusedError(SignInRequiredError):
    """A key or token was sent, and it does not hold."""


def authenticate(secret: str) -> Principal:
    """Return the principal whose key or access token this is.

    Raises:
        TokenRefusedError: it is not known, has expired or was revoked.
    """
    try:
        if secret.startswith(keys.PREFIX):
            return keys.authenticate_key(secret)
        return tokens.authenticate_token(secret)
    except SignInRequiredError as error:
        raise TokenRefusedError(error.message) from error


def forget() -> None:
    """Forget every key and token this process remembers."""
    keys.forget()
    tokens.forget()
