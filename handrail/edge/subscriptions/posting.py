"""POST to another system's endpoint, and to nothing else: no redirects, no proxies, no surprises.

An endpoint is https and on the public network, unless the operator named its host in
HANDRAIL_NOTIFY_HOSTS. Its name is looked up once, every address is judged, and the connection goes
to the address that was judged: a name that answers otherwise the second time gains nothing.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from typing_extensions import override

from handrail.access.outbound import is_public
from handrail.edge.subscriptions.errors import (
    GoneAwayError,
    NotDeliveredError,
    SubscriptionRefusedError,
)

_LONGEST_URL: Final = 2000
_MOST_READ: Final = 64 * 1024  # bytes of an answer, which nobody looks at
_OK, _REDIRECT, _BAD = 200, 300, 400
_GONE: Final = 410
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Place:
    """Where to POST: a judged endpoint."""

    scheme: str
    host: str
    port: int
    path: str
    trusted: bool


def place_of(endpoint: str) -> Place:
    """Return the place that an endpoint names.

    Raises:
        SubscriptionRefusedError: we do not send there; the message says what would do.
    """
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise SubscriptionRefusedError("The endpoint is no address as in https://host/…") from error
    host = (parts.hostname or "").rstrip(".")
    well_formed = host and parts.scheme in _DEFAULT_PORTS and len(endpoint) <= _LONGEST_URL
    if not well_formed or parts.username is not None or not endpoint.isascii():
        raise SubscriptionRefusedError("The endpoint is no address as in https://host/…")
    if any(not "!" <= character <= "~" for character in endpoint):
        raise SubscriptionRefusedError("The endpoint holds a character that no address has.")
    port = port or _DEFAULT_PORTS[parts.scheme]
    trusted = _is_named(host, port)
    if parts.scheme != "https" and not trusted:
        raise SubscriptionRefusedError(
            "The endpoint must begin with https://. The operator can allow others with"
            " HANDRAIL_NOTIFY_HOSTS."
        )
    if not trusted and _literal(host) is not None and not is_public(host):
        raise SubscriptionRefusedError(_PRIVATE)
    return Place(parts.scheme, host, port, _path(parts), trusted)


_PRIVATE: Final = (
    "The endpoint is not on the public network. The operator can allow its host with"
    " HANDRAIL_NOTIFY_HOSTS."
)


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _is_named(host: str, port: int) -> bool:
    named = settings.HANDRAIL_NOTIFY_HOSTS
    bracketed = f"[{host}]" if ":" in host else host
    return bool({host, bracketed, f"{bracketed}:{port}"} & set(named))


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _address(place: Place) -> tuple[str, int]:
    """Return the address to connect to; every one the name has must be allowed."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotDeliveredError("The name of the endpoint's host is not known.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not place.trusted and not all(is_public(one) for one in addresses):
        raise NotDeliveredError(_PRIVATE)
    return addresses[0], place.port


class _Plain(http.client.HTTPConnection):
    """A connection to an address that was judged, for the name it was judged for."""

    def __init__(self, place: Place, timeout: float) -> None:
        super().__init__(place.host, place.port, timeout=timeout)
        self.place = place
        self.late = False

    @override
    def connect(self) -> None:
        self.sock = socket.create_connection(_address(self.place), self.timeout)


class _Secure(_Plain):
    """The same with TLS; the certificate must be that of the name."""

    default_port = http.client.HTTPS_PORT

    @override
    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.place.host)


def post(
    endpoint: str,
    body: bytes,
    content_type: str,
    headers: Iterable[tuple[str, str]] = (),
    *,
    timeout: float,
) -> None:
    """POST, once.

    Args:
        endpoint: where to.
        body: what; may be empty.
        content_type: its media type; empty for an empty body.
        headers: what the subscriber wants to see.
        timeout: seconds for everything together.

    Raises:
        NotDeliveredError: nobody said yes (2xx) in time.
        SubscriptionRefusedError: we do not send there.
    """
    place = place_of(endpoint)
    connection = (_Secure if place.scheme == "https" else _Plain)(place, timeout)
    late = threading.Timer(timeout, _cut, (connection,))
    late.daemon = True
    late.start()
    try:
        status = _exchange(connection, place.path, body, [*headers, *_media(content_type)])
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDeliveredError(_LATE if connection.late else _trouble(error)) from error
    finally:
        late.cancel()
        connection.close()
    if connection.late:
        raise NotDeliveredError(_LATE)
    _judge(status)


def _media(content_type: str) -> list[tuple[str, str]]:
    return [("Content-Type", content_type)] if content_type else []


def _exchange(
    connection: _Plain, path: str, body: bytes, headers: Iterable[tuple[str, str]]
) -> int:
    connection.putrequest("POST", path, skip_accept_encoding=True)
    for name, value in (("Content-Length", str(len(body))), ("User-Agent", "Handrail"), *headers):
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read(_MOST_READ)
    return answer.status


def _cut(connection: _Plain) -> None:
    """End an exchange that takes too long, wherever it is."""
    connection.late = True
    raw = connection.sock
    if raw is not None:
        try:
            raw.shutdown(socket.SHUT_RDWR)
        except OSError:  # it ended by itself just now
            return


_LATE: Final = "The endpoint did not answer in time."


def _trouble(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _LATE
    if isinstance(error, ssl.SSLError):
        return "The endpoint's certificate is not valid, or it speaks no TLS."
    if isinstance(error, ConnectionRefusedError):
        return "Nobody listens at the endpoint."
    return "The connection to the endpoint broke."


def _judge(status: int) -> None:
    if _OK <= status < _REDIRECT:
        return
    if status == _GONE:
        raise GoneAwayError("The endpoint answered 410: it is gone for good.")
    if _REDIRECT <= status < _BAD:
        raise NotDeliveredError(
            f"The endpoint answered {status}; redirects are not followed. Give the final address."
        )
    raise NotDeliveredError(f"The endpoint answered {status}.")
