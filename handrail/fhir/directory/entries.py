"""What is read from an entry of a directory: numbers, languages, costs, who may come, papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number: ``kind`` is phone, fax, sms or other; ``extension`` is dialled after it."""

    number: str
    kind: str = "phone"
    extension: str = ""
    words: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language somebody is helped in: BCP-47 code where the directory says one, and its name."""

    code: str = ""
    name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it costs for whom: ``amount`` in ``currency`` (ISO 4217, upper case), or only words."""

    option: str = ""
    amount: Decimal | None = None
    currency: str = ""
    words: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Who may come: in words, and ages in years (None: no limit is said)."""

    words: str = ""
    minimum_age: Decimal | None = None
    maximum_age: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document somebody has to bring."""

    words: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where one has to live: a name, words, and an extent of some type (``geojson``, ``text``)."""

    name: str = ""
    words: str = ""
    extent: str = ""
    extent_type: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of a taxonomy the service is filed under. ``id`` is the term's id in the directory."""

    id: str = ""
    code: str = ""
    name: str = ""
    taxonomy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody to ask for."""

    name: str = ""
    title: str = ""
    department: str = ""
    email: str = ""
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """When the directory says that its facts were last confirmed, and by whom (an address).

    ``how`` is "assured" (somebody vouched for it) or "changed" (the last change to the entry).
    """

    on: date
    by: str = ""
    how: str = "assured"
