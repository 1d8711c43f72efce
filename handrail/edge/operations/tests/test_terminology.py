"""Value sets are expanded, codes looked up and judged, as far as they are kept here."""

from __future__ import annotations

import pytest

from handrail.access.principal import Principal, Role, system
from handrail.edge.operations.tests.asking import ask, said
from handrail.fhir.errors import ForbiddenError, HandrailError
from handrail.fhir.validation import validate
from handrail.record import store

pytestmark = pytest.mark.django_db

NEEDS = "urn:example:needs"
SYSTEM = {
    "resourceType": "CodeSystem",
    "id": "needs",
    "url": NEEDS,
    "version": "2",
    "name": "Needs",
    "status": "active",
    "content": "complete",
    "concept": [
        {
            "code": "housing",
            "display": "Housing",
            "definition": "A place to live",
            "designation": [{"language": "es", "value": "Vivienda"}],
            "concept": [
                {"code": "none", "display": "Has no home"},
                {
                    "code": "cold",
                    "display": "Home is cold",
                    "property": [{"code": "inactive", "valueBoolean": True}],
                },
            ],
        },
        {"code": "food", "display": "Food"},
    ],
}
SET = {
    "resourceType": "ValueSet",
    "id": "all",
    "url": "urn:example:all",
    "status": "active",
    "compose": {"include": [{"system": NEEDS}]},
}


@pytest.fixture
def by(org):
    principal = system(org.id, "test", "A test")
    store.commit([SYSTEM, SET], by=principal, reason="test")
    return principal


def codes(answer):
    return [one["code"] for one in said(answer)["expansion"].get("contains", ())]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", ["housing", "none", "cold", "food"]),
        ("filter=hom", ["none", "cold"]),
        ("filter=HOME has", ["none"]),
        ("filter=vivienda", ["housing"]),
        ("activeOnly=true", ["housing", "none", "food"]),
        ("count=2", ["housing", "none"]),
        ("count=2&offset=3", ["food"]),
        ("count=0", []),
        ("filter=nothing", []),
    ],
)
def test_a_value_set_is_expanded(by, asked, expected):
    answer = ask(by, f"ValueSet/all/$expand?{asked}")
    validate(answer.body, "ValueSet")
    assert codes(answer) == expected
    assert codes(ask(by, f"ValueSet/$expand?url=urn:example:all&{asked}")) == expected


def test_an_expansion_says_how_many_there_are_and_what_was_asked(by):
    expansion = said(ask(by, "ValueSet/all/$expand?filter=o&count=1&includeDesignations=true"))
    expansion = expansion["expansion"]
    assert (expansion["total"], expansion["offset"]) == (4, 0)
    assert expansion["contains"][0]["designation"] == [{"language": "es", "value": "Vivienda"}]
    assert {"name": "filter", "valueString": "o"} in expansion["parameter"]


def test_a_value_set_may_be_sent_along(by):
    chosen = [{"property": "concept", "op": "descendent-of", "value": "housing"}]
    own = {
        "resourceType": "ValueSet",
        "status": "draft",
        "compose": {"include": [{"system": NEEDS, "filter": chosen}]},
    }
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "valueSet", "resource": own},
            {"name": "activeOnly", "valueBoolean": True},
        ],
    }
    assert codes(ask(by, "ValueSet/$expand", body)) == ["none"]
    assert codes(ask(by, "ValueSet/$expand", own)) == ["none", "cold"]
    with pytest.raises(HandrailError) as refused:
        ask(by, "ValueSet/$expand", {**own, "compose": {"include": "all"}})
    assert refused.value.status == 422


def test_too_many_codes_are_refused_unless_asked_for_in_pages(by):
    many = [{"code": f"c{n}"} for n in range(1500)]
    store.commit([{**SYSTEM, "concept": many}], by=by, reason="many")
    with pytest.raises(HandrailError, match="filter") as refused:
        ask(by, "ValueSet/all/$expand")
    assert (refused.value.code, refused.value.status) == ("too-costly", 422)
    assert codes(ask(by, "ValueSet/all/$expand?count=1000&offset=1490"))[-1] == "c1499"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("ValueSet/$expand", 400),
        ("ValueSet/$expand?url=urn:example:nothing", 404),
        ("ValueSet/$expand?url=urn:example:all&valueSetVersion=9", 404),
        ("ValueSet/nothing/$expand", 404),
        ("ValueSet/all/$expand?count=-2", 400),
        ("ValueSet/all/$expand?activeOnly=yes", 400),
        (f"ValueSet/all/$expand?filter={'a+' * 11}", 400),
        ("ValueSet/all/$expand?system-version=x", 400),
        ("CodeSystem/$lookup", 400),
        ("CodeSystem/$lookup?code=food", 400),
        ("CodeSystem/$lookup?code=x&system=urn:example:needs", 404),
        ("CodeSystem/$lookup?code=food&system=urn:example:nothing", 404),
        ("CodeSystem/$lookup?code=food&system=urn:example:needs&version=1", 404),
        ("CodeSystem/$subsumes?codeA=x&codeB=y&system=urn:example:needs", 404),
        ("CodeSystem/$subsumes?codeA=food&system=urn:example:needs", 400),
        ("ValueSet/all/$validate-code", 400),
    ],
)
def test_what_cannot_be_answered_is_refused(by, path, status):
    with pytest.raises(HandrailError) as refused:
        ask(by, path)
    assert refused.value.status == status


def test_a_code_is_looked_up(by):
    answer = ask(by, f"CodeSystem/$lookup?system={NEEDS}&code=housing")
    validate(answer.body, "Parameters")
    listed = said(answer)["parameter"]
    assert {"name": "display", "valueString": "Housing"} in listed
    assert {"name": "version", "valueString": "2"} in listed
    parts = [one["part"] for one in listed if one["name"] == "property"]
    assert [part[1]["valueCode"] for part in parts] == ["cold", "none"]
    coding = {"name": "coding", "valueCoding": {"system": NEEDS, "code": "cold"}}
    wanted = {"name": "property", "valueCode": "inactive"}
    body = {"resourceType": "Parameters", "parameter": [coding, wanted]}
    parts = [one["part"] for one in said(ask(by, "CodeSystem/$lookup", body))["parameter"][3:]]
    assert parts == [
        [{"name": "code", "valueCode": "inactive"}, {"name": "value", "valueBoolean": True}]
    ]
    assert said(ask(by, "CodeSystem/needs/$lookup?code=food"))["parameter"]


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ("housing", "cold", "subsumes"),
        ("cold", "housing", "subsumed-by"),
        ("cold", "cold", "equivalent"),
        ("cold", "none", "not-subsumed"),
    ],
)
def test_one_code_may_be_below_another(by, first, second, outcome):
    answer = ask(by, f"CodeSystem/$subsumes?system={NEEDS}&codeA={first}&codeB={second}")
    assert said(answer)["parameter"] == [{"name": "outcome", "valueCode": outcome}]


@pytest.mark.parametrize(
    ("asked", "result"),
    [
        (f"system={NEEDS}&code=food", True),
        (f"system={NEEDS}&code=food&display=food", True),
        (f"system={NEEDS}&code=housing&display=Vivienda", True),
        (f"system={NEEDS}&code=food&display=Rides", False),
        ("system=urn:other&code=food", False),
        ("code=food", True),
        ("code=rides", False),
    ],
)
def test_a_code_is_judged(by, asked, result):
    answer = said(ask(by, f"ValueSet/all/$validate-code?{asked}"))["parameter"]
    assert answer[0] == {"name": "result", "valueBoolean": result}
    assert result or answer[1]["valueString"]


def test_one_of_several_codings_is_enough(by):
    concept = {"coding": [{"system": "urn:x", "code": "1"}, {"system": NEEDS, "code": "food"}]}
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "url", "valueUri": "urn:example:all"},
            {"name": "codeableConcept", "valueCodeableConcept": concept},
        ],
    }
    assert said(ask(by, "ValueSet/$validate-code", body))["parameter"][0]["valueBoolean"] is True


def test_definitions_need_a_scope_too(by):
    app = Principal(
        org=by.org,
        person="Device/app",
        name="An app",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"system/Patient.rs"}),
    )
    for path in ("ValueSet/all/$expand", f"CodeSystem/$lookup?system={NEEDS}&code=food"):
        with pytest.raises(ForbiddenError):
            ask(app, path)
