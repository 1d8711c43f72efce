"""Where notifications may go, and how little the other side can do to us."""

from __future__ import annotations

import socket
import time

import pytest

from handrail.access import outbound
from handrail.edge.subscriptions import posting
from handrail.edge.subscriptions.errors import NotDeliveredError, SubscriptionRefusedError
from tests.subscriptions.receiver import Receiver, slowly


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "partner.example.org/hook",
        "ftp://partner.example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://",
        "https://user:secret@partner.example.org/",
        "https://partner.example.org:99999/",
        "https://partner.example.org/a b",
        "https://partner.example.org/\r\nHost: else",
        "https://partner.example.org/" + "x" * 2000,
        "https://pärtner.example.org/",
        "http://partner.example.org/",
        "http://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.0.1/",
        "https://0.0.0.0/",
        "https://[fe80::1]/",
        "https://224.0.0.1/",
    ],
)
def test_where_we_do_not_send(settings, endpoint):
    settings.HANDRAIL_NOTIFY_HOSTS = []
    with pytest.raises(SubscriptionRefusedError):
        posting.check(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://partner.example.org/hook?a=1",
        "http://hooks.internal:8080",
        "http://[::1]:8443/",
        "https://HOOKS.internal/",
    ],
)
def test_where_we_send(settings, endpoint):
    settings.HANDRAIL_NOTIFY_HOSTS = ["hooks.internal", "[::1]:8443"]
    posting.check(endpoint)
    with pytest.raises(SubscriptionRefusedError):
        posting.check("http://[::1]:8444/")


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.215.14", "10.0.0.7"], ["::1"]])
def test_a_public_name_for_a_private_address_is_not_connected_to(settings, monkeypatch, addresses):
    settings.HANDRAIL_NOTIFY_HOSTS = []
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(outbound.socket, "create_connection", pytest.fail)
    with pytest.raises(NotDeliveredError, match="not on the public network"):
        posting.post("https://rebound.example.org/", b"{}", "application/json", timeout=1)


def test_a_name_nobody_knows(settings, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror

    monkeypatch.setattr(outbound.socket, "getaddrinfo", unknown)
    with pytest.raises(NotDeliveredError, match="There is no host"):
        posting.post("https://nobody.example.org/", b"", "", timeout=1)


@pytest.fixture
def receiver(settings):
    with Receiver() as found:
        settings.HANDRAIL_NOTIFY_HOSTS = ["127.0.0.1"]
        yield found


def test_a_slow_endpoint_is_cut_off(receiver):
    receiver.answers.append(slowly)
    begun = time.monotonic()
    with pytest.raises(NotDeliveredError, match="in time"):
        posting.post(receiver.url, b"{}", "application/json", timeout=0.5)
    assert time.monotonic() - begun < 5


def test_one_that_never_answers(receiver):
    receiver.answers.append(lambda _handler: time.sleep(3))
    with pytest.raises(NotDeliveredError, match="in time"):
        posting.post(receiver.url, b"{}", "application/json", timeout=0.3)


def test_nobody_listens(receiver):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(NotDeliveredError, match="nobody listens"):
            posting.post(f"http://127.0.0.1:{port}/", b"", "", timeout=1)


def test_tls_is_not_spoken(receiver):
    secure = receiver.url.replace("http:", "https:")
    with pytest.raises(NotDeliveredError, match="certificate"):
        posting.post(secure, b"", "", timeout=2)


def test_what_is_sent(receiver):
    posting.post(receiver.url, b"{}", "application/fhir+json", [("X-A", "1")], timeout=2)
    (heard,) = receiver.heard
    assert heard.body == b"{}"
    assert heard.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert heard.headers["X-A"] == "1"
    assert heard.headers["User-Agent"] == "Handrail"
