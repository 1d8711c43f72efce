"""Frozen views of what this room reads: a stay, an enrolment, a contact. Parse, don't dig.

FHIR R4 Encounter (http://hl7.org/fhir/R4/encounter.html) and EpisodeOfCare.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from handrail.fhir.moments import believable
from handrail.fhir.resource import Resource, code_of, codings, id_of, reference_to, target_of

STAY_CLASSES = ("IMP", "ACUTE", "NONAC", "OBSENC", "SS")
"""v3 ActEncounterCode: inpatient, acute, non-acute (skilled, rehab), observation, short stay."""

VISIT_CLASSES = ("AMB", "HH", "VR")
"""v3 ActEncounterCode: ambulatory, home health, virtual."""

CONTACT_TYPE = "urn:handrail:contact"
"""Encounter.type of a contact that a coordinator wrote down."""

_IN = frozenset({"arrived", "triaged", "in-progress", "onleave"})


def moment(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant in FHIR date or dateTime ``text``; a date is its midnight in ``zone``.

    None if it is none, or one that nobody can have meant.
    """
    padded = f"{text}-01-01"[:10] if len(text) in {4, 7} else text
    try:
        found = believable(datetime.fromisoformat(padded))
    except ValueError:
        return None
    if found is None:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """An Encounter in a hospital or facility. ``*_at`` are aware, in the organization's zone."""

    reference: str
    patient: str
    status: str
    class_: str
    started_at: datetime | None
    ended_at: datetime | None
    timed: bool
    facility: str
    reason: str
    disposition: str
    destination: str
    source: str
    received_at: datetime | None

    @property
    def inside(self) -> bool:
        """Tell whether the person is there now."""
        return self.is_stay and self.status in _IN

    @property
    def is_stay(self) -> bool:
        """Tell whether this is a stay at all, and not a visit or a draft."""
        return self.class_ in STAY_CLASSES

    @property
    def left(self) -> bool:
        """Tell whether the person has left."""
        return self.is_stay and self.status == "finished"

    def same_as(self, other: Stay) -> bool:
        """Tell whether two Encounters (from two sources) tell of one stay: their times overlap."""
        if not (self.started_at and other.started_at):
            return False
        latest = max(self.started_at, other.started_at)
        ends = [end for end in (self.ended_at, other.ended_at) if end]
        return not ends or latest < min(ends)

    def before(self, other: Stay) -> bool:
        """Tell whether this stay had ended when the other began."""
        return bool(self.ended_at and other.started_at and self.ended_at <= other.started_at)


def stay_of(encounter: Resource, zone: tzinfo) -> Stay:
    """Return the view of an Encounter."""
    period = encounter.get("period") or {}
    hospitalization = encounter.get("hospitalization") or {}
    out = hospitalization.get("dischargeDisposition") or {}
    meta = encounter.get("meta") or {}
    end = str(period.get("end", ""))
    return Stay(
        reference=reference_to(encounter) if "id" in encounter else "",
        patient=id_of(encounter.get("subject"), "Patient"),
        status=str(encounter.get("status", "")),
        class_=str((encounter.get("class") or {}).get("code", "")),
        started_at=moment(str(period.get("start", "")), zone),
        ended_at=moment(end, zone),
        timed=len(end) > len("2026-11-19"),
        facility=_facility(encounter),
        reason=_reason(encounter),
        disposition=code_of(out),
        destination=str((hospitalization.get("destination") or {}).get("display", "")),
        source=str(meta.get("source", "")),
        received_at=moment(str(meta.get("lastUpdated", "")), zone),
    )


def _facility(encounter: Resource) -> str:
    provider = str((encounter.get("serviceProvider") or {}).get("display", ""))
    places = (entry.get("location") or {} for entry in encounter.get("location", ()))
    return provider or next((str(p["display"]) for p in places if p.get("display")), "")


def _reason(encounter: Resource) -> str:
    return next((said for said in map(words_of, encounter.get("reasonCode", ())) if said), "")


def words_of(codeable: dict[str, Any] | None) -> str:
    """Return the words of a CodeableConcept: its text, else the first display."""
    concept = codeable or {}
    if concept.get("text"):
        return str(concept["text"])
    return next((str(c["display"]) for c in concept.get("coding", ()) if c.get("display")), "")


def listed_name(patient: Resource) -> str:
    """Return the name of a Patient as lists show it: family name first."""
    order = {"official": 0, "usual": 1, "": 2}
    names = sorted(patient.get("name", ()), key=lambda n: order.get(str(n.get("use", "")), 3))
    name: dict[str, Any] = names[0] if names else {}
    given = " ".join(part for part in name.get("given", ()) if part)
    listed = ", ".join(part for part in (str(name.get("family", "")), given) if part)
    return listed or str(name.get("text", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """An EpisodeOfCare: who looks after this person, and since when."""

    reference: str
    patient: str
    active: bool
    manager: str
    manager_name: str
    team: str
    program: str

    def owner(self, pool: str) -> tuple[str, str]:
        """Return (reference, name) of whom new work goes to: the manager, the team, or the pool."""
        if self.manager:
            return self.manager, self.manager_name
        return self.team or pool, ""


def enrolment_of(episode: Resource) -> Enrolment:
    """Return the view of an EpisodeOfCare."""
    teams = (target_of(team) for team in episode.get("team", ()))
    return Enrolment(
        reference=reference_to(episode) if "id" in episode else "",
        patient=id_of(episode.get("patient"), "Patient"),
        active=episode.get("status") == "active",
        manager=target_of(episode.get("careManager")),
        manager_name=str((episode.get("careManager") or {}).get("display", "")),
        team=next((team for team in teams if team), ""),
        program=next((said for said in map(words_of, episode.get("type", ())) if said), ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What may prove a contact or a visit: an Encounter or Communication with the person."""

    reference: str
    patient: str
    at: datetime | None
    two_way: bool
    visit: bool


def meeting_of(resource: Resource, zone: tzinfo) -> Meeting:
    """Return the view of an Encounter or a Communication as evidence."""
    if resource["resourceType"] == "Communication":
        return _communication(resource, zone)
    done = resource.get("status") == "finished"
    class_ = str((resource.get("class") or {}).get("code", ""))
    ours = any(
        system == CONTACT_TYPE for kind in resource.get("type", ()) for system, _ in codings(kind)
    )
    here = done and class_ in VISIT_CLASSES
    return Meeting(
        reference=reference_to(resource),
        patient=id_of(resource.get("subject"), "Patient"),
        at=moment(str((resource.get("period") or {}).get("start", "")), zone),
        two_way=here,
        visit=here and not ours,
    )


def _communication(resource: Resource, zone: tzinfo) -> Meeting:
    patient = id_of(resource.get("subject"), "Patient")
    parties = [*resource.get("recipient", ()), resource.get("sender")]
    answered = bool(resource.get("received")) and any(
        id_of(party, "Patient") == patient or id_of(party, "RelatedPerson") for party in parties
    )
    return Meeting(
        reference=reference_to(resource),
        patient=patient,
        at=moment(str(resource.get("sent") or resource.get("received") or ""), zone),
        two_way=resource.get("status") == "completed" and bool(patient) and answered,
        visit=False,
    )
