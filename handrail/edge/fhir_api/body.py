"""Reads a request's body in bounded pieces; what is packed is unpacked with the same bound."""

from __future__ import annotations

import zlib
from typing import Any
from wsgiref.types import WSGIEnvironment

from handrail.edge.fhir_api.errors import BadRequestError, UnsupportedMediaError
from handrail.fhir.errors import TooLargeError

MOST = 64 * 1024 * 1024  # bytes of a body, unpacked
_PIECE = 256 * 1024
_PATIENCE = 1024  # pieces
_TOO_LARGE = (
    f"A request has at most {MOST // 1024 // 1024} MB. Send smaller bundles, or load files with"
    " the command 'handrail load'."
)


def body_of(environ: WSGIEnvironment) -> bytes:
    """Return the body, unpacked.

    Raises:
        TooLargeError: it has more than :data:`MOST` bytes.
        BadRequestError: it is shorter than it says, or not packed as it says.
        UnsupportedMediaError: it is packed in a way that is not understood.
    """
    stream = environ["wsgi.input"]
    try:
        return _read(environ, stream)
    except TooLargeError:
        _discard(stream)
        raise


def _read(environ: WSGIEnvironment, stream: Any) -> bytes:
    packing = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise UnsupportedMediaError("A body may be packed with gzip or deflate, nothing else.")
    length = _length(environ)
    if packing in ("", "identity"):
        return _plain(stream, length)
    return _unpacked(stream, length, zlib.MAX_WBITS | 32 if "gzip" in packing else zlib.MAX_WBITS)


def _discard(stream: Any) -> None:
    """Read on for a while, so that a client that is still sending comes to see the refusal."""
    for _ in range(_PATIENCE):
        if not stream.read(_PIECE):
            return


def _length(environ: WSGIEnvironment) -> int | None:
    """Return how many bytes come; None when they come in chunks until the end."""
    said = environ.get("CONTENT_LENGTH", "")
    if not said:
        return None if environ.get("HTTP_TRANSFER_ENCODING") else 0
    if not (said.isascii() and said.isdigit()):
        raise BadRequestError("Content-Length is no number.")
    length = int(said) if len(said) < 12 else MOST + 1  # noqa: PLR2004 - far beyond the bound
    if length > MOST:
        raise TooLargeError(_TOO_LARGE)
    return length


def _pieces(stream: Any, length: int | None) -> Any:
    left = MOST + 1 if length is None else length
    while left > 0:
        piece = stream.read(min(_PIECE, left))
        if not piece:
            break
        left -= len(piece)
        yield piece
    if length and left > 0:
        raise BadRequestError("The body ended before its Content-Length. Send it again.")


def _plain(stream: Any, length: int | None) -> bytes:
    if length is not None and length <= _PIECE:
        body: bytes = b"".join(_pieces(stream, length))
        return body
    whole = bytearray()
    for piece in _pieces(stream, length):
        whole += piece
        if len(whole) > MOST:
            raise TooLargeError(_TOO_LARGE)
    return bytes(whole)


def _unpacked(stream: Any, length: int | None, bits: int) -> bytes:
    unpacker, whole = zlib.decompressobj(bits), bytearray()
    try:
        for piece in _pieces(stream, length):
            whole += unpacker.decompress(piece, MOST + 1 - len(whole))
            if len(whole) > MOST or unpacker.unconsumed_tail:
                raise TooLargeError(_TOO_LARGE)
    except zlib.error as error:
        raise BadRequestError("The body is not packed as Content-Encoding says.") from error
    if not unpacker.eof and (length is None or length):
        raise BadRequestError("The packed body ends too early. Send it again.")
    return bytes(whole)
