"""The authorization server: Authlib's grants, with Handrail's record of who granted what.

Source: http://hl7.org/fhir/smart-app-launch/app-launch.html and backend-services.html; RFC 6749,
7009, 7523, 7636, 7662. Every secret is random and kept as SHA-256 only.
"""

from __future__ import annotations

import json
from typing import Any, Final

from authlib.oauth2.rfc6749 import AuthorizationServer
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from handrail.edge.smart import clients, endpoints, grants
from handrail.edge.smart.addresses import fhir_base, origin
from handrail.edge.smart.asking import AskedRequest, received
from handrail.edge.smart.context import Issuing

_OWN: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Server(AuthorizationServer):
    """Answers for one request; ``origin`` and ``base`` are our addresses as its client knows them.

    ``issuing`` is what a grant found out about the tokens that are to be made.
    """

    def __init__(self, request: HttpRequest) -> None:
        """Register what we do."""
        super().__init__()
        self.origin, self.base = origin(request), fhir_base(request)
        self.token_address = f"{self.origin}/oauth/token"
        self.issuing = Issuing()
        self.register_client_auth_method(
            "private_key_jwt", clients.sign_in_by_assertion(self.token_address)
        )
        self.register_grant(
            grants.CodeGrant, [grants.Challenge(required=True), grants.IdToken(self)]
        )
        self.register_grant(grants.RefreshGrant)
        self.register_grant(grants.BackendGrant)
        self.register_endpoint(endpoints.Introspection)
        self.register_endpoint(endpoints.Revocation)

    @override
    def query_client(self, client_id: str) -> clients.Client | None:
        """Return the app with this client id."""
        return clients.find(client_id)

    @override
    def generate_token(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Make the tokens that the grant decided on, and keep their SHA-256."""
        return self.issuing.make()

    @override
    def save_token(self, token: Any, request: Any) -> None:
        """Do nothing: they are kept as they are made."""

    @override
    def create_oauth2_request(self, request: Any) -> AskedRequest:
        """Return a request in Authlib's shape."""
        return request if isinstance(request, AskedRequest) else received(request)

    @override
    def handle_response(self, status: int, body: Any, headers: Any) -> HttpResponse:
        """Return the answer, which no cache keeps."""
        text = json.dumps(body) if isinstance(body, dict) else body
        answer = HttpResponse(text, status=status, content_type="application/json")
        for name, value in (*dict(headers).items(), *_OWN.items()):
            answer.headers[name] = value
        return answer

    def refuse(self, error: Any) -> HttpResponse:
        """Return what an error says: to the app's registered address, if it knows one."""
        answer: HttpResponse = self.handle_error_response(None, error)
        return answer

    @override
    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Tell nobody: what happens is in the trail."""
