"""Files of NPPES into the record: what is broken is told, and costs no other row."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.edge.plan_net.errors import DirectoryFileError
from handrail.edge.plan_net.nppes import is_npi
from handrail.edge.plan_net.taking import Taking
from handrail.edge.plan_net.tests.files import EXTRACT, extract, full, npi, person
from handrail.record import reading, store
from tests.data import data

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(org):
    return system(org.id, "load", "Tests")


@pytest.fixture
def take(by, tmp_path):
    def run(content, name="npi.csv", **more):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Taking(by, path, tmp_path / "directory", **more).run()

    return run


def told(summary):
    with Path(summary.report).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(by, reference):
    with acting(by):
        return store.read(reference, by=by).resource


def test_a_person_is_kept_as_plan_net_has_it(by, take):
    summary = take(extract(person(1, credential="M.D.", gender="F")))

    identity = f"npi-{npi(1)}"
    assert (summary.read, summary.refused, summary.mended) == (1, 0, 0)
    who = read(by, f"Practitioner/{identity}")
    assert who["name"] == [{"family": "EXAMPLE1", "given": ["ANN"], "suffix": ["M.D."]}]
    role = read(by, f"PractitionerRole/{identity}")
    assert [one["coding"][0]["code"] for one in role["specialty"]] == ["207RC0000X", "207R00000X"]
    assert role["extension"][0]["valueDate"] == "2007-07-09"
    place = read(by, f"Location/{identity}")
    assert place["address"]["postalCode"] == "06103-1234"


def test_the_full_file_of_cms(by, take):
    code, switch = (
        "Healthcare Provider Taxonomy Code",
        "Healthcare Provider Primary Taxonomy Switch",
    )
    rows = [
        {"npi": npi(1), "kind": "1", "family": "Example", "zip": "06103"}
        | {f"{code}_{n}": f"{n:03}X00000X" for n in range(1, 16)}
        | {f"{switch}_15": "Y"},
        {"npi": npi(2), "kind": "2", "office": "Invented Clinic", "zip": "10001"},
    ]

    summary = take(full(*rows))

    assert (summary.read, summary.refused) == (2, 0)
    role = read(by, f"PractitionerRole/npi-{npi(1)}")
    assert len(role["specialty"]) == 15
    assert role["specialty"][0]["coding"][0]["code"] == "015X00000X"
    assert read(by, f"Organization/npi-{npi(2)}")["name"] == "Invented Clinic"


def test_a_number_that_was_deactivated_becomes_inactive(by, take):
    row = {"npi": npi(1), "kind": "1", "family": "Example", "zip": "06103"}
    take(full(row))
    gone = {"npi": npi(1), "kind": "", "deactivated": "01/02/2026"}
    never = {"npi": npi(2), "kind": "", "deactivated": "01/02/2026"}

    summary = take(full(gone, never), name="later.csv")

    assert (summary.deactivated, summary.unknown_deactivated, summary.refused) == (1, 1, 0)
    assert read(by, f"Practitioner/npi-{npi(1)}")["active"] is False
    assert read(by, f"PractitionerRole/npi-{npi(1)}")["active"] is False

    back = row | {"deactivated": "01/02/2026", "reactivated": "02/03/2026"}
    take(full(back), name="back.csv")
    assert read(by, f"Practitioner/npi-{npi(1)}")["active"] is True


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (person(1).replace(npi(1), "1234567890"), "is not an NPI"),
        (person(1).replace(npi(1), "\uff19" * 10), "is not an NPI"),
        (person(1, last=""), "It has no name."),
        (person(1).replace(",1,", ",3,", 1), "neither 1 (person) nor 2"),
        ("just some words", "It has 1 columns; the heading has 17."),
        (person(1) + ",more", "It has 18 columns"),
        ('"' + person(1), "columns; the heading has 17."),
    ],
)
def test_a_broken_row_is_refused_with_a_clear_word_and_costs_no_other(take, line, why):
    summary = take(extract(person(7), line, person(8), person(9)))

    assert (summary.read, summary.refused) == (4, 1)
    assert summary.written["Practitioner"] == 3
    (row,) = told(summary)
    assert (row["line"], row["what"]) == ("3", "refused")
    assert why in row["why"]
    assert row["row"].replace("\ufffd", "") in line


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (extract(person(1, last="MU\u00d1OZ")).encode("cp1252"), "Windows-1252"),
        (extract(person(1, city="NO\x00WHERE")).encode(), "control characters"),
        (extract(person(1, zip="ABC")).encode(), "is no ZIP code"),
        (extract(person(1, updated="13/45/2007")).encode(), "is no date"),
        (extract(person(1, taxonomies="207R;207R00000X")).encode(), "is no taxonomy code"),
        (extract(person(1) + ",,,").encode(), "empty columns at the end"),
        (extract(person(1, addr1='"1 INVENTED\rWAY"')).encode(), "a line break inside a value"),
    ],
)
def test_what_can_be_mended_is_mended_and_told(take, content, why):
    summary = take(content)

    assert (summary.refused, summary.mended, summary.written["Practitioner"]) == (0, 1, 1)
    (row,) = told(summary)
    assert row["what"] == "mended"
    assert why in row["why"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_line_end_and_encoding_gives_the_same(by, take, end, encoding):
    lines = [person(n, last=f"MU\u00d1OZ{n}") for n in range(3)]

    summary = take(extract(*lines, end=end).encode(encoding))

    assert (summary.read, summary.refused, summary.mended) == (3, 0, 0)
    assert read(by, f"Practitioner/npi-{npi(2)}")["name"][0]["family"] == "MU\u00d1OZ2"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"a,b,c\n1,2,3\n", b"\x1f\x8bnot gzip"])
def test_another_file_is_refused_whole(take, content):
    with pytest.raises(DirectoryFileError):
        take(content)


def test_a_reading_that_was_cut_short_goes_on(by, take, monkeypatch, tmp_path):
    monkeypatch.setattr("handrail.edge.plan_net.taking.BATCH", 2)
    content = extract(*(person(n) for n in range(6)), "broken")
    path = tmp_path / "npi.csv"
    path.write_text(content, "utf-8")

    def stop(rows):
        if rows == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Taking(by, path, tmp_path / "directory").run(stop)
    summary = Taking(by, path, tmp_path / "directory").run()

    assert (summary.begun_at, summary.read, summary.refused) == (5, 3, 1)
    assert Taking(by, path, tmp_path / "directory").run().unchanged == 18


def test_the_last_of_a_number_counts(by, take):
    summary = take(extract(person(1, last="OLD"), person(1, last="NEW")))

    assert summary.mended == 1
    assert read(by, f"Practitioner/npi-{npi(1)}")["name"][0]["family"] == "NEW"


def test_check_digits():
    assert is_npi("1234567893")
    assert not any(
        is_npi(one) for one in ("1234567890", "123456789", "", "0234567893", "12345678930")
    )


def test_an_extract_of_the_real_file(by, take):
    real = gzip.decompress(data("providers-nppes/nppes_practitioners.csv.gz").read_bytes())
    rows = real.splitlines()[: 1 + 150]

    summary = take(b"\n".join(rows))

    assert rows[0].decode() == EXTRACT
    assert (summary.read, summary.refused) == (150, 0)
    assert summary.written["Practitioner"] == 150
    assert reading.several([f"PractitionerRole/npi-{rows[1][:10].decode()}"], by=by)
