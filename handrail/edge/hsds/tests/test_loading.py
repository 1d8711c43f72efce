"""Directories go in: the whole, the same again, a newer one, and broken ones of every kind."""

import io
import json
import tracemalloc
import zipfile
from collections import Counter

import pytest

from handrail.access.database import acting
from handrail.edge.hsds import keeping
from handrail.edge.hsds.errors import DirectoryFileError, DirectoryTooLargeError
from handrail.edge.hsds.importing import Wanted, laid_out, load
from handrail.edge.hsds.models import Kept, Wrong
from handrail.edge.hsds.report import Report
from handrail.edge.hsds.sources import Source
from handrail.edge.hsds.staging import Staging
from handrail.fhir.directory import mapping, shape
from handrail.record import store
from tests.data import data, reference

HEAD = "id,organization_id,name,status,minimum_age,description\n"
A, B = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))


@pytest.fixture
def by(org):
    return keeping.loader(org.id)


def put(by, *paths, **wanted):
    mapped = wanted.pop("mapped", None)
    one = keeping.put_down(by, "x.csv", iter([b""]), {"directory": "town"})
    report = Report(org=by.org, load=one.id)
    load(Source(paths, mapped), Wanted(directory="town", **wanted), report, by=by)
    return report


def wrongs(by, report):
    with acting(by):
        return [
            (w.line, w.field, w.wrong, w.done)
            for w in Wrong.objects.filter(load=report.load).order_by("number")
        ]


def services(by):
    with acting(by):
        found = store.search("HealthcareService", [], by=by)
        return [one.resource for one in found.stored] if hasattr(found, "stored") else found


def csvs(folder, **tables):
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def town(folder):
    return csvs(
        folder,
        organizations=f"id,name,description\n{A},Elm Street Help,Helps\n",
        services=f"{HEAD}{B},{A},Warm meals,active,18,Lunch\n",
        locations=f"id,location_type,name\n{A},physical,Hall\n",
        service_at_location=f"id,service_id,location_id\n{A},{B},{A}\n",
        phones=f"id,service_id,number,type\n{A},{B},650-555-0100,voice\n",
    )


def test_a_directory_goes_in_and_the_same_again_changes_nothing(by, tmp_path):
    first = put(by, town(tmp_path))
    assert (first.counts["new"], first.counts["wrong"]) == (3, 0)
    [service] = resources(by, "services")
    assert shape.phones(service)[0].number == "650-555-0100"
    assert shape.provider_of(service) == f"Organization/{resources(by, 'organizations')[0]['id']}"
    assert len(shape.places_of(service)) == 1
    again = put(by, tmp_path)
    assert (again.counts["new"], again.counts["changed"], again.counts["unchanged"]) == (0, 0, 3)


def resources(by, table, directory="town"):
    from handrail.edge.hsds.models import Taken
    from handrail.fhir.directory.hsds.naming import TYPES, Names

    with acting(by):
        known = Taken.objects.filter(directory=directory, table=table)
        ids = [Names(directory).id_of(table, one.identity) for one in known]
        found = store.several([f"{TYPES[table]}/{one}" for one in ids], by=by)
    return [one.resource for one in found.values()]


def test_what_left_a_whole_directory_becomes_inactive_and_comes_back(by, tmp_path):
    put(by, town(tmp_path))
    csvs(tmp_path, services=HEAD)
    put(by, tmp_path)
    assert resources(by, "services")[0]["active"] is True  # a part says nothing of the rest
    told = put(by, tmp_path, full=True)
    assert told.counts["ended"] == 1
    assert resources(by, "services")[0]["active"] is False
    put(by, town(tmp_path), full=True)
    assert resources(by, "services")[0]["active"] is True


def test_what_others_added_to_an_entry_stays(by, tmp_path):
    put(by, town(tmp_path))
    [service] = resources(by, "services")
    capacity = {"url": "capacityStatus", "valueCodeableConcept": {"text": "Has room"}}
    service["extension"] = [
        *(one for one in service["extension"] if one["url"] != shape.CAPACITY),
        {"url": shape.CAPACITY, "extension": [capacity]},
    ]
    service["extraDetails"] = "Ring twice"
    with acting(by):
        store.commit([service], by=by, reason="a test")
    csvs(tmp_path, services=f"{HEAD}{B},{A},Warm suppers,active,18,Lunch\n")
    put(by, tmp_path)
    [now] = resources(by, "services")
    assert (now["name"], now["extraDetails"]) == ("Warm suppers", "Ring twice")
    assert [one["extension"] for one in now["extension"] if one["url"] == shape.CAPACITY] == [
        [capacity]
    ]


def test_broken_rows_are_told_and_kept_and_the_rest_goes_in(by, tmp_path):
    csvs(
        tmp_path,
        organizations=f"id,name,description\n{A},Elm Street Help,Helps\n{A},Twice,x\n",
        services=f"{HEAD}{B},{A},,active,,\n{A},nobody,Meals,maybe,eighteen,Lunch\n",
        phones=f"id,service_id,number\n{A},elsewhere,650-555-0100\n",
    )
    told = put(by, tmp_path)
    assert (told.counts["new"], told.counts["refused"]) == (2, 2)
    assert [(line, field, done) for line, field, _, done in wrongs(by, told)] == [
        (3, "id", "kept beside; the first row counts"),
        (2, "name", "kept beside"),
        (3, "status", "kept as words; the service is taken as active"),
        (3, "minimum_age", "kept as words"),
        (3, "status", "taken as active"),
        (3, "organization_id", "taken without it"),
        (2, "", "kept beside"),
    ]
    [service] = resources(by, "services")
    assert shape.facts_of(service)["minimum_age_as_given"] == "eighteen"
    with acting(by):
        assert [one.row["number"] for one in Kept.objects.all()] == ["650-555-0100"]
        assert Wrong.objects.filter(load=told.load, number=1).get().row.find("Twice") > 0


@pytest.mark.parametrize("name", ["organization_full", "service_full", "service_list", "tabular"])
def test_the_examples_of_the_specification_go_in(by, name):
    told = put(by, reference(f"hsds/3.0/examples/{name}.json"))
    assert told.counts["new"] >= 1
    assert not told.counts["refused"]


def test_the_csv_example_of_the_specification_goes_in(by):
    told = put(by, reference("hsds/3.0/examples/csv"))
    assert (told.counts["new"], told.counts["refused"]) == (3, 0)


def test_the_real_directory_in_the_old_layout_goes_in(by):
    folder = data("hsds/ohana-san-mateo")
    told = put(by, folder)
    counts = told.counts
    assert (counts["organizations"], counts["locations"], counts["services"]) == (8, 22, 23)
    assert (counts["new"], counts["taxonomy_terms"], counts["refused"]) == (53, 290, 0)
    every = resources(by, "services")
    assert all(shape.provider_of(one) and shape.places_of(one) for one in every)
    assert sum(bool(shape.areas(one)) for one in every) > 0
    again = put(by, folder)
    assert (again.counts["unchanged"], again.counts["changed"]) == (53, 0)


LINE = "Elm Street Help;Caf\u00e9 talk;M-F 9-5;(650) 555-0100;Espa\u00f1ol, English\r\n"
TABLE = f"Agency;Program;Hours;Phone;Languages\r\n{LINE}"
MAPPED = mapping.parse("""
[organizations]
name = "Agency"
[services]
name = "Program"
[schedules]
from = { column = "Hours", as = "hours" }
[phones]
from = { column = "Phone", as = "phones" }
[languages]
name = { column = "Languages", split = "," }
""")


@pytest.mark.parametrize(
    "encoded",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-le"),
        TABLE.encode("utf-16-be"),
        TABLE.encode("cp1252"),
        TABLE.replace("\r\n", "\r").encode(),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace(";", "\t").encode(),
        TABLE.replace(";", "|").encode(),
        TABLE.replace("Elm", "\x00Elm").encode(),
        (TABLE + LINE.replace("talk", "walk")).encode()[:-3] + b"\xe9\r\n",
    ],
)
def test_any_encoding_delimiter_and_line_end_is_read(by, tmp_path, encoded):
    path = tmp_path / "list.csv"
    path.write_bytes(encoded)
    told = put(by, path, mapped=MAPPED)
    assert told.counts["services"] >= 1
    service = next(one for one in resources(by, "services") if one["name"] == "Caf\u00e9 talk")
    assert service["availableTime"][0]["availableEndTime"] == "17:00:00"
    assert shape.phones(service)[0].number == "650-555-0100"
    assert [one.name for one in shape.languages(service)] == ["Espa\u00f1ol", "English"]


def test_ragged_rows_and_open_quotes_lose_nothing(by, tmp_path):
    path = tmp_path / "list.csv"
    rows = ["A,One", "B,Two,x,,y", '"C,Three', "D,Four", '"E, and E","Fi""ve"', '"F\nF",Six']
    path.write_text("\n".join(["Agency,Program,Hours", *rows]) + "\n")
    told = put(by, path, mapped=MAPPED)
    names = {one["name"] for one in resources(by, "services")}
    assert names == {"One", "Two", "Three", "Four", 'Fi"ve', "Six"}
    said = [wrong for _, _, wrong, _ in wrongs(by, told)]
    assert "A quote is opened and never closed." in said
    two = next(one for one in resources(by, "services") if one["name"] == "Two")
    assert shape.facts_of(two)["column_5"] == "y"


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return path


def test_a_zip_file_is_a_folder_and_a_bomb_is_refused(by, tmp_path):
    good = zipped(tmp_path / "a.zip", services=f"{HEAD}{B},,Meals,active,,\n")
    assert put(by, good).counts["new"] == 1
    bomb = zipped(tmp_path / "b.zip", services=HEAD + " " * 30_000_000)
    with pytest.raises(DirectoryTooLargeError):
        put(by, bomb)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("services.csv", b"\n\n"),
        ("a.json", b"{"),
        ("a.json", b"[" * 100_000),
        ("a.json", b'{"some": "thing"}'),
        ("a.json", b"[1, 2]"),
        ("a.csv", b"x,y\n1,2\n"),
        ("services.csv", b"a" * 5_000_000),
        ("a.zip", b"PK\x05\x06" + b"\x00" * 18),
    ],
)
def test_what_is_no_directory_is_refused_with_a_word(by, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((DirectoryFileError, DirectoryTooLargeError)) as refused:
        put(by, path)
    assert str(refused.value)[0].isalpha()


def test_a_page_of_an_api_goes_in(by, tmp_path):
    page = {"contents": [{"id": B, "name": "Meals", "status": "active"}], "total_items": 1}
    (tmp_path / "services.json").write_text(json.dumps(page))
    assert put(by, tmp_path / "services.json").counts["new"] == 1


def test_many_rows_take_little_memory(tmp_path):
    path = tmp_path / "services.csv"
    with path.open("w") as file:
        file.write(HEAD)
        for number in range(20_000):
            broken = number % 50 == 0
            name = "" if broken else f"Service {number}"
            file.write(f"{number},1,{name},active,x,{'about ' * 20}\n")
    tracemalloc.start()
    report = Report()
    with Staging(tmp_path / "rows") as rows:
        laid_out(Source([path]), report, rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (report.counts["services"], report.counts["refused"]) == (19_600, 400)
    assert peak < 12_000_000


def test_repairs_are_counted():
    from handrail.edge.hsds.decoding import lines

    repairs = Counter()
    assert list(lines(io.BytesIO(b"a\rb\x00\nc\xe9"), repairs)) == ["a", "b", "c\u00e9"]
    assert sum(repairs.values()) == 3
