"""The API of HSDS 3.0 under ``/hsds``: for whoever has a key, or for everybody where that is open.

Source: https://docs.openreferral.org/en/v3.0.0/api/ (API reference 3.0).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from handrail.access import bearer
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.marks import public
from handrail.access.principal import Principal, system
from handrail.edge.hsds import keeping
from handrail.edge.hsds.answers import Answers, kept
from handrail.edge.hsds.asking import Asked, entries, page_of
from handrail.edge.hsds.models import Entry
from handrail.fhir.directory.hsds.naming import TYPES
from handrail.fhir.errors import HandrailError, NotFoundError, SignInRequiredError

_OPENAPI: Final = (
    "https://raw.githubusercontent.com/openreferral/specification/3.0/schema/openapi.json"
)
_STEP: Final = 200  # entries read at once for a stream
_SCOPES: Final = frozenset(f"system/{one}.rs" for one in TYPES.values())
_KEY: Final = (
    "This directory is read with a key: send Authorization: Bearer hr_…, with a key whose scopes"
    " open Organization, HealthcareService and Location. An administrator makes keys, and may open"
    " the directory to everybody."
)
Answer = Callable[[Principal, Asked], HttpResponseBase]
View = Callable[..., HttpResponseBase]


def _reader(request: HttpRequest) -> Principal:
    """Return who asks.

    Raises:
        SignInRequiredError: nobody who may read, and the directory is not open.
        ForbiddenError: the key's scopes do not open it.
    """
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        by = bearer.authenticate(secret.strip())
        for resource_type in TYPES.values():
            require(by, "read", resource_type)
        return by
    opened = keeping.open_organizations()
    if kind or len(opened) != 1:
        raise SignInRequiredError(_KEY)
    public_reader = system(opened[0], "hsds-public", "Public directory")
    return replace(public_reader, scopes=_SCOPES)


def _guarded(view: Callable[..., HttpResponseBase]) -> View:
    """Run a view as whoever asks; what is refused is told as JSON."""

    @public
    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, **named: str) -> HttpResponseBase:
        try:
            by = _reader(request)
            with acting(by, durable=False):
                answered = view(by, Asked(request.GET.dict()), **named)
        except HandrailError as error:
            answered = JsonResponse({"error": error.message}, status=error.status)
            if error.status == SignInRequiredError.status:
                answered.headers["WWW-Authenticate"] = "Bearer"
        answered.headers["Cache-Control"] = "no-store"
        answered.headers["Vary"] = "Authorization"
        return answered

    return answer


@_guarded
def about(_by: Principal, _asked: Asked) -> HttpResponse:
    """Say which version of the specification is spoken here."""
    profile = "https://docs.openreferral.org/en/v3.0.0/"
    return JsonResponse({"version": "3.0", "profile": profile, "openapi_url": _OPENAPI})


def _listing(kind: str) -> View:
    def listing(by: Principal, asked: Asked) -> HttpResponseBase:
        found = entries(by, kind, asked)
        minimal = kind == "services" and asked.yes("minimal")
        build = _minimal if minimal else _builder(by, kind, asked)
        if asked.is_ndjson:
            return _streamed(by, found, build)
        page, per = asked.page
        total = found.count()
        part = list(found[(page - 1) * per : page * per])
        return JsonResponse(page_of(total, page, per, build(part)))

    return _guarded(listing)


def _minimal(part: list[Entry]) -> list[dict[str, Any]]:
    return [
        {"id": one.identity, "modified_date": one.changed_at and one.changed_at.isoformat()}
        for one in part
    ]


def _builder(
    by: Principal, kind: str, asked: Asked
) -> Callable[[list[Entry]], list[dict[str, Any]]]:
    full = asked.yes("full")
    services = kind == "organizations" and asked.yes("full_service")

    def build(part: list[Entry]) -> list[dict[str, Any]]:
        answers = Answers(by)
        made = list(answers.page(part, full=full or services))
        if kind != "organizations" or not (full or services):
            return made
        known = {one["id"]: one for one in made}
        return [
            answers.with_services(one, known[one.identity], full=services)
            for one in part
            if one.identity in known
        ]

    return build


def _streamed(
    by: Principal,
    found: Any,
    build: Callable[[list[Entry]], list[dict[str, Any]]],
) -> StreamingHttpResponse:
    """Send everything, a line each; a part is read when the one before it is gone."""
    keys = list(found.values_list("source_type", "source", "part"))

    def lines() -> Iterator[bytes]:
        for start in range(0, len(keys), _STEP):
            part = keys[start : start + _STEP]
            with acting(by, durable=False):
                wanted = Entry.objects.filter(org=by.org, source__in=[key[1] for key in part])
                known = {(one.source_type, one.source, one.part): one for one in wanted}
                made = build([known[key] for key in part if key in known])
            yield b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in made)

    return StreamingHttpResponse(lines(), content_type="application/x-ndjson")


def _single(kind: str) -> View:
    def single(by: Principal, asked: Asked, identity: str) -> HttpResponse:
        entry = Entry.objects.filter(org=by.org, kind=kind, identity=identity).first()
        answers = Answers(by)
        made = next(answers.page([entry], full=True), None) if entry else None
        if entry is None or made is None:
            raise NotFoundError("There is no such entry in this directory.")
        if kind == "organizations":
            made = answers.with_services(entry, made, full=asked.yes("full_service"))
        return JsonResponse(made)

    return _guarded(single)


def _kept_listing(table: str) -> View:
    def listing(by: Principal, asked: Asked) -> HttpResponseBase:
        found = [one for one in kept(by, table) if _matches(one, asked)]
        page, per = asked.page
        if asked.is_ndjson:
            lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in found)
            return StreamingHttpResponse(lines, content_type="application/x-ndjson")
        part = found[(page - 1) * per : page * per]
        return JsonResponse(page_of(len(found), page, per, part))

    return _guarded(listing)


def _matches(row: dict[str, Any], asked: Asked) -> bool:
    said = " ".join(str(row.get(name, "")) for name in ("name", "description")).casefold()
    same = {"taxonomy_id": "taxonomy_id", "parent_id": "parent_id"}
    return (
        all(word in said for word in asked.text("search").casefold().split())
        and all(asked.text(name) in {"", row.get(field)} for name, field in same.items())
        and not (asked.yes("top_only") and row.get("parent_id"))
    )


def _kept_single(table: str) -> View:
    def single(by: Principal, _asked: Asked, identity: str) -> HttpResponse:
        for one in kept(by, table):
            if one["id"] == identity:
                return JsonResponse(one)
        raise NotFoundError("There is no such entry in this directory.")

    return _guarded(single)


services = _listing("services")
service = _single("services")
organizations = _listing("organizations")
organization = _single("organizations")
service_at_locations = _listing("service_at_location")
service_at_location = _single("service_at_location")
taxonomies = _kept_listing("taxonomies")
taxonomy = _kept_single("taxonomies")
taxonomy_terms = _kept_listing("taxonomy_terms")
taxonomy_term = _kept_single("taxonomy_terms")
