"""The API as the specification says it, answered from what was loaded; and who may read it."""

import csv
import io
import json
import zipfile

import jsonschema_rs
import pytest
from django.test import Client

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.principal import Role
from handrail.edge.hsds import keeping
from handrail.edge.hsds.exporting import export_csv, export_json
from handrail.edge.hsds.importing import Wanted, load
from handrail.edge.hsds.report import Report
from handrail.edge.hsds.sources import Source
from handrail.fhir.directory.hsds.tables import TABLES
from tests.data import data, reference

SCOPES = ["system/Organization.rs", "system/HealthcareService.rs", "system/Location.rs"]


def put(org, *paths, directory="town"):
    by = keeping.loader(org.id)
    load(Source(paths), Wanted(directory=directory), Report(), by=by)
    return by


@pytest.fixture
def county(org):
    return put(org, data("hsds/ohana-san-mateo"))


@pytest.fixture
def example(org):
    return put(org, reference("hsds/3.0/examples/service_full.json"))


@pytest.fixture
def asked(org, principal_for):
    by = principal_for(Role.ADMINISTRATOR)
    with acting(by):
        secret = keys.add(by, "reader", SCOPES).secret

    def ask(path, **given):
        return Client().get(f"/hsds{path}", given, headers={"Authorization": f"Bearer {secret}"})

    return ask


def validator(name):
    folder = reference("hsds/3.0/schema")

    def retrieve(uri):
        return json.loads((folder / uri.rsplit("/", 1)[-1]).read_text())

    schema = json.loads((folder / f"{name}.json").read_text())
    schema["$id"] = f"https://example.org/{name}.json"
    return jsonschema_rs.validator_for(schema, retriever=retrieve, validate_formats=True)


PAGE = {
    "total_items",
    "total_pages",
    "page_number",
    "size",
    "first_page",
    "last_page",
    "empty",
    "contents",
}


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/services", "service"),
        ("/organizations", "organization"),
        ("/service_at_locations", "service_at_location"),
        ("/taxonomy_terms", "taxonomy_term"),
    ],
)
def test_lists_and_entries_follow_the_schemas(county, asked, path, schema):
    check = validator(schema)
    for full in ("false", "true"):
        page = asked(path, full=full, per_page=500).json()
        assert set(page) == PAGE
        assert page["contents"]
        for one in page["contents"]:
            assert [str(error) for error in check.iter_errors(one)] == []
    [first, *_] = page["contents"]
    one = asked(f"{path}/{first['id']}")
    assert one.status_code == 200
    check.validate(one.json())
    assert one.json()["id"] == first["id"]


def test_the_example_of_the_specification_comes_out_as_it_went_in(example, asked):
    told = json.loads(reference("hsds/3.0/examples/service_full.json").read_text())
    given = asked(f"/services/{told['id']}").json()
    # Places stand with the service; one change of one id is told of one row, the first.
    assert set(missing(told, given)) == {".organization.locations", ".metadata"}


def missing(told, given, where=""):
    """What the first says and the second does not."""
    if isinstance(told, dict):
        if not isinstance(given, dict):
            return [where]
        return [
            lost
            for name, value in told.items()
            for lost in missing(value, given.get(name), f"{where}.{name}")
        ]
    if isinstance(told, list):
        known = {one["id"]: one for one in given or ()}
        return [lost for one in told for lost in missing(one, known.get(one["id"]), where)]
    return [] if told == given else [where]


def test_pages_are_counted(county, asked):
    first = asked("/services", per_page=10).json()
    assert (first["total_items"], first["total_pages"], first["size"]) == (23, 3, 10)
    assert (first["first_page"], first["last_page"]) == (True, False)
    last = asked("/services", per_page=10, page=3).json()
    assert (last["size"], last["last_page"]) == (3, True)
    assert asked("/services", page=99).json()["empty"] is True


def test_parameters_find_what_they_say(county, asked):
    by_owner = asked("/organizations").json()["contents"][0]["id"]
    every = asked("/services", per_page=100, full="true").json()["contents"]
    owned = asked("/services", organization_id=by_owner, per_page=100).json()["total_items"]
    assert owned == sum(one["organization"]["id"] == by_owner for one in every)
    filed = [one for one in every if one.get("attributes")]
    term = filed[0]["attributes"][0]["taxonomy_term_id"]
    found = asked("/services", taxonomy_term_id=term).json()["contents"]
    assert filed[0]["id"] in {one["id"] for one in found}
    word = every[0]["name"].split()[0]
    assert asked("/services", search=word).json()["total_items"] >= 1
    assert asked("/services", search="no such words anywhere").json()["empty"] is True
    near = asked("/service_at_locations", postcode="94063", proximity="3000").json()
    far = asked("/service_at_locations", postcode="94063", proximity="60000").json()
    assert 0 < near["total_items"] < far["total_items"]
    assert asked("/services", modified_after="2999-01-01T00:00:00Z").status_code in {200, 400}
    assert asked("/services", modified_after="2000-01-01").json()["total_items"] == 23
    minimal = asked("/services", minimal="true").json()["contents"][0]
    assert set(minimal) == {"id", "modified_date"}


def test_everything_streams_as_lines(county, asked):
    sent = asked("/services", format="ndjson", full="true")
    lines = b"".join(sent.streaming_content).splitlines()
    assert len(lines) == 23
    assert all(json.loads(line)["organization"] for line in lines)


@pytest.mark.parametrize(
    "given",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "\u0663"},
        {"per_page": "100000"},
        {"per_page": "x"},
        {"full": "perhaps"},
        {"format": "xml"},
        {"modified_after": "yesterday"},
        {"modified_after": "2026-13-40T00:00:60Z"},
        {"modified_after": "99999-01-01"},
        {"postcode": "no"},
        {"postcode": "94063", "proximity": "-5"},
    ],
)
def test_what_cannot_be_asked_is_said(org, asked, given):
    answer = asked("/service_at_locations", **given)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("text", ["\x00", "%", "'", "a" * 5000, "\ud7ff", "_"])
def test_odd_words_are_only_words(org, asked, text):
    allowed = {200, 400} if text == "\x00" else {200}
    assert asked("/services", search=text, organization_id=text).status_code in allowed
    assert asked("/taxonomy_terms", search=text).status_code in allowed


def test_an_entry_that_is_not_there(org, asked):
    for path in ("services", "organizations", "service_at_locations", "taxonomies"):
        assert asked(f"/{path}/nobody").status_code == 404


def test_strangers_read_nothing_until_an_administrator_opens_it(county, org, principal_for):
    paths = ["/", "/services", "/services/x", "/organizations", "/taxonomies", "/taxonomy_terms"]
    for path in paths:
        shut = Client().get(f"/hsds{path}")
        assert shut.status_code == 401
        assert "Elm" not in shut.content.decode()
    keeping.set_open(principal_for(Role.ADMINISTRATOR), opened=True)
    assert Client().get("/hsds/services").json()["total_items"] == 23
    keeping.set_open(principal_for(Role.ADMINISTRATOR), opened=False)
    assert Client().get("/hsds/services").status_code == 401


def test_a_key_of_other_scopes_reads_nothing(county, principal_for):
    by = principal_for(Role.ADMINISTRATOR)
    with acting(by):
        secret = keys.add(by, "other", ["system/Patient.rs"]).secret
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/hsds/services", headers=headers).status_code == 403
    wrong = {"Authorization": "Bearer hr_nothing"}
    assert Client().get("/hsds/services", headers=wrong).status_code == 401


def test_only_looking_is_allowed(org):
    assert Client().post("/hsds/services").status_code == 405


def test_what_went_in_as_tables_comes_out_as_tables(org):
    folder = reference("hsds/3.0/examples/csv")
    by = put(org, folder)
    target = io.BytesIO()
    assert export_csv(by, target) == 21
    with zipfile.ZipFile(target) as archive:
        package = json.loads(archive.read("datapackage.json"))
        out = {
            table: list(csv.DictReader(io.StringIO(archive.read(f"{table}.csv").decode())))
            for table in TABLES
        }
    assert {one["name"] for one in package["resources"]} == set(TABLES)
    for table in TABLES:
        with (folder / f"{table}.csv").open(newline="") as file:
            assert out[table] == list(csv.DictReader(file))


def test_an_export_goes_in_again_and_says_the_same(county, org, tmp_path):
    target = tmp_path / "out.zip"
    with target.open("wb") as file:
        rows = export_csv(county, file)
    put(org, target, directory="copy")
    again = io.BytesIO()
    assert export_csv(county, again, "copy") == rows
    first, second = (tables(one) for one in (target, again))
    assert first == second
    whole = json.loads(b"".join(export_json(county, "town")))
    assert len(whole) == 23


def tables(path):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        return {name: archive.read(name) for name in names}
