"""Everything that is wrong with a resource is told at once, and nothing is stored."""

from __future__ import annotations

from copy import deepcopy

import pytest

from handrail.access.principal import Principal, Role, system
from handrail.edge.operations.tests.asking import ask, said
from handrail.fhir.errors import GoneError, HandrailError, NotFoundError
from handrail.fhir.profiles.tests.test_faults import GOOD as GOOD_ONES
from handrail.record import store
from handrail.record.statements import count

pytestmark = pytest.mark.django_db

CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
GOOD = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:example:mrn", "value": "1"}],
    "name": [{"family": "Moreno"}],
    "gender": "female",
}
BARE = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Moreno"}]}


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


def issues(answer, *severities):
    assert answer.status == 200
    found = said(answer)
    assert found["resourceType"] == "OperationOutcome"
    wanted = severities or ("error", "warning", "fatal")
    return [
        (*issue.get("expression", [""]), issue["code"])
        for issue in found["issue"]
        if issue["severity"] in wanted
    ]


def parameters(resource=None, **more):
    listed = [{"name": name, "valueCode": value} for name, value in more.items()]
    if resource:
        listed.append({"name": "resource", "resource": resource})
    return {"resourceType": "Parameters", "parameter": listed}


def test_a_good_resource_is_told_to_be_one(by):
    before = count.sent
    answer = ask(by, "Patient/$validate", GOOD, profile=CORE)
    assert issues(answer) == []
    assert f"No faults. Checked against FHIR R4 4.0.1, {CORE}|7.0.0." in str(said(answer))
    assert count.sent == before, "nothing is read or stored"


def test_all_faults_of_r4_are_told_with_their_place(by):
    broken = {**GOOD, "gender": "lady", "shoeSize": [], "birthDate": "yesterday"}
    assert sorted(issues(ask(by, "Patient/$validate", broken))) == [
        ("Patient.birthDate", "value"),
        ("Patient.gender", "code-invalid"),
        ("Patient.shoeSize", "structure"),
    ]


def test_what_profiles_ask_is_told_with_what_r4_asks(by):
    answer = ask(by, "Patient/$validate", {**BARE, "gender": "lady"}, profile=CORE)
    assert set(issues(answer)) == {
        ("Patient.gender", "code-invalid"),
        ("Patient.identifier", "required"),
    }


def test_profiles_are_those_the_resource_claims_unless_some_are_asked_for(by):
    claims = {**BARE, "meta": {"profile": [CORE]}}
    assert len(issues(ask(by, "Patient/$validate", claims))) == 2
    unknown = issues(ask(by, "Patient/$validate", claims, profile="urn:example:unknown"))
    assert unknown == [("Patient.meta.profile", "not-supported")]
    assert issues(ask(by, "Patient/$validate", BARE)) == []


def test_profiles_wait_until_the_shape_is_right(by):
    broken = {**BARE, "name": "Moreno", "meta": {"profile": [CORE]}}
    answer = ask(by, "Patient/$validate", broken)
    assert issues(answer) == [("Patient.name", "structure")]
    assert "Correct the other faults first" in str(said(answer))
    assert issues(ask(by, "Patient/$validate", {**BARE, "meta": "x"})) != []


def test_the_resource_may_come_in_parameters(by):
    answer = ask(by, "Patient/$validate", parameters(BARE, profile=CORE))
    assert len(issues(answer)) == 2


def test_more_than_a_hundred_faults_are_all_listed(by):
    names = [{"use": "wrong"} for _ in range(150)]
    assert len(issues(ask(by, "Patient/$validate", {**GOOD, "name": names}))) == 150


def test_another_type_is_told(by):
    assert issues(ask(by, "Observation/$validate", GOOD)) == [("Patient", "invalid")]


def test_a_stored_resource_is_validated_where_it_is(by):
    store.commit([BARE], by=by, reason="test")
    assert len(issues(ask(by, f"Patient/p1/$validate?profile={CORE}"))) == 2
    assert issues(ask(by, "Patient/p1/$validate")) == []
    with pytest.raises(NotFoundError):
        ask(by, "Patient/p2/$validate")


def test_updates_need_the_same_id(by):
    answer = ask(by, "Patient/p2/$validate?mode=update", GOOD)
    assert issues(answer) == [("Patient.id", "value")]
    anonymous = {key: value for key, value in GOOD.items() if key != "id"}
    answer = ask(by, "Patient/$validate?mode=update", anonymous)
    assert issues(answer) == [("Patient.id", "required")]
    assert issues(ask(by, "Patient/$validate?mode=create", anonymous)) == []


def test_deletions_need_something_to_delete(by):
    store.commit([BARE], by=by, reason="test")
    body = parameters(mode="delete")
    assert issues(ask(by, "Patient/p1/$validate", body)) == []
    assert store.read("Patient/p1", by=by), "it is only asked, not done"
    store.commit([store.Draft(delete="Patient/p1")], by=by, reason="gone")
    with pytest.raises(GoneError):
        ask(by, "Patient/p1/$validate", body)


def test_what_may_not_be_done_is_told(by):
    reader = Principal(
        org=by.org,
        person="Device/app",
        name="An app",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"system/Patient.rs"}),
    )
    assert issues(ask(reader, "Patient/$validate?mode=create", GOOD)) == [("", "forbidden")]


@pytest.mark.parametrize("path", ["Patient/$validate", "Patient/$validate?mode=guess"])
def test_what_cannot_be_understood_is_refused(by, path):
    with pytest.raises(HandrailError) as refused:
        ask(by, path)
    assert refused.value.status == 400


JUNK = [
    *(None, [], {}, "", -1, True, "x", [[]], [None], 1e300),
    *({"coding": "x"}, {"coding": [{"code": []}]}, {"coding": [{"system": {}, "code": {}}]}),
    *({"reference": 5}, [{"url": 5}]),
]


def places(part, path=()):
    """Yield the path of everything within a resource."""
    inside = part.items() if isinstance(part, dict) else enumerate(part)
    for name, one in inside:
        yield (*path, name)
        if isinstance(one, dict | list):
            yield from places(one, (*path, name))


@pytest.mark.parametrize("profile", GOOD_ONES)
def test_no_nonsense_in_any_place_breaks_it(by, profile):
    good = GOOD_ONES[profile]
    for path in places(good):
        for junk in JUNK:
            broken = deepcopy(good)
            place = broken
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = junk
            kind = good["resourceType"]
            assert said(ask(by, f"{kind}/$validate", broken, profile=profile))["issue"]
