"""JSON Patch and FHIRPath Patch, by the published tests and some of our own."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from handrail.fhir import text
from handrail.fhir.errors import TooLargeError
from handrail.fhir.patching import fhirpath_patch, json_patch
from handrail.fhir.patching.errors import PatchError, UnreadablePatchError
from handrail.fhir.xml_reading import to_json
from tests.data import reference

KNOWN_FAILURES: dict[str, str] = {}
"""Published cases that do not pass, by name, and why."""
ERRORS = (PatchError, UnreadablePatchError)


def test_the_published_cases_of_json_patch():
    cases = json.loads(reference("tests/json-patch-tests.json").read_bytes())
    for case in cases:
        patch = json.dumps(case["patch"]).encode()
        if not isinstance(case["doc"], dict):
            continue
        if "error" in case:
            with pytest.raises(ERRORS):
                json_patch.apply(case["doc"], patch)
        else:
            assert json_patch.apply(case["doc"], patch) == case["expected"], case["comment"]


def _between(part, case):
    return re.search(rf"<{part}>(.*?)</{part}>", case, re.DOTALL)[1].encode()


def _narrative(said):
    """Return the text with one spelling of quotes in narratives; the cases have two."""
    return said.replace(b"&quot;", b'\\"')


def _cases():
    whole = reference("tests/fhir-patch-tests.xml").read_text()
    for case in re.findall(r"<case .*?</case>", whole, re.DOTALL):
        name = re.search(r'name="([^"]*)"', case)[1]
        mode = re.search(r'mode="([^"]*)"', case)[1]
        parts = {
            part: _narrative(to_json(_between(part, case)))
            for part in ("input", "diff", "output")
            if f"<{part}>" in case  # one that is to be refused has no output
        }
        yield name, mode, parts


def test_the_published_cases_of_fhirpath_patch():
    failed, count = [], 0
    for name, _, parts in _cases():
        count += 1
        try:
            done = fhirpath_patch.apply(text.parse(parts["input"]), text.parse(parts["diff"]))
        except ERRORS as error:
            done = error.message
        if done != ("output" in parts and text.parse(parts["output"])) and not (
            isinstance(done, str) and "output" not in parts
        ):
            failed.append((name, done))
    assert count > 20
    assert {name for name, _ in failed} == set(KNOWN_FAILURES), failed


def patient():
    return text.parse(
        b'{"resourceType":"Patient","active":true,"name":[{"given":["Ada","B"],"family":"Moreno"},'
        b'{"use":"old","text":"A"}],"extension":[{"url":"urn:w","valueDecimal":1.50}],'
        b'"birthDate":"1950-04-01","_birthDate":{"id":"b"}}'
    )


def operation(kind, path, **more):
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    for name, value in more.items():
        parts.append({"name": name, **(value if isinstance(value, dict) else _plain(value))})
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


def _plain(value):
    return {"valueInteger": value} if isinstance(value, int) else {"valueString": value}


def together(*operations):
    return {"parameter": [part for one in operations for part in one["parameter"]]}


def patched(*operations):
    done = patient()
    for one in operations:
        done = fhirpath_patch.apply(done, one)
    return done


def test_numbers_keep_their_digits():
    added = operation(
        "add",
        "Patient",
        name="extension",
        value={"valueExtension": {"url": "urn:x", "valueDecimal": Decimal("2.00")}},
    )
    assert b'1.50},{"url":"urn:x","valueDecimal":2.00}' in text.write(patched(added))
    patch = b'[{"op":"add","path":"/extension/-","value":{"url":"urn:x","valueDecimal":3.0}}]'
    assert b'"valueDecimal":3.0}]' in text.write(json_patch.apply(patient(), patch))


def test_choices_change_their_type():
    one = operation("add", "Patient", name="deceased", value={"valueBoolean": False})
    other = operation("replace", "Patient.deceased", value={"valueDateTime": "2020-01-01"})
    assert patched(one)["deceasedBoolean"] is False
    done = patched(one, other)
    assert done["deceasedDateTime"] == "2020-01-01"
    assert "deceasedBoolean" not in done
    with pytest.raises(PatchError):
        patched(one, one)


def test_paths_that_lead_to_elements():
    for path in (
        "Patient.name[1].text",
        "Patient.name.where(use = 'old').text",
        "name.last().text",
        "%resource.name.skip(1).first().text",
        "Patient.name.tail().single().text",
    ):
        done = patched(operation("replace", path, value="Z"))
        assert done["name"][1]["text"] == "Z", path
    done = patched(operation("replace", "Patient.name[0].given[1]", value="C"))
    assert done["name"][0]["given"] == ["Ada", "C"]
    done = patched(operation("delete", "Patient.extension('urn:w')"))
    assert "extension" not in done
    done = patched(operation("delete", "Patient.extension.value.ofType(decimal)"))
    assert done["extension"] == [{"url": "urn:w"}]


def test_extensions_of_values():
    extension = {"valueExtension": {"url": "urn:t", "valueString": "x"}}
    done = patched(operation("add", "Patient.birthDate", name="extension", value=extension))
    assert done["_birthDate"] == {"id": "b", "extension": [extension["valueExtension"]]}
    done = patched(operation("add", "Patient.name[0].given[1]", name="extension", value=extension))
    assert done["name"][0]["_given"] == [None, {"extension": [extension["valueExtension"]]}]


def test_lists():
    moved = operation("move", "Patient.name", source=1, destination=0)
    assert patched(moved)["name"][0]["use"] == "old"
    inserted = operation("insert", "Patient.name[0].given", index=1, value="X")
    assert patched(inserted)["name"][0]["given"] == ["Ada", "X", "B"]
    into_nothing = operation(
        "insert", "Patient.telecom", index=0, value={"valueContactPoint": {"value": "1"}}
    )
    assert patched(into_nothing)["telecom"] == [{"value": "1"}]


@pytest.mark.parametrize(
    "one",
    [
        operation("replace", "Patient.name.text", value="Z") | {"parameter": [{"name": "x"}]},
        operation("explode", "Patient.name"),
        operation("delete", "Patient.name"),
        operation("delete", "Patient"),
        operation("replace", "Patient.gender", value="male"),
        operation("replace", "Patient.name[0].family"),
        operation("add", "Patient", name="nose", value="x"),
        operation("add", "Patient", name="birthDate", value="1950-01-01"),
        operation("insert", "Patient.name", index=9, value={"valueHumanName": {}}),
        operation("insert", "Patient.gender", index=0, value="male"),
        operation("move", "Patient.name", source=0, destination=5),
        operation("delete", "Patient.name.where(resolve().x)"),
        operation("delete", "Patient.name.where(family.matches('(a+)+$'))"),
        operation("delete", "Patient.name.where(%%)"),
        operation("delete", "Patient.name.where("),
        operation("delete", "Patient.name.descendants()"),
        operation("delete", ""),
        operation("delete", "a" * 2000),
    ],
)
def test_what_does_not_fit_is_refused(one):
    with pytest.raises(ERRORS) as refused:
        patched(one)
    assert refused.value.status in (400, 422)


GROWS = "'a'" + ".replace('', 'aaaaaaaaaa')" * 9 + " = use"


@pytest.mark.parametrize(
    "criteria",
    [
        GROWS,  # gigabytes of text from three hundred characters
        GROWS.replace("replace", "`replace`"),
        GROWS.replace("replace(", "replace/**/("),
        r"'\' = use or 'a'.replace(use, '' + '')",
        "%resource.name.where(%resource.name.where(use = 'old').exists()).exists()",
        "descendants().select(descendants()).exists()",
        "repeat(children()).exists()",
        "(" * 60 + "true" + ")" * 200,
        "use = " + "(" * 300,
        "a" + ".a" * 200,
    ],
)
def test_no_criteria_take_long_or_much(criteria):
    with pytest.raises(UnreadablePatchError):  # before it is evaluated, so at once
        patched(operation("delete", f"Patient.name.where({criteria})"))


@pytest.mark.parametrize(
    "criteria",
    [
        "use = 'old' and text.exists()",
        "text.startsWith('O') or (use = 'none').not()",
        "given.where($this = 'x').empty() and use in ('old' | 'temp')",
    ],
)
def test_criteria_compare_what_is_below(criteria):
    resource = {"resourceType": "Patient", "name": [{"use": "old", "text": "Old"}]}
    named = operation("delete", f"Patient.name.where({criteria})")
    assert fhirpath_patch.apply(resource, together(named)) == {"resourceType": "Patient"}


def test_a_patch_compares_so_much_and_no_more():
    many = {"resourceType": "Patient", "name": [{"use": "old"}] * 2000}
    one = operation("delete", "Patient.name.where(use = 'none')")
    fhirpath_patch.apply(many, together(*[one] * 3))
    with pytest.raises(TooLargeError):
        fhirpath_patch.apply(many, together(*[one] * 6))
    paths = [f"Patient.name.where(use = '{number:150}')" for number in range(30)]
    with pytest.raises(TooLargeError):
        fhirpath_patch.apply(patient(), together(*[operation("delete", path) for path in paths]))
    wide = {"resourceType": "Patient", "name": [{"use": "old"}] * 20_000}
    with pytest.raises(TooLargeError):
        fhirpath_patch.apply(wide, operation("delete", "Patient.name.first()"))


@pytest.mark.parametrize("parts", [1, "ab", {"a": "b"}, [1], [{"name": ["type"]}], [[]]])
def test_parts_of_another_shape_are_refused(parts):
    with pytest.raises(UnreadablePatchError):
        fhirpath_patch.apply(
            {"resourceType": "Patient"}, {"parameter": [{"name": "operation", "part": parts}]}
        )
    with pytest.raises(UnreadablePatchError):
        fhirpath_patch.apply(
            {"resourceType": "Patient"}, {"parameter": parts if parts != [1] else 7}
        )


def test_deleting_nothing_is_done_already():
    assert patched(operation("delete", "Patient.gender")) == patient()


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"op":"x"}]',
        b'[{"op":"add"}]',
        b'[{"op":"remove","path":"/nose"}]',
        b'[{"op":"test","path":"/active","value":false}]',
        b'[{"op":"replace","path":"","value":1}]',
        b'[{"op":"add","path":"/name/9","value":1}]',
        b'[{"op":"add","path":"name","value":1}]',
        b'[{"op":"move","from":"/a","path":"/b"}]',
        b'[{"op":"add","path":"/active/x","value":1}]',
        b'[{"op":"add","path":5,"value":1}]',
        b'[{"op":["x"],"path":"/a"}]',
    ],
)
def test_json_patches_that_are_none(patch):
    with pytest.raises(ERRORS):
        json_patch.apply(patient(), patch)


def test_patches_do_not_grow_without_end():
    grow = b",".join(b'{"op":"copy","from":"/name","path":"/name/-"}' for _ in range(60))
    with pytest.raises(TooLargeError):
        json_patch.apply(patient(), b"[%b]" % grow)
    with pytest.raises(TooLargeError):
        json_patch.apply(patient(), b"[%b]" % b",".join([b'{"op":"x"}'] * 1001))


def test_a_value_that_nests_without_end_is_refused():
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    with pytest.raises(UnreadablePatchError):
        json_patch.apply(patient(), b'[{"op":"add","path":"/name/0/x","value":%b}]' % deep)
