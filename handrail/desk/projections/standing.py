"""What the banner says beyond the card: allergies, coverage, where somebody is, who treats.

Narrow on purpose: five types, none of them numerous. Nothing is guessed; what the record does not
say has no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from handrail.desk.models import Standing
from handrail.desk.projections.instants import instant
from handrail.desk.projections.moments import STAYS
from handrail.fhir.resource import Resource, code_of, codings, id_of, words_of
from handrail.record.registry import Projection

Row = Mapping[str, Any]
ALLERGY, COVERAGE, CHECKED, STAY, PRIMARY = "allergy", "coverage", "checked", "stay", "primary"

HOME = "home"
_CERTAIN_NOT = frozenset({"entered-in-error", "refuted"})
_OVER = frozenset({"inactive", "resolved"})
_INSIDE = frozenset({"in-progress", "onleave"})
_HOME = frozenset({"home", "alt-home", "01", "06"})  # discharge-disposition; UB-04 patient status
_PCP = frozenset({"446050000", "PCP"})  # SNOMED CT; v3 ParticipationFunction
_LAST = 99


def _row(patient: str, kind: str, text: str, **more: Any) -> Iterable[Row]:
    """Return the row, if it is known whose it is."""
    if not patient:
        return ()
    start, end = instant(more.pop("start", "")), instant(more.pop("end", ""))
    return (
        {
            "patient": patient,
            "kind": kind,
            "text": text,
            "detail": "",
            "rank": 0,
            **more,
            "starts_at": start.at if start else None,
            "ends_at": end.at if end else None,
        },
    )


def allergy_rows(allergy: Resource) -> Iterable[Row]:
    """Return an allergy that stands: active (or not said), and not refuted."""
    standing = {code_of(allergy.get("verificationStatus")), code_of(allergy.get("clinicalStatus"))}
    text = words_of(allergy.get("code"))
    if standing & (_CERTAIN_NOT | _OVER) or not text:
        return ()
    reactions = (m for r in allergy.get("reaction", ()) for m in r.get("manifestation", ()))
    detail = ", ".join(filter(None, map(words_of, reactions)))
    rank = 0 if allergy.get("criticality") == "high" else 1
    patient = id_of(allergy.get("patient"), "Patient")
    return _row(patient, ALLERGY, text, detail=detail, rank=rank)


def coverage_rows(coverage: Resource) -> Iterable[Row]:
    """Return a coverage in force; whether it is so today is asked when it is shown."""
    if coverage.get("status") != "active":
        return ()
    period = coverage.get("period") or {}
    return _row(
        id_of(coverage.get("beneficiary"), "Patient"),
        COVERAGE,
        _coverage_name(coverage),
        rank=min(int(coverage.get("order") or _LAST), _LAST),
        start=period.get("start", ""),
        end=period.get("end", ""),
    )


def _coverage_name(coverage: Resource) -> str:
    """Return the payer, and the type where the payer's name does not say it."""
    payer = next((str(p["display"]) for p in coverage.get("payor", ()) if p.get("display")), "")
    kind = words_of(coverage.get("type"))
    if not payer or payer.casefold() in kind.casefold():
        return kind or payer
    return payer if not kind or kind.casefold() in payer.casefold() else f"{payer} ({kind})"


def checked_rows(response: Resource) -> Iterable[Row]:
    """Return when the insurer last told whether the patient is covered."""
    if response.get("status") != "active" or response.get("outcome") == "error":
        return ()
    covered: Row = next(iter(response.get("insurance", ())), {})
    return _row(
        id_of(response.get("patient"), "Patient"),
        CHECKED,
        id_of(covered.get("coverage"), "Coverage"),
        start=response.get("created", ""),
    )


def stay_rows(encounter: Resource) -> Iterable[Row]:
    """Return a stay in a facility that is going on or over: where, since when, whereto after."""
    if (encounter.get("class") or {}).get("code") not in STAYS:
        return ()
    status, period = encounter.get("status"), encounter.get("period") or {}
    ended = status == "finished" and bool(period.get("end"))
    if status not in _INSIDE and not ended:
        return ()
    places = (
        encounter.get("serviceProvider"),
        *(p.get("location") for p in encounter.get("location", ())),
    )
    place = next((str(p["display"]) for p in places if p and p.get("display")), "")
    return _row(
        id_of(encounter.get("subject"), "Patient"),
        STAY,
        place,
        detail=_whereto(encounter) if ended else "",
        start=period.get("start", ""),
        end=period.get("end", "") if ended else "",
    )


def _whereto(encounter: Resource) -> str:
    """Return "home", or the words for where somebody went; empty if nobody said."""
    hospitalization = encounter.get("hospitalization") or {}
    out = hospitalization.get("dischargeDisposition") or {}
    if any(code in _HOME for _, code in codings(out)):
        return HOME
    return str((hospitalization.get("destination") or {}).get("display", "")) or words_of(out)


def primary_rows(patient: Resource) -> Iterable[Row]:
    """Return who gives primary care, as the Patient says it."""
    named = (ref.get("display") for ref in patient.get("generalPractitioner", ()))
    name = next((str(each) for each in named if each), "")
    return _row(str(patient["id"]), PRIMARY, name) if name else ()


def team_rows(team: Resource) -> Iterable[Row]:
    """Return who gives primary care, as the patient's CareTeam says it."""
    if team.get("status", "active") != "active":
        return ()
    patient = id_of(team.get("subject"), "Patient")
    for member in team.get("participant", ()) if patient else ():
        name = (member.get("member") or {}).get("display")
        if name and any(_is_primary(role) for role in member.get("role", ())):
            return _row(patient, PRIMARY, str(name), rank=1)
    return ()


def _is_primary(role: Mapping[str, Any]) -> bool:
    said = words_of(role).casefold()
    return any(code in _PCP for _, code in codings(role)) or said.startswith("primary care")


_ROWS: dict[str, Callable[[Resource], Iterable[Row]]] = {
    "AllergyIntolerance": allergy_rows,
    "Coverage": coverage_rows,
    "CoverageEligibilityResponse": checked_rows,
    "Encounter": stay_rows,
    "Patient": primary_rows,
    "CareTeam": team_rows,
}
STANDING = tuple(Projection(of=name, into=Standing, rows=rows) for name, rows in _ROWS.items())
