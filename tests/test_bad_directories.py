"""Directory files that are broken, giant or meant to harm: the rest goes in, with a clear word.

Nothing in them becomes a formula in somebody's spreadsheet, a path, a page that never ends, or a
load that nobody hears of again.
"""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from handrail import jobs
from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.hsds import keeping
from handrail.edge.hsds.errors import DirectoryFileError, DirectoryTooLargeError
from handrail.edge.hsds.exporting import export_csv
from handrail.edge.hsds.importing import Wanted, laid_out, load
from handrail.edge.hsds.models import Load, State
from handrail.edge.hsds.report import Report
from handrail.edge.hsds.sources import Source
from handrail.edge.hsds.staging import Staging
from handrail.edge.plan_net.taking import Taking
from handrail.fhir.errors import HandrailError

pytestmark = pytest.mark.django_db
ID = "00000000-0000-4000-8000-00000000000"
NPPES = "npi,entity_type,org_name,last,first,addr1,city,state,zip,phone,taxonomies\n"


@pytest.fixture
def by(org: Any) -> Principal:
    return keeping.loader(org.id)


@pytest.fixture
def admin(sign_in: Any) -> Client:
    client: Client = sign_in("administrator", practitioner="ada")
    return client


@pytest.fixture(autouse=True)
def place(tmp_path: Path, settings: Any) -> Path:
    settings.HANDRAIL_DATA = tmp_path / "data"
    return tmp_path


def taken(by: Principal, *paths: Path) -> Report:
    one = keeping.put_down(by, "x.csv", iter([b""]), {"directory": "town"})
    report = Report(org=by.org, load=one.id)
    load(Source(paths), Wanted(directory="town"), report, by=by)
    return report


def sent(admin: Client, name: str, raw: bytes, **more: str) -> Load:
    """Send a file by the page and have it loaded; return what is said of it."""
    given = {"file": SimpleUploadedFile(name, raw), "directory": "town", **more}
    answer = admin.post("/settings/directories", given)
    assert answer.status_code == 303, answer.content.decode()[-1500:]
    where = answer["Location"]
    assert admin.get(where).status_code == 200
    admin.post(where, {"do": "load"})
    jobs.run_due()
    with acting(keeping.loader(1)):
        one = Load.objects.get(id=where.rpartition("/")[2])
    assert admin.get(where).status_code == 200
    assert admin.get(f"{where}/report").status_code in {200, 404}
    return one


def organization(**more: Any) -> dict[str, Any]:
    return {"id": f"{ID}1", "name": "Town Pantry", "description": "Food", **more}


BROKEN_JSON: dict[str, bytes] = {
    "half a character": json.dumps([organization(name="a \ud800 b")]).encode(),
    "a zero": json.dumps([organization(name="a \x00 b\x1f\u202e")]).encode(),
    "an endless list": b"[" * 200_000,
    "an endless object": b'{"a":' * 200_000,
    "lists as text": json.dumps(
        [organization(name=["x"], description={"a": 1}, id=f"{ID}2")]
    ).encode(),
    "an id that is a list": json.dumps([organization(id=[1, 2])]).encode(),
    "an id that is a path": json.dumps([organization(id="../../etc/x")]).encode(),
    "an id without an end": json.dumps([organization(id="9" * 50_000)]).encode(),
    "no number": b'[{"id": "%s1", "name": "x", "year_incorporated": NaN}]' % ID.encode(),
    "a number without an end": b'[{"id": "%s1", "name": "x", "year_incorporated": %s}]'
    % (ID.encode(), b"9" * 5000),
    "an exponent": b'[{"id": "%s1", "name": "x", "year_incorporated": 1e999999}]' % ID.encode(),
    "itself inside of itself": json.dumps(
        [organization(services=[{"id": f"{ID}1", "organization": organization()}])]
    ).encode(),
    "nothing": b"null",
    "a text": b'"organizations"',
    "no list": b"[[[1]]]",
    "no text": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_a_broken_document_ends_with_a_word(name: str, admin: Client, by: Principal) -> None:
    one = sent(admin, "organizations.json", BROKEN_JSON[name])
    assert one.state in {State.DONE, State.FAILED}, one.state
    assert one.state == State.DONE or one.error
    out = io.BytesIO()
    export_csv(by, out)


def test_a_name_of_a_file_is_no_path(admin: Client, place: Path) -> None:
    for name in (
        "../../../x.csv",
        "a/b\\c.csv",
        "x" * 300 + ".csv",
        ".csv",
        "\u202excv.exe",
        "é\x01.csv",
    ):
        given = {"file": SimpleUploadedFile(name, b"id,name\n"), "directory": "town"}
        assert admin.post("/settings/directories", given).status_code in {303, 422}
    outside = [p for p in place.rglob("*") if p.is_file() and "directories" not in p.parts]
    assert outside == []


def packed(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in names.items():
            archive.writestr(name, raw)
    return out.getvalue()


ROW = f"id,name,description\n{ID}1,Town Pantry,Food\n".encode()


def test_a_zip_file_leads_nowhere_and_unpacks_to_no_more_than_it_may(
    place: Path, by: Principal
) -> None:
    slip = place / "slip.zip"
    slip.write_bytes(packed({"../../../organizations.csv": ROW, "/organizations.csv": ROW}))
    taken(by, slip)
    assert not (place.parent / "organizations.csv").exists()
    bomb = place / "bomb.zip"
    bomb.write_bytes(packed({"organizations.csv": ROW + b"," * 300_000_000}))
    with pytest.raises(DirectoryTooLargeError):
        taken(by, bomb)
    lying = bytearray(packed({"organizations.csv": ROW + b"x" * 3_000_000}))
    for at in (lying.find(b"PK\x01\x02") + 24, 22):  # how much it says it unpacks to
        lying[at : at + 4] = (100).to_bytes(4, "little")
    (place / "lying.zip").write_bytes(bytes(lying))
    with pytest.raises(HandrailError):
        taken(by, place / "lying.zip")
    (place / "many.zip").write_bytes(packed({f"{n}/organizations.csv": ROW for n in range(300)}))
    with pytest.raises(DirectoryTooLargeError):
        taken(by, place / "many.zip")
    with pytest.raises(DirectoryFileError):
        taken(by, place / "nothing.zip")


FORMULAS = ("=cmd|'/c calc'!A1", "@SUM(1)", "+1+cmd|' /c calc'!A0", "-2+3+cmd|x", "\t=1", "\r=1")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_table_that_is_sent_out_has_a_formula(
    formula: str, place: Path, by: Principal, admin: Client
) -> None:
    (place / "organizations.json").write_text(
        json.dumps([organization(name=formula, description=formula, website=formula)])
    )
    taken(by, place / "organizations.json")
    out = io.BytesIO()
    export_csv(by, out)
    with zipfile.ZipFile(out) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                cells(archive.read(name).decode())
    path = place / "nppes.csv"
    path.write_text(f'{NPPES}{formula},1,,"{formula}",{formula},,,,,,\n{formula}\n')
    summary = Taking(by, path, place / "told").run()
    cells(Path(summary.report).read_text())


def cells(text: str) -> None:
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            formula = cell.startswith(("=", "@", "\t", "\r"))
            assert not formula, cell
            assert cell[:1] not in {"+", "-"} or "|" not in cell, cell


def test_phones_and_numbers_below_zero_leave_as_they_are(place: Path, by: Principal) -> None:
    rows = {
        "organizations": [organization()],
        "locations": [
            {"id": f"{ID}2", "location_type": "physical", "latitude": -33.5, "longitude": -70.25}
        ],
        "phones": [{"id": f"{ID}3", "organization_id": f"{ID}1", "number": "+1 509 555 0177"}],
    }
    for name, found in rows.items():
        with (place / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(found[0]))
            writer.writeheader()
            writer.writerows(found)
    taken(by, *(place / f"{name}.csv" for name in rows))
    out = io.BytesIO()
    export_csv(by, out)
    with zipfile.ZipFile(out) as archive:
        text = "".join(archive.read(n).decode() for n in archive.namelist())
    assert "-33.5" in text
    assert "'+1" not in text
    assert "+1 509 555 0177" in text


def many(count: int) -> Iterator[bytes]:
    """Rows of all kinds: whole, torn, of another encoding, with quotes nobody closes, doubled."""
    chance = random.Random(7)  # noqa: S311 - no secret
    yield b"id,name,description\r"
    for n in range(count):
        kind = chance.randrange(40)
        identity = b"%08d-0000-4000-8000-000000000000" % (n // 2 if kind == 1 else n)
        name = {2: b"Caf\xe9 %d", 3: b'"open %d', 4: b"%d\x00zero", 5: b'"a\r\nb %d"'}.get(
            kind, b"P%d"
        ) % n
        yield (
            identity
            + b","
            + name
            + (b",,,,,extra" if kind == 6 else b",Food" if kind != 7 else b"")
        )
        yield (b"\r", b"\n", b"\r\n")[kind % 3]


def test_many_rows_with_everything_wrong_are_all_accounted_for(place: Path, by: Principal) -> None:
    path = place / "organizations.csv"
    with path.open("wb") as file:
        file.writelines(many(20_000))
    one = keeping.put_down(by, "x.csv", iter([b""]), {"directory": "town"})
    report = Report(org=by.org, load=one.id)
    source = Source([path])
    with Staging(place / "floor") as rows:
        laid_out(source, report, rows)
        kept = rows.count("organizations")
    assert kept + report.counts["refused"] == report.counts["rows"]
    assert kept > 18_000
    assert source.repairs["organizations.csv"]


ODD = [
    "page=0", "page=-1", "page=999999999999", "page=1e5", "per_page=501", "per_page=\u0661",
    "search=%00", "search=%27%20or%201=1--", "search=" + "a+" * 5000, "full=maybe", "format=xml",
    "taxonomy_term_id=%27;drop%20table%20x", "postcode=00000", "postcode=%F0%9F%92%A9",
    "proximity=-5&postcode=94063", "modified_after=9999-12-31T23:59:60Z",
    "modified_after=0001-01-01",
    "organization_id=%00", "search=%ff%fe", "page=1000000&per_page=500",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["services", "organizations", "taxonomies"])
def test_the_api_answers_odd_questions_with_a_word(
    kind: str, client: Client, admin: Client
) -> None:
    assert admin.post("/settings/directories", {"open": "yes"}).status_code == 303
    for question in ODD:
        answer = client.get(f"/hsds/{kind}?{question}")
        assert answer.status_code in {200, 400}, (question, answer.status_code)
        if answer["Content-Type"] == "application/json":  # a zero in an address is refused before
            assert json.loads(answer.content)
    for identity in ("x", "%00", "../x", "' or 1=1", "9" * 5000):
        assert client.get(f"/hsds/{kind}/{identity}").status_code in {400, 404}
