"""A request as the interactions see it: method, path, parameters, headers and the principal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from handrail.access.principal import Principal
from handrail.edge.fhir_api.errors import BadRequestError, NotAcceptableError

MOST_PARAMETERS = 100
LONGEST_QUERY = 65_536  # bytes of a query string or a form
JSON = ("application/fhir+json", "application/json", "text/json", "application/json+fhir", "json")
FORM = "application/x-www-form-urlencoded"
XML = ("application/fhir+xml", "application/xml", "text/xml", "application/xml+fhir", "xml")
_ANY = ("*/*", "application/*", "*")
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Request:
    """One interaction that is asked for. ``headers`` has the keys of a WSGI environment.

    ``understood`` are the parameters of a search that did not stand in the address as they are: of
    a form, or sealed in a link.
    """

    method: str
    path: tuple[str, ...]
    pairs: Pairs
    headers: Mapping[str, object]
    base: str
    by: Principal
    read: Callable[[], bytes] = bytes
    nested: bool = False
    understood: Pairs = field(default_factory=list)
    _preferences: dict[str, str] | None = field(default=None, repr=False)

    def header(self, name: str) -> str:
        """Return a header (``If-Match``), or an empty string."""
        return str(self.headers.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    @property
    def preferences(self) -> dict[str, str]:
        """Return what ``Prefer`` says, as ``{"return": "minimal", "handling": "strict"}``."""
        if self._preferences is None:
            said = self.header("Prefer").replace(";", ",").split(",") if self.headers else []
            parts = (part.partition("=") for part in said)
            self._preferences = {name.strip(): value.strip(' "') for name, _, value in parts}
        return self._preferences

    @property
    def strict(self) -> bool:
        """Tell whether unknown parameters are to be refused."""
        return self.preferences.get("handling") == "strict"

    def version(self, name: str) -> int | None:
        """Return the version that an ``If-Match`` header names; None: there is no such header."""
        value = self.header(name)
        if not value:
            return None
        return version_of(value)


def version_of(etag: str) -> int:
    """Return the version in ``W/"3"``.

    Raises:
        BadRequestError: it is no version.
    """
    match = _ETAG.fullmatch(etag.strip())
    if match is None:
        raise BadRequestError('A version is written as W/"3", the ETag of what you read.')
    return int(match[1])


def is_id(text: str) -> bool:
    """Tell whether ``text`` can be the id of a resource."""
    return _ID.fullmatch(text) is not None


@lru_cache(maxsize=64)
def base_of(scheme: str, host: str) -> str:
    """Return the base of our addresses, for a host we answer to.

    Raises:
        BadRequestError: it is not one of ours.
    """
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        raise BadRequestError("This server does not go by the name in the Host header.")
    return f"{scheme}://{host}/fhir"


def base(environ: WSGIEnvironment) -> str:
    """Return the base of our addresses as the client knows it."""
    scheme = environ.get("wsgi.url_scheme", "http")
    proxied = settings.SECURE_PROXY_SSL_HEADER
    if proxied and environ.get(proxied[0]) == proxied[1]:
        scheme = "https"
    return base_of(scheme, environ.get("HTTP_HOST") or environ.get("SERVER_NAME", ""))


def path_of(environ: WSGIEnvironment) -> tuple[str, ...]:
    """Return the parts of the path below ``/fhir``."""
    return split_path(environ["PATH_INFO"].removeprefix("/fhir"))


def split_path(path: str) -> tuple[str, ...]:
    """Return the parts of a path."""
    path = path.strip("/")
    return tuple(path.split("/")) if path else ()


def media_of(headers: Mapping[str, object]) -> str:
    """Return the media type of the body, without its parameters; empty when it is not said."""
    said = str(headers.get("CONTENT_TYPE") or "")
    return said.partition(";")[0].strip().lower()


def pairs_of(query: str) -> Pairs:
    """Return the decoded parameters of a query string or a form.

    Raises:
        BadRequestError: it is too long, or not UTF-8.
    """
    if not query:
        return []
    if len(query) > LONGEST_QUERY:
        raise BadRequestError("The search is too long. Ask for less at once.")
    try:
        unquote_to_bytes(query).decode()
        pairs = parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeError as error:
        raise BadRequestError("The parameters are not UTF-8.") from error
    except ValueError as error:
        raise BadRequestError(f"A search has at most {MOST_PARAMETERS} parameters.") from error
    if "\x00" in query or any("\x00" in part for pair in pairs for part in pair):
        raise BadRequestError("A parameter contains the character U+0000.")
    return [(name, value) for name, value in pairs if value]


def accept(environ: Mapping[str, object], pairs: Pairs) -> str:
    """Return the format the client wants: ``json`` or ``xml``.

    ``_format`` goes before ``Accept``; of several the one with the highest q, then the first.

    Raises:
        NotAcceptableError: neither is wanted, or not FHIR R4; with what is possible.
    """
    asked = next((value for name, value in pairs if name == "_format"), "")
    said = asked.replace(" ", "+") or str(environ.get("HTTP_ACCEPT", ""))
    if not said or said == "*/*" or said == JSON[0]:
        return "json"
    wanted = [one for one in map(_weighed, said.lower().split(",")) if one[0] > 0]
    if not wanted:
        raise NotAcceptableError(
            "Handrail speaks FHIR R4: ask with Accept: application/fhir+json or"
            " application/fhir+xml."
        )
    return max(wanted, key=lambda one: one[0])[1]


def _weighed(one: str) -> tuple[float, str]:
    """Return how much one part of ``Accept`` is wanted (0: cannot be had), and the format."""
    kind, *more = (part.strip() for part in one.split(";"))
    parameters = dict(part.partition("=")[::2] for part in more)
    release = parameters.get("fhirversion", "4.0").strip('"')
    known = "json" if kind in (*JSON, *_ANY) else "xml" if kind in XML else ""
    if not known or not release.startswith("4.0"):
        return 0.0, ""
    try:
        return float(parameters.get("q", "1")), known
    except ValueError:
        return 0.0, ""
