"""A report that a letter did not arrive is matched to the letter; anything else stays a letter."""

from __future__ import annotations

import pytest

from handrail import receiving
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.edge.mail.bounces import returned
from handrail.fhir.dispatch import MESSAGE_ID
from handrail.record import store

pytestmark = pytest.mark.django_db
LETTER = "<0123abcd@care.example>"


def report(action: str = "failed", original: str = LETTER) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nMessage-ID: <r1@mx.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry about Rosa.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; x@y.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {original}\r\nSubject: A request\r\n\r\nBody\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def house(org):
    by = system(org.id, "tests", "Tests")
    person = {"resourceType": "Patient", "id": "rosa", "name": [{"family": "Delgado"}]}
    letter = {
        "resourceType": "Communication",
        "id": "c1",
        "status": "completed",
        "identifier": [{"system": MESSAGE_ID, "value": LETTER}],
        "subject": {"reference": "Patient/rosa"},
    }
    with acting(by):
        store.commit([person, letter], by=by, reason="test")
    return by


def test_the_letter_says_that_it_came_back_without_what_the_report_says_besides(house, tmp_path):
    folder = tmp_path / str(house.org) / "mail"
    folder.mkdir(parents=True)
    (folder / "r.eml").write_bytes(report())
    assert receiving.take_in(tmp_path, settled=0) == 1
    with acting(house):
        letter = store.read("Communication/c1", by=house).resource
    assert letter["status"] == "not-done"
    assert letter["statusReason"]["text"] == "The letter came back (5.1.1)."
    assert "Rosa" not in str(letter["statusReason"])


@pytest.mark.parametrize(
    "raw",
    [
        report(action="delayed"),
        report(original="<somebody@else.example>"),
        b"From: a@b.example\r\nMessage-ID: <m@b.example>\r\n\r\nHello",
        b"",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b",
    ],
    ids=["delayed", "of another letter", "a letter", "nothing", "broken"],
)
def test_anything_else_is_no_bounce(house, raw):
    assert returned(house, raw) == []
