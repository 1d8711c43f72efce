"""Asking other servers, within bounds: by https, without redirects, and not into our own network.

The name is looked up once, every address it has is judged, and the connection goes to one that
was judged, so that nobody leads it elsewhere between the look and the call. Hosts that an operator
names may stand in a private network and be asked by plain http. Whoever asks another server (for
keys of apps, to notify, to pull a panel, to import files) asks from here.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar, Final
from urllib.parse import SplitResult, urlsplit

from typing_extensions import override

from handrail.fhir.errors import HandrailError

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PIECE: Final = 256 * 1024  # bytes that are read at once
MOST: Final = 8 * 1024 * 1024  # bytes of an answer that is read as a whole
PATIENCE: Final = 60.0  # seconds without a byte
LONGEST: Final = 2000  # characters of an address
_AGENT: Final = "Handrail"
_PORTS: Final = {"https": http.client.HTTPS_PORT, "http": http.client.HTTP_PORT}


class AddressRefusedError(HandrailError):
    """An address that this server does not ask."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "security"


class UnreachableError(HandrailError):
    """The other server did not answer, or its answer broke off; trying again may help."""

    status: ClassVar[int] = 502
    code: ClassVar[str] = "transient"


@dataclass
class Reply:
    """What another server says. ``headers`` have small letters."""

    status: int
    headers: Mapping[str, str]
    _answer: http.client.HTTPResponse = field(repr=False)
    _connection: _Pinned = field(repr=False)

    @property
    def fine(self) -> bool:
        """Tell whether it did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - what HTTP counts as success

    def pieces(self) -> Iterator[bytes]:
        """Yield the body, unpacked, as it comes.

        Raises:
            UnreachableError: it breaks off.
        """
        packed = self.headers.get("content-encoding", "").strip().lower() == "gzip"
        unpack = zlib.decompressobj(wbits=31) if packed else None
        try:
            while piece := self._answer.read1(PIECE):
                yield from _unpacked(unpack, piece) if unpack else (piece,)
            missing = self._answer.length or self._connection.late
            if missing or (unpack and not unpack.eof):
                raise UnreachableError("The answer of the other server broke off.")
        except (OSError, http.client.HTTPException, zlib.error) as error:
            raise UnreachableError("The answer of the other server broke off.") from error

    def read(self, most: int = MOST) -> bytes:
        """Return the body.

        Raises:
            UnreachableError: it breaks off, or is larger than ``most`` bytes.
        """
        whole = bytearray()
        for piece in self.pieces():
            whole += piece
            if len(whole) > most:
                raise UnreachableError(f"The other server answered with more than {most} bytes.")
        return bytes(whole)


def _unpacked(unpack: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """Yield what a packed piece holds, never much at once, however well it was packed."""
    while piece:
        yield unpack.decompress(piece, PIECE)
        piece = unpack.unconsumed_tail


@contextmanager
def asking(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
    named: Collection[str] = (),
    within: float | None = None,
) -> Iterator[Reply]:
    """Ask another server; its answer is there inside the ``with`` block.

    Args:
        method: GET, POST, DELETE.
        address: an absolute address.
        headers: what to send along.
        body: what to send.
        named: hosts (``ehr.example.org``, ``localhost:8001``) that an operator has named.
        within: seconds for everything together, reading the answer included; None: as long as a
            byte comes every :data:`PATIENCE` seconds.

    Raises:
        AddressRefusedError: this server does not ask that address.
        UnreachableError: there is no answer.
    """
    parts = look(address, named)
    made = _Secure if parts.scheme == "https" else _Pinned
    connection = made(parts, _resolved(parts, named), min(within or PATIENCE, PATIENCE))
    end = threading.Timer(within, connection.cut) if within is not None else None
    if end is not None:
        end.daemon = True
        end.start()
    try:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        answer = _answered(connection, method, parts, [("User-Agent", _AGENT), *pairs], body)
        known = {name.lower(): value for name, value in answer.getheaders()}
        with closing(answer):  # one without a body does not close by itself
            yield Reply(answer.status, known, answer, connection)
    finally:
        if end is not None:
            end.cancel()
        connection.close()


def _answered(
    connection: _Pinned,
    method: str,
    parts: SplitResult,
    headers: Iterable[tuple[str, str]],
    body: bytes | None,
) -> http.client.HTTPResponse:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    length = [] if body is None else [("Content-Length", str(len(body)))]
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (*length, *headers):
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnreachableError(_trouble(connection, error)) from error
    if connection.late:
        raise UnreachableError(_trouble(connection, TimeoutError()))
    return answer


def _trouble(connection: _Pinned, error: Exception) -> str:
    host = connection.host
    if connection.late or isinstance(error, TimeoutError):
        return f"{host} does not answer in time."
    if isinstance(error, ssl.SSLError):
        return f"The certificate of {host} is not valid, or it speaks no TLS."
    if isinstance(error, ConnectionRefusedError):
        return f"{host} does not answer: nobody listens at its port {connection.port}."
    if isinstance(error, http.client.HTTPException):
        return f"The answer of {host} broke off, or is none that HTTP knows."
    return (
        f"{host} does not answer ({type(error).__name__}). Is the address right, and does the"
        " server run?"
    )


def look(address: str, named: Collection[str] = ()) -> SplitResult:
    """Return the parts of an address, as far as it can be judged without looking its name up.

    Raises:
        AddressRefusedError: it is none, is not https, or is written as a private network's.
    """
    parts = split(address)
    host = parts.hostname or ""
    if not _is_named(parts, named):
        if parts.scheme != "https":
            raise AddressRefusedError(f"{host} is asked by https only: begin with https://.")
        with suppress(ValueError):
            _require_public(host, [str(ipaddress.ip_address(host))])
    return parts


def split(address: str) -> SplitResult:
    """Return the parts of an absolute address.

    Raises:
        AddressRefusedError: it is none, or holds a password.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise AddressRefusedError("This is no address of a server.") from error
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        raise AddressRefusedError("An address is written as https://host/path, without a password.")
    if len(address) > LONGEST or not all("!" <= character <= "~" for character in address):
        raise AddressRefusedError(
            f"An address has at most {LONGEST} characters, of ASCII and without spaces."
        )
    return parts


def check(address: str, named: Collection[str] = ()) -> None:
    """Refuse an address that would not be asked, without asking it.

    Raises:
        AddressRefusedError: it is not https, or leads into a private network.
        UnreachableError: there is no such host.
    """
    _resolved(look(address, named), named)


_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_LOW: Final = 0xFFFFFFFF  # the bits in which NAT64 keeps an IPv4 address


def is_public(address: str) -> bool:
    """Tell whether an IP address is on the public network; an IPv4 address within it, too."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner: list[ipaddress.IPv4Address | None] = []
    if isinstance(found, ipaddress.IPv6Address):
        inner = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in _NAT64:
            inner.append(ipaddress.IPv4Address(int(found) & _LOW))
    judged: list[ipaddress.IPv4Address | ipaddress.IPv6Address]
    judged = [one for one in inner if one is not None]
    if isinstance(found, ipaddress.IPv4Address) or found.ipv4_mapped is None:
        judged.append(found)
    return all(one.is_global and not one.is_multicast for one in judged)


def _is_named(parts: SplitResult, named: Collection[str]) -> bool:
    host = parts.hostname or ""
    written = f"[{host}]" if ":" in host else host
    return bool({host, written, f"{written}:{_port(parts)}"} & {one.lower() for one in named})


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _require_public(host: str, addresses: Iterable[str]) -> None:
    if not all(map(is_public, addresses)):
        raise AddressRefusedError(
            f"{host} is not on the public network. An operator can name it in the settings."
        )


def _resolved(parts: SplitResult, named: Collection[str]) -> tuple[str, int]:
    """Return the IP address and the port to connect to."""
    host, port = parts.hostname or "", _port(parts)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"There is no host {host}. Is the address right?") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not _is_named(parts, named):
        _require_public(host, addresses)
    return addresses[0], port


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was judged, for the name it was judged for."""

    def __init__(self, parts: SplitResult, place: tuple[str, int], patience: float) -> None:
        """Keep where to connect."""
        super().__init__(parts.hostname or "", place[1], timeout=patience)
        self._place = place
        self._raw: socket.socket | None = None  # http.client lets go of its own before the body
        self.late = False

    @override
    def connect(self) -> None:
        """Connect to the address that was judged."""
        self.sock = self._raw = socket.create_connection(self._place, self.timeout)

    def cut(self) -> None:
        """End an exchange that takes too long, wherever it is."""
        self.late = True
        if self._raw is not None:
            with suppress(OSError):  # it ended by itself just now
                self._raw.shutdown(socket.SHUT_RDWR)


class _Secure(_Pinned):
    """The same with TLS; the certificate must be that of the name."""

    default_port = http.client.HTTPS_PORT

    @override
    def connect(self) -> None:
        """Connect, and see that it is who it should be."""
        super().connect()
        tls = ssl.create_default_context()
        self.sock = self._raw = tls.wrap_socket(self.sock, server_hostname=self.host)
