"""Text messages lie in a folder, or go to a gateway by HTTP."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from handrail.edge.sms.sending import SMS
from handrail.sending import NotSentError, Parcel, RefusedAddressError, dialled

MESSAGE = {"org": 7, "reference": "Communication/c1", "to": "+15095550177", "text": "A request."}


def sent(**more):
    return SMS.send(Parcel(**(MESSAGE | more)))


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.HANDRAIL_DATA = tmp_path
    settings.HANDRAIL_SMS_URL = settings.HANDRAIL_SMS_TOKEN = ""
    return tmp_path / "outgoing" / "7" / "sms"


def test_a_message_lies_in_the_folder_once(folder):
    assert sent() == sent()
    (path,) = folder.iterdir()
    assert path.read_text() == "To: +15095550177\n\nA request.\n"
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_name_cannot_lead_out_of_the_folder(folder):
    sent(reference="../../evil/..\\x")
    assert [path.parent for path in folder.rglob("*.txt")] == [folder]


@pytest.mark.parametrize("to", ["", "5095550177", "+0", "+1509555017x", "tel:+15095550177"])
def test_what_is_no_number_is_refused(folder, to):
    with pytest.raises(RefusedAddressError):
        sent(to=to)


def test_a_folder_that_cannot_be_written_may_come_back(folder):
    folder.parent.parent.mkdir()
    folder.parent.write_text("in the way")
    with pytest.raises(NotSentError):
        sent()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("(509) 555-0177", "+15095550177"),
        ("1-509-555-0177 x12", "+15095550177"),
        ("+44 20 7946 0018", "+442079460018"),
        ("555-0177", ""),
        ("", ""),
        ("٥٠٩٥٥٥٠١٧٧", ""),
        ("+" + "9" * 99, ""),
    ],
)
def test_a_number_is_written_as_it_is_dialled(typed, number):
    assert dialled(typed) == number


class Gateway(BaseHTTPRequestHandler):
    """A gateway that answers as it is told."""

    status = 202
    seen: list[tuple[dict, dict]] = []  # noqa: RUF012 - of the class: the server makes the objects

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((dict(self.headers), body))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def gateway(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.HANDRAIL_SMS_URL = f"http://127.0.0.1:{server.server_port}/messages"
    settings.HANDRAIL_SMS_TOKEN = "secret"
    Gateway.seen.clear()
    Gateway.status = 202
    yield Gateway
    server.shutdown()
    server.server_close()


def test_a_gateway_takes_a_message(gateway):
    key = sent()
    assert sent() == key
    headers, body = gateway.seen[0]
    assert body == {"to": "+15095550177", "text": "A request.", "reference": key}
    assert headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, RefusedAddressError), (422, RefusedAddressError), (401, NotSentError),
     (429, NotSentError), (500, NotSentError), (302, NotSentError)],
)  # fmt: skip
def test_what_a_gateway_answers_is_understood(gateway, status, error):
    gateway.status = status
    with pytest.raises(error) as refusal:
        sent()
    assert "5550177" not in refusal.value.message


def test_a_gateway_that_is_away_may_come_back(settings):
    settings.HANDRAIL_SMS_URL = "http://127.0.0.1:1/messages"
    with pytest.raises(NotSentError):
        sent()
