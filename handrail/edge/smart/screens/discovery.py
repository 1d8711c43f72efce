"""What anybody may know of this server: where tokens are asked for, and what is possible.

Source: http://hl7.org/fhir/smart-app-launch/conformance.html; OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from handrail.access.bearer import AUTHORIZE, INTROSPECT, MANAGE, REVOKE, TOKEN
from handrail.access.marks import public
from handrail.edge.smart import signing
from handrail.edge.smart.addresses import origin
from handrail.edge.smart.jwks import ALGORITHMS

CAPABILITIES: Final = (
    "launch-ehr",
    "launch-standalone",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
)
_SCOPES: Final = (
    "openid",
    "fhirUser",
    "profile",
    "launch",
    "launch/patient",
    "offline_access",
    "online_access",
    "patient/*.cruds",
    "user/*.cruds",
    "system/*.cruds",
)
_PROOFS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
_KEPT: Final = "public, max-age=300"


@public
@require_GET
def smart(request: HttpRequest) -> HttpResponse:
    """Say what apps need to know (``/.well-known/smart-configuration``)."""
    return _said(_endpoints(request) | {"capabilities": list(CAPABILITIES)})


@public
@require_GET
def openid(request: HttpRequest) -> HttpResponse:
    """Say what OpenID Connect wants to know (``/.well-known/openid-configuration``)."""
    more = {
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [signing.ALGORITHM],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser"],
    }
    return _said(_endpoints(request) | more)


@public
@require_GET
def keys(_request: HttpRequest) -> HttpResponse:
    """Give the public key with which id_tokens are signed."""
    return _said(signing.key_set())


def _endpoints(request: HttpRequest) -> dict[str, Any]:
    here = origin(request)
    return {
        "issuer": here,
        "jwks_uri": f"{here}/.well-known/jwks.json",
        "authorization_endpoint": here + AUTHORIZE,
        "token_endpoint": here + TOKEN,
        "revocation_endpoint": here + REVOKE,
        "introspection_endpoint": here + INTROSPECT,
        "management_endpoint": here + MANAGE,
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", *_PROOFS],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": list(_PROOFS),
        "scopes_supported": list(_SCOPES),
    }


def _said(known: dict[str, Any]) -> HttpResponse:
    headers = {
        "Cache-Control": _KEPT,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return JsonResponse(known, headers=headers)
