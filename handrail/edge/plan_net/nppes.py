"""Rows of NPPES as entries: CMS's full file (330 columns) and a short extract (17).

Sources: the file's own heading (https://download.cms.gov/nppes/NPI_Files.html) and, for the check
digit, 45 CFR 162.406(a) and ISO/IEC 7812-1 (Luhn, after the prefix 80840).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from handrail.edge.plan_net.errors import DirectoryFileError
from handrail.edge.plan_net.lines import Row
from handrail.fhir.directory.places import zip_of

TAXONOMIES: Final = 15
PERSON, OFFICE = "1", "2"
_PREFIX: Final = "80840"
_NPI: Final = re.compile(r"[12][0-9]{9}", re.ASCII)
_CODE: Final = re.compile(r"[0-9A-Z]{10}", re.ASCII)
_SLASHED: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)
_NONE: Final = frozenset({"<UNAVAIL>", "NONE", "N/A"})

# What we call it: the heading of CMS's file, the heading of the extract.
_PLACE: Final = "Provider Business Practice Location Address"
COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "npi": ("NPI", "npi"),
    "kind": ("Entity Type Code", "entity_type"),
    "office": ("Provider Organization Name (Legal Business Name)", "org_name"),
    "family": ("Provider Last Name (Legal Name)", "last"),
    "given": ("Provider First Name", "first"),
    "middle": ("Provider Middle Name", ""),
    "credential": ("Provider Credential Text", "credential"),
    "gender": ("Provider Gender Code", "gender"),
    "sex": ("Provider Sex Code", ""),
    "line1": ("Provider First Line Business Practice Location Address", "addr1"),
    "line2": ("Provider Second Line Business Practice Location Address", "addr2"),
    "city": (f"{_PLACE} City Name", "city"),
    "state": (f"{_PLACE} State Name", "state"),
    "zip": (f"{_PLACE} Postal Code", "zip"),
    "country": (f"{_PLACE} Country Code (If outside U.S.)", ""),
    "phone": (f"{_PLACE} Telephone Number", "phone"),
    "fax": (f"{_PLACE} Fax Number", "fax"),
    "updated": ("Last Update Date", "updated"),
    "deactivated": ("NPI Deactivation Date", "deactivated"),
    "reactivated": ("NPI Reactivation Date", "reactivated"),
    "taxonomies": ("", "taxonomies"),
}
_NEEDED: Final = frozenset({"npi", "kind", "office", "family", "zip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One NPI. ``specialties`` are NUCC codes, the primary one first; dates are ISO 8601."""

    npi: str
    kind: str
    active: bool
    office: str = ""
    family: str = ""
    given: tuple[str, ...] = ()
    credential: str = ""
    gender: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    phone: str = ""
    fax: str = ""
    updated_on: str = ""
    specialties: tuple[str, ...] = ()


class RowRefusedError(DirectoryFileError):
    """A row is no entry; the message says why."""


def is_npi(number: str) -> bool:
    """Tell whether a number is an NPI: ten digits whose last one is the right check digit."""
    if not _NPI.fullmatch(number):
        return False
    total = 0
    for place, digit in enumerate(reversed(_PREFIX + number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)  # noqa: PLR2004 - the sum of the digits of ten to eighteen
    return total % 10 == 0


class Layout:
    """Which column holds what, by a file's heading."""

    def __init__(self, heading: Sequence[str]) -> None:
        """Recognise the heading.

        Raises:
            DirectoryFileError: it is of no layout that is read here; what is missing is named.
        """
        places = {name.casefold(): place for place, name in enumerate(heading)}
        full = COLUMNS["office"][0].casefold() in places
        names = {key: both[0 if full else 1].casefold() for key, both in COLUMNS.items()}
        self._at = {key: places[name] for key, name in names.items() if name and name in places}
        missing = sorted(COLUMNS[key][0 if full else 1] for key in _NEEDED - self._at.keys())
        if missing:
            message = (
                "This is not a file of NPPES. Expected CMS's full file, or an extract with the"
                f" columns npi, entity_type, org_name, last, zip. Missing: {', '.join(missing)}."
            )
            raise DirectoryFileError(message)
        self._codes = [
            (places[code], places.get(f"healthcare provider primary taxonomy switch_{number}"))
            for number in range(1, TAXONOMIES + 1)
            if (code := f"healthcare provider taxonomy code_{number}") in places
        ]

    def entry(self, row: Row, mended: list[str]) -> Entry:
        """Return the entry in a row; what is left out of it is added to ``mended``.

        Raises:
            RowRefusedError: it is none.
        """
        if row.fault:
            raise RowRefusedError(row.fault)
        values = row.values
        said = {key: values[place] for key, place in self._at.items()}
        npi, active = said["npi"], self._is_active(said, mended)
        if not is_npi(npi):
            raise RowRefusedError(f"“{npi[:20]}” is not an NPI: ten digits and a check digit.")
        if said["kind"] not in {PERSON, OFFICE} and active:
            raise RowRefusedError("The entity type is neither 1 (person) nor 2 (organization).")
        named = said["family"] if said["kind"] == PERSON else said["office"]
        if active and named.upper() in {"", *_NONE}:
            raise RowRefusedError("It has no name.")
        given = (said.get("given", ""), said.get("middle", ""))
        lines = (said.get("line1", ""), said.get("line2", ""))
        return Entry(
            npi=npi,
            kind=said["kind"],
            active=active,
            office=said["office"],
            family=said["family"],
            given=tuple(filter(None, given)),
            credential=said.get("credential", ""),
            gender=said.get("gender", "") or said.get("sex", ""),
            lines=tuple(filter(None, lines)),
            city=said.get("city", ""),
            state=said.get("state", ""),
            zip=_zip(said, mended),
            country=said.get("country", ""),
            phone=said.get("phone", ""),
            fax=said.get("fax", ""),
            updated_on=_day(said.get("updated", ""), mended),
            specialties=self._specialties(values, said, mended),
        )

    def _is_active(self, said: Mapping[str, str], mended: list[str]) -> bool:
        ended = said.get("deactivated", "")
        if not ended:
            return True
        again = _day(said.get("reactivated", ""), mended)
        return bool(again) and again >= _day(ended, mended)

    def _specialties(
        self, values: Sequence[str], said: Mapping[str, str], mended: list[str]
    ) -> tuple[str, ...]:
        """Return the taxonomy codes, the primary one first; each once."""
        found = [
            (values[code], switch is not None and values[switch] == "Y")
            for code, switch in self._codes
        ]
        listed = said.get("taxonomies", "").split(";")
        found += [(one.strip().rstrip("*"), one.strip().endswith("*")) for one in listed]
        kept = []
        for code, primary in found:
            if _CODE.fullmatch(code):
                kept.append((not primary, code))
            elif code:
                mended.append(f"“{code[:20]}” is no taxonomy code and was left out")
        return tuple(dict.fromkeys(code for _, code in sorted(kept, key=lambda one: one[0])))


def _zip(said: Mapping[str, str], mended: list[str]) -> str:
    """Return the ZIP code, with its four more digits where it has them."""
    text = said["zip"]
    five = zip_of(text)
    if not five:
        if text and said.get("country", "US") in {"", "US"}:
            mended.append(f"“{text[:20]}” is no ZIP code: where it is, is not known")
        return text if said.get("country", "US") not in {"", "US"} else ""
    digits = "".join(letter for letter in text if letter.isdigit())
    return f"{five}-{digits[-4:]}" if len(digits) in {8, 9} else five


def _day(text: str, mended: list[str]) -> str:
    """Return a date as ISO 8601: CMS writes month/day/year."""
    if not text:
        return ""
    slashed = _SLASHED.fullmatch(text)
    try:
        if slashed:
            return date(int(slashed[3]), int(slashed[1]), int(slashed[2])).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        mended.append(f"“{text[:20]}” is no date and was left out")
        return ""
