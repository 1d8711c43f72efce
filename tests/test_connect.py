"""Two organizations of one Handrail: one is the EHR, the other pulls from it and opens it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.auth.models import User
from django.db import connections as databases
from django.test import Client as Browser
from django.utils import timezone

from handrail import jobs
from handrail.access import accounts, applications, keys, session
from handrail.access.accounts import NewMember
from handrail.access.applications import NewApp
from handrail.access.database import acting
from handrail.access.models import AuditEntry, CareRelationship
from handrail.access.outbound import AddressRefusedError
from handrail.access.principal import Principal, Role, system
from handrail.edge.connect import connections, fetching, keyring, pulling
from handrail.edge.connect.connections import Terms
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.models import Connection
from handrail.edge.smart import jwks, limits
from handrail.fhir.errors import ForbiddenError, NotFoundError
from handrail.jobs.models import Row
from handrail.record import store
from handrail.site.cli.connect import main as command
from tests.test_bulk_data import panel, patient

pytestmark = pytest.mark.usefixtures("own_database")
EHR, OURS = 1, 2
PATIENCE = 60  # rounds of the queue


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments) -> None:
        """Say nothing."""


@dataclass
class Server:
    """A running Handrail, in a thread of this process; ``broken`` answers 503 in its place."""

    address: str = ""
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    def application(self, environ, start_response):
        from handrail.site.wsgi import application

        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        if self.broken:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"not now"]
        return application(environ, start_response)

    @property
    def fhir(self) -> str:
        return f"{self.address}/fhir"


@pytest.fixture
def server(own_database, settings, tmp_path) -> Iterator[Server]:
    settings.HANDRAIL_DATA = tmp_path
    for one in (keys, jwks, limits):
        one.forget()
    running = Server()
    listening: WSGIServer = make_server("127.0.0.1", 0, running.application, handler_class=_Quiet)
    running.address = f"http://127.0.0.1:{listening.server_port}"

    def serve() -> None:
        listening.serve_forever(poll_interval=0.05)
        databases.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield running
    listening.shutdown()
    thread.join()
    listening.server_close()


def principal(org: int, *roles: Role) -> Principal:
    return Principal(org=org, person="Device/operator", name="Operator", roles=frozenset(roles))


@pytest.fixture
def by(server) -> Principal:
    for org in (EHR, OURS):
        with acting(system(org, "test", "A test")):
            accounts.add_organization(org, f"House {org}", f"house{org}")
    store.commit(panel(), by=system(EHR, "test", "A test"), reason="a test")
    return principal(OURS, Role.SYSTEM, Role.ADMINISTRATOR)


@pytest.fixture
def mercy(server, by) -> Connection:
    """Our connection to the EHR, which knows our key."""
    one = connections.add(by, "mercy", Terms(base=server.fhir, group="panel"))
    made = applications.register(
        principal(EHR, Role.ADMINISTRATOR),
        NewApp(
            name="Handrail elsewhere",
            kind="key",
            scopes=("launch", "patient/Patient.rs", "system/*.rs"),
            redirect_uris=(f"{server.address}/connect/{one.id}/landed",),
            launch_url=f"{server.address}/connect/{one.id}/launch",
            jwks=one.jwks,
        ),
    )
    return connections.add(by, "mercy", Terms(client_id=made.app.id))


def work() -> None:
    """Do all jobs of both organizations, without the waiting in between."""
    for _ in range(PATIENCE):
        for org in (EHR, OURS):
            with acting(system(org, "test", "A test")):
                soon = timezone.now() + timedelta(hours=1)
                Row.objects.filter(org=org, run_at__lt=soon).update(run_at=timezone.now())
        if not jobs.run_due():
            return


def pulled(by: Principal) -> Connection:
    pulling.begin(connections.named(by, "mercy"))
    work()
    return connections.named(by, "mercy")


def reads(reference: str) -> dict:
    return store.read(reference, by=system(OURS, "test", "A test")).resource


def test_a_panel_is_pulled_with_ids_of_our_own(server, by, mercy):
    done = pulled(by)
    assert (done.error, done.run) == ("", {})
    assert done.last["refused"] == 0
    assert reads("Patient/mercy.a")["name"][0]["family"] == "Sample-a"
    assert reads("Condition/mercy.0-b")["subject"]["reference"] == "Patient/mercy.b"
    assert reads("Practitioner/mercy.vale")["id"] == "mercy.vale"
    for stranger in ("Patient/mercy.c", "Patient/a", "Organization/mercy.x"):
        with pytest.raises(NotFoundError):
            reads(stranger)
    assert any(one.startswith("DELETE ") for one in server.asked), "the job there is ended"
    assert not list(keyring.folder(OURS, mercy.id).glob("*/*")), "nothing is left on the disk"
    with acting(by):
        assert AuditEntry.objects.filter(what="connection pulled").count() == 1


def test_the_next_pull_brings_what_changed_and_takes_what_was_deleted(by, mercy):
    first = pulled(by)
    ehr = system(EHR, "test", "A test")
    store.commit([patient("a", gender="female")], by=ehr, reason="later")
    store.commit([store.Draft(delete="Condition/0-a")], by=ehr, reason="later")
    second = pulled(by)
    assert second.position > first.position
    assert second.last["deleted"] == 1
    assert second.last["written"] == {"Patient": 1, "Provenance": 2}
    assert reads("Patient/mercy.a")["gender"] == "female"
    with pytest.raises(Exception, match="was deleted"):
        reads("Condition/mercy.0-a")
    assert reads("Condition/mercy.1-a")


def test_a_pull_that_brings_nothing_new_ends(by, mercy):
    first = pulled(by)
    second = pulled(by)
    assert second.run == {}
    assert second.error == ""
    assert second.last["read"] == 0
    assert second.pulled_at > first.pulled_at


def test_a_pull_whose_files_cannot_be_loaded_ends_with_the_reason(by, mercy):
    one = connections.named(by, mercy.name)
    pulling.keep(one, run={"stage": "load", "id": "aa", "begun": "2026-11-22T00:00:00+00:00"})
    jobs.enqueue("bulk-load", {"folder": "nowhere"}, by=pulling.actor(one), key="aa")
    pulling.look_after(one)
    assert one.run["stage"] == "load", "it still waits"
    with acting(by):
        Row.objects.filter(kind="bulk-load", key="aa").update(state="failed")
    pulling.look_after(one)
    assert one.run == {}
    assert "could not be loaded" in connections.named(by, mercy.name).error


def test_a_server_that_is_away_is_said_in_plain_words_and_tried_again(server, by, mercy):
    server.broken = True
    pulling.begin(mercy)
    jobs.run_due()
    seen = connections.named(by, "mercy")
    assert "503" in seen.error
    assert seen.position == ""
    server.broken = False
    work()
    seen = connections.named(by, "mercy")
    assert seen.error == ""
    assert seen.pulled_at
    assert reads("Patient/mercy.b")


def test_a_file_that_breaks_off_is_fetched_again(by, mercy, monkeypatch):
    real, calls = fetching.lines, []

    def short(pieces):
        calls.append(1)
        found = list(real(pieces))
        return iter(found[:-1] if len(calls) == 2 else found)

    monkeypatch.setattr(fetching, "lines", short)
    pulling.begin(mercy)
    work()
    assert connections.named(by, "mercy").last["read"] >= 10
    assert len(calls) > 2
    assert reads("Condition/mercy.2-b")


def test_a_key_that_the_server_does_not_know_is_refused(server, by, mercy):
    keyring.forget(OURS, mercy.id)
    keyring.make(OURS, mercy.id)
    with pytest.raises(PeerError, match="status 40"):
        connections.test(by, "mercy")
    keyring.forget(OURS, mercy.id)
    with pytest.raises(PeerError, match="private key"):
        connections.test(by, "mercy")


def test_the_connection_can_be_tested_and_removed(by, mercy):
    assert connections.test(by, "mercy")
    place = keyring.folder(OURS, mercy.id) / "key.json"
    assert place.stat().st_mode & 0o777 == 0o600
    assert "d" not in mercy.jwks["keys"][0]
    connections.remove(by, "mercy")
    assert not place.exists()
    with pytest.raises(NotFoundError):
        connections.named(by, "mercy")


def test_the_public_key_is_there_for_everybody_and_nothing_else(mercy):
    answer = Browser().get(f"/connect/{mercy.id}/jwks.json")
    assert answer.status_code == 200
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("EC", "P-384", "ES384")
    assert "d" not in key
    for unknown in ("2-0000000000000000", "9-0000000000000000", "x", "2", mercy.id[2:]):
        assert Browser().get(f"/connect/{unknown}/jwks.json").status_code == 404


def test_who_may_and_what_can_be_added(server, by):
    for name in ("Mercy", "", "a" * 21, "-x", "../x"):
        with pytest.raises(Exception, match="short name"):
            connections.add(by, name, Terms(base=server.fhir))
    with pytest.raises(Exception, match="base address"):
        connections.add(by, "mercy", Terms())
    for base in ("ftp://x", "nonsense", "https://a:b@x.example.org/fhir"):
        with pytest.raises(AddressRefusedError):
            connections.add(by, "mercy", Terms(base=base))
    with pytest.raises(ForbiddenError):
        connections.add(principal(OURS, Role.COORDINATOR), "mercy", Terms(base=server.fhir))


def test_pulls_come_by_themselves(by, mercy):
    connections.add(by, "mercy", Terms(every_hours=24))
    pulled(by)
    with acting(by):
        (row,) = Row.objects.filter(org=OURS, kind=pulling.KIND)
    assert row.run_at > timezone.now() + timedelta(hours=23)


# People


def member(org: int, username: str, role: Role, port: int) -> Browser:
    with acting(system(org, "test", "A test")):
        new = NewMember(username=username, name=username.title(), roles=frozenset({role}))
        made = accounts.add(system(org, "test", "A test"), new).membership
        if role == Role.COORDINATOR and org == EHR:
            for one in "ab":
                CareRelationship.objects.create(
                    org=org, source="s", patient=one, person=made.person, kind="care-manager"
                )
    browser = Browser(HTTP_HOST=f"127.0.0.1:{port}")
    found = User.objects.get(username=username)
    browser.force_login(found, "django.contrib.auth.backends.ModelBackend")
    place = browser.session
    place[session.ORG] = org
    place.save()
    return browser


@dataclass
class Opening:
    """Somebody opens Handrail from the EHR: two browsers' worth of sessions."""

    server: Server
    one: Connection
    there: Browser
    here: Browser

    def launched(self, whom: str = "a") -> str:
        """Return where our browser is sent after the EHR let us in."""
        opened = self.there.post(f"/patients/{whom}/apps", {"app": self.one.client_id})
        where = opened["Location"]
        assert where.startswith(f"{self.server.address}/connect/{self.one.id}/launch"), where
        asked = self.here.get(where.removeprefix(self.server.address))
        assert asked.status_code == 302, (where, asked.content)
        consent = self.there.get(asked["Location"].removeprefix(self.server.address))
        assert consent.status_code in {302, 303}, consent.content
        if "/landed" not in consent["Location"]:
            consent = self.there.post(consent["Location"], {"do": "allow", "patient": whom})
        return consent["Location"].removeprefix(self.server.address)

    def landed(self, whom: str = "a"):
        return self.here.get(self.launched(whom))


@pytest.fixture
def opening(server, by, mercy) -> Opening:
    port = urlsplit(server.address).port or 0
    there = member(EHR, "una", Role.COORDINATOR, port)
    here = member(OURS, "rita", Role.SUPERVISOR, port)
    return Opening(server, mercy, there, here)


def test_opened_from_the_ehr_it_leads_to_our_patient(by, opening):
    pulled(by)
    answer = opening.landed()
    assert answer["Location"] == f"/connect/{opening.one.id}/patient"
    assert opening.here.get(answer["Location"])["Location"] == "/patients/mercy.a"


def test_our_patient_is_found_by_identifier_too(opening):
    number = {"identifier": [{"system": "urn:mrn", "value": "7"}]}
    ehr = system(EHR, "test", "A test")
    store.commit([patient("a", **number)], by=ehr, reason="a test")
    known = {"resourceType": "Patient", "id": "ours", **number}
    store.commit([known], by=system(OURS, "test", "A test"), reason="a test")
    answer = opening.here.get(opening.landed()["Location"])
    assert answer["Location"] == "/patients/ours"


def test_nobody_is_taken_in_unless_somebody_says_so(opening):
    where = opening.landed()["Location"]
    page = opening.here.get(where)
    assert page.status_code == 200
    assert "Sample-a" in page.content.decode() or "marks" in page.content.decode()
    with pytest.raises(NotFoundError):
        reads("Patient/mercy.a")
    answer = opening.here.post(where, {"take": "in"})
    assert answer["Location"] == "/patients/mercy.a"
    assert "generalPractitioner" not in reads("Patient/mercy.a")
    assert opening.here.get(where).status_code == 404, "it is shown once"


def test_a_coordinator_who_takes_somebody_in_has_to_do_with_them(opening, server):
    port = urlsplit(server.address).port or 0
    opening.here = member(OURS, "cora", Role.COORDINATOR, port)
    where = opening.landed()["Location"]
    answer = opening.here.post(where, {"take": "in"})
    assert opening.here.get(answer["Location"]).status_code == 200


def test_the_answer_of_the_ehr_is_good_once_and_for_the_browser_that_asked(opening, server):
    where = opening.launched()
    stranger = Browser(HTTP_HOST=urlsplit(server.address).netloc)
    assert stranger.get(where).status_code == 400
    forged = re.sub(r"state=[^&]+", "state=forged", where)
    assert opening.here.get(forged).status_code == 400
    assert opening.here.get(where).status_code == 400, "the forged answer ended the launch"


def test_only_the_ehr_of_the_connection_opens_it(opening):
    path = f"/connect/{opening.one.id}/launch"
    for sent in (
        {},
        {"iss": "https://evil.example.org/fhir", "launch": "x"},
        {"iss": opening.server.fhir},
        {"iss": opening.server.fhir, "launch": "x" * 5000},
    ):
        assert Browser().get(path, sent).status_code == 400
    sent = {"iss": opening.server.fhir, "launch": "x"}
    asked = parse_qs(urlsplit(Browser().get(path, sent)["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["aud"] == [opening.server.fhir]


def test_somebody_of_another_organization_sees_nothing(opening, server):
    where = opening.landed()["Location"]
    place = opening.here.session
    kept = place["handrail-landed"]
    port = urlsplit(server.address).port or 0
    other = member(EHR, "ole", Role.SUPERVISOR, port)
    theirs = other.session
    theirs["handrail-landed"] = kept
    theirs.save()
    assert other.get(where).status_code == 404


def test_administrators_see_how_it_went_and_pull(by, mercy, server):
    port = urlsplit(server.address).port or 0
    browser = member(OURS, "ada", Role.ADMINISTRATOR, port)
    server.broken = True
    assert browser.post("/settings/connections", {"pull": "mercy"}).status_code == 303
    jobs.run_due()
    page = browser.get("/settings/connections").content.decode()
    assert "The last try failed" in page
    server.broken = False
    work()
    page = browser.get("/settings/connections").content.decode()
    assert "The last try failed" not in page
    assert " refused" in page
    assert browser.post("/settings/connections", {"pull": "nobody"}).status_code == 422
    assert "/settings/connections" in browser.get("/settings/organization").content.decode()


def test_the_command_line_does_it_all(server, by, capsys):
    def run(*words: str) -> tuple[int, str]:
        status = command([*words, "--organization", "house2"])
        return status, capsys.readouterr().out

    status, said = run("add", "mercy", "--base", server.fhir, "--group", "panel")
    assert status == 0
    public = json.loads(said.splitlines()[1])
    made = applications.register(
        principal(EHR, Role.ADMINISTRATOR),
        NewApp(name="Elsewhere", kind="key", scopes=("system/*.rs",), jwks=public),
    )
    assert run("list") == (0, f"mercy                {server.fhir}  never pulled\n")
    assert run("add", "mercy", "--client-id", made.app.id)[0] == 0
    assert run("test", "mercy")[0] == 0
    status, said = run("pull", "mercy")
    assert (status, "0 refused" in said) == (0, True)
    assert reads("Patient/mercy.a")
    server.broken = True
    status, said = run("pull", "mercy")
    assert (status, "503" in said) == (1, True)
    assert run("remove", "mercy")[0] == 0
    assert run("list") == (0, "There are no connections.\n")
