"""No stranger gets in, and none learns that a patient exists (P5).

The addresses are found by walking the resolver, so a new screen is tested from its first day. What
a stranger must not read is a patient whose every name, number and note is one odd word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path

from handrail.access import accounts, audit, keys, session
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.marks import PUBLIC, open_to, opened_to, public
from handrail.access.models import AuditEntry, CareRelationship, Membership
from handrail.access.principal import NOT_MEMBERS, Principal, Role, system
from handrail.fhir.errors import ForbiddenError, NotFoundError
from handrail.operation import offered
from handrail.record import store
from tests.fhir_client import Client as Caller

pytestmark = pytest.mark.django_db

MARK = "Quillfeather"
PATIENT = "6f1d2c3b4a5968778695a4b3c2d1e0f1"
TASK = "7f1d2c3b4a5968778695a4b3c2d1e0f2"
PASSWORD = "a long walk by the river"
HARMLESS = {301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 422}
PEOPLE = [role for role in Role if role not in NOT_MEMBERS]
OF_PATIENTS = {
    "Patient", "Condition", "Task", "RelatedPerson", "Consent", "EpisodeOfCare", "CarePlan", "Goal",
    "CareTeam", "QuestionnaireResponse", "Observation", "Communication",
}  # fmt: skip
FILLED = {"patient": PATIENT, "task": TASK, "pk": TASK, "id": TASK, "reference": TASK}


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver, and a path that fits it."""

    route: str
    path: str
    view: object


def every_address() -> list[Address]:
    """Return every address of the house, with its variables filled in."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Address]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield Address(route, "/" + _filled(pattern, route), pattern.callback)


def _filled(pattern: URLPattern, route: str) -> str:
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__
        value = "1" if kind == "IntConverter" else FILLED.get(name, TASK)
        for spelled in (f"<{name}>", *(f"<{k}:{name}>" for k in ("str", "int", "slug", "path"))):
            route = route.replace(spelled, value)
    assert "<" not in route, f"{route}: say in this test how to fill it in"
    return route


ADDRESSES = every_address()
CLOSED = [address for address in ADDRESSES if opened_to(address.view) != PUBLIC]
by_route = pytest.mark.parametrize("address", CLOSED, ids=lambda address: address.route or "/")


@pytest.fixture(autouse=True)
def a_patient_and_two_organizations() -> None:
    for org in (1, 2):
        by = system(org, "test", "Test")
        with acting(by):
            accounts.add_organization(org, f"Organization {org}", f"o{org}")
    by = system(1, "test", "Test")
    with acting(by):
        known = [patient(), condition(), task(), *intake_and_plan()]
        store.commit(known, by=by, reason="a test")


def patient() -> dict:
    return {
        "resourceType": "Patient",
        "id": PATIENT,
        "name": [{"family": MARK, "given": [f"{MARK}a"]}],
        "telecom": [{"system": "email", "value": f"{MARK}@example.org"}],
        "birthDate": "1950-02-03",
        "identifier": [{"system": "urn:test:mrn", "value": f"{MARK}1"}],
    }


def condition() -> dict:
    return {
        "resourceType": "Condition",
        "id": TASK,
        "subject": {"reference": f"Patient/{PATIENT}"},
        "code": {"text": MARK},
    }


def task() -> dict:
    return {
        "resourceType": "Task",
        "id": TASK,
        "status": "requested",
        "intent": "order",
        "description": MARK,
        "for": {"reference": f"Patient/{PATIENT}", "display": MARK},
    }


def intake_and_plan() -> list[dict]:
    """Return what intake and planning wrote, each under the id that addresses are filled with."""
    about = {"reference": f"Patient/{PATIENT}", "display": MARK}
    plan = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"
    words = {"linkId": "1", "type": "string", "text": "Say it"}
    answer = {"linkId": "1", "answer": [{"valueString": MARK}]}
    parts: dict[str, dict] = {
        "Questionnaire": {"status": "active", "url": "urn:test:q", "version": "1", "item": [words]},
        "QuestionnaireResponse": {
            "status": "in-progress",
            "questionnaire": "urn:test:q|1",
            "subject": about,
            "authored": "2026-11-20T09:00:00Z",
            "item": [answer],
        },
        "CarePlan": {
            "status": "draft",
            "intent": "plan",
            "title": MARK,
            "category": [{"coding": [{"system": plan, "code": "assess-plan"}]}],
            "subject": about,
            "goal": [{"reference": f"Goal/{TASK}"}],
            "activity": [{"reference": {"reference": f"Task/{TASK}"}}],
        },
        "Goal": {"lifecycleStatus": "proposed", "description": {"text": MARK}, "subject": about},
        "RelatedPerson": {"patient": about, "name": [{"family": MARK}]},
        "CareTeam": {
            "status": "active",
            "subject": about,
            "participant": [{"member": {"reference": f"RelatedPerson/{TASK}", "display": MARK}}],
        },
        "PlanDefinition": {"status": "active", "url": "urn:test:p", "title": "A plan"},
    }
    return [{"resourceType": kind, "id": TASK, **rest} for kind, rest in parts.items()]


def member(username: str, *roles: Role, org: int = 1) -> Client:
    """Return the browser of somebody who has signed in."""
    by = system(org, "test", "Test")
    new = NewMember(username=username, name=username, roles=frozenset(roles), password=PASSWORD)
    accounts.add(by, new)
    return signed_in(username, org)


def signed_in(username: str, org: int) -> Client:
    client = Client()
    client.force_login(
        User.objects.get(username=username), ModelBackend.__module__ + ".ModelBackend"
    )
    with_place = client.session
    with_place[session.ORG] = org
    with_place.save()
    return client


def both_ways(client: Client, where: str) -> list[tuple[int, str]]:
    """Return status and text of a GET that searches for the patient, and of a POST."""
    sent = {"q": MARK, "patient": PATIENT, "task": TASK, "id": TASK, "name": "Typed"}
    seen = []
    for send in (client.get, partial(client.post)):
        response = send(where, sent)
        content = b"".join(response) if response.streaming else response.content
        text = content.decode(errors="replace")
        seen.append((response.status_code, text + str(dict(response.headers))))
    return seen


def written() -> list[tuple[object, ...]]:
    """Return every version in the record: what a stranger must not add to."""
    with acting(system(1, "test", "Test")), connection.cursor() as cursor:
        cursor.execute("select resource_type, id, version from record_version order by 1, 2, 3")
        return list(cursor.fetchall())


def learned(text: str) -> bool:
    """Tell whether the text gives away more than was typed in."""
    typed = (f'value="{MARK}"', f"q={MARK}", f"name={MARK}")
    for one in typed:
        text = text.replace(one, "")
    return MARK in text


@by_route
def test_a_stranger_is_sent_to_sign_in(address: Address) -> None:
    before = written()
    for status, text in both_ways(Client(), address.path):
        assert status in {302, 403, 405}, address.route
        assert status != 302 or "/sign-in?next=" in text or "/organization?next=" in text
        assert not learned(text)
    assert written() == before


@pytest.mark.parametrize(
    "address", [a for a in ADDRESSES if a not in CLOSED], ids=lambda address: address.route
)
def test_a_public_page_shows_nobodys_data(address: Address) -> None:
    for status, text in both_ways(Client(), address.path):
        assert status < 500
        assert not learned(text)


def test_another_organization_sees_nothing_with_any_role() -> None:
    client = member("olga", *PEOPLE, org=2)
    assert client.get("/stay").status_code == 200
    before = written()
    for address in CLOSED:
        if address.path == "/sign-out":
            continue
        for status, text in both_ways(client, address.path):
            assert status < 500, address.route
            assert not learned(text), address.route
        assert written() == before, address.route


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_without_the_right_is_refused(role: Role) -> None:
    client = member("una", role)
    for address in CLOSED:
        who = opened_to(address.view)
        if who is not None and role in who:
            continue
        refused = {403, 302} if address.path == "/" else {403}  # leads to where the role works
        for status, text in both_ways(client, address.path):
            assert status in refused, address.route
            assert not learned(text), address.route


@pytest.mark.parametrize(
    "role", [Role.COORDINATOR, Role.CLINICIAN, Role.ADMINISTRATOR, Role.AUDITOR]
)
def test_a_role_that_is_not_related_to_the_patient_sees_nothing_of_them(role: Role) -> None:
    client = member("una", role)
    before = written()
    for address in CLOSED:
        if address.path in {"/break-glass", "/sign-out"}:
            continue
        for status, text in both_ways(client, address.path):
            assert status < 500, address.route
            assert not learned(text), address.route
    assert [row for row in written() if row not in before and row[0] in OF_PATIENTS] == []
    assert set(before) <= set(written())


@by_route
def test_a_form_of_another_site_changes_nothing(address: Address) -> None:
    """Nobody's browser can be made to send a form: each needs the token of our own page (CSRF)."""
    member("cas", *PEOPLE)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="cas"))
    with_place = client.session
    with_place[session.ORG] = 1
    with_place.save()
    before = written()
    for send in (client.post, client.put, client.patch, client.delete):
        assert send(address.path, {"task": TASK}).status_code == 403, address.route
    assert written() == before
    assert client.get("/stay").status_code == 200


def test_looking_changes_nothing() -> None:
    client = member("all", *PEOPLE)
    before = written()
    for address in CLOSED:
        answer = client.get(address.path, {"patient": PATIENT, "verb": "end", "sure": "yes"})
        assert answer.status_code < 500, address.route
        assert written() == before, address.route


def test_nobody_takes_back_what_somebody_else_did() -> None:
    by = system(1, "test", "Test")
    changed = condition() | {"recordedDate": "2026-01-02"}
    done = store.commit([changed], by=by, reason="a test")
    client = member("sue", Role.SUPERVISOR)
    before = written()
    for number in (done.transaction, "1", "0", "9" * 15, "9" * 5000, "x", ""):
        assert client.post("/undo", {"transaction": number}).status_code == 404
    assert written() == before


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.SUPERVISOR])
def test_who_has_to_do_with_the_patient_does_see_them(role: Role) -> None:
    client = member("rita", role)
    with acting(system(1, "test", "Test")):
        rita = Membership.objects.get(org=1, name="rita")
        CareRelationship.objects.create(
            org=1, source="s", patient=PATIENT, person=rita.person, kind="care-manager"
        )
    pages = [address.path for address in CLOSED if "<str:patient>" in address.route]
    assert any(learned(client.get(page).content.decode()) for page in pages)


def everybody_without_the_right() -> list[Principal]:
    """Return principals who may not read the patient's Condition, each for another reason."""
    ana = Principal(org=1, person="Practitioner/ana", name="Ana")
    roles = (*PEOPLE, Role.SYSTEM)
    unrelated = [replace(ana, roles=frozenset({role})) for role in PEOPLE]
    key = replace(ana, roles=frozenset({Role.SYSTEM}))
    return [
        ana,
        *(someone for someone in unrelated if someone.roles != {Role.SUPERVISOR}),
        *(replace(ana, org=2, roles=frozenset({role})) for role in roles),
        replace(key, scopes=frozenset()),
        replace(key, scopes=frozenset({"system/Observation.cruds"})),
        replace(key, scopes=frozenset({"patient/*.cruds"}), opened=frozenset({"somebody-else"})),
    ]


@pytest.mark.parametrize("stranger", everybody_without_the_right(), ids=str)
def test_every_interaction_with_the_record_refuses(stranger: Principal) -> None:
    reference, changed = f"Condition/{TASK}", condition() | {"recordedDate": "2026-01-02"}
    interactions = {
        "read": lambda: store.read(reference, by=stranger),
        "vread": lambda: store.vread(reference, 1, by=stranger),
        "history": lambda: store.history(reference, by=stranger),
        "update": lambda: store.commit([changed], by=stranger, reason="a test"),
        "delete": lambda: store.commit(
            [store.Draft(delete=reference)], by=stranger, reason="a test"
        ),
    }
    if stranger.org == 2:
        del interactions["update"]  # makes a Condition of their own: ids are each organization's
    for name, interaction in interactions.items():
        with pytest.raises((ForbiddenError, NotFoundError)) as refusal, acting(stranger):
            interaction()
        assert not learned(str(refusal.value)), name
    with acting(stranger), suppress(ForbiddenError):
        assert store.of_patient(PATIENT, "Condition", by=stranger) == []
    by = system(1, "test", "Test")
    with acting(by):
        assert store.read(reference, by=by).version == 1


FHIR = [
    *((method, f"/{kind}") for kind in ("Patient", "Condition", "Task") for method in ("GET",)),
    *(
        ("GET", f"/{reference}{end}")
        for reference in (f"Patient/{PATIENT}", f"Condition/{TASK}", f"Task/{TASK}")
        for end in ("", "/_history", "/_history/1")
    ),
    ("GET", f"/Condition?patient={PATIENT}&_include=Condition:subject"),
    ("GET", f"/Condition?_id={TASK}&_include=*"),
    ("GET", f"/Patient?_id={PATIENT}&_revinclude=Task:patient"),
    ("GET", f"/Patient?name={MARK}"),
    ("GET", f"/Patient?name={MARK}&_summary=count"),
    ("POST", f"/Patient/_search?name={MARK}"),
    ("GET", f"/Task?patient.name={MARK}"),
    ("GET", f"/AuditEvent?patient={PATIENT}"),
    ("GET", f"/Provenance?target=Patient/{PATIENT}"),
    ("GET", "/Provenance/tx-1"),
    ("PUT", f"/Condition/{TASK}"),
    ("PUT", f"/Condition?patient={PATIENT}"),
    ("DELETE", f"/Condition/{TASK}"),
    ("POST", ""),
]


def operations() -> Iterator[tuple[str, str]]:
    """Yield every operation that is offered, asked about the patient wherever it can be."""
    ids = {"Patient": PATIENT, "Condition": TASK, "Task": TASK}
    for one in offered:
        method = "POST" if one.affects_state else "GET"
        kinds = sorted(one.types) if "*" not in one.types else sorted(ids)
        about = f"?patient={PATIENT}&url=urn:none&job={TASK}&name=x&_type=Patient"
        if one.on_system:
            yield method, f"/${one.name}{about}"
        for kind in kinds:
            if one.on_type:
                yield method, f"/{kind}/${one.name}{about}"
            if one.on_instance:
                yield method, f"/{kind}/{ids.get(kind, TASK)}/${one.name}"


@pytest.mark.parametrize(("method", "path"), sorted(set(operations())))
def test_every_operation_refuses_strangers(method: str, path: str) -> None:
    before = written()
    for name, caller in strange_callers().items():
        answer = caller(method, path, prefer="respond-async")
        assert answer.status < 500, name
        assert not learned(answer.body.decode()), (name, answer.body)
        if name in {"nobody", "a wrong key"}:
            assert answer.status == 401, (name, path)
    assert written() == before


def strange_callers() -> dict[str, Caller]:
    """Return callers who may not know of the patient, each for another reason."""
    keys.forget()
    admins = {
        org: Principal(
            org=org, person="Practitioner/a", name="A", roles=frozenset({Role.ADMINISTRATOR})
        )
        for org in (1, 2)
    }
    made = {
        "nobody": "",
        "a wrong key": "hr_wrong",
        "another organization": keys.add(admins[2], "o", ["system/*.cruds"]).secret,
        "another type": keys.add(admins[1], "t", ["system/Observation.cruds"]).secret,
        "another patient": keys.add(admins[1], "p", ["patient/*.cruds"], patients=["x"]).secret,
    }
    return {name: Caller(secret) for name, secret in made.items()}


@pytest.mark.parametrize(("method", "path"), FHIR)
def test_every_interaction_of_the_api_refuses_strangers(method: str, path: str) -> None:
    changed = condition() | {"recordedDate": "2026-01-02"}
    sent: dict = changed if method == "PUT" else {}
    if method == "POST" and not path:
        read = {"request": {"method": "GET", "url": f"Condition/{TASK}"}}
        gone = {"request": {"method": "DELETE", "url": f"Condition/{TASK}"}}
        sent = {"resourceType": "Bundle", "type": "batch", "entry": [read, gone]}
    before = written()
    for name, caller in strange_callers().items():
        form = {"content_type": "application/x-www-form-urlencoded"} if "_search" in path else {}
        answer = caller(method, path, b"" if form else sent, **form)
        assert answer.status < 500, name
        text = answer.body.decode()
        if method == "GET" and "_summary" in path and answer.status == 200:
            assert answer.json["total"] == 0, name
        if name != "another organization" or method != "PUT":  # ids are each organization's own
            assert not learned(text), (name, text)
            with acting(system(1, "test", "Test")):
                assert store.read(f"Condition/{TASK}", by=system(1, "test", "Test")).version == 1
    assert written() == before


def test_every_view_says_who_may_open_it() -> None:
    silent = [address.route for address in ADDRESSES if opened_to(address.view) is None]
    assert silent == []


class Unmarked:
    """A resolver with a view nobody thought about, one for coordinators and a public one."""

    urlpatterns = (
        *get_resolver().url_patterns,
        path("forgotten", lambda _: HttpResponse("open")),
        path("coordinators", open_to(Role.COORDINATOR)(lambda _: HttpResponse("open"))),
        path("public", public(lambda _: HttpResponse("open"))),
    )


def test_a_view_that_says_nothing_is_closed_to_everybody(settings) -> None:
    client = member("all", *PEOPLE)
    settings.ROOT_URLCONF = Unmarked
    assert client.get("/forgotten").status_code == 403
    assert client.get("/coordinators").status_code == 200
    assert Client().get("/coordinators").status_code == 302
    assert Client().get("/public").status_code == 200


def test_a_refusal_is_written_into_the_trail_without_the_address() -> None:
    client = member("una", Role.COORDINATOR)
    client.get("/settings/members?q=" + MARK)
    auditor = Principal(
        org=1, person="Practitioner/a", name="A", roles=frozenset({Role.AUDITOR}), account=1
    )
    with acting(auditor):
        entry = AuditEntry.objects.filter(what="refused").order_by("-id")[0]
    assert (entry.detail, entry.outcome) == ("settings/members", audit.MINOR_FAILURE)
