"""The compiled modules against a slow reading of the same definitions, and against samples."""

import contextlib
import gzip
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.fhir.errors import InvalidResourceError, UnsupportedError
from handrail.fhir.searching import covering, forms, hashing, times, ucum
from handrail.fhir.searching.extract import index
from handrail.fhir.searching.hashing import token
from handrail.fhir.searching.parameters import compiled, parameters, types, uncovered, unread
from handrail.fhir.searching.walk import values
from handrail.fhir.tests.test_searching_query import finds
from handrail.fhir.text import parse
from tests.data import data

ALL = sorted(types())


def slow_tokens(resource):
    """Return the tokens by walking every source, without the compiled walk."""
    kind = resource["resourceType"]
    main = (*compiled(kind).MAIN_DATE[:1], "due")
    out = set()
    for code, one in parameters(kind).items():
        if one.uncovered or one.stored or code in {"_id", "_lastUpdated", *main}:
            continue
        if [source for source in one.sources if source == "exists deceased"]:
            out |= set(forms.flag(kind, code)(forms.is_said(resource, "deceased")))
            continue
        if one.kind in {"composite", "special"}:
            continue
        if one.kind in {"number", "quantity"}:
            if code == compiled(kind).MAIN_AMOUNT:
                out |= {
                    t for found in values(resource, one) for t in amount_tokens(kind, code, *found)
                }
            continue
        for fhir_type, value in values(resource, one):
            only = next((s.split(" ")[0].partition("=")[2] for s in one.sources), "")
            out |= set(read(kind, code, one, fhir_type, value, only))
    return out


def read(kind, code, one, fhir_type, value, only):
    reader = READERS.get(fhir_type)
    if reader is None:
        reader = {"date": date_tokens, "string": text_tokens}.get(one.kind, plain_tokens)
    label = code + (f"={only}" if only else "*" if one.wide else "")
    return reader(kind, label if fhir_type in {"Reference", "Resource"} else code, one, value)


def concept_tokens(kind, code, _, value):
    pairs = [(one.get("system"), one.get("code")) for one in value.get("coding", ())]
    return [one for pair in pairs for one in forms.coding(kind, code)(*pair)]


def coding_tokens(kind, code, _, value):
    return forms.coding(kind, code)(value.get("system"), value.get("code"))


def identifier_tokens(kind, code, _, value):
    return forms.coding(kind, code)(value.get("system"), value.get("value"))


def contact_tokens(kind, code, _, value):
    return forms.contact(kind, code)(value["value"]) if "value" in value else ()


def flag_tokens(kind, code, _, value):
    return forms.flag(kind, code)(value)


def reference_tokens(kind, label, _, value):
    named, literal = value.get("identifier") or {}, value.get("reference")
    return (
        *(forms.reference(kind, label)(literal) if literal else ()),
        *forms.identified(kind, label)(named.get("system"), named.get("value")),
    )


def inside_tokens(kind, label, _, value):
    return forms.reference(kind, label)(f"{value['resourceType']}/{value.get('id')}")


def date_tokens(kind, code, _, value):
    span = times.interval(value) if isinstance(value, str) else None
    if isinstance(value, dict):
        span = times.timing(value) if {"event", "repeat"} & set(value) else times.period(value)
    return [token(kind, code, *mark) for mark in covering.marks(span)] if span else ()


def amount_tokens(kind, code, fhir_type, value):
    if fhir_type in {"Range", "SampledData"}:
        return forms.ranged(kind, code)
    return forms.amount(kind, code)(value) if isinstance(value, dict) else ()


def text_tokens(kind, code, _, value):
    if code == "phonetic":
        return forms.sounding(kind, code)(value)
    return forms.parts(kind, code)(value)


def plain_tokens(kind, code, one, value):
    return (forms.plain if one.kind == "token" else forms.canonical)(kind, code)(value)


READERS = {
    "CodeableConcept": concept_tokens,
    "Coding": coding_tokens,
    "Identifier": identifier_tokens,
    "ContactPoint": contact_tokens,
    "boolean": flag_tokens,
    "Reference": reference_tokens,
    "Resource": inside_tokens,
}


def values_only(kind, tokens):
    """Return ``tokens`` without the signs of presence."""
    signs = {token(kind, code, hashing.PRESENT) for code in parameters(kind)}
    return set(tokens) - signs


def is_said(resource):
    return values_only(resource["resourceType"], index(resource).tokens) == values_only(
        resource["resourceType"], slow_tokens(resource)
    )


WHERE = {"coding": [{"system": "urn:s", "code": "c"}], "text": "words"}
TIME = "2026-11-21T10:00:00Z"
SPAN = {"start": "2026-11-20", "end": "2026-11-21"}
AMOUNT = {"value": Decimal("5.4"), "system": ucum.SYSTEM, "code": "mg", "unit": "milligram"}
FILLED = {
    "CodeableConcept": WHERE,
    "Coding": WHERE["coding"][0],
    "Identifier": {"system": "urn:s", "value": "v"},
    "ContactPoint": {"system": "phone", "value": "555-0100"},
    "HumanName": {"family": "Ash", "given": ["Bo"]},
    "Address": {"city": "Salt Lake City"},
    "Reference": {"reference": "Patient/p", "identifier": {"system": "urn:s", "value": "v"}},
    "Resource": {"resourceType": "Patient", "id": "p"},
    "Period": SPAN,
    "Timing": {"event": [TIME]},
    "boolean": True,
    "date": "2026-11-21",
    "dateTime": TIME,
    "instant": TIME,
    "BackboneElement": {},
    "Quantity": AMOUNT,
    "Duration": AMOUNT,
    "Age": AMOUNT,
    "Money": {"value": Decimal("5.4"), "currency": "USD"},
    "Range": {"low": AMOUNT, "high": AMOUNT},
    "SampledData": {"origin": AMOUNT, "data": "0 1"},
    "decimal": Decimal("5.4"),
    "integer": 5,
}
SOUNDING = {"HumanName": ("ash bo", "Ashe")}
RANGES = {"Range", "SampledData"}
ASKED = {
    "CodeableConcept": ("c", "urn:s|c", "urn:s|"),
    "Coding": ("c", "urn:s|c", "urn:s|"),
    "Identifier": ("v", "urn:s|v", "urn:s|"),
    "ContactPoint": ("555-0100", "5550100"),
    "HumanName": ("ash", "bo a"),
    "Address": ("salt lake c", "LAKE"),
    "Reference": ("Patient/p",),
    "Resource": ("Patient/p",),
    "Period": ("2026-11",),
    "Timing": ("2026-11-21", "2026-11", "2026"),
    "boolean": ("true",),
    "date": ("2026-11-21", "2026-11", "2026"),
    "dateTime": ("2026-11-21", "2026-11", "2026"),
    "instant": ("2026-11-21", "2026-11", "2026"),
}


def sample(resource_type, source, repeated):
    """Return the smallest resource that has a value where ``source`` reads."""
    kind, *path = source.split(" ")
    kind, _, wanted = kind.partition("=")
    value = FILLED.get(kind, "text")
    if wanted:
        value = {"reference": f"{wanted}/p"}
    for depth in range(len(path), 0, -1):
        name, _, where = path[depth - 1].rstrip("]").partition("[")
        key, _, needed = where.partition("=")
        if needed:
            value = {**value, key: needed}
        plain_path = " ".join(step.partition("[")[0] for step in path[:depth])
        value = {name: [value] if plain_path in repeated else value}
    return {"resourceType": resource_type, "id": "x", **value}


def repeated_in(resource_type):
    """Return the paths that are lists, from the element definitions of the compiled walk."""
    text = compiled_source(resource_type)
    found, stack = set(), {}
    for indented in text.splitlines():
        line = indented.strip()
        depth = (len(indented) - len(line)) // 4
        if ".get(" not in line or not line.startswith(("for v", "if (v")):
            continue
        name = line.split('.get("')[1].split('"')[0]
        stack = {level: step for level, step in stack.items() if level < depth}
        path = " ".join([*(stack[level] for level in sorted(stack)), name])
        stack[depth] = name
        if line.startswith("for"):
            found.add(path)
    return found


def compiled_source(resource_type):
    text = Path(compiled(resource_type).__file__).read_text(encoding="utf-8")
    return text[text.index("def extract") : text.index("def dates")]


@pytest.mark.parametrize("resource_type", ALL)
def test_every_source_of_every_parameter_is_indexed(resource_type):
    """For all of R4: a value put where a parameter reads is read, and leaves its sign."""
    repeated = repeated_in(resource_type)
    main = compiled(resource_type).MAIN_DATE
    for code, one in parameters(resource_type).items():
        for source in one.sources:
            unseen = {"_id", "_lastUpdated"}
            if code in unseen or source == "exists deceased" or one.parts:
                continue
            resource = sample(resource_type, source, repeated)
            row = index(resource)
            sign = token(resource_type, code, hashing.PRESENT)
            shared = token(resource_type, one.stored, hashing.PRESENT)
            assert one.always or {sign, shared} & set(row.tokens), (code, source)
            assert is_said(resource), (code, source)
            if code == next(iter(main), ""):
                assert row.starts is not None, (code, source)
            if code == compiled(resource_type).MAIN_AMOUNT and source.split(" ")[0] not in RANGES:
                assert row.number in {5, 5.4}, (code, source)


@pytest.mark.parametrize("resource_type", ALL)
def test_every_parameter_finds_what_it_reads(resource_type):
    repeated = repeated_in(resource_type)
    for code, one in parameters(resource_type).items():
        if one.uncovered or code in {"_id", "_lastUpdated", "deceased"}:
            continue
        if one.kind in {"number", "quantity", "composite", "special"}:
            continue
        for source in one.sources:
            kind = source.split(" ")[0]
            target = next(iter(one.targets), "Patient")
            resource = sample(
                resource_type, source.replace("Reference ", f"Reference={target} "), repeated
            )
            asked = (SOUNDING if code == "phonetic" else ASKED).get(kind, ("text",))
            if kind.startswith("Reference"):
                target = kind.partition("=")[2] or target
                asked = (f"{target}/p", "p")
            if kind == "Resource":
                asked = ("Patient/p",) if "Patient" in {*one.targets, "Patient" * one.wide} else ()
            for value in asked:
                assert finds(resource, (code, value)), (code, source, value)
            assert finds(resource, (f"{code}:missing", "false")), (code, source)


@pytest.mark.parametrize("resource_type", ALL)
def test_an_empty_resource_has_an_empty_row(resource_type):
    row = index({"resourceType": resource_type, "id": "x"})
    never = token("Patient", "deceased", hashing.ANY_SYSTEM, "false")
    assert set(row.tokens) <= {never}
    assert (row.starts, row.ends) == (None, None)
    assert row.patient == ("x" if resource_type == "Patient" else "")


@pytest.mark.parametrize("resource_type", ALL)
def test_the_main_date_has_one_value(resource_type):
    repeated = repeated_in(resource_type)
    known = parameters(resource_type)
    for code in compiled(resource_type).MAIN_DATE:
        assert known[code].kind == "date"
        for source in known[code].sources:
            path = source.split(" ")[1:]
            assert not {" ".join(path[: n + 1]) for n in range(len(path))} & repeated


EXPECTED_DATES = {
    "Observation": ("date",),
    "Encounter": ("date",),
    "Condition": ("onset-date", "recorded-date"),
    "Procedure": ("date",),
    "DiagnosticReport": ("date",),
    "DocumentReference": ("date",),
    "MedicationRequest": ("authoredon",),
    "Task": ("authored-on",),
    "Communication": ("sent", "received"),
    "ServiceRequest": ("authored",),
    "Appointment": ("date",),
    "CarePlan": ("date",),
    "Patient": ("birthdate",),
    "Immunization": ("date",),
    "Claim": ("created",),
    "Goal": ("start-date",),
    "Coverage": (),
}


@pytest.mark.parametrize(("resource_type", "codes"), EXPECTED_DATES.items())
def test_main_dates(resource_type, codes):
    assert codes == compiled(resource_type).MAIN_DATE


def test_every_type_with_a_date_parameter_has_a_main_date():
    without = {
        resource_type
        for resource_type in ALL
        if not compiled(resource_type).MAIN_DATE
        and any(
            one.kind == "date" and not code.startswith("_")
            for code, one in parameters(resource_type).items()
        )
    }
    assert without == {"Medication", "Substance"}  # only when it expires, which is no event


def test_what_is_not_answered_is_known():
    assert {name.partition(".")[2] for name in uncovered()} == {"_query"}


def named(name):
    resource_type, _, code = name.partition(".")
    return parameters(resource_type)[code]


def test_elements_that_a_parameter_leaves_out_are_known():
    assert unread() == {
        "CarePlan.activity-date": ("string activity detail scheduledString",),
        "Consent.source-reference": ("Attachment sourceAttachment",),
        "Observation.value-quantity": ("SampledData valueSampledData",),
        "Immunization.date": ("string occurrenceString",),
        "Procedure.date": ("string performedString", "Age performedAge", "Range performedRange"),
    }


@pytest.mark.parametrize(
    ("resource", "patient"),
    [
        ({"resourceType": "Task", "for": {"reference": "Patient/a"}}, "a"),
        ({"resourceType": "Task", "focus": {"reference": "Patient/a/_history/2"}}, "a"),
        ({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/a"}}, "a"),
        ({"resourceType": "Encounter", "subject": {"reference": "Group/a"}}, ""),
        ({"resourceType": "Encounter", "subject": {"reference": "http://x.org/Patient/a"}}, ""),
        ({"resourceType": "Encounter", "subject": {"display": "Somebody"}}, ""),
        ({"resourceType": "Device", "patient": {"reference": "Patient/a"}}, "a"),
        ({"resourceType": "Binary", "securityContext": {"reference": "Patient/a"}}, "a"),
        (
            {
                "resourceType": "Communication",
                "subject": {"reference": "Patient/child"},
                "recipient": [{"reference": "Patient/mother"}],
            },
            "child",
        ),
        (
            {
                "resourceType": "Coverage",
                "subscriber": {"reference": "Patient/parent"},
                "beneficiary": {"reference": "Patient/child"},
            },
            "child",
        ),
        (
            {
                "resourceType": "Appointment",
                "participant": [
                    {"actor": {"reference": "Patient/a"}},
                    {"actor": {"reference": "Practitioner/b"}},
                ],
            },
            "a",
        ),
        (
            {
                "resourceType": "Appointment",
                "participant": [
                    {"actor": {"reference": "Patient/a"}},
                    {"actor": {"reference": "Patient/b"}},
                ],
            },
            "",
        ),
    ],
)
def test_whose_a_resource_is(resource, patient):
    assert index({"id": "x", **resource}).patient == patient


def test_the_second_date_fills_in():
    resource = {"resourceType": "Condition", "id": "x", "recordedDate": "2026-11"}
    assert index(resource).starts.isoformat() == "2026-11-01T00:00:00+00:00"
    resource["onsetDateTime"] = "2020"
    assert index(resource).starts.isoformat() == "2020-01-01T00:00:00+00:00"


def test_wrong_shapes_are_refused_with_advice():
    with pytest.raises(InvalidResourceError, match="Validate it first"):
        index({"resourceType": "Patient", "id": "x", "name": "Eve"})
    with pytest.raises(UnsupportedError):
        index({"resourceType": "Pateint", "id": "x"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.decimals(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["coding", "system", "code", "value", "start"]), inner)
    ),
    max_leaves=6,
)
NAMES = ["identifier", "name", "birthDate", "telecom", "meta", "deceasedBoolean", "extension"]


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_shape_does_worse_than_be_refused(parts):
    with contextlib.suppress(InvalidResourceError):
        index({"resourceType": "Patient", "id": "x", **parts})


def synthea():
    files = sorted(data("synthea/r4-2019-ma").glob("*.json.gz"))[::40]
    files += sorted(data("synthea/v3-spezi").glob("*.json*"))[:1]
    for file in files:
        text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        yield from (entry["resource"] for entry in parse(text)["entry"])


def test_real_records_are_indexed_as_the_definitions_say():
    seen = set()
    for resource in synthea():
        seen.add(resource["resourceType"])
        assert is_said(resource), (resource["resourceType"], resource["id"])
    assert {"Patient", "Encounter", "Observation", "Condition"} <= seen
