"""Who may do what: roles, scopes, relationships. No row is needed for most of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.access import scopes
from handrail.access.database import acting
from handrail.access.decide import NotRelatedError, allows, may_see_patient, require
from handrail.access.models import CareRelationship
from handrail.access.narrowing import narrowed
from handrail.access.principal import Principal, Reach, Role, system
from handrail.access.rights import ACTIONS
from handrail.fhir.errors import BusinessRuleError, ForbiddenError
from handrail.fhir.searching.clauses import Row
from handrail.fhir.searching.query import parse

ANA = Principal(org=1, person="Practitioner/ana", name="Ana")
VERBS = ["read", "search", "create", "update", "delete", *ACTIONS, "anything"]
TYPES = ["Patient", "Condition", "Task", "AuditEvent", "Provenance", "Practitioner", "Nonsense"]


def as_role(*roles: Role) -> Principal:
    return replace(ANA, roles=frozenset(roles))


@pytest.mark.parametrize(
    ("role", "verb", "resource_type", "allowed"),
    [
        (Role.COORDINATOR, "read", "Condition", True),
        (Role.COORDINATOR, "create", "Communication", True),
        (Role.COORDINATOR, "create", "MedicationRequest", False),
        (Role.COORDINATOR, "enroll", "", False),
        (Role.COORDINATOR, "read", "AuditEvent", False),
        (Role.SUPERVISOR, "enroll", "", True),
        (Role.CLINICIAN, "create", "Observation", True),
        (Role.CLINICIAN, "update", "Coverage", False),
        (Role.FRONT_DESK, "read", "Patient", True),
        (Role.FRONT_DESK, "read", "Condition", False),
        (Role.FRONT_DESK, "update", "Appointment", True),
        (Role.FRONT_DESK, "search", "Encounter", False),
        (Role.ADMINISTRATOR, "read", "Patient", False),
        (Role.ADMINISTRATOR, "manage_users", "", True),
        (Role.AUDITOR, "read", "AuditEvent", True),
        (Role.AUDITOR, "read", "Patient", False),
        (Role.SYSTEM, "create", "Immunization", True),
        (Role.SYSTEM, "enroll", "", True),
    ],
)
def test_each_role_has_its_own_work(role, verb, resource_type, allowed):
    assert allows(as_role(role), verb, resource_type) is allowed


@given(st.sampled_from(VERBS), st.sampled_from(TYPES))
def test_without_a_role_nothing_is_allowed(verb, resource_type):
    assert not allows(ANA, verb, resource_type)


@given(st.sampled_from(VERBS), st.sampled_from(TYPES), st.sets(st.sampled_from(list(Role))))
def test_scopes_only_ever_narrow(verb, resource_type, roles):
    key = replace(ANA, roles=frozenset(roles), scopes=frozenset({"system/Task.rs"}))
    if allows(key, verb, resource_type):
        assert resource_type == "Task"
        assert verb in {"read", "search"}
        assert allows(replace(key, scopes=None), verb, resource_type)


def test_a_refusal_says_who_can_do_it_and_who_can_grant_it():
    with pytest.raises(ForbiddenError) as refusal:
        require(as_role(Role.COORDINATOR), "enroll")
    assert "supervisor" in refusal.value.message
    assert "administrator" in refusal.value.message


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("system/Task.rs", "system/Task.rs"),
        ("system/*.cruds", "system/*.cruds"),
        ("user/Patient.read", "user/Patient.rs"),
        ("patient/Observation.*", "patient/Observation.cruds"),
    ],
)
def test_scopes_are_understood_in_both_spellings(written, understood):
    assert scopes.understand([written]) == {understood}


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "system/Task",
        "system/Task.",
        "system/Task.sr",
        "openid",
        "system/Task.rs?chain.code=1",
        "*/*.*",
    ],
)
def test_a_scope_that_is_not_understood_is_refused(wrong):
    with pytest.raises(BusinessRuleError):
        scopes.understand([wrong])


def test_a_key_for_single_patients_reaches_those_alone():
    key = replace(
        ANA,
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"patient/*.rs"}),
        opened=frozenset({"p1"}),
    )
    assert key.reach is Reach.RELATED
    assert replace(key, scopes=frozenset({"system/*.rs"})).reach is Reach.ALL


@pytest.mark.django_db
def test_a_patient_is_seen_by_relation_by_team_by_cover_and_by_opening():
    with acting(system(1, "test", "Test")):
        for person, patient in (("Practitioner/ana", "p1"), ("CareTeam/t", "p2")):
            CareRelationship.objects.create(
                org=1, source="s", patient=patient, person=person, kind="x"
            )
    ana = as_role(Role.COORDINATOR)
    ben = replace(ana, person="Practitioner/ben")
    with acting(ana):
        assert may_see_patient(ana, "p1")
        assert not may_see_patient(ana, "p2")
        require(ana, "read", "Condition", "p1")
        with pytest.raises(NotRelatedError):
            require(ana, "read", "Condition", "p2")
    for wider in (
        replace(ben, teams=("CareTeam/t",), covers=("Practitioner/ana",)),
        replace(ben, opened=frozenset({"p1", "p2"})),
    ):
        with acting(wider):
            assert may_see_patient(wider, "p1")
            assert may_see_patient(wider, "p2")
    assert may_see_patient(as_role(Role.SUPERVISOR), "p3")
    assert not may_see_patient(as_role(Role.ADMINISTRATOR), "p1")


def test_a_key_for_several_patients_searches_those_alone():
    key = replace(
        ANA,
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"patient/Task.rs"}),
        opened=frozenset({"p1", "p2"}),
    )
    one = narrowed(parse("Task", []), replace(key, opened=frozenset({"p1"})))
    assert one.patient == "p1"
    several = narrowed(parse("Task", []), key)
    of = {"resourceType": "Task", "for": {"reference": "Patient/p2"}}
    assert all(clause.matches(Row("t", None, of)) for clause in several.clauses)
    nobodys = {"resourceType": "Task"}
    assert not all(clause.matches(Row("t", None, nobodys)) for clause in several.clauses)
    elsewhere = narrowed(parse("Task", [("patient", "p3")]), key)
    assert not all(clause.matches(Row("t", None, of)) for clause in elsewhere.clauses)


def test_whole_types_cost_a_search_nothing():
    query = parse("Task", [])
    assert narrowed(query, ANA) is query
    assert narrowed(query, replace(ANA, scopes=frozenset({"system/*.rs"}))) is query
