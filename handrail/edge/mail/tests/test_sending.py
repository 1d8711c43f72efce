"""Letters go out by a real SMTP server, and what it answers is understood."""

from __future__ import annotations

import email
import socket
from email import policy

import pytest
from aiosmtpd.controller import Controller

from handrail.edge.mail.sending import MAIL
from handrail.sending import NotSentError, Parcel, RefusedAddressError

LETTER = {
    "org": 1,
    "reference": "Communication/c1",
    "to": "desk@example.org",
    "subject": "A request",
    "text": "Please open https://care.example.org/a/x\nÁbrala, por favor.",
}


class Desk:
    """A mail server that answers as it is told, and keeps what it took."""

    def __init__(self) -> None:
        self.recipient = self.data = "250 OK"
        self.taken: list[email.message.EmailMessage] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - its name
        if self.recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - its name
        if self.data.startswith("2"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return self.data


@pytest.fixture
def desk(settings):
    made = Desk()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(made, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.DEFAULT_FROM_EMAIL = "handrail@care.example.org"
    yield made
    server.stop()


def sent(**more):
    return MAIL.send(Parcel(**(LETTER | more)))


def test_a_letter_is_taken_and_known_by_its_message_id(desk):
    identity = sent()
    (letter,) = desk.taken
    assert letter["Message-ID"] == identity
    assert identity.endswith("@care.example.org>")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert (letter["Subject"], letter["To"]) == ("A request", "desk@example.org")
    assert "Ábrala" in letter.get_content()


def test_a_letter_sent_twice_has_one_message_id_and_another_letter_another(desk):
    assert sent() == sent()
    assert sent(reference="Communication/c2") != sent()
    assert "c1" not in sent()


def test_pages_go_along(desk):
    sent(pages=b"%PDF-1.7 pages")
    (part,) = desk.taken[0].iter_attachments()
    assert part.get_content() == b"%PDF-1.7 pages"


@pytest.mark.parametrize("answer", ["450 4.2.0 Later", "451 4.7.1 Greylisted", "421 4.3.2 Busy"])
@pytest.mark.parametrize("where", ["recipient", "data"])
def test_not_now_may_be_tried_again(desk, where, answer):
    setattr(desk, where, answer)
    with pytest.raises(NotSentError) as refusal:
        sent()
    assert "desk@" not in refusal.value.message
    assert desk.taken == []


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user", "552 5.2.2 Full", "554 5.7.1 Never"])
@pytest.mark.parametrize("where", ["recipient", "data"])
def test_never_is_not_tried_again(desk, where, answer):
    setattr(desk, where, answer)
    with pytest.raises(RefusedAddressError) as refusal:
        sent()
    assert "No such user" not in refusal.value.message


@pytest.mark.parametrize(
    "to",
    ["", "desk", "a@b", "x@example.org\r\nBcc: y@example.org", "a@b.org, c@d.org", "@", "é" * 500],
)
def test_what_is_no_address_is_refused(desk, to):
    with pytest.raises(RefusedAddressError):
        sent(to=to)
    assert desk.taken == []


def test_a_subject_cannot_add_a_header(desk):
    sent(subject="Hello\r\nBcc: spy@example.org")
    assert desk.taken[0]["Bcc"] is None


def test_a_server_that_is_away_may_come_back(desk, settings):
    settings.EMAIL_PORT = 1
    with pytest.raises(NotSentError):
        sent()


def test_without_a_mail_server_nothing_is_sent(settings):
    settings.EMAIL_HOST = ""
    assert not MAIL.ready()
    with pytest.raises(NotSentError, match="HANDRAIL_SMTP_URL"):
        sent()
