"""FHIR XML: there and back without loss, and nothing hostile comes in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.fhir.elements import elements, is_known
from handrail.fhir.errors import InvalidResourceError, UnreadableError
from handrail.fhir.r4 import MODULES
from handrail.fhir.validation import faults
from handrail.fhir.xml_reading import to_json
from handrail.fhir.xml_writing import to_xml
from tests.data import data, reference

FOLDERS = ["us-core-8.0.0", "plan-net-1.1.0", "pas-2.2.1", "sdoh-clinicalcare-3.0.0"]
PATIENT = '<Patient xmlns="http://hl7.org/fhir">{}</Patient>'


def exact(text):
    """Return what a JSON text says; numbers as they are written."""
    return json.loads(text, parse_float=lambda said: ("number", said))


def there_and_back(text):
    return exact(to_json(to_xml(text)))


def resources(folder):
    for file in sorted(folder.rglob("*.json")):
        text = file.read_bytes()
        if b'"resourceType"' in text:
            yield file.name, text


@pytest.mark.parametrize("folder", FOLDERS)
def test_published_examples_come_back_equal(folder):
    found = list(resources(data(f"fhir-ig-examples/{folder}")))
    assert found
    different = [name for name, text in found if there_and_back(text) != exact(text)]
    assert different == []


def test_examples_of_the_platform_come_back_equal():
    found = list(resources(reference("sdohcc-3.0.0/examples")))
    assert found
    assert [name for name, text in found if there_and_back(text) != exact(text)] == []


def test_published_xml_is_read_and_valid():
    found = sorted(data("fhir-ig-examples/mcc-ecareplan-xml").glob("*.xml"))
    assert found
    for file in found:
        text = to_json(file.read_bytes())
        assert there_and_back(text) == exact(text), file.name


def test_every_part_of_the_format():
    patient = {
        "resourceType": "Patient",
        "id": "7",
        "text": {
            "status": "generated",
            "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">a<br></br>\n<b class='x'>&lt;</b>"
            "</div>",
        },
        "contained": [{"resourceType": "Organization", "id": "o", "name": "Harbor & Co"}],
        "extension": [{"url": "http://example.org/x", "valueDecimal": ("number", "1.50")}],
        "active": False,
        "_birthDate": {"id": "b", "extension": [{"url": "http://example.org/t"}]},
        "name": [{"given": ["Ada", None], "_given": [None, {"id": "g"}]}],
        "multipleBirthInteger": 0,
        "address": [{"text": 'Line "1"\nLine <2>\t'}],
    }
    text = json.dumps({**patient, "extension": []}).encode()
    text = text.replace(
        b'"extension": [], "active"',
        b'"extension":[{"url":"http://example.org/x","valueDecimal":1.50}],"active"',
    )
    assert there_and_back(text) == patient
    xml = to_xml(text).decode()
    assert 'valueDecimal value="1.50"' in xml
    assert '<contained><Organization><id value="o"/>' in xml
    assert xml.index("<text>") < xml.index("<contained>") < xml.index("<active")


@pytest.mark.parametrize(
    "number", ["0.00000001", "1.0", "-3.250", "1e10", "1.20E-3", "12345678901234567890.123456789"]
)
def test_numbers_keep_their_digits(number):
    text = b'{"resourceType":"Observation","valueQuantity":{"value":%b}}' % number.encode()
    assert number.encode() in to_xml(text)
    assert to_json(to_xml(text)) == text


_words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"),
    min_size=1,
)
_extension = st.fixed_dictionaries({"url": st.just("urn:x")}, optional={"valueString": _words})
_element = st.fixed_dictionaries({"extension": st.lists(_extension, min_size=1, max_size=2)})


@given(
    st.fixed_dictionaries(
        {"resourceType": st.just("Patient")},
        optional={
            "_birthDate": _element,
            "birthDate": _words,
            "active": st.booleans(),
            "multipleBirthInteger": st.integers(-(10**9), 10**9),
            "name": st.lists(
                st.fixed_dictionaries(
                    {"family": _words}, optional={"given": st.lists(_words, min_size=1)}
                ),
                min_size=1,
            ),
        },
    )
)
def test_anything_comes_back_equal(patient):
    text = json.dumps(patient).encode()
    assert there_and_back(text) == patient


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "no xml",
        "<Patient/>",
        '<Toaster xmlns="http://hl7.org/fhir"/>',
        PATIENT.format("<nose/>"),
        PATIENT.format("words"),
        PATIENT.format('<active value="true" colour="red"/>'),
        PATIENT.format('<active value="true">'),
        PATIENT.format("<contained><Patient/><Patient/></contained>"),
        PATIENT.format("<text><div>plain</div></text>"),
        PATIENT.format('<name><family value="&nbsp;"/></name>'),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + PATIENT.format(""),
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + PATIENT.format(""),
        PATIENT.format("<extension>" * 200 + "</extension>" * 200),
        '<?xml version="1.0" encoding="nonsense"?>' + PATIENT.format(""),
    ],
)
def test_what_is_no_resource_is_refused(xml):
    with pytest.raises(UnreadableError) as refused:
        to_json(xml.encode())
    assert refused.value.status == 400
    assert refused.value.faults


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(UnreadableError):
        to_json(b"\xff\xfe\x00")


def test_what_is_wrong_in_a_value_is_left_to_the_validation():
    text = to_json(PATIENT.format('<active value="perhaps"/><gender value="x"/>').encode())
    assert exact(text) == {"resourceType": "Patient", "active": "perhaps", "gender": "x"}
    assert {fault.path for fault in faults(text)} == {"Patient.active", "Patient.gender"}


def test_twice_what_may_be_once_is_told():
    text = to_json(PATIENT.format('<gender value="male"/><gender value="male"/>').encode())
    assert [fault.path for fault in faults(text)] == ["Patient.gender"]


def test_other_encodings():
    xml = '<?xml version="1.0" encoding="{}"?>' + PATIENT.format('<id value="é"/>')
    for encoding in ("utf-8", "iso-8859-1", "utf-16"):
        assert exact(to_json(xml.format(encoding).encode(encoding)))["id"] == "é"


def test_broken_narrative_does_not_break_the_document():
    text = (
        b'{"resourceType":"Basic","text":{"status":"generated","div":"<div>a &nbsp; <br></div>"}}'
    )
    assert "&lt;br&gt;" in exact(to_json(to_xml(text)))["text"]["div"]


def test_unknown_elements_are_not_lost_in_silence():
    with pytest.raises(InvalidResourceError):
        to_xml(b'{"resourceType":"Patient","nose":1}')


def test_the_table_knows_every_type():
    assert all(is_known(kind) for kind in MODULES)
    assert list(elements("Patient"))[:3] == ["id", "meta", "implicitRules"]
    assert elements("Bundle.entry")["resource"].type == "Resource"
    assert elements("Nothing") == {}


def test_what_may_be_once_and_comes_often_does_not_nest():
    many = b'<gender value="x"/>' * 5000
    said = to_json(b'<Patient xmlns="http://hl7.org/fhir">%b</Patient>' % many)
    assert json.loads(said)["gender"] == ["x"] * 5000
