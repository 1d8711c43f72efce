"""An app, as its maker would write it: it asks, comes back with a code, and reads."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from handrail.access.models import App
from tests.fhir_client import Answer
from tests.fhir_client import Client as Caller

HOST = "localhost"
ORIGIN = f"http://{HOST}"
FHIR = f"{ORIGIN}/fhir"
BACK = "https://app.example.org/back"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class StandIn:
    """The other side."""

    app: App
    secret: str = ""
    key: Any = None
    algorithm: str = "RS384"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))
    state: str = "the state, with spaces & signs"

    def address(self, scope: str | None, **changed: str | None) -> str:
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.app.id,
            "redirect_uri": BACK,
            "scope": scope,
            "state": self.state,
            "aud": FHIR,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        sent = {name: value for name, value in (asked | changed).items() if value is not None}
        return f"/oauth/authorize?{urlencode(sent)}"

    def ask(self, browser: Browser, scope: str | None, **changed: str | None) -> Any:
        """Send the browser here; return the answer."""
        return browser.get(self.address(scope, **changed))

    def let_in(self, browser: Browser, scope: str, patient: str = "", **changed: str) -> Any:
        """Have the person say yes; return where the browser is sent, as its parameters."""
        asked = self.ask(browser, scope, **changed)
        assert asked.status_code == 303, asked.content
        said = browser.post(asked["Location"], {"do": "allow", "patient": patient})
        return back(said)

    def redeem(self, code: str | None, **changed: str | None) -> Any:
        sent: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": self.verifier,
        }
        return self.post("/oauth/token", **(sent | changed))

    def refresh(self, token: str, **more: str) -> Any:
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **more)

    def post(self, where: str, **sent: str | None) -> Any:
        """Call an endpoint, proving who one is in the way of the app's kind."""
        headers = {}
        form = {name: value for name, value in sent.items() if value is not None}
        if self.app.kind == "public":
            form.setdefault("client_id", self.app.id)
        elif self.app.kind == "secret":
            both = base64.b64encode(f"{self.app.id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {both}"
        elif "client_assertion" not in form:
            form |= {"client_assertion_type": ASSERTION, "client_assertion": self.signed()}
        return Browser(SERVER_NAME=HOST).post(where, form, headers=headers)

    def signed(self, *, header: dict | None = None, key: Any = None, **changed: Any) -> str:
        claims = {
            "iss": self.app.id,
            "sub": self.app.id,
            "aud": f"{ORIGIN}/oauth/token",
            "exp": int(time.time()) + 240,
            "jti": secrets.token_hex(8),
        }
        head = {"alg": self.algorithm, "kid": "k1"} | (header or {})
        sent = {name: value for name, value in (claims | changed).items() if value is not None}
        return jwt.encode(head, sent, key or self.key, algorithms=[head["alg"]])

    def fetch(self, scope: str = "system/*.rs", **changed: str) -> Any:
        """Ask for a token as a system."""
        return self.post("/oauth/token", grant_type="client_credentials", scope=scope, **changed)


def back(answer: Any) -> dict[str, str]:
    """Return what the app hears when the browser comes back."""
    assert answer.status_code in {302, 303}, answer.content
    where = answer["Location"]
    assert where.startswith(BACK), where
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


def reading(token: str, path: str, method: str = "GET", body: Any = b"") -> Answer:
    """Call the FHIR API with a token."""
    return Caller(token)(method, path, body)


@cache
def pair(algorithm: str) -> tuple[Any, dict]:
    """Return a private key, and its JWKS."""
    named = {"kid": "k1", "use": "sig"}
    key: Any
    if algorithm.startswith("RS"):
        key = RSAKey.generate_key(2048, named)
    else:
        key = ECKey.generate_key("P-384", named)
    return key, {"keys": [key.as_dict(private=False)]}
