"""What a receiver is told before it says yes: no name, no number, no day, no street.

45 CFR 164.514(b)(2)(i). Words that somebody typed are not part of it; only coded facts are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from handrail.fhir.disclosing.kinds import newest
from handrail.fhir.people import language_of
from handrail.fhir.resource import codings, words_of
from handrail.fhir.rulebook import Rulebook

_SDOH: Final = "sdoh-clinicalcare"
_PAYERS: Final[Mapping[str, str]] = {"1": "Medicare", "2": "Medicaid", "3": "other government"}
_PAYERS_OF_SOPT: Final[Mapping[str, str]] = {**_PAYERS, "5": "private", "6": "private", "8": "none"}
_PAYER_WORDS: Final = (("medicare", "Medicare"), ("medicaid", "Medicaid"))
_ACT_PAYERS: Final[Mapping[str, str]] = {"EHCPOL": "private", "HMO": "private", "PPO": "private"}
_WITHIN: Final = ("within two days", "within a week", "within two weeks", "within a month")
_ZIP: Final = re.compile(r"([0-9]{3})[0-9]{2}(?![0-9])")
_FIRST: Final[Mapping[int, str]] = {4: "-01-01", 7: "-01"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """A request without a person.

    Attributes:
        age: an age band such as "60 to 69", "under 18" or "90 or older"; "unknown".
        need: what is asked for, in the words of its codes.
        payer: Medicare, Medicaid, private, other government, none or unknown.
        language: the language to be spoken with them, a BCP-47 code; empty: unknown.
        needed: how soon, in words; empty: nothing was said.
        area: the first three digits of the ZIP code where many people live; else empty.
    """

    age: str
    need: str
    payer: str
    language: str
    needed: str
    area: str

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Return (name, words) of what is known, in order."""
        return [(name, value) for name, value in asdict(self).items() if value]


def minimum(
    patient: Mapping[str, Any],
    request: Mapping[str, Any],
    *,
    at: date,
    rules: Rulebook,
    coverages: Iterable[Mapping[str, Any]] = (),
) -> Minimum:
    """Return a request without a person; pure.

    Args:
        patient: the Patient.
        request: the ServiceRequest.
        at: today; age and "how soon" are counted from it.
        rules: the rule book.
        coverages: the Coverages of the person.
    """
    values = newest(rules, "disclosing.minimum").values
    return Minimum(
        age=age_band(str(patient.get("birthDate", "")), at, values),
        need=_need(request),
        payer=_payer(coverages),
        language=language_of(patient),
        needed=_needed(request, at, values["within_days"]),
        area=_area(patient, values["few_people_zip3"]),
    )


def age_of(born: str, at: date) -> int | None:
    """Return an age in years; None: not known. What is no full day counts from its first."""
    try:
        day = date.fromisoformat(born[:10] + _FIRST.get(len(born), ""))
    except ValueError:
        return None
    age = at.year - day.year - ((at.month, at.day) < (day.month, day.day))
    return age if age >= 0 else None


def age_band(born: str, at: date, values: Mapping[str, Any]) -> str:
    """Return the band of an age, by the rule ``disclosing.minimum``."""
    age, band = age_of(born, at), int(values["band_years"])
    least, most = int(values["child_until"]), int(values["top_age"])
    if age is None:
        return "unknown"
    if age < least:
        return f"under {least}"
    if age >= most:
        return f"{most} or older"
    return f"{max(age // band * band, least)} to {age // band * band + band - 1}"


def _need(request: Mapping[str, Any]) -> str:
    """Return the words of codes of what is asked, never a text that somebody typed."""
    wanted = [*(request.get("category") or ()), request.get("code") or {}]
    social = [one for one in wanted if any(_SDOH in system for system, _ in codings(one))]
    shown = [_coded(one) for one in (social or wanted)]
    return ", ".join(dict.fromkeys(filter(None, shown))) or "help"


def _coded(concept: Mapping[str, Any]) -> str:
    listed = [one for one in concept.get("coding", ()) if one.get("system") and one.get("code")]
    words = words_of({"coding": listed})
    return words if " " in words else words.replace("-", " ")


def _payer(coverages: Iterable[Mapping[str, Any]]) -> str:
    found = {kind for one in coverages if one.get("status") == "active" for kind in [_kind(one)]}
    for kind in ("Medicaid", "Medicare", "other government", "private", "none"):
        if kind in found:
            return "Medicare and Medicaid" if {"Medicare", "Medicaid"} <= found else kind
    return "unknown"


def _kind(coverage: Mapping[str, Any]) -> str:
    for system, code in codings(coverage.get("type")):
        if system.endswith(("source-of-payment-typology", "2.16.840.1.113883.3.221.5")):
            return _PAYERS_OF_SOPT.get(code[:1], "unknown")
        if code in _ACT_PAYERS:
            return _ACT_PAYERS[code]
    payors: list[Mapping[str, Any]] = list(coverage.get("payor", ()))
    said = " ".join([words_of(coverage.get("type")), *(str(p.get("display", "")) for p in payors)])
    return next((kind for word, kind in _PAYER_WORDS if word in said.casefold()), "unknown")


def _needed(request: Mapping[str, Any], at: date, within: list[int]) -> str:
    period: Mapping[str, Any] = request.get("occurrencePeriod") or {}
    by = str(request.get("occurrenceDateTime") or period.get("end") or period.get("start") or "")
    try:
        days = (date.fromisoformat(by[:10]) - at).days
    except ValueError:
        return "as soon as possible" if request.get("priority") in {"stat", "asap"} else ""
    found = (words for most, words in zip(within, _WITHIN, strict=False) if days <= most)
    return next(found, "later than in a month")


def _area(patient: Mapping[str, Any], few: list[str]) -> str:
    addresses = [one for one in patient.get("address", ()) if one.get("use") != "old"]
    zips = [str(one.get("postalCode", "")).strip() for one in addresses]
    found = [match[1] for text in zips if (match := _ZIP.match(text))]
    return next((one for one in found if one not in few), "")
