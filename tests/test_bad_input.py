"""Bad input at every door: a clear answer with what to do, nothing lost, no 500, bounded memory.

``COVERED`` is the list: for each kind of bad input and each door, the tests that hold it. What is
not held elsewhere is tested here.
"""

from __future__ import annotations

import ast
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.test import Client

from handrail.access.principal import Role, system
from handrail.edge.bulk_data.load import load
from handrail.edge.hl7v2.receiving import receive
from handrail.edge.hl7v2.tests.messages import adt
from handrail.record import store
from handrail.record.verify import verify
from handrail.site.environment import CODE
from tests.test_strangers import PATIENT, member

HERE = "tests/test_bad_input.py"
FHIR = "handrail/edge/fhir_api/tests/test_bad_input.py"
LOAD = "handrail/edge/bulk_data/tests/test_load.py"
HL7 = "handrail/edge/hl7v2/tests"
HOSTILE = "handrail/fhir/tests/test_validation_hostile.py"
FUZZ = "tests/test_forms_fuzz.py"
FAULTS = "tests/test_faults.py"
ODD = "tests/test_odd_times.py"
DOORS = ("screens", "fhir", "load", "mllp", "command line")
COVERED: dict[str, dict[str, str]] = {
    "malformed": {
        "screens": f"{HERE}::test_a_screen_refuses_what_is_no_form",
        "fhir": f"{FHIR}::test_malformed_resources",
        "load": f"{HERE}::test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in",
        "mllp": f"{HL7}/test_receiving.py::test_every_broken_message_gets_an_answer",
        "command line": f"{HERE}::test_a_command_says_what_is_wrong_with_its_arguments",
    },
    "wrong types": {
        "screens": f"{FUZZ}::test_every_field_takes_every_odd_value",
        "fhir": f"{FHIR}::test_malformed_resources",
        "load": f"{LOAD}::test_one_bad_resource_is_reported_and_the_rest_goes_in",
        "mllp": f"{HL7}/test_message.py::test_a_message_with_a_hole_never_raises_anything_else",
        "command line": f"{HERE}::test_a_command_says_what_is_wrong_with_its_arguments",
    },
    "20 MB": {
        "screens": f"{HERE}::test_a_form_that_is_too_large_is_told_so",
        "fhir": f"{HERE}::test_the_api_takes_20_mb_in_bounded_memory",
        "load": f"{HERE}::test_loading_takes_20_mb_in_bounded_memory",
        "mllp": f"{HL7}/test_framing.py::test_too_large_is_told_and_memory_stays_small",
        "command line": f"{HERE}::test_loading_takes_20_mb_in_bounded_memory",
    },
    "nesting": {
        "screens": f"{HERE}::test_a_draft_nested_without_end_is_no_draft",
        "fhir": f"{FHIR}::test_nesting_without_end",
        "load": f"{HERE}::test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in",
        "mllp": f"{HERE}::test_a_frame_with_something_else_in_it_is_answered",
        "command line": f"{HERE}::test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in",
    },
    "invalid UTF-8": {
        "screens": f"{HERE}::test_a_screen_refuses_what_is_no_form",
        "fhir": f"{FHIR}::test_addresses_that_cannot_be",
        "load": f"{HERE}::test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in",
        "mllp": f"{HL7}/test_message.py::test_latin_1_declared_and_undeclared",
        "command line": f"{HERE}::test_a_file_name_that_is_no_text_is_reported",
    },
    "zip bombs": {
        "screens": f"{HERE}::test_a_screen_refuses_what_is_no_form",
        "fhir": f"{HERE}::test_the_api_refuses_a_gzip_bomb_in_bounded_memory",
        "load": f"{HERE}::test_loading_refuses_a_gzip_bomb_in_bounded_memory",
        "mllp": f"{HERE}::test_a_frame_with_something_else_in_it_is_answered",
        "command line": f"{HERE}::test_loading_refuses_a_gzip_bomb_in_bounded_memory",
    },
    "SQL and HTML": {
        "screens": f"{FUZZ}::test_no_form_and_no_address_ever_breaks",
        "fhir": f"{FHIR}::test_sql_and_html_in_every_field",
        "load": f"{HERE}::test_sql_and_html_are_loaded_as_text",
        "mllp": f"{HL7}/test_receiving.py::test_hostile_text_is_only_text",
        "command line": f"{HERE}::test_a_command_says_what_is_wrong_with_its_arguments",
    },
    "truncated": {
        "screens": f"{HERE}::test_a_form_that_broke_off_is_told_so",
        "fhir": f"{FHIR}::test_a_body_larger_than_the_bound",
        "load": f"{HERE}::test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in",
        "mllp": f"{HL7}/test_mllp.py::test_a_frame_that_is_cut_off_is_neither_answered_nor_kept",
        "command line": f"{HERE}::test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in",
    },
    "clock skew": {
        "screens": f"{ODD}::test_odd_times_are_stored_shown_searched_and_rebuilt",
        "fhir": f"{ODD}::test_odd_times_are_stored_shown_searched_and_rebuilt",
        "load": f"{HERE}::test_times_that_nobody_can_mean_are_loaded",
        "mllp": f"{HERE}::test_messages_with_wrong_clocks_are_answered",
        "command line": f"{HERE}::test_times_that_nobody_can_mean_are_loaded",
    },
    "PostgreSQL killed": {
        "screens": f"{FAULTS}::test_a_save_that_was_acknowledged_survives_the_server_being_killed",
        "fhir": "handrail/edge/fhir_api/tests/test_connections.py",
        "load": f"{FAULTS}::test_a_load_killed_in_the_middle_is_begun_again_and_ends_whole",
        "mllp": f"{HL7}/test_crash.py"
        "::test_postgresql_killed_during_messages_loses_nothing_acknowledged",
        "command line": "tests/test_command_line.py"
        "::test_a_database_killed_while_serving_comes_back_by_itself",
    },
}
DEEP = 1_000_000
SMALL = 300  # MB: what a process may grow by for a bomb of any size over HTTP
LARGE = 700  # MB: what a load may need, whatever is packed into a file
NASTY = ["'; drop table record_version; --", "<script>alert(1)</script>", "{{7*7}}", "\u202e\u0000"]


def test_every_kind_of_bad_input_is_tested_at_every_door() -> None:
    for kind, doors in COVERED.items():
        assert tuple(doors) == DOORS, kind
        for where in doors.values():
            path, _, name = where.partition("::")
            tree = ast.parse((CODE / path).read_text())
            found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert not name or name in found, where
            assert any(one.startswith("test_") for one in found), where


# Screens


@pytest.fixture
def browser(org) -> Client:
    return member("bea", Role.SUPERVISOR, Role.COORDINATOR)


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"


NO_FORMS: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "JSON": ("application/json", b'{"given":', {}),
    "deep JSON": ("application/json", b"[" * DEEP, {}),
    "escapes that are not UTF-8": (FORM, b"given=%ff%fe&family=%c3(", {}),
    "bytes that are not UTF-8": (FORM, b"given=\xff\xfe&family=\xc3(", {}),
    "UTF-16": (f"{FORM}; charset=utf-16", b"given=a", {}),
    "an unknown charset": (f"{FORM}; charset=nonsense", b"given=a", {}),
    "nothing but separators": (FORM, b"&" * 5000, {}),
    "a part without its end": (
        PARTS,
        b'--x\r\nContent-Disposition: form-data; name="given"\r\n\r\na',
        {},
    ),
    "a part without a name": (
        PARTS,
        b"--x\r\nContent-Disposition: form-data\r\n\r\n\xff\r\n--x--",
        {},
    ),
    "no boundary": ("multipart/form-data", b"x", {}),
    "packed parts": (PARTS, gzip.compress(b"a" * DEEP), {"HTTP_CONTENT_ENCODING": "gzip"}),
    "a packed form": (FORM, gzip.compress(b"given=a"), {"HTTP_CONTENT_ENCODING": "gzip"}),
    "zeros": ("", b"\x00" * 100, {}),
    "NUL beside a file": (
        PARTS,
        (
            b'--x\r\nContent-Disposition: form-data; name="given"\r\n\r\na\x00b\r\n'
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n--x--\r\n'
        ),
        {},
    ),
}


@pytest.mark.parametrize("name", NO_FORMS)
def test_a_screen_refuses_what_is_no_form(browser: Client, name: str) -> None:
    kind, body, more = NO_FORMS[name]
    for path in ("/register", "/drafts", f"/patients/{PATIENT}/details", "/sign-in"):
        answer = browser.generic("POST", path, body, content_type=kind, **more)
        assert 200 <= answer.status_code < 500, (path, answer.status_code)
        assert answer.status_code < 400 or b"<p" in answer.content, path
    for path in ("/find?q=%ff%c3(", "/patients/%ff", "/?who=%fe&page=%ff"):
        assert browser.get(path).status_code < 500


class BrokenOff:
    """What a server gives when the connection ends in the middle of a form."""

    def read(self, _size: int = -1) -> bytes:
        raise OSError("The connection was reset.")

    readline = read


def test_a_form_that_broke_off_is_told_so(browser: Client) -> None:
    more = {"wsgi.input": BrokenOff(), "CONTENT_LENGTH": "5000"}
    for path in ("/register", "/sign-in"):
        answer = browser.generic("POST", path, b"x", content_type=FORM, **more)
        assert answer.status_code == 400
        assert "send it again" in answer.content.decode()


def test_a_form_that_is_too_large_is_told_so(browser: Client) -> None:
    large = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    for path in ("/register", "/sign-in", "/drafts"):
        for body in (b"given=" + b"x" * large, b"a=b&" * 6000):
            answer = browser.generic("POST", path, body, content_type=FORM)
            assert answer.status_code == 413
            assert "too large" in answer.content.decode()


def test_a_draft_nested_without_end_is_no_draft(browser: Client) -> None:
    for content in ("[" * 19_000, '{"a":' * 3000, '{"a": "\\u0000b"}', '{"\\u0000": "c"}', "nul"):
        assert browser.post("/drafts", {"key": "k", "content": content}).status_code == 204
    assert browser.get("/drafts?key=k").status_code < 300


# handrail load


@pytest.fixture
def by(own_database, org):
    return system(org.id, "test", "A test")


BROKEN = {
    "empty": b"",
    "blank": b" \n ",
    "a list": b"[]",
    "not JSON": b"{'resourceType': 'Patient'}",
    "cut off": b'{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceT',
    "cut off in gzip": gzip.compress(b'{"resourceType":"Patient"}' * 100)[:-20],
    "million deep": b"[" * DEEP,
    "million deep in a resource": b'{"resourceType":"Basic","extension":' + b"[" * DEEP,
    "million deep and closed": b'{"resourceType":"Basic","a":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "not UTF-8": b'{"resourceType":"Patient","name":[{"family":"\xff\xfe"}]}',
    "half a surrogate": b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
    "NUL": b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}',
    "wrong types": b'{"resourceType":["Patient"],"name":17}',
    "no bundle": b'{"resourceType":"Bundle","type":"transaction","entry":{"a":1}}',
    "entries of nothing": b'{"resourceType":"Bundle","type":"transaction","entry":[17,null,[]]}',
    "resource of nothing": b'{"resourceType":"Bundle","type":"batch","entry":[{"resource":7}]}',
    "an id that is none": b'{"resourceType":"Patient","id":"../../etc/passwd"}',
    "utf-16": '{"resourceType":"Patient"}'.encode("utf-16"),
}


@pytest.mark.parametrize("end", [".json", ".ndjson", ".json.gz"])
def test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in(by, tmp_path, end) -> None:
    for number, (name, content) in enumerate(BROKEN.items()):
        packed = content if not end.endswith(".gz") or "gzip" in name else gzip.compress(content)
        (tmp_path / f"{number}{end}").write_bytes(packed)
    (tmp_path / "z.json").write_text('{"resourceType":"Patient","id":"good"}')
    summary = load([tmp_path], org=by.org)
    assert store.read("Patient/good", by=by).version == 1
    assert sum(summary.written.values()) == 1
    silent = 2 if end == ".ndjson" else 0  # an empty file of lines has no lines
    told = {Path(refused.file).name.partition(".")[0] for refused in summary.refused}
    assert len(told) == len(BROKEN) - silent
    assert all(refused.reason for refused in summary.refused)
    assert verify(by.org).wrong == []


def test_sql_and_html_are_loaded_as_text(by, tmp_path) -> None:
    texts = [text for text in NASTY if "\x00" not in text]
    for number, text in enumerate(texts):
        resource = {
            "resourceType": "Patient",
            "id": f"n{number}",
            "name": [{"family": text, "given": [text], "text": text}],
            "identifier": [{"system": "urn:x", "value": text}],
            "address": [{"line": [text]}],
        }
        (tmp_path / f"{number}'; --<b>.json").write_text(json.dumps(resource))
    summary = load([tmp_path], org=by.org)
    assert summary.refused == []
    for number, text in enumerate(texts):
        assert store.read(f"Patient/n{number}", by=by).resource["name"][0]["family"] == text


TIMES = ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+14:00", "2026-11-21T23:59:60Z"]


def test_times_that_nobody_can_mean_are_loaded(by, tmp_path) -> None:
    """One such Encounter must not keep the other resources of its batch out."""
    lines = [json.dumps({"resourceType": "Patient", "id": "p", "birthDate": "0001-01-01"})]
    lines += [
        json.dumps(
            {
                "resourceType": "Encounter",
                "id": f"e{number}",
                "status": status,
                "class": {"code": "IMP"},
                "subject": {"reference": "Patient/p"},
                "period": {"start": at, "end": at},
            }
        )
        for number, at in enumerate(TIMES)
        for status in ("finished", "in-progress")
    ]
    (tmp_path / "a.ndjson").write_text("\n".join(lines))
    summary = load([tmp_path], org=by.org, shift_to_today=False)
    assert summary.refused == []
    assert store.read("Encounter/e1", by=by).version == 2
    load([tmp_path], org=by.org, shift_to_today=True)


# Bounded memory, in processes of their own

MEASURE = """
import resource, sys
from handrail.site import opening
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
with opening.opened():
{body}
print(said, peak() - before)
"""
LOADING = """
    from pathlib import Path
    from handrail.edge.bulk_data.load import load
    before = peak()
    summary = load([Path(sys.argv[1])], org=1)
    said = "%s %s" % (sum(summary.written.values()), len(summary.refused))
"""
CALLING = """
    from handrail.access import keys
    from handrail.access.principal import Principal, Role
    from tests.fhir_client import Client
    roles = frozenset({Role.ADMINISTRATOR})
    admin = Principal(org=1, person="Practitioner/a", name="A", roles=roles)
    client = Client(keys.add(admin, "test", ["system/*.cruds"]).secret)
    raw = open(sys.argv[1], "rb").read()
    more = {"content_encoding": "gzip"} if sys.argv[1].endswith(".gz") else {}
    before = peak()
    answer = client.post("", raw, **more)
    said = "%s %s" % (answer.status, answer.json["resourceType"])
"""


@pytest.fixture
def url(own_database: str, org) -> str:
    """The address of the test's own database, for other processes."""
    parts = urlsplit(os.environ["HANDRAIL_DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{own_database}"))


@pytest.fixture
def measured(url: str) -> Callable[[str, Path], tuple[str, int]]:
    """Run code on a file in a process of its own; answer with what it said, and MB it grew by."""

    def run(code: str, path: Path) -> tuple[str, int]:
        environment = {
            **os.environ,
            "HANDRAIL_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "handrail.site.settings",
        }
        done = subprocess.run(
            [sys.executable, "-c", MEASURE.replace("{body}", code), str(path)],
            cwd=CODE,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said, _, grown = done.stdout.strip().rpartition(" ")
        return said, int(grown)

    return run


def bundle_of_20_mb(folder: Path) -> Path:
    entry = {
        "resource": {"resourceType": "Basic", "code": {"text": "x" * 20_000}},
        "request": {"method": "POST", "url": "Basic"},
    }
    made = {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * 1000}
    path = folder / "large.json"
    path.write_text(json.dumps(made))
    assert path.stat().st_size > 20_000_000
    return path


def bomb(folder: Path, name: str = "bomb.json.gz") -> Path:
    path = folder / name
    with gzip.open(path, "wb", 9) as packed:
        packed.write(b'{"resourceType":"Basic","code":{"text":"')
        for _ in range(1000):
            packed.write(b" " * 1_000_000)
    assert path.stat().st_size < 2_000_000
    return path


def test_the_api_takes_20_mb_in_bounded_memory(measured, tmp_path) -> None:
    said, grown = measured(CALLING, bundle_of_20_mb(tmp_path))
    assert said == "200 Bundle"
    assert grown < SMALL


def test_the_api_refuses_a_gzip_bomb_in_bounded_memory(measured, tmp_path) -> None:
    said, grown = measured(CALLING, bomb(tmp_path))
    assert said == "413 OperationOutcome"
    assert grown < SMALL


def test_loading_takes_20_mb_in_bounded_memory(measured, tmp_path) -> None:
    said, grown = measured(LOADING, bundle_of_20_mb(tmp_path))
    assert said == "1000 0"
    assert grown < SMALL


@pytest.mark.parametrize("name", ["bomb.json.gz", "bomb.ndjson.gz"])
def test_loading_refuses_a_gzip_bomb_in_bounded_memory(measured, tmp_path, name) -> None:
    said, grown = measured(LOADING, bomb(tmp_path, name))
    assert said == "0 1"
    assert grown < LARGE


# MLLP


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * DEEP,
        b'{"resourceType":"Patient"}',
        gzip.compress(b"MSH|" * 1000),
        b"<?xml version='1.0'?><ADT/>",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"MSH|^~\\&" + b"|" * DEEP,
        b"MSH|^~\\&|A|B|C|D|20261121||ADT^A01|1|P|2.5\rPID|" + b"&^~" * 100_000,
    ],
    ids=["deep", "JSON", "gzip", "XML", "HTTP", "fields without end", "repeats without end"],
)
def test_a_frame_with_something_else_in_it_is_answered(org, raw) -> None:
    answers = [answer.decode() for answer in receive(raw, org.id)]
    assert answers
    for answer in answers:
        assert answer.split("\rMSA|")[1][:2] in {"AE", "AR"}


@pytest.mark.parametrize(
    "at", ["99991231235959-0500", "00010101000000+1400", "19000101", "20261121235960", "2026"]
)
def test_messages_with_wrong_clocks_are_answered(org, at) -> None:
    for event in ("A01", "A03", "A08", "A13"):
        raw = adt(event, pv1_44=at, pv1_45=at, birth=at, died_at=at)
        head, _, rest = raw.partition(b"\r")
        fields = head.split(b"|")
        fields[6] = at.encode()
        (answer,) = receive(b"|".join(fields) + b"\r" + rest, org.id)
        assert answer.decode().split("\rMSA|")[1][:2] in {"AA", "AE"}
    assert verify(org.id).wrong == []


# The command line


def command(*arguments: str | bytes, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "handrail.site.cli", *arguments],
        cwd=CODE,
        env={**os.environ, **more},
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["load"],
        ["load", "/there/is/nothing/here"],
        ["load", "'; drop table record_version; --"],
        ["load", "<script>"],
        ["load", b"\xff\xfe"],
        ["load", "/dev/null", "--organization", "'; --"],
        ["serve", "--mllp-port", "x"],
        ["serve", "--mllp-port", "99999999999999999999"],
        ["enroll", "--program", "<b>"],
        ["key", "add"],
        ["key", "nonsense"],
        ["nonsense"],
        [b"\xff"],
        ["verify", "--nonsense"],
    ],
    ids=str,
)
def test_a_command_says_what_is_wrong_with_its_arguments(url, arguments) -> None:
    done = command(*arguments, HANDRAIL_DATABASE_URL=url)
    said = done.stdout + done.stderr
    assert done.returncode in {1, 2}, said
    assert b"Traceback" not in said
    assert said.strip()


def test_a_file_name_that_is_no_text_is_reported(url, tmp_path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.json"
    Path(os.fsdecode(name)).write_bytes(b"{")
    for more in ([], ["--json"]):
        done = command("load", *more, os.fsencode(tmp_path), HANDRAIL_DATABASE_URL=url)
        assert done.returncode == 1, done.stderr
        assert b"Traceback" not in done.stderr
        assert b".json" in done.stdout
