"""The e-mail channel, to a mail server that really listens."""

from __future__ import annotations

import socket
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller

from handrail.site import environment
from tests.subscriptions.parties import now, settle, subscribed, subscription, task, written

pytestmark = pytest.mark.django_db
BASE = "https://care.example.org/fhir"


class Box:
    def __init__(self):
        self.messages = []
        self.refuses = 0

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - its name there
        if self.refuses:
            self.refuses -= 1
            return "451 Try again later"
        self.messages.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def box(settings):
    found = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.DEFAULT_FROM_EMAIL = "handrail@example.org"
    settings.HANDRAIL_ADDRESS = "https://care.example.org"
    yield found
    controller.stop()


def by_mail(**more):
    return subscription("mailto:ada@pantry.example.org", type="email", **more)


def test_a_message_says_where_to_look_and_nothing_more(partner, ehr, box):
    identity = subscribed(partner, by_mail(content="id-only"))
    assert partner.get(f"/Subscription/{identity}").json["status"] == "active"
    assert box.messages == []
    mine = written(ehr, task())
    settle()
    ((to, message),) = box.messages
    assert to == ["ada@pantry.example.org"]
    assert message["Subject"] == "Something changed"
    body = message.get_payload(decode=True).decode()
    assert f"{BASE}/Task/{mine['id']}" in body
    assert "Quillfeather" not in message.as_string()


def test_an_empty_message_names_no_resource(partner, ehr, box):
    subscribed(partner, by_mail(content="empty"))
    mine = written(ehr, task())
    settle()
    ((_to, message),) = box.messages
    assert mine["id"] not in message.as_string()


def test_a_mail_server_that_refuses_is_tried_again(partner, ehr, box):
    subscribed(partner, by_mail())
    box.refuses = 1
    written(ehr, task())
    settle()
    assert box.messages == []
    now()
    settle()
    assert len(box.messages) == 1


def test_without_a_mail_server_it_is_refused(partner, settings):
    settings.EMAIL_HOST = ""
    identity = subscribed(partner, by_mail())
    found = partner.get(f"/Subscription/{identity}").json
    assert found["status"] == "error"
    assert "HANDRAIL_SMTP_URL" in found["error"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 25, False, False)),
        ("smtp://mail.example.org?starttls=1", ("mail.example.org", 587, False, True)),
        ("smtps://a:b%40c@mail.example.org", ("mail.example.org", 465, True, False)),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, False, False)),
    ],
)
def test_the_address_of_a_mail_server(monkeypatch, url, said):
    monkeypatch.setenv("HANDRAIL_SMTP_URL", url)
    mail = environment.mail()
    assert (mail.host, mail.port, mail.tls, mail.starttls) == said
    assert mail.password == ("b@c" if "@mail" in url else "")
    assert mail.sender == f"handrail@{mail.host}"


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://a", "smtp://", "smtp://a:x", "smtp://a?b=1"]
)
def test_what_is_no_mail_server(monkeypatch, url):
    monkeypatch.setenv("HANDRAIL_SMTP_URL", url)
    with pytest.raises(environment.EnvironmentVariableError):
        environment.mail()


def test_our_own_address(monkeypatch):
    for name in ("HANDRAIL_ADDRESS", "HANDRAIL_HOSTS", "HANDRAIL_HTTPS", "PORT"):
        monkeypatch.delenv(name, raising=False)
    assert environment.address() == "http://127.0.0.1:8000"
    monkeypatch.setenv("HANDRAIL_HOSTS", "care.example.org")
    assert environment.address() == "https://care.example.org"
    monkeypatch.setenv("HANDRAIL_ADDRESS", "https://other.example.org/")
    assert environment.address() == "https://other.example.org"
    monkeypatch.setenv("HANDRAIL_ADDRESS", "other.example.org")
    with pytest.raises(environment.EnvironmentVariableError):
        environment.address()
