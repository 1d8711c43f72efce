"""Search over the search rows: what fits, in which order, page by page, guarded."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.statements import count, rows, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


@pytest.fixture
def observations(by):
    patients = [
        {"resourceType": "Patient", "id": f"p{n}", "name": [{"family": f"Fam{n}"}]}
        for n in range(3)
    ]
    made = [
        {
            "resourceType": "Observation",
            "id": f"o{patient}-{day:02}",
            "status": "final",
            "category": [{"coding": [{"system": "urn:c", "code": "vital" if day % 2 else "lab"}]}],
            "code": {"coding": [{"system": "urn:l", "code": f"code{day % 3}"}]},
            "subject": {"reference": f"Patient/p{patient}"},
            "effectiveDateTime": f"2026-01-{day:02}T10:00:00Z",
        }
        for patient in range(3)
        for day in range(1, 21)
    ]
    store.commit([*patients, *made], by=by, reason="test")


def ids(found):
    return [entry.id for entry in found.entries]


def ask(by, resource_type, *pairs, after=None):
    return store.search(parse(resource_type, pairs), by=by, after=after)


@pytest.mark.usefixtures("observations")
class TestSearch:
    def test_all_conditions_have_to_hold(self, by):
        found = ask(
            by, "Observation", ("patient", "p1"), ("category", "urn:c|lab"), ("code", "code0")
        )
        assert sorted(ids(found)) == ["o1-06", "o1-12", "o1-18"]
        assert found.total == 3

    def test_alternatives_are_any_of(self, by):
        found = ask(by, "Observation", ("patient", "Patient/p1"), ("code", "code0,code1"))
        assert len(found.entries) == 13

    def test_dates_compare_with_precision(self, by):
        found = ask(
            by, "Observation", ("patient", "p0"), ("date", "ge2026-01-19"), ("date", "lt2026-01-21")
        )
        assert sorted(ids(found)) == ["o0-19", "o0-20"]
        assert ids(ask(by, "Observation", ("patient", "p0"), ("date", "2026-01-05"))) == ["o0-05"]

    @pytest.mark.parametrize("sort", ["-date", "date", "-_lastUpdated", "_id", "-_id"])
    def test_pages_cover_everything_once_in_order(self, by, sort):
        pages, after = [], None
        while True:
            found = ask(
                by, "Observation", ("patient", "p2"), ("_sort", sort), ("_count", "7"), after=after
            )
            pages += ids(found)
            after = found.after
            if after is None:
                break
        assert len(pages) == len(set(pages)) == 20
        if sort in {"date", "-date"}:
            assert pages == sorted(pages, reverse=sort.startswith("-"))

    def test_total_when_asked(self, by):
        found = ask(by, "Observation", ("code", "code1"), ("_count", "2"), ("_total", "accurate"))
        assert (len(found.entries), found.total) == (2, 21)

    def test_count_only(self, by):
        found = ask(by, "Observation", ("code", "code1"), ("_summary", "count"))
        assert (found.entries, found.total) == ([], 21)

    def test_includes_bring_the_patient_once(self, by):
        found = ask(by, "Observation", ("patient", "p1"), ("_include", "Observation:subject"))
        assert [one.reference for one in found.included] == ["Patient/p1"]

    def test_who_refers_comes_along(self, by):
        found = ask(by, "Patient", ("_id", "p1"), ("_revinclude", "Observation:subject"))
        assert len(found.included) == 20

    def test_provenance_comes_along(self, by):
        found = ask(by, "Patient", ("_id", "p1"), ("_revinclude", "Provenance:target"))
        (made,) = found.included
        assert made.resource["target"] == [{"reference": "Patient/p1/_history/1"}]

    def test_a_name_is_found_by_its_beginning(self, by):
        assert ids(ask(by, "Patient", ("name", "fam2"))) == ["p2"]
        assert len(ask(by, "Patient", ("name", "fam")).entries) == 3

    def test_changed_and_deleted_are_found_as_they_are_now(self, by):
        store.commit(
            [
                store.Draft(delete="Observation/o0-01"),
                {**store.read("Patient/p0", by=by).resource, "name": [{"family": "Other"}]},
            ],
            by=by,
            reason="change",
        )
        assert ids(ask(by, "Patient", ("name", "fam0"))) == []
        assert ids(ask(by, "Patient", ("name", "other"))) == ["p0"]
        assert "o0-01" not in ids(ask(by, "Observation", ("patient", "p0"), ("_count", "100")))

    def test_another_organization_sees_nothing(self, by):
        stranger = system(by.org + 1, "test", "Elsewhere")
        assert ask(stranger, "Patient", ("_total", "accurate")).total == 0

    def test_a_coordinator_sees_only_their_patients(self, principal_for):
        someone = principal_for("coordinator", person="Practitioner/c1")
        assert ask(someone, "Observation", ("_total", "accurate")).total == 0

    def test_a_search_is_one_statement_and_its_audit(self, by):
        with acting(by):
            before = count.sent
            ask(by, "Observation", ("patient", "p1"), ("_sort", "-date"))
            assert count.sent - before == 1

    @pytest.mark.parametrize(
        ("condition", "index"),
        [
            ("tokens @> ARRAY[777]::bigint[]", "record_current_tokens"),
            ("patient = 'p77' AND tokens @> ARRAY[7]::bigint[]", "record_current_patient"),
            ("id = 'x77'", "record_current_pkey"),
        ],
    )
    def test_each_search_has_its_index_at_volume(self, by, condition, index):
        with acting(by):
            run(
                "INSERT INTO record_current (org, resource_type, id, version, updated_at,"
                " patient, deleted, starts, ends, tokens, content)"
                " SELECT %s, 'Observation', 'x' || n, 1, now(),"
                " 'p' || n / 40, false, now() - n * interval '1 hour', now(),"
                " ARRAY[n / 10, n %% 50 + 100000], ''::bytea FROM generate_series(1, 40000) n",
                (by.org,),
            )
            run("ANALYZE record_current")
            plan = rows(
                "EXPLAIN SELECT id FROM record_current WHERE org = 1"  # noqa: S608 - the test's own
                f" AND resource_type = 'Observation' AND {condition} ORDER BY starts"
            )
        assert any(index in line for (line,) in plan), plan
