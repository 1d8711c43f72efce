"""The official FHIR R4 definitions, and where packages of them differ from R4 4.0.1.

For generate_fhir.py. The pages of R4 4.0.1 (http://hl7.org/fhir/R4/) decide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# Some packages of the definitions carry elements of later versions, or of their own. The pages of
# R4 4.0.1 for Binary, DeviceDefinition, EvidenceVariable, Meta, ObservationDefinition and
# ResearchStudy do not have these.
NOT_IN_R4 = re.compile(
    r"Binary\.url|DeviceDefinition\.(bodySite|classification)(\..*)?|ObservationDefinition\.publisher"
    r"|ResearchStudy\.(label|result|name|descriptionSummary|progressStatus|whyStopped|recruitment"
    r"|studyDesign|comparisonGroup|region|classifier|outcomeMeasure|associatedParty)(\..*)?"
    r"|ResearchStudy\.objective\.description"
    r"|Meta\.(onBehalfOf|account|accounts|author|compartment|project)"
    r"|EvidenceVariable\.characteristic\.(?!(?:id|extension|modifierExtension)$).*"
)


def _element(path: str, least: int, most: str, *types: str) -> dict[str, Any]:
    kinds = []
    for each in types:
        code, _, target = each.partition(">")
        profile = f"http://hl7.org/fhir/StructureDefinition/{target}"
        kinds.append({"code": code, "targetProfile": [profile]} if target else {"code": code})
    return {"path": path, "min": least, "max": most, "type": kinds}


_CHARACTERISTIC = "EvidenceVariable.characteristic."
ONLY_IN_R4 = {
    "EvidenceVariable": [
        _element(_CHARACTERISTIC + "description", 0, "1", "string"),
        _element(
            _CHARACTERISTIC + "definition[x]", 1, "1", "Reference>Group", "canonical",
            "CodeableConcept", "Expression", "DataRequirement", "TriggerDefinition",
        ),
        _element(_CHARACTERISTIC + "usageContext", 0, "*", "UsageContext"),
        _element(_CHARACTERISTIC + "exclude", 0, "1", "boolean"),
        _element(
            _CHARACTERISTIC + "participantEffective[x]", 0, "1", "dateTime", "Period",
            "Duration", "Timing",
        ),
        _element(_CHARACTERISTIC + "timeFromStart", 0, "1", "Duration"),
        {
            **_element(_CHARACTERISTIC + "groupMeasure", 0, "1", "code"),
            "binding": {
                "strength": "required",
                "valueSet": "http://hl7.org/fhir/ValueSet/group-measure",
            },
        },
    ]
}  # fmt: skip


CHANGED: dict[str, dict[str, Any]] = {
    "EvidenceVariable.characteristic": {"min": 1},
    "DetectedIssue.status": {
        "binding": {
            "strength": "required",
            "valueSet": "http://hl7.org/fhir/ValueSet/observation-status",
        },
    },
}
"""What R4 4.0.1 says otherwise than some packages of the definitions."""


class Definitions:
    """The definitions: structures, and the value sets that expand fully from code systems."""

    def __init__(self, folder: Path) -> None:
        """Read the definitions in ``folder``."""
        self.sets: dict[str, dict[str, Any]] = {}
        self.systems: dict[str, dict[str, Any]] = {}
        for name in ("valuesets.json", "v3-codesystems.json"):
            for each in _entries(folder / name):
                kind = self.sets if each["resourceType"] == "ValueSet" else self.systems
                kind[each["url"]] = each
        self.types = _structures(folder / "profiles-types.json")
        self.resources = {
            name: each
            for name, each in _structures(folder / "profiles-resources.json").items()
            if each["kind"] == "resource" and each["fhirVersion"] == "4.0.1"
        }

    def expand(self, canonical: str) -> list[tuple[str, str]] | None:
        """Return (system, code) of the value set, or None if it does not expand fully."""
        found = self.sets.get(canonical.partition("|")[0])
        if found is None or "exclude" in found.get("compose", {}):
            return None
        codes: list[tuple[str, str]] = []
        for part in found.get("compose", {}).get("include", ()):
            more = self._include(part)
            if not more:
                return None
            codes += more
        return list(dict.fromkeys(codes)) or None

    def _include(self, part: dict[str, Any]) -> list[tuple[str, str]] | None:
        if "filter" in part or ("valueSet" in part and "system" in part):
            return None
        if "valueSet" in part:
            expanded = [self.expand(each) for each in part["valueSet"]]
            return expanded[0] if len(expanded) == 1 else None
        if "concept" in part:
            return [(part["system"], each["code"]) for each in part["concept"]]
        system = self.systems.get(part["system"])
        if system is None or system["content"] != "complete":
            return None
        return [(part["system"], code) for code in _codes(system["concept"])]


def _entries(file: Path) -> Iterator[dict[str, Any]]:
    for entry in json.loads(file.read_bytes())["entry"]:
        yield entry["resource"]


def _codes(concepts: Iterable[dict[str, Any]]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _codes(concept.get("concept", ()))


def _structures(file: Path) -> dict[str, dict[str, Any]]:
    return {
        each["name"]: each
        for each in _entries(file)
        if each["resourceType"] == "StructureDefinition" and each["kind"] != "primitive-type"
        and each["kind"] != "logical"
    }  # fmt: skip
