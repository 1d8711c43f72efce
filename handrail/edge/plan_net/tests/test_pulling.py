"""A payer's directory, pulled page by page from a server."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from handrail.access.again import remember
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.edge.plan_net import directories
from handrail.edge.plan_net.errors import DirectoryServerError
from handrail.edge.plan_net.models import Directory
from handrail.edge.plan_net.pulling import KIND, actor, pull
from handrail.edge.plan_net.rewriting import id_here
from handrail.jobs import Interrupted, Job
from handrail.record import store

pytestmark = pytest.mark.django_db
CARDIOLOGY, NETWORK = "207RC0000X", "blue-harbor-net"
PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition"
ELSEWHERE = json.dumps(
    {
        "resourceType": "Bundle",
        "link": [{"relation": "next", "url": "https://elsewhere.example.org/Organization"}],
    }
).encode()


def office(name):
    """Return an invented office: a place, a group, a person and the role that joins them."""
    network = {"reference": f"Organization/{NETWORK}"}
    return [
        {"resourceType": "Location", "id": name, "status": "active", "name": f"Office {name}"},
        {"resourceType": "Organization", "id": name, "active": True, "name": f"Group {name}"},
        {"resourceType": "Practitioner", "id": name, "name": [{"family": f"Example{name}"}]},
        {
            "resourceType": "PractitionerRole",
            "id": name,
            "meta": {"lastUpdated": "2026-09-01T00:00:00Z"},
            "extension": [{"url": f"{PLAN_NET}/network-reference", "valueReference": network}],
            "practitioner": {"reference": f"Practitioner/{name}"},
            "location": [{"reference": f"Location/{name}"}],
            "specialty": [
                {"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": CARDIOLOGY}]}
            ],
        },
    ]


class Payer:
    """A server with a directory: pages of two, and what it was asked."""

    def __init__(self) -> None:
        self.kept: list[dict] = []
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.base = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        parts = urlsplit(path)
        kind = parts.path.rpartition("/")[2]
        if kind in self.answers:
            return self.answers[kind]
        start = int(parse_qs(parts.query).get("page", ["0"])[0])
        every = [one for one in self.kept if one["resourceType"] == kind]
        bundle = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": one} for one in every[start : start + 2]],
            "link": [{"relation": "self", "url": f"{self.base}/{kind}"}],
        }
        if start + 2 < len(every):
            bundle["link"].append(
                {"relation": "next", "url": f"{self.base}/{kind}?page={start + 2}"}
            )
        return 200, json.dumps(bundle).encode()


@contextmanager
def serving(payer):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = payer.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    payer.base = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    try:
        yield payer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def payer():
    with serving(Payer()) as found:
        for name in ("a", "b", "c"):
            found.kept += office(name)
        yield found


@pytest.fixture
def by(principal_for):
    return principal_for("system", "administrator", "supervisor")


@pytest.fixture
def directory(by, payer):
    return directories.add(by, payer.base, "Blue Harbor")


def run(one, **more):
    job = Job(
        id=1,
        org=one.org,
        kind=KIND,
        payload={"directory": one.id},
        attempt=1,
        enqueued_by=remember(actor(one)),
        **more,
    )
    pull(job)
    with acting(actor(one)):
        return Directory.objects.get(org=one.org, id=one.id)


def test_a_directory_is_pulled_whole_with_ids_of_its_own(org, directory, payer):
    done = run(directory)

    assert (done.run, done.last["stored"], done.last["refused"]) == ({}, 12, 0)
    house = system(org.id, "tests", "Tests")
    with acting(house):
        kept = store.read(f"PractitionerRole/{id_here(done.id, 'c')}", by=house).resource
    assert kept["location"] == [{"reference": f"Location/{id_here(done.id, 'c')}"}]
    assert kept["specialty"][0]["coding"][0]["code"] == CARDIOLOGY
    assert {"url": "urn:handrail:directory-as-of", "valueDate": "2026-09-01"} in kept["extension"]
    network = kept["extension"][0]["valueReference"]["reference"]
    assert network == f"Organization/{id_here(done.id, NETWORK)}"


def test_the_next_pull_asks_for_what_changed_since(directory, payer):
    done = run(directory)
    payer.asked.clear()

    run(done)

    assert all(
        f"_lastUpdated=ge{done.since[:13]}" in one for one in payer.asked if "page" not in one
    )


def test_a_pull_that_was_cut_short_goes_on_where_it_stood(directory, payer):
    payer.answers["Practitioner"] = (500, b"")
    with pytest.raises(DirectoryServerError):
        run(directory)
    asked = len(payer.asked)
    del payer.answers["Practitioner"]

    done = run(directory)

    assert done.last["stored"] == 12
    assert not any("/Organization?" in one for one in payer.asked[asked:])
    assert done.error == ""


def test_a_process_that_is_about_to_end_stops_between_pages(directory):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        run(directory, stop=stop)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"", "status 500"),
        (200, b"<html>", "no JSON"),
        (200, b"[" * 100_000, "no JSON"),
        (200, b'{"resourceType": "Patient"}', "no Bundle"),
        (
            200,
            ELSEWHERE,
            "another server",
        ),
    ],
)
def test_what_a_server_should_not_say_is_refused_in_words(directory, payer, status, body, why):
    payer.answers["Organization"] = (status, body)

    with pytest.raises(DirectoryServerError, match=why):
        run(directory)

    with acting(actor(directory)):
        assert why in Directory.objects.get(id=directory.id).error


def test_what_is_invalid_or_was_not_asked_for_stays_out(directory, payer):
    payer.kept.append({"resourceType": "Location", "id": "bad", "status": "no such status"})
    payer.kept.append({"resourceType": "Location"})
    patient = {"resource": {"resourceType": "Patient", "id": "p"}}
    bundle = {"resourceType": "Bundle", "entry": [patient, "nonsense", {"resource": 5}]}
    payer.answers["Endpoint"] = (200, json.dumps(bundle).encode())
    payer.answers["InsurancePlan"] = (404, b"")

    done = run(directory)

    assert (done.last["stored"], done.last["refused"]) == (12, 1)
    assert "bad" in done.last["why"][0]


def test_an_operator_adds_lists_and_stops_directories(by, directory, payer):
    assert "not yet pulled whole" in next(iter(directories.lines(by)))
    run(directory)
    assert "12 stored, 0 refused" in next(iter(directories.lines(by)))

    directories.stop(by, payer.base)
    assert list(directories.lines(by)) == []
