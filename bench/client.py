"""A small HTTP/1.1 client that keeps its connection: blocking sockets, one thread a connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from bench.house import BenchError

PATIENCE = 120.0  # seconds for one answer


@dataclass(slots=True)
class Answer:
    """A status, the headers by lower-case name, the cookies that were set, and the body."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes


@dataclass(slots=True)
class Request:
    """What to ask. ``expected`` is the status that counts as done."""

    method: str
    path: str
    body: bytes = b""
    expected: int = 200


@dataclass(slots=True)
class Connection:
    """One connection that is kept open, with the headers and cookies of every request."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    _socket: socket.socket | None = None
    _rest: bytes = b""

    def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send one request and read its answer; connect again if the server had closed."""
        head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{n}={v}" for n, v in self.cookies.items()))
        if body or method in {"POST", "PUT"}:
            head.append(f"Content-Length: {len(body)}")
        data = "\r\n".join([*head, "", ""]).encode() + body
        fresh = self._socket is None
        try:
            return self._exchange(data)
        except ConnectionError:
            self.close()
            if fresh:
                raise
            return self._exchange(data)

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._rest = b""

    def _exchange(self, data: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(data)
        return self._answer(self._socket)

    def _answer(self, one: socket.socket) -> Answer:
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += _received(one)
        first, *rows = data[:end].decode("latin-1").split("\r\n")
        pairs = [(name.lower(), value.strip()) for name, _, value in map(_parted, rows)]
        headers, body = dict(pairs), data[end + 4 :]
        wanted = int(headers.get("content-length", "0"))
        if headers.get("transfer-encoding", "") == "chunked":
            body = _chunks(one, body)
            wanted = len(body)
        pieces, have = [body], len(body)
        while have < wanted:
            pieces.append(_received(one))
            have += len(pieces[-1])
        body = b"".join(pieces)
        self._rest = body[wanted:]
        cookies = [value for name, value in pairs if name == "set-cookie"]
        for name, morsel in SimpleCookie("; ".join(c.split(";")[0] for c in cookies)).items():
            self.cookies[name] = morsel.value
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(first.split(" ")[1]), headers, cookies, body[:wanted])


def _parted(row: str) -> tuple[str, str, str]:
    return row.partition(":")


def _received(one: socket.socket) -> bytes:
    data = one.recv(262_144)
    if not data:
        raise ConnectionResetError
    return data


def _chunks(one: socket.socket, data: bytes) -> bytes:
    """Return the body of an answer that comes in chunks."""
    body = b""
    while True:
        while (end := data.find(b"\r\n")) < 0:
            data += _received(one)
        size, data = int(data[:end].split(b";")[0], 16), data[end + 2 :]
        while len(data) < size + 2:
            data += _received(one)
        if size == 0:
            return body
        body, data = body + data[:size], data[size + 2 :]


def signed_in(port: int, username: str, password: str) -> Connection:
    """Return a connection with a session, made with the sign-in form as a browser would.

    Raises:
        BenchError: sign-in was refused.
    """
    made = Connection(port, {"Accept": "text/html", "Accept-Language": "en"})
    page = made.ask("GET", "/sign-in").body.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "username": username, "password": password}
    made.headers["Content-Type"] = "application/x-www-form-urlencoded"
    answer = made.ask("POST", "/sign-in", urlencode(form).encode())
    if answer.status not in {302, 303}:
        raise BenchError(f"Sign-in as {username} was answered with {answer.status}.")
    return made


@dataclass(slots=True)
class Driven:
    """What driving a server came to. ``times`` are seconds from request to whole answer."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    wrong: dict[str, int] = field(default_factory=dict)

    def check(self, name: str) -> None:
        """Raise if anything was answered otherwise than expected."""
        if self.wrong or not self.times:
            raise BenchError(f"{name}: {self.wrong or 'nothing was answered'}")


def drive(
    connections: list[Connection], requests: Iterator[Request], seconds: float = 0.0
) -> Driven:
    """Ask on every connection at once, until the requests or the seconds (0: no limit) end."""
    driven = Driven()
    lock = threading.Lock()
    until = time.perf_counter() + seconds if seconds else float("inf")

    def following() -> Request | None:
        with lock:
            return next(requests, None) if time.perf_counter() < until else None

    threads = [
        threading.Thread(target=_ask_on, args=(one, following, driven)) for one in connections
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    driven.seconds = time.perf_counter() - began
    return driven


def _ask_on(one: Connection, following: Callable[[], Request | None], driven: Driven) -> None:
    while (request := following()) is not None:
        began = time.perf_counter()
        try:
            answer = one.ask(request.method, request.path, request.body)
            said = str(answer.status)
        except OSError as error:
            said = type(error).__name__
        driven.times.append(time.perf_counter() - began)
        if said != str(request.expected):
            driven.wrong[said] = driven.wrong.get(said, 0) + 1


def fhir(port: int, key: str, **more: str) -> Connection:
    """Return a connection for the FHIR API."""
    headers: Mapping[str, str] = {
        "Authorization": f"Bearer {key}",
        "Accept": "application/fhir+json",
        "Content-Type": "application/fhir+json",
    }
    return Connection(port, {**headers, **more})
