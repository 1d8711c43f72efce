"""Care team: who is on it, and in which role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.gathering import Gathered
from handrail.edge.ccda.people import addresses, person_name, pointer, telecoms
from handrail.edge.ccda.sections.shared import mark
from handrail.edge.ccda.writing import (
    LOINC,
    code,
    concept,
    el,
    own_id,
    section,
    span,
    table,
    template,
    words_of,
)
from handrail.fhir.resource import Resource, reference_to, target_of

_SNOMED: Final = ("http://snomed.info/sct",)


def team(gathered: Gathered) -> Element | None:
    """Return the Care Teams section; None if there is no team."""
    found = [one for one in gathered.all("CareTeam") if one.get("subject") and _on(one)]
    if not found:
        return None
    lines = [
        (f"{mark(one)}-{place}", [str((p.get("member") or {}).get("display", "")), _role(p)])
        for one in found
        for place, p in _on(one)
    ]
    version = "2019-07-01"
    return section(
        [template("2.16.840.1.113883.10.20.22.2.500", version)],
        ("85847-2", "Patient Care team information"),
        "Care team",
        table(["Name", "Role"], lines),
        [_organizer(gathered, one, version) for one in found],
    )


def _on(care_team: Resource) -> list[tuple[int, Mapping[str, Any]]]:
    listed = enumerate(care_team.get("participant", ()))
    return [(place, p) for place, p in listed if not (p.get("period") or {}).get("end")]


def _role(participant: Mapping[str, Any]) -> str:
    return words_of(next(iter(participant.get("role", ())), None))


def _function(participant: Mapping[str, Any]) -> Element:
    """Return the role; its words, for our roles are of no code system that CDA knows."""
    role = next(iter(participant.get("role", ())), None)
    return concept("sdtc:functionCode", role, _SNOMED)


def _organizer(gathered: Gathered, care_team: Resource, version: str) -> Element:
    created = str((care_team.get("period") or {}).get("start") or gathered.plan.get("created", ""))
    acts = []
    for place, one in _on(care_team):
        member = one.get("member") or {}
        who = pointer("assignedEntity", target_of(member))
        found = gathered.resource(target_of(member))
        display = str(member.get("display", ""))
        who.extend((*addresses(found), *telecoms(found)))
        who.append(el("assignedPerson", person_name(found, display)))
        began = str((one.get("period") or {}).get("start") or created)
        act = el(
            "act",
            template("2.16.840.1.113883.10.20.22.4.500.1", version),
            own_id(f"{reference_to(care_team)}#{target_of(member)}"),
            code("code", "85847-2", LOINC, "Patient Care team information"),
            el("text", el("reference", value=f"#{mark(care_team)}-{place}")),
            el("statusCode", code="active"),
            span("effectiveTime", began),
            el("performer", _function(one), who, typeCode="PRF"),
            classCode="PCPR",
            moodCode="EVN",
        )
        acts.append(el("component", act))
    return el(
        "organizer",
        template("2.16.840.1.113883.10.20.22.4.500", version),
        own_id(reference_to(care_team)),
        code("code", "86744-0", LOINC, "Care team"),
        el("statusCode", code="active"),
        span("effectiveTime", created),
        acts,
        classCode="CLUSTER",
        moodCode="EVN",
    )
