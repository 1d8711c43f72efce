"""A panel goes out in files and comes in elsewhere: ``$export`` and ``$import`` for clients."""

from __future__ import annotations

import gzip
import json
import threading
from collections import Counter
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from handrail import jobs
from handrail.access import accounts, keys
from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal, Role, system
from handrail.edge.bulk_data import exporting, files
from handrail.edge.bulk_data.models import BulkRequest
from handrail.fhir.errors import HandrailError
from handrail.record import as_of, store
from handrail.site.cli.export import main as export_command
from tests.fhir_client import Client

ASYNC = {"prefer": "respond-async"}


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.HANDRAIL_DATA = tmp_path
    keys.forget()


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


@pytest.fixture
def client_with(principal_for):
    def make(*scopes: str, **more) -> Client:
        return Client(keys.add(principal_for("administrator"), "bulk", scopes, **more).secret)

    return make


@pytest.fixture
def client(client_with):
    return client_with("system/*.cruds")


def patient(identity: str, **more) -> dict:
    general = [{"reference": "Practitioner/vale"}]
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": f"Sample-{identity}", "text": 'with "marks" \\ and ünïcode'}],
        "generalPractitioner": general,
    } | more


def condition(identity: str, whose: str, **more) -> dict:
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": f"Patient/{whose}"},
        "code": {"coding": [{"system": "urn:x", "code": identity[:1]}], "text": "A line"},
    } | more


def panel() -> list[dict]:
    vale = {
        "resourceType": "Practitioner",
        "id": "vale",
        "qualification": [{"code": {"text": "MD"}, "issuer": {"reference": "Organization/board"}}],
    }
    organizations = [{"resourceType": "Organization", "id": i, "name": i} for i in ("board", "x")]
    group = {
        "resourceType": "Group",
        "id": "panel",
        "type": "person",
        "actual": True,
        "member": [
            {"entity": {"reference": "Patient/a"}},
            {"entity": {"reference": "Patient/b"}},
            {"entity": {"reference": "Patient/c"}, "inactive": True},
        ],
    }
    people = [patient(one) for one in "abc"]
    needs = [condition(f"{n}-{one}", one) for one in "abc" for n in range(3)]
    return [*organizations, vale, *people, *needs, group]


@pytest.fixture
def loaded(by):
    store.commit(panel(), by=by, reason="a test")


def kick_off(client: Client, path: str = "", **headers: str) -> str:
    answer = client.get(f"{path}", **(ASYNC | headers))
    assert answer.status == 202, answer.body
    return answer.headers["Content-Location"]


def finished(client: Client, path: str = "/$export") -> dict:
    where = kick_off(client, path)
    jobs.run_due()
    answer = client.get(where)
    assert answer.status == 200, answer.body
    return answer.json


def lines(client: Client, manifest: dict, listed: str = "output") -> list[dict]:
    found = []
    for one in manifest[listed]:
        body = client.get(one["url"]).body
        rows = [json.loads(line) for line in body.splitlines()]
        assert len(rows) == one["count"]
        assert {row["resourceType"] for row in rows} == {one["type"]}
        found += rows
    return found


def instant_of(provenance: dict) -> str:
    return provenance["recorded"].replace("+", "%2B")


def everything() -> set[str]:
    return {f"{one['resourceType']}/{one['id']}" for one in panel()}


def ours(found: set[str]) -> set[str]:
    """Leave out what is made from the record's transactions."""
    return {one for one in found if not one.startswith("Provenance/tx-")}


def names(rows: list[dict]) -> set[str]:
    return {f"{row['resourceType']}/{row['id']}" for row in rows}


@pytest.mark.usefixtures("loaded")
class TestExport:
    def test_everything_goes_out_as_it_is_stored(self, client, by):
        where = kick_off(client, "/$export")
        waiting = client.get(where)
        assert waiting.status == 202
        assert int(waiting.headers["Retry-After"]) >= 1
        assert waiting.headers["X-Progress"]
        jobs.run_due()
        answer = client.get(where)
        assert answer.headers["Content-Type"] == "application/json"
        assert "Expires" in answer.headers
        manifest = answer.json
        assert manifest["requiresAccessToken"] is True
        assert manifest["request"] == "http://localhost/fhir/$export"
        assert (manifest["deleted"], manifest["error"]) == ([], [])
        assert ours(names(lines(client, manifest))) == everything()
        url = next(one["url"] for one in manifest["output"] if one["type"] == "Patient")
        body = client.get(url).body
        assert body.splitlines()[0] == store.read("Patient/a", by=by).body

    def test_what_is_committed_later_is_not_in_it(self, client, by):
        where = kick_off(client, "/$export")
        store.commit([patient("a", gender="female"), patient("d")], by=by, reason="later")
        store.commit([store.Draft(delete="Condition/0-a")], by=by, reason="later")
        jobs.run_due()
        rows = lines(client, client.get(where).json)
        found = {f"{row['resourceType']}/{row['id']}": row for row in rows}
        assert "gender" not in found["Patient/a"]
        assert "Patient/d" not in found
        assert "Condition/0-a" in found

    def test_patients_go_with_what_they_refer_to(self, client):
        found = names(lines(client, finished(client, "/Patient/$export")))
        assert {"Patient/a", "Condition/0-c", "Practitioner/vale", "Organization/board"} <= found
        assert not found & {"Organization/x", "Group/panel"}

    def test_a_group_is_its_active_members(self, client):
        found = names(lines(client, finished(client, "/Group/panel/$export")))
        assert {"Patient/a", "Patient/b", "Condition/1-b", "Practitioner/vale"} <= found
        assert not found & {"Patient/c", "Condition/0-c"}

    def test_single_patients_are_asked_for_by_post(self, client):
        asked = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "patient", "valueReference": {"reference": "Patient/b"}},
                {"name": "_type", "valueString": "Patient,Condition"},
            ],
        }
        answer = client.post("/Patient/$export", asked, **ASYNC)
        assert answer.status == 202, answer.body
        jobs.run_due()
        found = names(lines(client, client.get(answer.headers["Content-Location"]).json))
        assert found == {"Patient/b", "Condition/0-b", "Condition/1-b", "Condition/2-b"}

    def test_since_tells_what_changed_and_what_was_deleted(self, client, by):
        at = finished(client)["transactionTime"]
        store.commit([patient("a", gender="female")], by=by, reason="later")
        store.commit([store.Draft(delete="Condition/0-a")], by=by, reason="later")
        manifest = finished(client, f"/$export?_since={at}")
        assert ours(names(lines(client, manifest))) == {"Patient/a"}
        (bundle,) = lines(client, manifest, "deleted")
        assert bundle["type"] == "transaction"
        wanted = {"request": {"method": "DELETE", "url": "Condition/0-a"}}
        assert wanted in bundle["entry"]

    def test_what_began_before_the_last_export_and_ended_after_it_comes_next(self, client, by):
        at = finished(client)["transactionTime"]
        with acting(by):
            BulkRequest.objects.update(at=BulkRequest.objects.get().at + timedelta(seconds=5))
            at = exporting.requests.BulkRequest.objects.get().at.isoformat()
        store.commit([patient("late")], by=by, reason="began before that moment")
        manifest = finished(client, f"/$export?_since={at.replace('+', '%2B')}")
        assert ours(names(lines(client, manifest))) == {"Patient/late"}

    def test_provenance_names_what_is_exported_and_nothing_else(self, client, by):
        rows = lines(client, finished(client, "/Group/panel/$export?_type=Provenance"))
        (one,) = rows
        targets = {target["reference"].partition("/_history")[0] for target in one["target"]}
        assert {"Patient/a", "Condition/0-b"} <= targets
        assert not targets & {"Patient/c", "Practitioner/vale", "Group/panel"}
        store.commit([patient("b", gender="male")], by=by, reason="later")
        later = finished(client, f"/$export?_type=Provenance&_since={instant_of(one)}")
        assert [row["id"] for row in lines(client, later)] != [one["id"]]

    def test_types_filters_and_elements(self, client):
        path = "/$export?_type=Condition&_typeFilter=Condition%3Fcode%3Durn:x%7C1"
        found = names(lines(client, finished(client, path)))
        assert found == {"Condition/1-a", "Condition/1-b", "Condition/1-c"}
        path = "/$export?_type=Patient,Condition&_elements=Patient.gender,code"
        rows = lines(client, finished(client, path))
        one = next(row for row in rows if row["resourceType"] == "Condition")
        assert set(one) == {"resourceType", "id", "meta", "code", "subject"}
        assert one["meta"]["tag"][-1]["code"] == "SUBSETTED"
        assert not any("name" in row for row in rows)

    def test_filters_keep_to_the_patients(self, client):
        path = "/Group/panel/$export?_type=Condition&_typeFilter=Condition%3Fcode%3Durn:x%7C1"
        found = names(lines(client, finished(client, path)))
        assert found == {"Condition/1-a", "Condition/1-b"}

    def test_files_are_split(self, client, monkeypatch):
        monkeypatch.setattr(files, "MOST_LINES", 2)
        monkeypatch.setattr(files, "BUFFER", 1)
        manifest = finished(client, "/$export?_type=Condition")
        assert [one["count"] for one in manifest["output"]] == [2, 2, 2, 2, 1]
        assert len(names(lines(client, manifest))) == 9

    def test_one_that_is_cut_short_goes_on(self, client, monkeypatch):
        monkeypatch.setattr(exporting, "WRITTEN_DOWN", 0)
        monkeypatch.setattr(exporting, "ROWS", 2)
        where = kick_off(client, "/$export")
        real, calls = as_of.texts, []

        def breaks(piece, *arguments, **named):
            calls.append(piece)
            if len(calls) == 4:
                raise OSError("pulled the plug")
            return real(piece, *arguments, **named)

        monkeypatch.setattr(as_of, "texts", breaks)
        jobs.run_due()
        assert client.get(where).status == 202
        begun = list(calls)
        with acting(system(1, "test", "Test")):
            from handrail.jobs.models import Row

            Row.objects.update(run_at=exporting.requests.now() - timedelta(hours=1))
        calls[:] = [None] * 5
        jobs.run_due()
        rows = lines(client, client.get(where).json)
        rows = [row for row in rows if row["resourceType"] != "Provenance"]
        assert Counter(names(rows)) == Counter(f"{o['resourceType']}/{o['id']}" for o in panel())
        assert len(rows) == len(panel())
        again = [one for one in calls if one is not None and one in begun[:3]]
        assert again == [], "what was finished is not read again"

    def test_delete_ends_it_and_removes_the_files(self, client, tmp_path):
        where = kick_off(client, "/$export")
        jobs.run_due()
        manifest = client.get(where).json
        folder = next((tmp_path / "exports" / "1").iterdir())
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
        assert client("DELETE", where).status == 202
        assert not folder.exists()
        assert client.get(where).status == 404
        assert client.get(manifest["output"][0]["url"]).status == 404

    def test_one_that_is_ended_before_it_began_writes_nothing(self, client, tmp_path):
        where = kick_off(client, "/$export")
        assert client("DELETE", where).status == 202
        jobs.run_due()
        assert not list(tmp_path.glob("exports/1/*/*.ndjson*"))

    def test_files_go_when_their_time_is_over(self, client, tmp_path, by):
        finished(client)
        with acting(by):
            from handrail.jobs.models import Row

            Row.objects.update(run_at=exporting.requests.now() - timedelta(hours=1))
        jobs.run_due()
        assert not list((tmp_path / "exports" / "1").iterdir())

    def test_a_part_of_a_file_and_a_packed_one(self, client):
        manifest = finished(client, "/$export?_type=Patient")
        url = manifest["output"][0]["url"]
        whole = client.get(url)
        assert whole.headers["Content-Type"] == "application/fhir+ndjson"
        assert int(whole.headers["Content-Length"]) == len(whole.body)
        part = client.get(url, range="bytes=10-29")
        assert (part.status, part.body) == (206, whole.body[10:30])
        assert part.headers["Content-Range"] == f"bytes 10-29/{len(whole.body)}"
        assert client.get(url, range="bytes=-5").body == whole.body[-5:]
        assert client.get(url, range="bytes=20-").body == whole.body[20:]
        assert client.get(url, range="bytes=20-", if_range='"x"').status == 200
        assert client.get(url, range=f"bytes={len(whole.body)}-").status == 416
        packed = client.get(url, accept_encoding="gzip")
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == whole.body

    def test_who_asks_too_often_is_told_to_wait(self, client):
        where = kick_off(client, "/$export")
        assert client.get(where).status == 202
        hasty = client.get(where)
        assert hasty.status == 429
        assert "Retry-After" in hasty.headers
        assert hasty.json["resourceType"] == "OperationOutcome"

    def test_too_many_at_once_are_refused(self, client):
        for _ in range(exporting.requests.MOST_AT_ONCE):
            kick_off(client, "/$export")
        assert client.get("/$export", **ASYNC).status == 429

    def test_the_trail_has_the_whole_and_each_file(self, client, by):
        manifest = finished(client, "/Group/panel/$export")
        client.get(manifest["output"][0]["url"])
        with acting(by):
            whole = AuditEntry.objects.get(what="export")
            assert AuditEntry.objects.filter(what="export file").count() == 1
        assert whole.patients == ["a", "b"]
        assert "2 patients" in whole.detail


@pytest.mark.usefixtures("loaded")
class TestAccess:
    def test_types_that_may_not_be_read_are_not_in_it(self, client_with):
        client = client_with("system/Patient.rs")
        assert names(lines(client, finished(client))) == {"Patient/a", "Patient/b", "Patient/c"}
        assert client.get("/$export?_type=Condition", **ASYNC).status == 403

    def test_patient_scopes_get_their_patients_only(self, client_with):
        client = client_with("patient/*.rs", patients=["b"])
        found = names(lines(client, finished(client, "/Patient/$export")))
        assert {"Patient/b", "Condition/0-b"} <= found
        assert not found & {"Patient/a", "Condition/0-a", "Patient/c"}
        found = names(lines(client, finished(client)))
        assert "Patient/b" in found
        assert not found & {"Patient/a", "Condition/0-a", "Patient/c", "Group/panel"}
        asked = {"name": "patient", "valueReference": {"reference": "Patient/a"}}
        sent = {"resourceType": "Parameters", "parameter": [asked]}
        assert client.post("/Patient/$export", sent, **ASYNC).status == 404

    def test_parts_of_types_are_not_exported(self, client_with):
        client = client_with("system/Condition.rs?code=urn:x|1", "system/Patient.rs")
        assert client.get("/$export?_type=Condition", **ASYNC).status == 403
        assert {one["type"] for one in finished(client)["output"]} == {"Patient"}

    def test_the_files_are_for_who_asked(self, client, client_with):
        where = kick_off(client, "/$export")
        jobs.run_due()
        url = client.get(where).json["output"][0]["url"]
        for stranger in (client_with("system/*.cruds"), Client()):
            for path in (where, url):
                assert stranger.get(path).status in {401, 404}
            assert stranger("DELETE", where).status in {401, 404}

    def test_a_revoked_key_gets_nothing(self, principal_for, tmp_path):
        administrator = principal_for("administrator")
        made = keys.add(administrator, "bulk", ["system/*.cruds"])
        kick_off(Client(made.secret), "/$export")
        keys.revoke(administrator, made.key.id)
        jobs.run_due()
        assert not list(tmp_path.glob("exports/1/*/*"))
        with acting(system(1, "test", "Test")):
            assert BulkRequest.objects.get().state == "failed"


BAD = {
    "/$export?_outputFormat=text/csv": 400,
    "/$export?_since=yesterday": 400,
    "/$export?_since=0001-01-01T00:00:00%2B14:00": 400,
    "/$export?_type=Dragon": 400,
    "/$export?_typeFilter=Patient": 400,
    "/$export?_typeFilter=Patient%3Fdragon%3D1": 400,
    "/$export?_elements=a.b.c": 400,
    "/$export?includeAssociatedData=LatestProvenanceResources": 400,
    "/$export?patient=a": 400,
    "/$export?dragon=1": 400,
    "/Group/nobody/$export": 404,
    "/Observation/$export": 404,
    "/$bulk-status?job=x": 404,
    "/$bulk-status": 404,
    "/$bulk-file?job=x&name=../../secret-key": 404,
}


@pytest.mark.usefixtures("org")
@pytest.mark.parametrize("path", BAD)
def test_what_cannot_be_done_is_refused(client, path):
    answer = client.get(path, **ASYNC)
    assert answer.status == BAD[path], answer.body
    assert answer.json["resourceType"] == "OperationOutcome"
    assert answer.said


@pytest.mark.usefixtures("org")
def test_an_export_is_asynchronous_and_may_be_lenient(client):
    assert client.get("/$export").status == 400
    lenient = {"prefer": "respond-async, handling=lenient"}
    assert client.get("/$export?_type=Patient,Dragon&dragon=1", **lenient).status == 202


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path):
    """A folder that another server shows, and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def manifest_of(**inputs: str) -> dict:
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "inputFormat", "valueString": "application/fhir+ndjson"},
            {"name": "inputSource", "valueUri": "https://other.example.org"},
            {"name": "storageDetail", "part": [{"name": "type", "valueString": "https"}]},
            *(
                {
                    "name": "input",
                    "part": [
                        {"name": "type", "valueCode": kind},
                        {"name": "url", "valueUrl": url},
                    ],
                }
                for kind, url in inputs.items()
            ),
        ],
    }


def second_organization() -> tuple[Principal, Client]:
    by = system(2, "test", "Test")
    with acting(by):
        accounts.add_organization(2, "Second House", "second")
    administrator = Principal(
        org=2, person="Practitioner/x", name="X", roles=frozenset({Role.ADMINISTRATOR})
    )
    return by, Client(keys.add(administrator, "bulk", ["system/*.cruds"]).secret)


@pytest.mark.usefixtures("own_database")
class TestImport:
    def test_what_one_organization_exports_another_imports(self, by, client, served, settings):
        store.commit(panel(), by=by, reason="a test")
        manifest = finished(client)
        folder, address = served
        settings.HANDRAIL_IMPORT_HOSTS = frozenset({"127.0.0.1"})
        inputs = {}
        for one in manifest["output"]:
            (folder / f"{one['type']}.ndjson").write_bytes(client.get(one["url"]).body)
            inputs[one["type"]] = f"{address}/{one['type']}.ndjson"
        other, second = second_organization()
        answer = second.post("/$import", manifest_of(**inputs), **ASYNC)
        assert answer.status == 202, answer.body
        jobs.run_due()
        done = second.get(answer.headers["Content-Location"])
        assert done.status == 200, done.body
        assert sum(one["count"] for one in done.json["output"]) == len(panel()) + 1
        assert done.json["error"] == []
        for one in panel():
            reference = f"{one['resourceType']}/{one['id']}"
            came = store.read(reference, by=other).resource
            assert came.pop("meta")
            assert came == one
        again = second.post("/$import", manifest_of(**inputs), **ASYNC)
        jobs.run_due()
        assert second.get(again.headers["Content-Location"]).status == 200
        assert store.read("Patient/a", by=other).version == 1

    def test_faults_are_told_with_their_lines(self, client, tmp_path):
        good = json.dumps({"resourceType": "Patient", "id": "ok"})
        bad = json.dumps({"resourceType": "Patient", "id": "bad", "gender": 7})
        uploads = tmp_path / "uploads" / "1"
        uploads.mkdir(parents=True)
        (uploads / "people.ndjson").write_text(f"{good}\n\n{bad}\nno json\n")
        sent = {
            "inputFormat": "application/fhir+ndjson",
            "inputSource": "https://other.example.org",
            "storageDetail": {"type": "file"},
            "input": [{"type": "Patient", "url": "upload:people.ndjson"}],
        }
        answer = client.post("/$import", sent, **ASYNC)
        assert answer.status == 202, answer.body
        jobs.run_due()
        manifest = client.get(answer.headers["Content-Location"]).json
        assert [one["count"] for one in manifest["output"]] == [1]
        assert manifest["error"][0]["inputUrl"] == "upload:people.ndjson"
        said = [row["issue"][0]["diagnostics"] for row in lines(client, manifest, "error")]
        assert sorted(one.partition(" (")[0].partition(":")[0] for one in said) == [
            "Line 3",
            "Line 4",
        ]
        assert (uploads / "people.ndjson").exists()

    def test_what_cannot_be_fetched_is_tried_again_and_fails_in_the_end(
        self, client, served, settings
    ):
        settings.HANDRAIL_IMPORT_HOSTS = frozenset({"127.0.0.1"})
        from handrail.edge.bulk_data import importing
        from handrail.jobs.models import Row

        sent = manifest_of(Patient=f"{served[1]}/missing.ndjson")
        where = client.post("/$import", sent, **ASYNC).headers["Content-Location"]
        for _ in range(importing.ATTEMPTS):
            with acting(system(1, "test", "Test")):
                Row.objects.update(run_at=exporting.requests.now() - timedelta(hours=1))
            jobs.run_due()
        answer = client.get(where)
        assert answer.status == 500
        assert "404" in answer.said


REFUSED = {
    "http://other.example.org/a.ndjson": 400,
    "https://127.0.0.1/a.ndjson": 400,
    "https://10.0.0.1/a.ndjson": 400,
    "https://[::1]/a.ndjson": 400,
    "https://169.254.169.254/latest": 400,
    "https://name:word@192.0.2.1/a.ndjson": 400,
    "file:///etc/passwd": 400,
    "upload:../../secret-key": 400,
    "upload:nothing.ndjson": 400,
    "": 400,
}


@pytest.mark.usefixtures("org")
@pytest.mark.parametrize("url", REFUSED)
def test_an_import_does_not_look_where_it_should_not(client, url):
    answer = client.post("/$import", manifest_of(Patient=url), **ASYNC)
    assert answer.status == REFUSED[url], answer.body


@pytest.mark.usefixtures("org")
def test_an_import_needs_the_right_to_write(client_with, tmp_path):
    uploads = tmp_path / "uploads" / "1"
    uploads.mkdir(parents=True)
    (uploads / "people.ndjson").write_text("{}\n")
    sent = manifest_of(Patient="upload:people.ndjson")
    assert client_with("system/Patient.rs").post("/$import", sent, **ASYNC).status == 403
    bound = client_with("patient/*.cruds", patients=["a"])
    assert bound.post("/$import", sent, **ASYNC).status == 403
    assert client_with("system/*.cruds").post("/$import", {"input": []}, **ASYNC).status == 400
    assert client_with("system/*.cruds").post("/$import", sent).status == 400


@pytest.mark.usefixtures("own_database")
def test_an_operator_exports_into_a_folder(by, tmp_path, capsys):
    store.commit(panel(), by=by, reason="a test")
    folder = tmp_path / "out"
    assert export_command([str(folder), "--group", "panel", "--type", "Patient,Condition"]) == 0
    assert "8 resources." in capsys.readouterr().out
    assert len((folder / "Patient.1.ndjson").read_bytes().splitlines()) == 2
    assert not list((tmp_path / "exports").glob("*/*"))
    with pytest.raises(HandrailError, match="empty folder"):
        export_command([str(folder)])
