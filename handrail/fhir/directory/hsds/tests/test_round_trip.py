"""What goes in comes out: the examples of the specification, its CSV files, and invented ones."""

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir import text
from handrail.fhir.directory import shape
from handrail.fhir.directory.hsds.flat import flattened, merged, nested
from handrail.fhir.directory.hsds.naming import Names
from handrail.fhir.directory.hsds.reading import read
from handrail.fhir.directory.hsds.tables import KINDS, POINTS, TABLES, lists_of
from handrail.fhir.directory.hsds.writing import written
from handrail.fhir.profiles import faults
from handrail.fhir.validation import validate
from tests.data import reference

NAMES = Names("town")
ID = "9f0c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b"


class Held(dict):
    """Rows in memory: (table, id) to row."""

    def add(self, table, row):
        key = table, str(row["id"])
        self[key] = merged(self[key], row) if key in self else dict(row)

    def children(self, table, key, owner, owned_by):
        return [
            row
            for (name, _), row in self.items()
            if name == table and owned_by and str(row.get(key)) == owner
        ]

    def row(self, table, identity):
        return self.get((table, identity))


def held(table, *records):
    rows = Held()
    for record in records:
        for name, row in flattened(table, record):
            rows.add(name, row)
    return rows


def through(rows):
    """All resources of rows, written again."""
    back = Held()
    for (table, _), row in list(rows.items()):
        if table in {"organizations", "locations", "services"}:
            names = Names("town", there=lambda name, one: (name, one) in rows)
            resource = read(table, nested(table, row, rows), names)
            validate(text.write(resource))
            for name, one in flattened(*written(resource)):
                back.add(name, one)
    return back


def said(rows, *tables):
    """Rows without what says nothing; those of resources and what hangs on them."""
    apart = {"taxonomy_terms", "taxonomies", "meta_table_descriptions"} - set(tables)
    return {
        key: {name: value for name, value in row.items() if value not in (None, "", [])}
        for key, row in rows.items()
        if key[0] not in apart
    }


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("organization_full", "organizations"),
        ("service_full", "services"),
        ("location", "locations"),
        ("service_at_location_full", "service_at_location"),
    ],
)
def test_an_example_of_the_specification_comes_back_whole(name, table):
    path = reference(f"hsds/3.0/examples/{name}.json")
    rows = held(table, json.loads(path.read_text()))
    assert said(through(rows)) == said(rows)


def test_the_csv_example_comes_back_whole_but_for_rows_that_belong_to_nothing():
    rows = Held()
    for path in sorted(reference("hsds/3.0/examples/csv").glob("*.csv")):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                kinds = KINDS[path.stem]
                typed = {
                    key: (int(value) if kinds.get(key) == "number" and value else value)
                    for key, value in row.items()
                }
                rows.add(path.stem, typed)
    back = said(through(rows))
    lost = {key for key in said(rows) if key not in back}
    assert {table for table, _ in lost} == {"attributes", "metadata"}  # they name rows unknown
    assert {key: row for key, row in said(rows).items() if key not in lost} == back


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)
VALUES = {
    "text": WORDS,
    "number": st.one_of(
        st.integers(-(10**9), 10**9), st.decimals(-1000, 1000, places=2).map(float)
    ),
    "date": st.dates().map(str),
    "time": st.times().map(lambda one: one.isoformat("seconds")),
    "moment": st.datetimes().map(lambda one: f"{one.isoformat(timespec='milliseconds')}Z"),
    "uri": st.just("https://example.org/a"),
    "email": st.just("a@example.org"),
    "status": st.sampled_from(["active", "inactive", "defunct", "temporarily closed"]),
    "place": st.sampled_from(["physical", "postal", "virtual"]),
    "day": st.sampled_from(["MO", "SU"]),
    "freq": st.sampled_from(["WEEKLY", "MONTHLY"]),
}


def record(table, depth=2):
    fields = {
        one.name: VALUES[one.kind]
        for one in TABLES[table]
        if one.name not in POINTS and one.name not in {"id", "link_id", "resource_id"}
    }
    inner = {
        one.field: st.lists(record(one.table, depth=depth - 1), min_size=1, max_size=2)
        for one in lists_of(table)
        if depth and one.table != "service_at_location"
    }
    required = {"id": st.uuids().map(str)}
    if table == "addresses":
        required["address_type"] = fields.pop("address_type")
    return st.fixed_dictionaries(required, optional={**fields, **inner})


@settings(max_examples=25)
@given(
    st.sampled_from(["organizations", "locations", "services"]).flatmap(
        lambda table: record(table).map(lambda one: (table, one))
    )
)
def test_whatever_a_record_says_comes_back(case):
    table, one = case
    one.setdefault("name", "Somewhere")
    if table == "services":
        one.setdefault("status", "active")
    if table == "locations":
        one.setdefault("location_type", "physical")
    rows = held(table, one)
    back = said(through(rows))
    assert back == said(rows)


def service(**more):
    return {"id": ID, "name": "Warm meals", "status": "active", **more}


def term(name, **more):
    return {"id": "a1", "taxonomy_term": {"id": "t1", "name": name, **more}}


def test_a_service_follows_the_profile_of_sdoh_clinical_care():
    made = read("services", service(attributes=[term("Food Pantry")]), NAMES)
    assert faults(made, shape.SERVICE_PROFILE) == []
    assert shape.categories(made) == ("food-insecurity",)
    assert [one.name for one in shape.terms(made)] == ["Food Pantry"]


def test_a_place_follows_the_profile_of_sdoh_clinical_care():
    address = {"id": "x", "address_1": "1 Elm St", "city": "Anytown", "state_province": "CA"}
    given_ = {"id": ID, "name": "Hall", "location_type": "physical", "addresses": [address]}
    made = read("locations", given_, NAMES)
    assert faults(made, shape.PLACE_PROFILE) == []
    assert shape.address_of(made) == "1 Elm St, Anytown, CA"


def test_a_plain_week_is_hours_and_the_rest_is_words():
    plain = {"id": "1", "byday": "MO,TU", "opens_at": "09:00", "closes_at": "17:00"}
    monthly = {"id": "2", "freq": "MONTHLY", "byday": "1TU", "description": "First Tuesday"}
    closed = {"id": "3", "valid_from": "2026-12-24", "description": "Closed"}
    made = read("services", service(schedules=[plain, monthly, closed]), NAMES)
    [hours] = made["availableTime"]
    assert (hours["daysOfWeek"], hours["availableStartTime"]) == (["mon", "tue"], "09:00:00")
    assert made["notAvailable"][0]["during"] == {"start": "2026-12-24", "end": "2026-12-24"}
    assert shape.other_hours(made) == ("First Tuesday",)


def test_what_is_changed_here_is_what_is_written():
    plain = {"id": "1", "byday": "MO", "opens_at": "09:00", "closes_at": "17:00"}
    phone = {"id": "2", "number": "555-0100", "extension": 7}
    made = read("services", service(schedules=[plain], phones=[phone], wait_time="long"), NAMES)
    made["availableTime"][0]["daysOfWeek"] = ["fri"]
    made["telecom"][0]["value"] = "555-0199"
    made["active"] = False
    _, record = written(made)
    assert (record["schedules"][0]["byday"], record["schedules"][0]["freq"]) == ("FR", "WEEKLY")
    assert record["phones"][0]["number"] == "555-0199"
    assert record["phones"][0]["extension"] == 7
    assert (record["status"], record["wait_time"]) == ("inactive", "long")


def test_a_point_that_is_not_on_earth_is_kept_and_not_shown():
    made = read(
        "locations", {"id": ID, "location_type": "physical", "latitude": 100, "longitude": 1}, NAMES
    )
    assert shape.point_of(made) is None
    assert written(made)[1]["latitude"] == 100


def test_ids_that_are_none_become_some_and_stay_the_same():
    rows = held("services", service(id="7", phones=[{"id": "8", "number": "555-0100"}]))
    [first, second] = [
        written(read("services", nested("services", rows["services", "7"], rows), NAMES))[1]
        for _ in range(2)
    ]
    assert first == second
    assert len(first["id"]) == len(first["phones"][0]["id"]) == 36
