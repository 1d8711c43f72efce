"""Asking other servers, within bounds: by https, without redirects, and not into our own network.

The name is looked up once, and the connection goes to the very address that was looked at, so that
nobody leads it elsewhere between the look and the call. Hosts that an operator names may stand in a
private network and be asked by plain http.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final
from urllib.parse import SplitResult, urlsplit

from typing_extensions import override

from handrail.fhir.errors import HandrailError

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PIECE: Final = 256 * 1024  # bytes that are read at once
MOST: Final = 8 * 1024 * 1024  # bytes of an answer that is read as a whole
PATIENCE: Final = 60.0  # seconds without a byte
_AGENT: Final = "Handrail"


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
            missing = self._answer.length
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
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    named: Collection[str] = (),
    patience: float = PATIENCE,
) -> Iterator[Reply]:
    """Ask another server; its answer is there inside the ``with`` block.

    Args:
        method: GET, POST, DELETE.
        address: an absolute address.
        headers: what to send along.
        body: what to send.
        named: hosts (``ehr.example.org``, ``localhost:8001``) that an operator has named.
        patience: seconds without a byte after which to give up.

    Raises:
        AddressRefusedError: this server does not ask that address.
        UnreachableError: there is no answer.
    """
    parts = split(address)
    connection = _connection(parts, named, patience)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"User-Agent": _AGENT, "Host": parts.netloc.rpartition("@")[2], **(headers or {})}
    try:
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnreachableError(
                f"{parts.hostname} does not answer ({type(error).__name__}). Is the address right,"
                " and does the server run?"
            ) from error
        known = {name.lower(): value for name, value in answer.getheaders()}
        yield Reply(answer.status, known, answer)
    finally:
        connection.close()


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
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise AddressRefusedError("An address is written as https://host/path, without a password.")
    return parts


def check(address: str, named: Collection[str] = ()) -> None:
    """Refuse an address that would not be asked, without asking it.

    Raises:
        AddressRefusedError: it is not https, or leads into a private network.
        UnreachableError: there is no such host.
    """
    _place(split(address), named)


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
    return bool({host, f"{host}:{parts.port}"} & set(named))


def _place(parts: SplitResult, named: Collection[str]) -> tuple[str, int]:
    """Return the IP address and the port to connect to."""
    host, known = parts.hostname or "", _is_named(parts, named)
    if parts.scheme != "https" and not known:
        raise AddressRefusedError(f"{host} is asked by https only.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"There is no host {host}. Is the address right?") from error
    place = str(found[0][4][0])
    if not known and not is_public(place):
        raise AddressRefusedError(
            f"{host} is in a private network. An operator can name it in the settings."
        )
    return place, port


def _connection(
    parts: SplitResult, named: Collection[str], patience: float
) -> http.client.HTTPConnection:
    place, port = _place(parts, named)
    if parts.scheme == "https":
        return _PinnedTls(parts.hostname or "", port, place, patience)
    return http.client.HTTPConnection(place, port, timeout=patience)


class _PinnedTls(http.client.HTTPSConnection):
    """HTTPS to an address that was looked at, with the certificate of the host's name."""

    def __init__(self, host: str, port: int, place: str, patience: float) -> None:
        """Keep where to connect."""
        self._place = place
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=patience, context=self._tls)

    @override
    def connect(self) -> None:
        """Connect to the address that was looked at."""
        plain = socket.create_connection((self._place, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
