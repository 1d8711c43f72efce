"""The CSV layout of the Ohana project, from which HSDS 1.0 came, as rows of HSDS 3.0.

Lists in one field become rows, weekdays and holidays become schedules, the place of a service
becomes a row of its own. A field that 3.0 has not is kept under its old name.

Source: https://github.com/codeforamerica/ohana-api/wiki/Populating-the-Postgres-database-from-OpenReferral-compliant-CSV-files
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from handrail.fhir.directory import cleaning

Row = dict[str, Any]
MARKS: Final = frozenset({"regular_schedules", "holiday_schedules", "mail_addresses", "taxonomy"})
"""Tables that only this layout has."""
ORDER: Final = ("organizations", "programs", "taxonomy", "locations")
"""What is read first, since later rows need it."""
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Ohana:
    """Reads rows of one directory; remembers to whom each place belongs."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._owners: dict[str, str] = {}
        self._readers: dict[str, Callable[[Row], Iterator[tuple[str, Row]]]] = {
            "organizations": self._organization,
            "locations": self._place,
            "services": self._service,
            "taxonomy": self._term,
            "phones": self._phone,
            "addresses": self._address,
            "mail_addresses": self._mail,
            "regular_schedules": self._weekday,
            "holiday_schedules": self._holiday,
        }

    def rows(self, table: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
        """Yield the rows of HSDS 3.0 that a row of this layout is."""
        row = {name: value for name, value in given.items() if value not in (None, "")}
        reader = self._readers.get(table)
        if reader is None:
            yield table, row
        else:
            yield from reader(row)

    def _organization(self, row: Row) -> Iterator[tuple[str, Row]]:
        begun = str(row.get("date_incorporated", ""))
        if begun[:4].isdigit():
            row["year_incorporated"] = int(begun[:4])
        yield from _lists(row, "organization", {"funding_sources": ("funding", "source")})
        yield "organizations", row

    def _place(self, row: Row) -> Iterator[tuple[str, Row]]:
        identity = str(row.get("id", ""))
        self._owners[identity] = str(row.get("organization_id", ""))
        virtual = cleaning.yes_or_no(str(row.pop("virtual", "no")))
        row["location_type"] = "virtual" if virtual else "physical"
        _renamed(row, "website", "url")
        lists = {
            "languages": ("languages", "name"),
            "accessibility": ("accessibility", "description"),
        }
        yield from _lists(row, "location", lists)
        yield "locations", row

    def _service(self, row: Row) -> Iterator[tuple[str, Row]]:
        identity, place = str(row.get("id", "")), str(row.pop("location_id", ""))
        if place:
            owner = self._owners.get(place, "")
            row.setdefault("organization_id", owner)
            at = {"id": f"{identity}-{place}", "service_id": identity, "location_id": place}
            yield "service_at_location", at
        for old, new in (("eligibility", "eligibility_description"), ("website", "url")):
            _renamed(row, old, new)
        lists = {
            "languages": ("languages", "name"),
            "required_documents": ("required_documents", "document"),
            "service_areas": ("service_areas", "name"),
            "funding_sources": ("funding", "source"),
        }
        yield from _lists(row, "service", lists)
        for term in cleaning.listed(str(row.pop("taxonomy_ids", "")), ","):
            made = {"id": f"{identity}-{term}", "link_id": identity, "link_entity": "service"}
            yield "attributes", {**made, "taxonomy_term_id": term}
        yield "services", row

    def _term(self, row: Row) -> Iterator[tuple[str, Row]]:
        code = str(row.pop("taxonomy_id", ""))
        row.pop("parent_name", None)
        name = str(row.get("name", ""))
        yield "taxonomy_terms", {"id": code, "code": code, "description": name, **row}

    def _phone(self, row: Row) -> Iterator[tuple[str, Row]]:
        _renamed(row, "number_type", "type")
        _renamed(row, "department", "description")
        yield "phones", row

    def _address(self, row: Row) -> Iterator[tuple[str, Row]]:
        yield "addresses", {**row, "address_type": "physical"}

    def _mail(self, row: Row) -> Iterator[tuple[str, Row]]:
        identity = f"mail-{row.get('id', '')}"
        yield "addresses", {**row, "id": identity, "address_type": "postal"}

    def _weekday(self, row: Row) -> Iterator[tuple[str, Row]]:
        said = str(row.pop("weekday", "")).strip()
        day = said[:2].upper()
        if said.isdigit() and 1 <= int(said) <= len(_WEEKDAYS):
            day = _WEEKDAYS[int(said) - 1]
        identity = f"regular-{row.get('id', '')}"
        yield "schedules", {**row, "id": identity, "freq": "WEEKLY", "byday": day}

    def _holiday(self, row: Row) -> Iterator[tuple[str, Row]]:
        made = {**row, "id": f"holiday-{row.get('id', '')}"}
        for old, new in (("start_date", "valid_from"), ("end_date", "valid_to")):
            said = str(made.pop(old, ""))
            made[new] = cleaning.day(said) or said
        if cleaning.yes_or_no(str(made.pop("closed", "no"))):
            made["description"] = "Closed"
        yield "schedules", made


def _renamed(row: Row, old: str, new: str) -> None:
    if old in row:
        row[new] = row.pop(old)


def _lists(row: Row, owner: str, lists: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, Row]]:
    """Yield a row for each part of the fields that hold a list, which leave the row."""
    identity = str(row.get("id", ""))
    for name, (table, into) in lists.items():
        for number, part in enumerate(cleaning.listed(str(row.pop(name, "")), ",")):
            made = {"id": f"{owner}-{identity}-{number}", f"{owner}_id": identity}
            yield table, {**made, into: part}
