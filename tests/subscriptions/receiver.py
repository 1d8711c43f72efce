"""Another system: an endpoint that hears notifications and answers as a test wants."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def status(self) -> dict[str, Any]:
        """The first entry's parameters, by name; events as a list."""
        parameters = self.json["entry"][0]["resource"]["parameter"]
        found: dict[str, Any] = {"events": []}
        for one in parameters:
            if one["name"] == "notification-event":
                parts = {part["name"]: value_of(part) for part in one["part"]}
                found["events"].append(parts)
            else:
                found[one["name"]] = value_of(one)
        return found

    @property
    def kind(self) -> str:
        return self.status["type"]

    @property
    def numbers(self) -> list[int]:
        return [int(event["event-number"]) for event in self.status["events"]]


def value_of(parameter: dict[str, Any]) -> Any:
    value = next((v for k, v in parameter.items() if k.startswith("value")), None)
    return value.get("reference", value) if isinstance(value, dict) else value


@dataclass
class Receiver:
    """Answers ``answers`` in turn (a status, or a function that does), then 200 for ever."""

    answers: list[Any] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                receiver.heard.append(Heard(self.path, dict(self.headers), body))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                if callable(answer):
                    answer(self)
                    return
                self.send_response(answer)
                if 300 <= answer < 400:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.server
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self) -> int:
        assert self.server
        return self.server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def of(self, kind: str) -> list[Heard]:
        return [one for one in self.heard if one.body and one.kind == kind]

    @property
    def events(self) -> list[int]:
        return [number for one in self.of("event-notification") for number in one.numbers]


def slowly(handler: BaseHTTPRequestHandler) -> None:
    """Answer a byte now and then, for ever."""
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
        try:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


def hugely(handler: BaseHTTPRequestHandler) -> None:
    """Answer without end."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    try:
        for _ in range(2000):
            handler.wfile.write(b"x" * 65536)
    except OSError:
        return


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01\x02 what?\r\n\r\n")
