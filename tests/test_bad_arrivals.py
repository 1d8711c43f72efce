"""What comes in from strangers and means harm, or is only broken: nothing is lost, told or undone.

Mails no parser likes, the same mail twice, another mail under its name, ids typed into forms that
were never offered, and what somebody sorted that is none of the next one's business.
"""

from __future__ import annotations

import email.policy
import os
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client

from handrail import receiving
from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal, Role, system
from handrail.duties.incoming_referrals.actions import forms, sorting
from handrail.duties.incoming_referrals.models import Arrived
from handrail.duties.incoming_referrals.resources import Asked
from handrail.fhir import arrival
from handrail.fhir.errors import HandrailError, NotFoundError
from handrail.fhir.searching.query import parse
from handrail.record import store

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 Rosa Delgado"
FORM = "application/vnd.handrail.referral+json"


@pytest.fixture
def house(org: Any) -> Principal:
    return system(org.id, "tests", "Tests")


@pytest.fixture
def folder(tmp_path: Path, org: Any) -> Path:
    for way in ("fax", "mail"):
        (tmp_path / str(org.id) / way).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def sorter(sign_in: Any) -> Client:
    client: Client = sign_in("coordinator", practitioner="ana")
    return client


def ana(*roles: Role) -> Principal:
    kept = frozenset(roles or (Role.COORDINATOR,))
    return Principal(org=1, person="Practitioner/ana", name="Ana", roles=kept)


def put(folder: Path, way: str, name: str | bytes, raw: bytes) -> None:
    where = os.fsencode(folder / "1" / way) + b"/" + os.fsencode(name)
    Path(os.fsdecode(where)).write_bytes(raw)


def arrive(folder: Path, way: str, raw: bytes, name: str | bytes = "a") -> int:
    put(folder, way, name, raw)
    return receiving.take_in(folder, settled=0)


def of(house: Principal, kind: str, *pairs: tuple[str, str]) -> list[dict[str, Any]]:
    with acting(house):
        query = parse(kind, [*pairs, ("_count", "100")])
        return [one.resource for one in store.search(query, by=house).entries]


def waiting(house: Principal) -> list[str]:
    with acting(house):
        found = Arrived.objects.filter(state="waiting")
        return [f"{one.source_type}/{one.source}" for one in found.order_by("arrived_at")]


def person(house: Principal, **more: Any) -> None:
    rosa = {
        "resourceType": "Patient",
        "id": "rosa",
        "name": [{"family": "Delgado", "given": ["Rosa"]}],
        "birthDate": "1951-03-02",
        "telecom": [{"system": "phone", "value": "202-555-0142"}],
        **more,
    }
    with acting(house):
        store.commit([rosa], by=house, reason="test")


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def mail(body: str = "Please help.", **headers: str) -> bytes:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = headers.pop("From", "Intake <intake@clinic.example>")
    message["Message-ID"] = headers.pop("Message-ID", "<m1@clinic.example>")
    for name, value in headers.items():
        message[name] = value
    message.set_content(body)
    return message.as_bytes()


def deep(levels: int) -> bytes:
    """A mail whose parts are inside of parts, inside of parts."""
    lines = [b"From: a@b.example", b"Message-ID: <deep@b.example>"]
    for level in range(levels):
        mark = b"x%d" % level
        lines += [b"Content-Type: multipart/mixed; boundary=" + mark, b"", b"--" + mark]
    return b"\r\n".join([*lines, b"Content-Type: text/plain", b"", b"the core", b""])


def many(count: int) -> bytes:
    parts = [b"--b\r\nContent-Type: text/plain\r\n\r\npart %d\r\n" % n for n in range(count)]
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(parts) + b"--b--\r\n"


def forwarded(levels: int) -> bytes:
    inner = b"From: a@b.example\r\nSubject: x\r\n\r\nthe core\r\n"
    for _ in range(levels):
        inner = b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    return inner


HEAD = b"From: a@b.example\r\n"
BROKEN_MAILS = {
    "a charset nobody has": HEAD + b"Content-Type: text/plain; charset=x-unheard-of\r\n\r\nhello",
    "a charset that is no text": HEAD + b"Content-Type: text/plain; charset=rot13\r\n\r\nhello",
    "a charset with a zero": HEAD + b'Content-Type: text/plain; charset="a\x00b"\r\n\r\nhello',
    "a media type with blanks": HEAD + b"Content-Type: text/a b c\r\n\r\nhello",
    "a media type of bytes": HEAD + b"Content-Type: text/\xff\xfe\r\n\r\nhello",
    "a media type too long": HEAD + b"Content-Type: text/" + b"x" * 5000 + b"\r\n\r\nhello",
    "a sender of bytes": b"From: \xff\xfe\xfd <\xe9@b.example>\r\n\r\nhello",
    "a sender of controls": b"From: \x00\x01 <a\x02b@b.example>\r\n\r\nhello",
    "a sender of brackets": b"From: " + b"(" * 3000 + b"\r\n\r\nhello",
    "an id of bytes": HEAD + b"Message-ID: <\xff\xfe@b>\r\n\r\nhello",
    "an id of megabytes": HEAD + b"Message-ID: <" + b"m" * 200_000 + b"@b>\r\n\r\nhello",
    "a name of bytes": HEAD
    + b'Content-Type: application/pdf; name="\xff\x00.pdf"\r\n'
    + b'Content-Disposition: attachment; filename="\xe9\x01.pdf"\r\n\r\n%PDF-1.4',
    "a name in pieces": HEAD
    + b"Content-Type: application/pdf\r\nContent-Disposition: attachment;"
    + b" filename*0*=x-none'%FF'%ZZ; filename*2=b; filename*1*=%E9\r\n\r\n%PDF-1.4",
    "base64 that is none": HEAD
    + b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n=\xff=A",
    "uuencoded nonsense": HEAD + b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 \xff\nZZ",
    "parts without an end": HEAD + b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n',
    "a report of nothing": HEAD
    + b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
    + b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n--b--",
    "parts in parts": deep(2000),
    "mails in mails": forwarded(1500),
    "ten thousand parts": many(10_000),
    "a thousand parts": many(1000),
    "a sender of a hundred thousand": b"From: " + b"a@b," * 100_000 + b"\r\n\r\nhello",
    "a type without an end": HEAD + b"Content-Type: text/plain; " + b'a="' * 50_000 + b"\r\n\r\nx",
}


@pytest.mark.parametrize("name", BROKEN_MAILS)
def test_a_broken_mail_is_kept_and_becomes_work(name: str, folder: Path, house: Principal) -> None:
    raw = BROKEN_MAILS[name]
    assert arrive(folder, "mail", raw) == 1
    (document,) = of(house, "DocumentReference")
    assert len(of(house, "Task")) == 1
    assert [*(folder / "1" / "mail").iterdir()] == []
    last = arrival.binaries_of(document)[-1]
    with acting(house):
        whole = store.read(f"Binary/{last}", by=house).resource
    assert arrival.content_of(whole) == raw
    assert len(document["content"]) <= 60


def test_a_file_that_breaks_everything_holds_up_no_other(
    folder: Path, house: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = receiving._understood

    def breaks(way: Any, raw: bytes, name: str, at: str) -> Any:
        if b"poison" in raw:
            raise RuntimeError(raw)
        return real(way, raw, name, at)

    monkeypatch.setattr(receiving, "_understood", breaks)
    put(folder, "fax", "1.pdf", b"%PDF-1.7 poison")
    put(folder, "fax", "2.pdf", PDF)
    receiving.take_in(folder, settled=0)
    assert [one.name for one in (folder / "1" / "fax").iterdir()] == ["1.pdf"]
    assert len(of(house, "DocumentReference")) == 1


def settled(house: Principal, reference: str, patient: str = "rosa") -> None:
    sam = ana(Role.COORDINATOR, Role.SUPERVISOR)
    seen = sorting.look(sam, reference)
    sorting.settle(sam, reference, patient, Asked(what="Food"), if_match=seen.version)


@pytest.mark.parametrize(("way", "raw"), [("fax", PDF), ("mail", mail())])
def test_the_same_again_does_not_undo_what_somebody_sorted(
    way: str, raw: bytes, folder: Path, house: Principal
) -> None:
    person(house)
    arrive(folder, way, raw)
    settled(house, waiting(house)[0])
    assert arrive(folder, way, raw, "again") == 1
    assert waiting(house) == []
    (document,) = of(house, "DocumentReference")
    assert document["subject"] == {"reference": "Patient/rosa"}
    for one in arrival.binaries_of(document):
        with acting(house):
            binary = store.read(f"Binary/{one}", by=house).resource
        assert binary["securityContext"] == {"reference": "Patient/rosa"}


def test_another_mail_under_the_same_id_is_another_mail(folder: Path, house: Principal) -> None:
    person(house)
    arrive(folder, "mail", mail("Rosa needs food"))
    settled(house, waiting(house)[0])
    arrive(folder, "mail", mail("Something else, by somebody who knows the id"))
    assert len(waiting(house)) == 1
    assert len(of(house, "DocumentReference")) == 2
    assert len(of(house, "DocumentReference", ("patient", "rosa"))) == 1


def test_a_mail_that_was_relayed_twice_is_one(folder: Path, house: Principal) -> None:
    arrive(folder, "mail", mail())
    arrive(folder, "mail", b"Received: from relay.example by mx.example; now\r\n" + mail(), "b")
    assert len(of(house, "DocumentReference")) == 1


def test_two_large_files_of_one_name_are_both_kept(
    folder: Path, house: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LARGEST", 10)
    for raw in (PDF, PDF + b" and more"):
        arrive(folder, "fax", raw, b"big-\xff.pdf")
    kept = [one.read_bytes() for one in (folder / "1" / "fax" / "refused").iterdir()]
    assert sorted(kept) == sorted([PDF, PDF + b" and more"])
    assert len(of(house, "DocumentReference")) == 2


def test_links_lead_nowhere(folder: Path, house: Principal, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"%PDF-1.7 a secret of the server")
    here = folder / "1" / "fax"
    (here / "link.pdf").symlink_to(secret)
    (here / "new").symlink_to(tmp_path)
    (here / "dir.pdf").mkdir()
    os.mkfifo(here / "pipe.pdf")
    assert receiving.take_in(folder, settled=0) == 0
    assert secret.exists()


def test_a_link_put_in_place_of_a_file_is_not_followed(
    folder: Path, house: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"%PDF-1.7 a secret of the server")
    real = receiving._finished

    def swapped(*given: Any) -> Any:
        for path in list(real(*given)):
            path.unlink()
            path.symlink_to(secret)
            yield path

    monkeypatch.setattr(receiving, "_finished", swapped)
    put(folder, "fax", "a.pdf", PDF)
    receiving.take_in(folder, settled=0)
    assert of(house, "Binary") == []
    assert secret.exists()


HOSTILE_FORMS: list[Any] = [
    b"{not json",
    b"[]",
    b'"text"',
    orjson.dumps({"given": ["a"], "family": {"b": 1}, "what": None, "phone": 7}),
    orjson.dumps({"given": "Rosa", "family": "Delgado", "birth_date": "1951/03/02"}),
    b"\xff\xfe",
]


@pytest.mark.parametrize("typed", HOSTILE_FORMS)
def test_a_mail_that_brings_a_filled_form_is_a_mail(
    typed: bytes, folder: Path, house: Principal, sorter: Client
) -> None:
    raw = HEAD + b"Content-Type: " + FORM.encode() + b"\r\n\r\n" + typed
    arrive(folder, "mail", raw)
    (found,) = waiting(house)
    page = sorter.get(f"/incoming/documents/{found.partition('/')[2]}")
    assert page.status_code == 200
    assert 'value="Rosa"' not in page.content.decode()


@pytest.mark.parametrize("media", ["text/html", "image/svg+xml", "text/xml", "application/json"])
def test_what_could_run_is_a_file_and_no_page(
    media: str, folder: Path, house: Principal, sorter: Client
) -> None:
    raw = HEAD + b"Content-Type: " + media.encode() + b"\r\n\r\n<script>alert(1)</script>"
    arrive(folder, "mail", raw)
    (found,) = waiting(house)
    shown = sorter.get(f"/incoming/documents/{found.partition('/')[2]}/1")
    assert shown["Content-Type"] == "application/octet-stream"
    assert shown["Content-Disposition"].startswith("attachment")
    assert shown["X-Content-Type-Options"] == "nosniff"
    page = sorter.get(f"/incoming/documents/{found.partition('/')[2]}")
    assert "<script>alert" not in page.content.decode()


# --- Whose it is ------------------------------------------------------------------------------


TYPED = {"act": "settle", "given": "A", "family": "B", "what": "Food", "if_match": "1"}


@pytest.mark.parametrize("patient", ["rosa", "nobody", "../rosa", "Patient/rosa", "rosa\x01", "é"])
def test_an_id_that_was_not_offered_is_not_taken(
    patient: str, folder: Path, house: Principal, sorter: Client
) -> None:
    person(house)
    arrive(folder, "fax", PDF)
    (found,) = waiting(house)
    where = f"/incoming/documents/{found.partition('/')[2]}"
    answer = sorter.post(where, {**TYPED, "patient": patient})
    assert answer.status_code == 422
    assert "Delgado" not in words(answer)
    assert waiting(house) == [found]
    assert of(house, "ServiceRequest") == []


def test_an_id_that_is_not_there_is_answered_as_one_that_is(
    folder: Path, house: Principal, sorter: Client
) -> None:
    person(house)
    arrive(folder, "fax", PDF)
    where = f"/incoming/documents/{waiting(house)[0].partition('/')[2]}"
    pages = {
        re.sub(
            r'value="[A-Za-z0-9]{64}"',
            "",
            sorter.post(where, {**TYPED, "patient": one}).content.decode(),
        )
        for one in ("rosa", "nobody")
    }
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, ["rosa"]),
        ({"given": "Rosie", "phone": "202-555-0142"}, []),
        ({"family": "Delgada", "phone": "202-555-0142"}, []),
        ({"birth_date": "1951-02-03", "phone": "202-555-0142"}, []),
        ({"birth_date": "", "phone": "202-555-0142"}, []),
        ({"birth_date": "1951", "phone": "202-555-0142"}, []),
        ({"given": "", "phone": "202-555-0142"}, []),
    ],
)
def test_of_somebody_elses_patient_nothing_is_told_that_was_not_typed(
    more: dict[str, Any], found: list[str], org: Any, house: Principal
) -> None:
    person(house)
    typed: dict[str, Any] = {
        "given": "Rosa",
        "family": "Delgado",
        "birth_date": "1951-03-02",
    } | more
    shown = sorting.candidates(ana(), Asked(**typed))
    assert [one.patient for one in shown] == found
    with acting(house):
        assert AuditEntry.objects.filter(what="search Patient").exists()


@pytest.mark.parametrize(
    "born",
    ["1951/03/02", "1951-3-2--", "----------", "1951-13-40", "9" * 50, "\u0661951-03-02", "é" * 10],
)
def test_a_birth_date_that_is_none_is_said_to_be_none(
    born: str, folder: Path, house: Principal, sorter: Client
) -> None:
    arrive(folder, "fax", PDF)
    where = f"/incoming/documents/{waiting(house)[0].partition('/')[2]}"
    typed = {**TYPED, "birth_date": born}
    assert sorter.post(where, {**typed, "act": "look"}).status_code == 200
    answer = sorter.post(where, {**typed, "patient": "new"})
    assert answer.status_code == 422
    assert len(waiting(house)) == 1


@pytest.mark.parametrize("typed", [{"act": "aside", "why": ""}, {"act": "settle", "patient": ""}])
def test_what_was_sorted_shows_itself_to_nobody_else(
    typed: dict[str, str], folder: Path, house: Principal, sorter: Client
) -> None:
    person(house)
    arrive(folder, "mail", mail("Rosa Delgado needs food"))
    (found,) = waiting(house)
    sam = Principal(
        org=1, person="Practitioner/sam", name="Sam", roles=frozenset({Role.SUPERVISOR})
    )
    seen = sorting.look(sam, found)
    exact = Asked(given="Rosa", family="Delgado", birth_date="1951-03-02", what="Food")
    sorting.settle(sam, found, "rosa", exact, if_match=seen.version)
    where = f"/incoming/documents/{found.partition('/')[2]}"
    for answer in (
        sorter.get(where),
        sorter.post(where, {**typed, "if_match": "1"}),
        sorter.get(f"{where}/1"),
        sorter.get(f"{where}/2"),
    ):
        assert "Delgado" not in answer.content.decode()
    with pytest.raises(NotFoundError):
        sorting.piece(ana(), found, 1)


# --- The public form --------------------------------------------------------------------------


ASKED = {
    "who": "me", "what": "Food", "given": "Ana", "family": "Reyes", "phone": "202-555-0142",
    "consented": "yes",
}  # fmt: skip


@pytest.fixture
def opened(org: Any) -> None:
    forms.set_form(ana(Role.ADMINISTRATOR), "", is_open=True)


def test_giant_and_odd_fields_are_taken_as_far_as_they_make_sense(
    opened: None, house: Principal, client: Client
) -> None:
    typed = {
        **ASKED,
        "what": "x" * 50_000,
        "note": "a\x01b\u202ec\r\nd" * 2000,
        "family": "Re\x1byes" + "y" * 900,
        "language": "zz" * 500,
        "who": "me",
    }
    assert client.post("/ask/1", typed).status_code == 200
    (found,) = waiting(house)
    seen = sorting.look(ana(), found)
    assert (len(seen.asked.what), len(seen.asked.family)) == (500, 200)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", seen.asked.note + seen.asked.family)


def test_a_forged_forwarding_header_does_not_get_around_the_flood_gate(
    opened: None, client: Client
) -> None:
    codes = [
        client.post(
            "/ask/1",
            ASKED,
            HTTP_X_FORWARDED_FOR=f"198.51.100.{n}",
            HTTP_FORWARDED=f"for=10.0.0.{n}",
        ).status_code
        for n in range(11)
    ]
    assert codes == [200] * 10 + [429]


def test_a_robot_learns_nothing_from_the_answer(
    opened: None, house: Principal, client: Client
) -> None:
    people = client.post("/ask/1", ASKED)
    robots = client.post("/ask/1", {**ASKED, "website": "https://x.example"})
    assert (people.status_code, robots.status_code) == (200, 200)
    assert len(waiting(house)) == 1


def test_a_form_needs_its_token(opened: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/ask/1", ASKED).status_code == 403


@pytest.mark.parametrize("to", ["a@b.example,c@d.example", "a@b.example\nBcc: c@d.example", "a@b"])
def test_an_answer_goes_to_one_address(to: str, opened: None, client: Client) -> None:
    assert client.post("/ask/1", {**ASKED, "answer_to": to}).status_code == 422


def test_refusals_are_in_words(folder: Path, house: Principal) -> None:
    """Whoever may not sort is refused, before anything is read."""
    arrive(folder, "fax", PDF)
    (found,) = waiting(house)
    for role in (Role.AUDITOR, Role.CLINICIAN, Role.ADMINISTRATOR):
        for act in (
            lambda by: sorting.look(by, found),
            lambda by: sorting.candidates(by, Asked(family="x", given="y")),
            lambda by: sorting.settle(by, found, "rosa", Asked(), if_match=1),
            lambda by: sorting.set_aside(by, found, "x", if_match=1),
        ):
            with pytest.raises(HandrailError):
                act(ana(role))
