"""An answer on its way out, and the headers that FHIR wants on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus

import msgspec

from handrail.record.stored import Stored

TYPE = "application/fhir+json; charset=utf-8"
_PHRASES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_ALWAYS = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
]

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Response:
    """Status, body (FHIR JSON; may be empty) and the headers that belong to this answer.

    ``stored`` is the version the answer is about, where it is about one; ``outcome`` an
    OperationOutcome that a batch shows beside it. ``stream`` takes the place of ``body`` for what
    is too long to hold; ``content_type`` is for what is not FHIR JSON.
    """

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    stored: Stored | None = None
    outcome: bytes = b""
    stream: Iterable[bytes] | None = None
    content_type: str = TYPE

    @property
    def line(self) -> str:
        """Return the status with its phrase: ``201 Created``."""
        return _PHRASES[self.status]

    def wire(self, method: str, *, pretty: bool) -> tuple[Headers, Iterable[bytes]]:
        """Return the headers and the body to send."""
        if self.stream is not None:
            return self._streamed(self.stream, method)
        pretty = pretty and "json" in self.content_type
        body = msgspec.json.format(self.body, indent=2) if pretty and self.body else self.body
        headers = [*_ALWAYS, *self.headers]
        if body:
            headers.append(("Content-Type", self.content_type))
        if self.status not in (204, 304):
            headers.append(("Content-Length", str(len(body))))
        return headers, (body,) if body and method != "HEAD" else ()

    def _streamed(self, stream: Iterable[bytes], method: str) -> tuple[Headers, Iterable[bytes]]:
        """Return what is sent piece by piece; how long it is nobody knows before."""
        headers = [*_ALWAYS, *self.headers, ("Content-Type", self.content_type)]
        if method != "HEAD":
            return headers, stream
        if close := getattr(stream, "close", None):
            close()
        return headers, ()


@lru_cache(maxsize=64)
def http_date(at: datetime) -> str:
    """Return an instant as HTTP writes it."""
    return format_datetime(at, usegmt=True)


def etag(version: int) -> str:
    """Return a version as an ETag."""
    return f'W/"{version}"'


def about(stored: Stored) -> Headers:
    """Return the headers that say which version this is."""
    return [("ETag", etag(stored.version)), ("Last-Modified", http_date(stored.updated_at))]


def location(base: str, stored: Stored) -> tuple[str, str]:
    """Return the header that says where a new version is."""
    return ("Location", f"{base}/{stored.reference}/_history/{stored.version}")
