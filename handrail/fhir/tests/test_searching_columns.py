"""The columns beside the tokens: amounts in base units, the lists of Tasks, when they are due."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.fhir.searching import lists, ucum
from handrail.fhir.searching.extract import index
from handrail.fhir.searching.query import parse

UCUM = "http://unitsofmeasure.org"


def observation(value, code, system=UCUM):
    quantity = {"value": value, "system": system, "code": code}
    return {"resourceType": "Observation", "id": "o", "valueQuantity": quantity}


@pytest.mark.parametrize(
    ("code", "base", "one"),
    [
        ("mg/dL", "g.m-3", "10"),
        ("mm[Hg]", "g.m-1.s-2", "133322.387415"),
        ("10*3/uL", "m-3", "1E+12"),
        ("mL/min/{1.73_m2}", "m3.s-1", None),
        ("/wk", "s-1", None),
        ("Cel", "K", "274.15"),
        ("[degF]", "K", None),
        ("{score}", "1", "1"),
        ("%", "1", "0.01"),
        ("kU/L", "U.m-3", "1000000"),
        ("[in_i]", "m", "0.0254"),
        ("cm[H2O]", "g.m-1.s-2", "98066.5"),
        ("(kg/(m2))", "g.m-2", "1000"),
        ("a", "s", "31557600"),
    ],
)
def test_units_come_to_base_units(code, base, one):
    known = ucum.unit(code)
    assert known.base == base
    assert one is None or known.canonical(Decimal(1)) == Decimal(one)


@pytest.mark.parametrize(
    "code", ["(score)", "m//s", "pounds", "", "((((((m))))))", "(m", "m)", "x" * 70]
)
def test_what_is_no_known_unit(code):
    assert ucum.unit(code) is None


@given(st.text(alphabet="mgkdLs/.()[]{}10*^-2 ", max_size=30))
def test_no_unit_breaks_the_reader(code):
    known = ucum.unit(code)
    assert known is None or known.factor.is_finite()


def test_the_same_amount_in_other_units():
    milligram, gram = (
        index(observation(Decimal("5.4"), "mg")),
        index(observation(Decimal("0.0054"), "g")),
    )
    assert (milligram.number, gram.number) == (5.4, 0.0054)
    assert milligram.amount == gram.amount
    assert index(observation(5, "drops", "urn:x")).amount is None
    assert index(observation(5, "no such")).amount is None


TASK = {
    "resourceType": "Task",
    "id": "t",
    "status": "requested",
    "owner": {"reference": "CareTeam/a/_history/3"},
    "restriction": {"period": {"end": "2026-11-24"}},
}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([("owner", "CareTeam/a"), ("status", "requested")], 1),
        ([("owner", "CareTeam/a"), ("status", "http://hl7.org/fhir/task-status|requested")], 1),
        ([("owner", "CareTeam/a,CareTeam/b"), ("status", "requested,accepted")], 4),
        ([("owner:CareTeam", "a")], 12),
        ([("owner", "CareTeam/a"), ("status:not", "completed")], 12),
        ([("owner", "a"), ("status", "requested")], 8),
    ],
)
def test_a_task_is_on_the_list_of_its_owner(asked, found):
    query = parse("Task", asked)
    assert len(query.listed) == found
    assert index(TASK).listed in query.listed


@pytest.mark.parametrize(
    "asked",
    [
        [("status", "requested")],
        [("owner:identifier", "a"), ("status", "requested")],
        [("owner:missing", "false")],
        [("owner", ",".join(f"a{n}" for n in range(20)))],
    ],
)
def test_no_shorter_way_by_lists(asked):
    assert parse("Task", asked).listed == ()


def test_nobody_has_a_list_too():
    nobody = {"resourceType": "Task", "id": "t", "status": "requested"}
    query = parse("Task", [("owner:missing", "true"), ("status", "requested")])
    assert query.listed == (index(nobody).listed,)
    assert index({**nobody, "owner": {"display": "Somebody"}}).listed is None
    assert len(lists.STATUSES) == len(set(lists.STATUSES)) == 12


def test_a_task_is_due_when_its_restriction_ends():
    assert index(TASK).due.isoformat() == "2026-11-24T00:00:00+00:00"
    assert index({"resourceType": "Task", "id": "t"}).due is None
    assert [one.column for one in parse("Task", [("_sort", "-due,_id")]).sort] == ["due", "id"]
