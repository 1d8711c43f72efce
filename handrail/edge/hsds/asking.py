"""What is asked of the API: parameters, what they find, and the page they make.

Source: https://github.com/openreferral/specification/blob/3.0/schema/openapi.json.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet

from handrail.access.principal import Principal
from handrail.edge.hsds.models import Entry, Filed
from handrail.fhir import instants
from handrail.fhir.directory.places import Point, distance_km, point_of
from handrail.fhir.errors import HandrailError
from handrail.fhir.moments import believable

_PER_PAGE: Final = 50
_MOST_PER_PAGE: Final = 500
_NEAR: Final = 40_000  # metres around a postcode, when nothing else is asked for
_FARTHEST: Final = 500_000  # metres
_MILLION: Final = 1_000_000
_KM_A_DEGREE: Final = 111.0
_LONGEST: Final = 200  # characters of a search
_WORDS: Final = 10


class AskedWrongError(HandrailError):
    """A parameter says something that it cannot say."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "value"


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters of a request, each read when it is needed."""

    given: Mapping[str, str]

    def yes(self, name: str) -> bool:
        """Return a parameter that is true or false.

        Raises:
            AskedWrongError: it is neither.
        """
        said = self.given.get(name, "").strip().lower()
        if said in {"", "false", "0", "no"}:
            return False
        if said in {"true", "1", "yes"}:
            return True
        raise AskedWrongError(f"{name} is true or false.")

    def number(self, name: str, default: int, most: int) -> int:
        """Return a parameter that is a whole number from 1 to ``most``.

        Raises:
            AskedWrongError: it is none.
        """
        said = self.given.get(name, "").strip()
        if not said:
            return default
        digits = said.isascii() and said.isdigit() and len(said) <= len(str(most))
        if not digits or not 1 <= int(said) <= most:
            raise AskedWrongError(f"{name} is a whole number from 1 to {most}.")
        return int(said)

    def text(self, name: str) -> str:
        """Return a parameter that is text, without characters that no text has."""
        return self.given.get(name, "").replace("\x00", "").strip()[:_LONGEST]

    @property
    def page(self) -> tuple[int, int]:
        """Return the number of the page and how many are on it."""
        per = self.number("per_page", _PER_PAGE, _MOST_PER_PAGE)
        return self.number("page", 1, 1_000_000), per

    @property
    def is_ndjson(self) -> bool:
        """Tell whether everything is wanted, a line each."""
        said = self.text("format") or "json"
        if said not in {"json", "ndjson"}:
            raise AskedWrongError("format is json or ndjson.")
        return said == "ndjson"


def page_of(total: int, page: int, per: int, contents: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the envelope of a page."""
    pages = max(math.ceil(total / per), 1)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": page,
        "size": len(contents),
        "first_page": page == 1,
        "last_page": page >= pages,
        "empty": not contents,
        "contents": contents,
    }


def entries(by: Principal, kind: str, asked: Asked) -> QuerySet[Entry]:
    """Return the entries of a kind that a request asks for.

    Raises:
        AskedWrongError: a parameter says something that it cannot say.
    """
    found = Entry.objects.filter(org=by.org, kind=kind)
    for word in asked.text("search").casefold().split()[:_WORDS]:
        found = found.filter(words__contains=word)
    found = found.filter(_filed(by, asked))
    owner = asked.text("organization_id")
    if owner:
        above = Entry.objects.filter(org=by.org, kind="organizations", identity=owner)
        found = found.filter(owner__in=list(above.values_list("source", flat=True)))
    since = asked.text("modified_after")
    if since:
        found = found.filter(changed_at__gte=_moment(since))
    if asked.text("postcode") or asked.text("proximity"):
        found = found.filter(place__in=_near(by, asked))
    return found.order_by("source", "part")


def _filed(by: Principal, asked: Asked) -> Q:
    term, taxonomy = asked.text("taxonomy_term_id"), asked.text("taxonomy_id")
    if not (term or taxonomy):
        return Q()
    filed = Filed.objects.filter(org=by.org)
    filed = filed.filter(term=term) if term else filed
    filed = filed.filter(taxonomy=taxonomy) if taxonomy else filed
    return Q(source__in=filed.values("source"))


def _moment(said: str) -> datetime:
    try:
        found = believable(instants.asked(said))
    except ValueError:
        found = None
    if found is None:
        raise AskedWrongError("modified_after is a moment such as 2026-11-22T00:00:00Z.")
    return found


def _near(by: Principal, asked: Asked) -> list[str]:
    """Return the places within so many metres of the middle of a ZIP code."""
    point = point_of(asked.text("postcode"))
    if point is None:
        raise AskedWrongError("postcode is a ZIP code of the United States, such as 94063.")
    km = asked.number("proximity", _NEAR, _FARTHEST) / 1000
    tall = km / _KM_A_DEGREE
    wide = tall / max(math.cos(math.radians(point.latitude)), 0.1)
    around = Entry.objects.filter(
        org=by.org,
        kind="locations",
        latitude__gte=_micro(point.latitude - tall),
        latitude__lte=_micro(point.latitude + tall),
        longitude__gte=_micro(point.longitude - wide),
        longitude__lte=_micro(point.longitude + wide),
    )
    found = around.values_list("source", "latitude", "longitude")
    return [
        source
        for source, latitude, longitude in found
        if latitude is not None
        and longitude is not None
        and distance_km(point, Point(latitude / _MILLION, longitude / _MILLION)) <= km
    ]


def _micro(degrees: float) -> int:
    return round(degrees * _MILLION)
