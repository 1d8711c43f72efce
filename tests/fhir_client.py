"""A client that calls the WSGI function as a server would."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from handrail.edge.fhir_api.wsgi import application


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def said(self) -> str:
        return " ".join(issue["diagnostics"] for issue in self.json["issue"])

    @property
    def entries(self) -> list[dict[str, Any]]:
        return self.json.get("entry", [])

    @property
    def ids(self) -> list[str]:
        matches = [e for e in self.entries if e.get("search", {}).get("mode") == "match"]
        return [entry["resource"]["id"] for entry in matches]

    def link(self, relation: str) -> str:
        found = [one["url"] for one in self.json["link"] if one["relation"] == relation]
        return found[0] if found else ""


class Client:
    """Sends requests with a key."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret

    def __call__(self, method: str, path: str, body: Any = b"", **headers: str) -> Answer:
        path = path.removeprefix("http://localhost/fhir")
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": quote("/fhir" + path, safe="/%$*").encode().decode("latin-1"),
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(raw),
            "CONTENT_LENGTH": str(len(raw)),
            "CONTENT_TYPE": "application/fhir+json",
        }
        if self.secret:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.secret}"
        for name, value in headers.items():
            key = name.upper()
            environ[
                key if key.startswith("CONTENT_") and key != "CONTENT_ENCODING" else f"HTTP_{key}"
            ] = value
        got: dict[str, Any] = {}

        def start_response(status: str, out: list[tuple[str, str]]) -> None:
            got["status"], got["headers"] = int(status[:3]), dict(out)

        answered = b"".join(application(environ, start_response))
        return Answer(got["status"], got["headers"], answered)

    def get(self, path: str, **headers: str) -> Answer:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self("PUT", path, body, **headers)

    def form(self, path: str, query: str) -> Answer:
        return self("POST", path, query.encode(), content_type="application/x-www-form-urlencoded")
