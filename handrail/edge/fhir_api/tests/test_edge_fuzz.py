"""Whatever is sent as a patch or as XML, the answer is an answer, never a failure of ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.fhir.errors import HandrailError
from handrail.fhir.patching import fhirpath_patch, json_patch
from handrail.fhir.shortening import shape_of, shorten
from handrail.fhir.validation import validate
from handrail.fhir.xml_reading import to_json

PATHS = ["/name", "/name/0/given/-", "/nose", "", "/", "/name/x", "/active", "/name/0", "name"]
FHIRPATHS = [
    "Patient",
    "Patient.name",
    "Patient.name[0].given",
    "Patient.name[0].given[0]",
    "name.where(family = 'x')",
    "Patient.active.extension",
    "Patient.name.first().skip(1)",
    "..",
    "Patient.name[99999999]",
]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def patient():
    return {"resourceType": "Patient", "active": True, "name": [{"given": ["A", None]}]}


_operations = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"])},
        optional={
            "path": st.sampled_from(PATHS) | _json,
            "from": st.sampled_from(PATHS) | _json,
            "value": _json,
        },
    ),
    max_size=4,
)
_part = st.fixed_dictionaries(
    {"name": st.sampled_from(["type", "path", "name", "value", "index", "source", "destination"])},
    optional={
        "valueString": st.sampled_from(
            [*FHIRPATHS, "add", "insert", "delete", "replace", "move", "name", "given", "deceased"]
        ),
        "valueInteger": st.integers(-1, 3),
        "valueHumanName": _json,
        "part": _json,
        "resource": _json,
    },
)
_parameter = st.fixed_dictionaries(
    {"name": st.just("operation"), "part": st.lists(_part, max_size=6)}
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def refused(error):
    assert 400 <= error.status < 500


@quick
@given(_operations)
def test_json_patches(operations):
    try:
        made = json_patch.apply(patient(), json.dumps(operations).encode())
    except HandrailError as error:
        refused(error)
    else:
        assert isinstance(made, dict)


@quick
@given(st.lists(_parameter, max_size=3) | _json)
def test_fhirpath_patches(parameters):
    sent = {"resourceType": "Parameters", "parameter": parameters}
    try:
        validate(json.dumps(sent).encode())  # as the API does before
        made = fhirpath_patch.apply(patient(), sent)
    except HandrailError as error:
        refused(error)
    else:
        assert isinstance(made, dict)


@quick
@given(
    st.lists(
        st.sampled_from(
            [
                '<Patient xmlns="http://hl7.org/fhir">',
                "</Patient>",
                "<name>",
                "</name>",
                '<div xmlns="http://www.w3.org/1999/xhtml">',
                "</div>",
                "<text>",
                "</text>",
                '<active value="true"/>',
                "<contained>",
                "</contained>",
                "<!-- x -->",
                "<?x y?>",
                "&amp;",
                "]]>",
                "\x00",
                "é",
            ]
        ),
        max_size=12,
    )
)
def test_xml(pieces):
    try:
        made = to_json("".join(pieces).encode())
    except HandrailError as error:
        refused(error)
    else:
        assert made.startswith(b"{")


@pytest.mark.parametrize("summary", ["true", "text", "data", ""])
@pytest.mark.parametrize("body", [b"{}", b'{"resourceType":"X"}', b'{"resourceType":"Patient"}'])
def test_shortening_odd_bodies(summary, body):
    assert shorten(body, shape_of(summary, ["name"])).startswith(b"{")
