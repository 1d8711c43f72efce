"""What stands outside Handrail in the browser tests: an app, and an EHR that opens Handrail."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from e2e.seed import PASSWORD

OFFICE = "gwen"  # an administrator
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
SCOPES = ("launch", "openid", "fhirUser", "patient/Patient.rs")
NOBODY = "http://127.0.0.1:9/fhir"  # the port that discards, where nobody listens


@dataclass
class Outside:
    """Both of them at one address; ``app`` is the app's client id, ``ehr`` the connection's id."""

    address: str
    app: str = ""
    ehr: str = ""

    def page(self, path: str, asked: dict[str, str]) -> tuple[int, str, Any]:
        """Return status, where to go, and what to say."""
        if path in {"/launch", "/authorization_endpoint"}:
            return 303, self.authorize(asked) if path == "/launch" else landing(asked), ""
        if path == "/back":
            return 200, "", "<title>Back</title><p>Back at the app.</p>"
        if path == "/token_endpoint":
            said = {"access_token": "told", "token_type": "Bearer", "patient": asked["code"]}
        elif path.endswith("/smart-configuration"):
            names = ("authorization_endpoint", "token_endpoint")
            said = {name: f"{self.address}/{name}" for name in names}
        else:
            said = person(path.rpartition("/")[2])
        return 200, "", said

    def authorize(self, launched: dict[str, str]) -> str:
        """Return where the app goes when it is opened with a patient."""
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.app,
            "redirect_uri": f"{self.address}/back",
            "scope": " ".join(SCOPES),
            "state": "here and now",
            "aud": launched["iss"],
            "launch": launched["launch"],
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{launched['iss'].removesuffix('/fhir')}/oauth/authorize?{urlencode(asked)}"


def landing(asked: dict[str, str]) -> str:
    """Return where the EHR sends the browser: its code names what it has open."""
    said = urlencode({"code": asked["launch"], "state": asked["state"]})
    return f"{asked['redirect_uri']}?{said}"


def person(identity: str) -> dict[str, Any]:
    """Return who is open in the EHR."""
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": "Quillfeather", "given": ["Ione"]}],
        "birthDate": "1951-03-09",
        "identifier": [{"system": "urn:example:ehr", "value": f"E-{identity}"}],
    }


@contextmanager
def running() -> Iterator[Outside]:
    """Serve it on a port of its own."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def answer(self, sent: str) -> None:
            asked = {name: values[0] for name, values in parse_qs(sent).items()}
            status, where, said = outside.page(urlsplit(self.path).path, asked)
            whole = isinstance(said, str)
            body = (said if whole else json.dumps(said)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if whole else "application/json")
            self.send_header("Content-Length", str(len(body)))
            if where:
                self.send_header("Location", where)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    outside = Outside(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield outside
    server.shutdown()
    thread.join()
    server.server_close()


def introduce(outside: Outside, org: int) -> None:
    """Tell Handrail of them, of an EHR that is away, and of work that did not succeed there."""
    from handrail.access import accounts, applications
    from handrail.access.accounts import NewMember
    from handrail.access.applications import NewApp
    from handrail.access.database import acting
    from handrail.access.principal import Principal, Role
    from handrail.edge.connect import connections, pulling
    from handrail.edge.connect.connections import Terms
    from handrail.jobs import enqueue
    from handrail.jobs.models import Row

    roles = frozenset({Role.ADMINISTRATOR})
    by = Principal(org=org, person="Device/tests", name="Tests", roles=roles)
    with acting(by, durable=True):
        accounts.add(
            by, NewMember(username=OFFICE, name="Gwen Park", roles=roles, password=PASSWORD)
        )
    new = NewApp(
        name="Growth chart",
        kind="public",
        scopes=SCOPES,
        redirect_uris=(f"{outside.address}/back",),
        launch_url=f"{outside.address}/launch",
    )
    outside.app = applications.register(by, new).app.id
    known = Terms(base=f"{outside.address}/fhir", client_id="handrail")
    outside.ehr = connections.add(by, "mercy", known).id
    away = connections.add(by, "away", Terms(base=NOBODY, client_id="handrail"))
    number = enqueue(pulling.KIND, {"connection": away.id}, by=pulling.actor(away))
    with acting(by, durable=True):
        failed = Row.objects.filter(org=org, id=number)
        failed.update(state="failed", attempt=12, error="The server answered with status 503.")
