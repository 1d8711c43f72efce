"""The other server, as a SMART client speaks to it: discovery, tokens, questions.

Source: http://hl7.org/fhir/smart-app-launch/backend-services.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from handrail.access import outbound
from handrail.access.outbound import Reply
from handrail.edge.connect import keyring
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.models import Connection
from handrail.fhir.errors import HandrailError

FORM: Final = "application/x-www-form-urlencoded"
FHIR: Final = "application/fhir+json"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_UNAUTHORIZED: Final = 401
_SHOWN: Final = 300  # characters of what the other server said


@dataclass(frozen=True, slots=True)
class Told:
    """What the other server said to a resource, and where it put it."""

    resource: dict[str, Any]
    location: str


@dataclass
class Peer:
    """An EHR in conversation; tokens are kept for as long as the conversation takes."""

    connection: Connection
    _configuration: dict[str, Any] = field(default_factory=dict)
    _token: str = field(default="", repr=False)

    @property
    def base(self) -> str:
        """Return the address of its FHIR API, without a slash at the end."""
        return self.connection.base.rstrip("/")

    @property
    def named(self) -> frozenset[str]:
        """Return its host, which the operator has named by adding the connection."""
        return frozenset({urlsplit(self.base).netloc})

    def configuration(self) -> dict[str, Any]:
        """Return its SMART configuration.

        Raises:
            PeerError: it has none, or does not answer.
        """
        if not self._configuration:
            said = self._json("GET", f"{self.base}/.well-known/smart-configuration")
            if not isinstance(said.get("token_endpoint"), str):
                raise PeerError(
                    "The server has no SMART configuration that names a token endpoint. Is the"
                    " address the base of its FHIR API?"
                )
            self._configuration = said
        return self._configuration

    def token(self) -> str:
        """Return an access token of our own (Backend Services).

        Raises:
            PeerError: the server does not give one; its reason is in the message.
        """
        if not self._token:
            asked = {"grant_type": "client_credentials", "scope": self._scope()}
            self._token = str(self.granted(asked, self.connection.client_id)["access_token"])
        return self._token

    def granted(self, asked: Mapping[str, str], client: str) -> dict[str, Any]:
        """Return what the token endpoint gives for a signed request.

        Raises:
            PeerError: it refuses.
        """
        if not client:
            raise PeerError("The connection has no client id yet: register the public key first.")
        known, endpoint = self.connection, self.configuration()["token_endpoint"]
        proof = keyring.assertion(known.org, known.id, client, endpoint)
        form = {**asked, "client_assertion_type": ASSERTION, "client_assertion": proof}
        said = self._json("POST", endpoint, body=urlencode(form).encode(), media=FORM)
        if not isinstance(said.get("access_token"), str):
            raise PeerError("The token endpoint answered without an access token.")
        return said

    def _scope(self) -> str:
        if self.connection.scope:
            return self.connection.scope
        able = self.configuration().get("capabilities") or []
        return (
            "system/*.read"
            if "permission-v1" in able and "permission-v2" not in able
            else ("system/*.rs")
        )

    @contextmanager
    def asking(
        self, method: str, address: str, *, signed: bool = True, **headers: str
    ) -> Iterator[Reply]:
        """Ask with our token; if it has ended meanwhile, once more with a new one.

        Raises:
            PeerError: the address is not asked, or nobody answers.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with self._again(method, address, sent, b"", signed=signed) as reply:
            yield reply

    def told(self, method: str, address: str, resource: bytes, **headers: str) -> Told:
        """Send a resource, with our token.

        Returns:
            The status, what the other server said, and its headers.

        Raises:
            PeerError: nobody answers, or the server does not take it.
        """
        sent = {"Content-Type": FHIR, "Accept": FHIR}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        with self._again(method, address, sent, resource, signed=True) as reply:
            said = parsed(reply)
        if not reply.fine:
            raise refused(reply.status, said)
        return Told(said, reply.headers.get("location", ""))

    @contextmanager
    def _again(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, *, signed: bool
    ) -> Iterator[Reply]:
        with self._once(method, address, headers, body, signed=signed) as reply:
            if reply.status != _UNAUTHORIZED or not signed:
                yield reply
                return
        self._token = ""
        with self._once(method, address, headers, body, signed=signed) as reply:
            yield reply

    @contextmanager
    def _once(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, *, signed: bool
    ) -> Iterator[Reply]:
        proof = {"Authorization": f"Bearer {self.token()}"} if signed else {}
        try:
            with outbound.asking(
                method,
                address,
                headers={**headers, **proof},
                body=body or None,
                named=self.named,
            ) as reply:
                yield reply
        except PeerError:
            raise
        except (outbound.AddressRefusedError, outbound.UnreachableError) as error:
            raise PeerError(error.message) from error

    def resource(self, address: str) -> dict[str, Any]:
        """Return a resource of the other server; an absolute address has to be below its base.

        Raises:
            PeerError: it is elsewhere, not there, or not for us.
        """
        whole = address if "://" in address else f"{self.base}/{address}"
        if not whole.startswith(f"{self.base}/"):
            raise PeerError("What is referred to is on a third server, which is not asked.")
        with self.asking("GET", whole, Accept=FHIR) as reply:
            said = parsed(reply)
        if not reply.fine:
            raise refused(reply.status, said)
        return said

    def _json(
        self, method: str, address: str, *, body: bytes | None = None, media: str = ""
    ) -> dict[str, Any]:
        headers = {"Accept": "application/json"} | ({"Content-Type": media} if media else {})
        try:
            with outbound.asking(
                method, address, headers=headers, body=body, named=self.named
            ) as reply:
                said = parsed(reply)
        except HandrailError as error:
            raise error if isinstance(error, PeerError) else PeerError(error.message) from error
        if not reply.fine:
            raise refused(reply.status, said)
        return said


def parsed(reply: Reply) -> dict[str, Any]:
    """Return the JSON object of an answer; an empty one if it is none."""
    try:
        said = json.loads(reply.read() or b"{}")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def refused(status: int, said: Mapping[str, Any]) -> PeerError:
    """Return why the other server refused, as it says itself, without what might name patients."""
    reason = str(said.get("error_description") or said.get("error") or "")
    for issue in said.get("issue") or []:
        if isinstance(issue, dict) and not reason:
            reason = str(issue.get("diagnostics") or issue.get("code") or "")
    shown = f" It says: {reason[:_SHOWN]}" if reason.isprintable() and reason else ""
    error = PeerError(f"The server answered with status {status}.{shown}")
    error.answered = status
    return error
