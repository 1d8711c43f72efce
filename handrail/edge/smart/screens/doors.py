"""The doors of the authorization server: who may call what.

What is behind them needs Authlib and cryptography, which are imported when an app first comes: an
installation without apps never loads them.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from handrail.access.marks import MemberRequest, open_to, public


@public
@require_GET
def authorize(request: HttpRequest) -> HttpResponse:
    """Check an app's request, and go on to the question."""
    from handrail.edge.smart.screens import authorize as behind

    return behind.authorize(request)


@open_to()
@require_http_methods(["GET", "POST"])
def consent(request: MemberRequest, number: str) -> HttpResponse:
    """Ask the person whether to let the app in."""
    from handrail.edge.smart.screens import authorize as behind

    return behind.consent(request, number)


@public
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["POST", "OPTIONS"])
def token(request: HttpRequest) -> HttpResponse:
    """Give tokens for a code, a refresh token or a signed assertion."""
    return _called(request, "token")


@public
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["POST", "OPTIONS"])
def revoke(request: HttpRequest) -> HttpResponse:
    """End a token."""
    return _called(request, "revocation")


@public
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["POST"])
def introspect(request: HttpRequest) -> HttpResponse:
    """Say whether a token holds, and for what."""
    return _called(request, "introspection")


def _called(request: HttpRequest, endpoint: str) -> HttpResponse:
    from handrail.edge.smart.screens import tokens

    return tokens.called(request, endpoint)
