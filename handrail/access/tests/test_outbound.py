"""Other servers are asked within bounds."""

from __future__ import annotations

import gzip
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from handrail.access import outbound
from handrail.access.outbound import AddressRefusedError, UnreachableError, asking, check

NAMED = frozenset({"127.0.0.1"})
BOMB = 40_000_000
_GONE = threading.Event()  # the server is to stop


class _Peer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/drip":
            self._drip()
            return
        body, headers = _answers()[self.path]
        self.send_response(302 if "Location" in headers else 200)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """Answer a byte now and then, until nobody listens; how many are to come is not said."""
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while not _GONE.wait(0.02):
                self.wfile.write(b"a")

    def log_message(self, *_arguments) -> None:
        """Say nothing."""


def _answers() -> dict[str, tuple[bytes, dict[str, str]]]:
    packed = gzip.compress(b"a" * BOMB)
    return {
        "/plain": (b"hello", {}),
        "/gzip": (gzip.compress(b"hello"), {"Content-Encoding": "gzip"}),
        "/cut": (b"hel", {"Content-Length": "5"}),
        "/cut-gzip": (gzip.compress(b"hello")[:-4], {"Content-Encoding": "gzip"}),
        "/bomb": (packed, {"Content-Encoding": "gzip"}),
        "/elsewhere": (b"", {"Location": "http://127.0.0.1:1/"}),
    }


@pytest.fixture(scope="module")
def peer():
    server = HTTPServer(("127.0.0.1", 0), _Peer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    _GONE.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/plain", "/gzip"])
def test_an_answer_is_read_and_unpacked(peer, path):
    with asking("GET", f"{peer}{path}", named=NAMED) as reply:
        assert reply.fine
        assert reply.read() == b"hello"


@pytest.mark.parametrize("path", ["/cut", "/cut-gzip"])
def test_one_that_breaks_off_is_an_error(peer, path):
    with (
        asking("GET", f"{peer}{path}", named=NAMED) as reply,
        pytest.raises(UnreachableError, match="broke off"),
    ):
        reply.read()


def test_what_is_packed_well_comes_in_small_pieces_and_is_bounded(peer):
    with asking("GET", f"{peer}/bomb", named=NAMED) as reply:
        sizes = [len(piece) for piece in reply.pieces()]
    assert sum(sizes) == BOMB
    assert max(sizes) <= outbound.PIECE
    with (
        asking("GET", f"{peer}/bomb", named=NAMED) as reply,
        pytest.raises(UnreachableError, match="more than"),
    ):
        reply.read(1000)


def test_one_that_comes_byte_by_byte_is_cut_off_and_not_taken_for_whole(peer):
    with (
        asking("GET", f"{peer}/drip", named=NAMED, within=0.2) as reply,
        pytest.raises(UnreachableError, match="broke off"),
    ):
        reply.read()


def test_nobody_is_followed_elsewhere(peer):
    with asking("GET", f"{peer}/elsewhere", named=NAMED) as reply:
        assert (reply.status, reply.fine) == (302, False)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://169.254.169.254/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://a:b@example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://example.org:99999/",
        "nonsense",
        "",
    ],
)
def test_addresses_that_are_not_asked(address):
    with pytest.raises(AddressRefusedError):
        check(address)


def test_a_named_host_is_named_with_its_port_or_for_all(peer):
    check(f"{peer}/plain", NAMED)
    check(f"{peer}/plain", {peer.removeprefix("http://")})
    with pytest.raises(AddressRefusedError):
        check(f"{peer}/plain", {"127.0.0.1:1"})


def test_a_server_that_is_not_there_is_said():
    with (
        pytest.raises(UnreachableError, match="does not answer"),
        asking("GET", "http://127.0.0.1:1/", named=NAMED),
    ):
        pass


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0",
        "localhost",
        "127。0。0。1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
    ],
)
def test_no_spelling_of_a_private_address_is_asked(host):
    with pytest.raises((AddressRefusedError, UnreachableError)):
        check(f"https://{host}/x")


def test_a_name_that_leads_into_a_private_network_is_not_asked(monkeypatch):
    for inner in ("10.0.0.7", "64:ff9b::a00:7", "::ffff:10.0.0.7"):
        found = [(2, 1, 6, "", (inner, 443))]
        monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, f=found, **__: f)
        with pytest.raises(AddressRefusedError):
            check("https://looks-public.example.org/x")
