"""Finding and changing people, against a real PostgreSQL."""

from __future__ import annotations

import pytest
from django.db import connection

from handrail.access.database import acting
from handrail.access.models import AuditEntry, CareRelationship
from handrail.access.principal import system
from handrail.duties.registration import actions
from handrail.duties.registration.models import Person, PersonKey
from handrail.duties.registration.rules.details import Details, Permission, PhoneEdit
from handrail.duties.registration.rules.question import understand
from handrail.fhir.errors import ForbiddenError, VersionConflictError
from handrail.record import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def desk(principal_for):
    return principal_for("front-desk")


@pytest.fixture
def coordinator(principal_for):
    return principal_for("coordinator")


MARIA = Details(
    given="María Elena", family="Álvarez", birth_date="1954-02-14",
    phones=[PhoneEdit("617-555-0142")], mrn="100200",
)  # fmt: skip


def details(**more):
    fields = {name: getattr(MARIA, name) for name in Details.__dataclass_fields__}
    return Details(**{**fields, **more})


def test_somebody_new_is_found_at_once(desk):
    identity = actions.register(MARIA, by=desk)
    for text in ("maria alv", "1954-02-14", "(617) 555-0142", "100200", "alvarez 1954"):
        assert [p.patient for p in actions.find(text, by=desk).people] == [identity]
    assert [p.patient for p in actions.find("alvares", by=desk).similar] == [identity]
    assert actions.find("nobody", by=desk) == actions.Found()


def test_what_somebody_looked_at_is_written_down_and_what_they_typed_is_not(desk, clock):
    identity = actions.register(MARIA, by=desk)
    actions.find("alvarez", by=desk)
    with acting(clock):
        entry = AuditEntry.objects.filter(what="search Patient").last()
    assert entry.patients == [identity]
    assert "alvarez" not in entry.detail


def test_a_second_record_of_one_person_is_not_made_by_accident(desk, coordinator):
    first = actions.register(MARIA, by=desk)
    again = details(family="Alvarez Ruiz", given="Maria")
    with pytest.raises(actions.PossibleDuplicateError) as refused:
        actions.register(again, by=desk)
    assert [(d.patient, d.person.name) for d in refused.value.found] == [
        (first, "Álvarez, María Elena")
    ]
    with pytest.raises(actions.PossibleDuplicateError) as refused:
        actions.register(again, by=coordinator)
    assert [(d.patient, d.person) for d in refused.value.found] == [(first, None)]
    assert actions.register(again, by=desk, another_person=True) != first
    assert actions.register(details(birth_date="1954-02-15"), by=desk)


def test_a_coordinator_can_go_on_with_somebody_they_registered(coordinator):
    identity = actions.register(MARIA, by=coordinator)
    assert actions.see(identity, by=coordinator)[1].mrn == "100200"
    assert [p.patient for p in actions.find("alvarez", by=coordinator).people] == [identity]


def test_people_outside_the_care_relationship_are_not_found_by_browsing(desk, coordinator, clock):
    identity = actions.register(MARIA, by=desk)
    for text in ("alvarez", "maria alvarez", "1954-02-14", "100200", "alv maria 1954-02-14"):
        assert actions.find(text, by=coordinator) == actions.Found()
    found = actions.find("maria alvarez 2/14/1954", by=coordinator)
    assert (found.people, found.outside) == ((), (identity,))
    with acting(clock):
        asked = AuditEntry.objects.get(what="directory")
    assert (asked.person, asked.patients) == (coordinator.person, [identity])


def test_those_who_may_not_register_are_refused(principal_for):
    for role in ("auditor", "administrator", "clinician"):
        with pytest.raises(ForbiddenError):
            actions.register(MARIA, by=principal_for(role))


def test_details_are_saved_once_and_a_stale_save_overwrites_nothing(desk):
    identity = actions.register(MARIA, by=desk)
    stored, _ = actions.see(identity, by=desk)
    done = actions.change_details(
        identity, details(language="es", interpreter="yes"), by=desk, if_match=stored.version
    )
    assert done.transaction
    with pytest.raises(VersionConflictError):
        actions.change_details(identity, details(mrn="7"), by=desk, if_match=stored.version)
    _, view = actions.see(identity, by=desk)
    assert (view.language, view.interpreter, view.mrn) == ("es", "yes", "100200")
    store.undo(done.transaction, by=desk)
    assert actions.see(identity, by=desk)[1].interpreter == "unknown"


def test_whom_we_may_talk_to_is_kept_changed_and_taken_back(desk):
    identity = actions.register(MARIA, by=desk)
    ana = Permission(name="Ana Álvarez", relationship="DAU", scope="all", ends_on="2099-06-01")
    added = actions.permit(identity, ana, by=desk).stored[0]
    (seen,) = actions.people_of(identity, by=desk)
    assert seen.may_talk(actions.today(desk))
    less = Permission(name="Ana Álvarez", relationship="DAU", scope="appointments")
    actions.permit(identity, less, by=desk, related=added.id, if_match=added.version)
    assert actions.people_of(identity, by=desk)[0].scope == "appointments"
    actions.revoke(identity, added.id, by=desk, if_match=added.version + 1)
    assert not actions.people_of(identity, by=desk)[0].may_talk(actions.today(desk))
    other = actions.register(details(birth_date="1960-01-01"), by=desk)
    with pytest.raises(ForbiddenError, match="another patient"):
        actions.revoke(other, added.id, by=desk, if_match=3)


def test_a_death_is_recorded_and_can_be_taken_back(desk):
    identity = actions.register(MARIA, by=desk)
    actions.record_death(identity, "2026-11-01", by=desk, if_match=1)
    assert actions.find("alvarez", by=desk).people[0].deceased
    actions.take_back_death(identity, by=desk, if_match=2)
    assert not actions.find("alvarez", by=desk).people[0].deceased


def test_a_record_merged_into_another_is_found_no_more(clock):
    gone = {
        "resourceType": "Patient", "id": "gone", "name": [{"family": "Merged"}],
        "link": [{"other": {"reference": "Patient/kept"}, "type": "replaced-by"}],
    }  # fmt: skip
    store.commit([gone], by=clock, reason="test")
    assert not actions.find("merged", by=clock).people


def test_every_search_among_thousands_uses_the_index(org, coordinator, clock):
    """For a coordinator too: only leakproof operators reach an index under row-level security."""
    with acting(clock):
        people, keys, ties = [], [], []
        for n in range(3000):
            identity = f"p{n:05}"
            name = "fam" + "".join(chr(97 + int(digit)) for digit in f"{n:05}")
            people.append(
                Person(
                    org=org.id, source=identity, patient=identity, name=name, sort_name=name,
                    birth_date="1950-01-01", born="1950-01-01", gender="", mrn=str(n), phone="",
                    message="", language="", interpreter="unknown", deceased=False,
                )
            )  # fmt: skip
            found_by = (f"n{name}", f"p{n:07}", f"i{n}", f"b1950{n:04}")
            misspelt = (f"~{name[:place]}" for place in range(4, 9))
            keys += [
                PersonKey(org=org.id, source=identity, patient=identity, key=key)
                for key in (*found_by, *misspelt)
            ]
            if n % 30 == 0:
                ties.append(
                    CareRelationship(
                        org=org.id, source=identity, patient=identity, person=coordinator.person,
                        kind="care-manager",
                    )
                )  # fmt: skip
        Person.objects.bulk_create(people)
        PersonKey.objects.bulk_create(keys, ignore_conflicts=True)
        CareRelationship.objects.bulk_create(ties)
        with connection.cursor() as cursor:
            cursor.execute("analyze registration_person, registration_key, access_relationship")
    for principal in (coordinator, clock):
        for text in ("famaaada", "famaaad", "0300000", "30", "1950 famaa"):
            with acting(principal):
                query = actions.fitting(org.id, understand(text).terms, near=True)
                plan = query.explain()
                assert "Seq Scan on registration_key" not in plan, plan
                assert "Seq Scan on registration_person" not in plan, plan
                assert "registration_key_pkey" in plan or "Index" in plan
    assert [p.patient for p in actions.find("famaaada", by=coordinator).people] == ["p00030"]
    assert not actions.find("famaaadb", by=coordinator).people


def test_a_search_is_a_handful_of_statements(desk, django_assert_max_num_queries):
    actions.register(MARIA, by=desk)
    with acting(desk), django_assert_max_num_queries(4):
        actions.find("alvarez 1954", by=desk)
