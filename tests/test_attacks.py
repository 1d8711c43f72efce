"""What a narrow access must not feel: each answer is the same, whether others are there or not.

Each request is asked twice, before and after people and facts are stored that the asker may not
see. Whatever tells the two apart (a status, a count, an order, an entry, a refusal) is a leak.
Requests that write are taken back.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction

from handrail.access import bearer, keys
from handrail.access.database import acting
from handrail.access.models import CareRelationship
from handrail.access.principal import Principal, system
from handrail.record import store
from tests.fhir_client import Client

pytestmark = pytest.mark.django_db

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SECRET = "Quillfeather"
OURS = re.compile(
    rb'\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)|"tx-\d+"|Provenance/tx-\d+|_cursor=[\w-]+'
    rb"|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""What differs between any two answers: moments, our own ids, sealed links."""


def observation(identity: str, whose: str, category: str, value: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identity,
        "identifier": [{"system": "urn:o", "value": identity}],
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "code": {"coding": [{"system": "urn:c", "code": category}]},
        "subject": {"reference": f"Patient/{whose}"},
        "performer": [{"reference": "Practitioner/vale"}],
        "effectiveDateTime": f"2026-10-{value:02}",
        "valueQuantity": {"value": value, "unit": "x"},
    }


def patient(identity: str, family: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": identity,
        "identifier": [{"system": "urn:mrn", "value": identity}],
        "name": [{"family": family, "given": ["Ada"]}],
        "birthDate": "1950-02-03",
        "gender": "female",
        "generalPractitioner": [{"reference": "Practitioner/vale"}],
    }


def around(whose: str) -> list[dict[str, Any]]:
    about = {"reference": f"Patient/{whose}"}
    return [
        {"resourceType": "Condition", "id": f"{whose}-c", "subject": about, "code": {"text": "x"}},
        {
            "resourceType": "Encounter",
            "id": f"{whose}-e",
            "status": "planned",
            "class": {"code": "AMB"},
            "subject": about,
        },
        {
            "resourceType": "DocumentReference",
            "id": f"{whose}-d",
            "status": "current",
            "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]},
            "subject": about,
            "content": [{"attachment": {"title": f"{whose} letter"}}],
        },
        {
            "resourceType": "Task",
            "id": f"{whose}-t",
            "status": "requested",
            "intent": "order",
            "for": about,
            "owner": {"reference": "Practitioner/vale"},
            "description": whose,
        },
        {
            "resourceType": "QuestionnaireResponse",
            "id": f"{whose}-q",
            "questionnaire": "urn:q",
            "status": "completed",
            "authored": "2026-10-01",
            "subject": about,
            "item": [{"linkId": "1", "answer": [{"valueString": whose}]}],
        },
        {
            "resourceType": "Goal",
            "id": f"{whose}-g",
            "lifecycleStatus": "active",
            "description": {"text": whose},
            "subject": about,
        },
        {
            "resourceType": "CarePlan",
            "id": f"{whose}-p",
            "status": "active",
            "intent": "plan",
            "subject": about,
            "goal": [{"reference": f"Goal/{whose}-g"}],
        },
        {
            "resourceType": "List",
            "id": f"{whose}-l",
            "status": "current",
            "mode": "working",
            "subject": about,
            "entry": [{"item": {"reference": f"Condition/{whose}-c"}}],
        },
    ]


FORM = {
    "resourceType": "Questionnaire",
    "id": "q",
    "url": "urn:q",
    "status": "active",
    "item": [{"linkId": "1", "type": "string"}],
}
PUBLIC = [
    FORM,
    {"resourceType": "PlanDefinition", "id": "plan", "url": "urn:p", "status": "active"},
    {"resourceType": "Practitioner", "id": "vale", "name": [{"family": "Vale"}]},
    {"resourceType": "Organization", "id": "ward", "name": "Ward"},
]
OPEN = [
    *PUBLIC,
    patient("p1", "Moreno"),
    observation("p1-s", "p1", "survey", 5),
    *around("p1"),
]
HIDDEN_FROM_ALL = [
    patient("p2", SECRET),
    observation("p2-s", "p2", "vital-signs", 1),
    observation("p2-v", "p2", "vital-signs", 9),
    *around("p2"),
]
"""Another patient, whom nobody here reaches, and vital signs, which nobody here may read."""
HIDDEN_FROM_SURVEYS = [observation("p1-v", "p1", "vital-signs", 9)]
CALLERS: dict[str, tuple[tuple[str, ...], list[str], list[dict[str, Any]]]] = {
    "one patient": (("patient/*.cruds",), ["p1"], HIDDEN_FROM_ALL),
    "surveys of one patient": (
        ("patient/Patient.rs", f"patient/Observation.cruds?category={CATEGORY}|survey"),
        ["p1"],
        [*HIDDEN_FROM_ALL, *HIDDEN_FROM_SURVEYS],
    ),
    "surveys of all": (
        ("system/Practitioner.rs", f"system/Observation.cruds?category={CATEGORY}|survey"),
        [],
        [*HIDDEN_FROM_ALL, *HIDDEN_FROM_SURVEYS],
    ),
}
FILTER = quote(f'subject.name co "{SECRET}" or value-quantity gt 1')
SEARCHES = [
    "",
    "_history",
    "Patient/_history",
    "Observation/_history",
    "Patient/p2",
    "Patient/p2/_history",
    "Patient/p2/_history/1",
    "Observation/p2-v",
    "Observation/p1-v/_history",
    "Patient",
    f"Patient?name={SECRET}",
    f"Patient?name:contains={SECRET[2:9]}&_summary=count",
    "Patient?_id=p1,p2&_total=accurate",
    "Patient?_sort=-birthdate&_count=1&_total=accurate",
    "Patient?_sort=family&_total=estimate",
    f"Patient?_filter={quote('name co ' + SECRET)}",
    "Patient?_has:Observation:patient:category=vital-signs",
    "Patient?_has:Observation:patient:value-quantity=gt8&_summary=count",
    "Patient?_has:Task:patient:owner=Practitioner/vale",
    "Patient?general-practitioner.name=Vale",
    "Patient?_revinclude=Observation:patient&_revinclude=Condition:subject",
    "Patient?_revinclude=*&_include=*",
    "Patient?_list=p2-l",
    "Condition?_list=p2-l",
    "Practitioner?_has:Patient:general-practitioner:name=" + SECRET,
    "Practitioner?_has:Observation:performer:category=vital-signs",
    "Practitioner?_has:Observation:performer:subject.name=" + SECRET,
    "Practitioner?_revinclude=Observation:performer&_revinclude=Task:owner",
    "Practitioner?_include:iterate=*&_revinclude:iterate=*",
    "Organization?_revinclude=*",
    "Observation",
    "Observation?_sort=-value-quantity&_count=1",
    "Observation?_sort=date&_count=1&_total=accurate",
    "Observation?category=vital-signs",
    "Observation?category:not=survey",
    "Observation?subject.name=" + SECRET,
    "Observation?subject:Patient.identifier=urn:mrn|p2",
    "Observation?performer.name=Vale&_total=accurate",
    "Observation?identifier=urn:o|p2-v",
    "Observation?_id=p1-v,p2-v&_summary=count",
    "Observation?patient=p2",
    f"Observation?_filter={FILTER}",
    "Observation?_include=Observation:subject&_include=Observation:performer",
    "Observation?_lastUpdated=gt2020-01-01&_summary=count",
    "Task?owner=Practitioner/vale",
    "Task?patient.name=" + SECRET,
    "List?item=Condition/p2-c",
    "?_type=Patient,Observation,Task&_lastUpdated=gt2020",
    "?_id=p2",
    "Patient/p2/*",
    "Patient/p1/*",
    "Patient/p1/Observation",
    "Patient/p2/Observation",
    "Encounter/p2-e/*",
    "Patient/p1/$everything",
    "Patient/p2/$everything",
    "Patient/$everything",
    "Encounter/p2-e/$everything",
    "DocumentReference/$docref?patient=p2",
    "DocumentReference/$docref?patient=p1",
    "Patient/p2/$validate",
    "Observation/p1-v/$validate?mode=delete",
    "Provenance?target=Patient/p2",
    "Provenance?target=Observation/p1-v",
    "AuditEvent?patient=p2",
    "Subscription/$status",
    "QuestionnaireResponse",
    "QuestionnaireResponse?questionnaire=urn:q&_summary=count",
    "QuestionnaireResponse?patient=p2",
    "QuestionnaireResponse/p2-q",
    "QuestionnaireResponse/p2-q/$extract",
    "Questionnaire?_revinclude=QuestionnaireResponse:questionnaire",
    "Questionnaire/q/$populate?subject=Patient/p2&local=true",
    "Questionnaire/q/$populate?subject=Patient/p1&local=true",
    "PlanDefinition/plan/$apply?subject=Patient/p2",
    "CarePlan?_include=CarePlan:goal&_total=accurate",
    "CarePlan?goal=Goal/p2-g",
    "Goal?_revinclude=CarePlan:goal",
    "Goal?patient.name=" + SECRET,
]
NEW = {name: value for name, value in observation("new", "p1", "survey", 4).items() if name != "id"}
TEST = [{"op": "test", "path": "/valueQuantity/value", "value": 9}]
PATCH = {"content_type": "application/json-patch+json"}


def entry(method: str, url: str, resource: Any = None, **more: str) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    return made | ({"resource": resource} if resource else {})


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


REFERRING = NEW | {"derivedFrom": [{"reference": "Observation?identifier=urn:o|p2-v"}]}
MATCH = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": {}}]}
HIDDEN_ONE = {"name": "subject", "valueReference": {"reference": "Patient/p2"}}
LOCALLY = {"name": "local", "valueBoolean": True}
BROUGHT = {
    "name": "context",
    "part": [
        {"name": "name", "valueString": "patient"},
        {"name": "content", "valueReference": {"reference": "Patient/p2"}},
    ],
}


def parameters(*given: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(given)}


TOLD = {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "urn:q"}
ASKED = [
    ("Questionnaire/q/$populate", parameters(HIDDEN_ONE, LOCALLY)),
    ("Questionnaire/q/$populate", parameters(BROUGHT)),
    ("Questionnaire/$populate", parameters({"name": "questionnaire", "resource": FORM}, BROUGHT)),
    ("PlanDefinition/plan/$apply", parameters({"name": "subject", "valueString": "Patient/p2"})),
    ("QuestionnaireResponse/p2-q/$extract", parameters()),
    ("QuestionnaireResponse/$extract", TOLD | {"subject": HIDDEN_ONE["valueReference"]}),
]
WRITES: list[tuple[str, str, Any, dict[str, str]]] = [
    ("POST", "Observation", NEW, {"if_none_exist": "identifier=urn:o|p2-v"}),
    ("POST", "Observation", NEW, {"if_none_exist": "identifier=urn:o|p1-v"}),
    ("POST", "Observation", NEW, {"if_none_exist": "category=vital-signs"}),
    ("POST", "Observation", NEW, {"if_none_exist": f"subject.name={SECRET}"}),
    ("PUT", "Observation?identifier=urn:o|p2-v", NEW, {}),
    ("PUT", "Observation?identifier=urn:o|p1-v", NEW, {}),
    ("PUT", "Observation?value-quantity=9", NEW, {}),
    ("DELETE", "Observation?identifier=urn:o|p2-v", b"", {}),
    ("DELETE", "Observation?identifier=urn:o|p1-v", b"", {}),
    ("DELETE", "Patient?identifier=urn:mrn|p2", b"", {}),
    ("PATCH", "Observation?identifier=urn:o|p1-v", TEST, PATCH),
    ("PATCH", "Observation?identifier=urn:o|p2-v", TEST, PATCH),
    ("POST", "", bundle("batch", entry("GET", "Patient/p2"), entry("GET", "Observation")), {}),
    ("POST", "", bundle("batch", entry("GET", f"Patient?name={SECRET}&_summary=count")), {}),
    ("POST", "", bundle("transaction", entry("GET", "Observation?category=vital-signs")), {}),
    ("POST", "", bundle("transaction", entry("POST", "Observation", REFERRING)), {}),
    (
        "POST",
        "",
        bundle(
            "transaction",
            entry("POST", "Observation", NEW, ifNoneExist="identifier=urn:o|p2-v"),
        ),
        {},
    ),
    ("POST", "", bundle("transaction", entry("DELETE", "Observation?identifier=urn:o|p2-v")), {}),
    (
        "POST",
        "Patient/$match",
        MATCH | {"parameter": [{"name": "resource", "resource": patient("x", SECRET)}]},
        {},
    ),
    *(("POST", where, one, {}) for where, one in ASKED),
    ("POST", "Patient/_search", b"name=" + SECRET.encode(), {}),
]


@pytest.fixture
def ana(by, principal_for, monkeypatch):
    """A coordinator with one patient, whose app has all her rights."""
    who = principal_for(
        "coordinator",
        person="Practitioner/ana",
        scopes=frozenset({"user/*.cruds"}),
        app="app",
    )
    with acting(by):
        CareRelationship.objects.create(
            org=by.org, source="s", patient="p1", person=who.person, kind="care-manager"
        )
    monkeypatch.setattr(bearer, "authenticate", lambda _secret: who)
    return Client("a token")


@pytest.fixture
def by(org) -> Principal:
    return system(org.id, "tests", "Tests")


def answered(client: Client, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
    """Ask, take back what was written, and return what two answers can be compared by."""
    sent = dict(headers)
    if path.endswith("_search"):
        sent["content_type"] = "application/x-www-form-urlencoded"
    with transaction.atomic():
        answer = client(method, f"/{path}", body, **sent)
        transaction.set_rollback(True)
    assert answer.status < 500, (method, path, answer.body)
    if method == "GET":
        told = answer.body.replace(quote(SECRET).encode(), b"").replace(SECRET.encode(), b"")
        assert path.count(SECRET) or told == answer.body, (path, answer.body)
    if answer.status in {403, 404} and method == "GET" and "?" not in path.partition("$")[0]:
        return "closed"  # an id that a client chose may be known to be taken; nothing more
    return answer.status, OURS.sub(b"", answer.body)


@pytest.mark.parametrize("name", CALLERS)
def test_what_is_hidden_changes_no_answer_to_a_key(name, by, principal_for):
    keys.forget()
    scopes, patients, hidden = CALLERS[name]
    made = keys.add(principal_for("administrator"), "k", scopes, patients=patients)
    assert_nothing_is_felt(Client(made.secret), by, hidden)


def test_what_is_hidden_changes_no_answer_to_an_app_of_a_coordinator(ana, by):
    assert_nothing_is_felt(ana, by, HIDDEN_FROM_ALL)


def assert_nothing_is_felt(client: Client, by: Principal, hidden: list[dict[str, Any]]) -> None:
    """Ask everything with and without what is hidden, and compare."""
    with acting(by):
        store.commit(OPEN, by=by, reason="a test")
    asked = [("GET", path, b"", {}) for path in SEARCHES] + WRITES
    before = [answered(client, *one) for one in asked]
    with acting(by):
        store.commit(hidden, by=by, reason="a test")
        store.commit([one | {"language": "en"} for one in hidden], by=by, reason="a test")
    told = []
    for one, then in zip(asked, before, strict=True):
        now = answered(client, *one)
        if now != then:
            told.append((one[0], one[1], then, now))
    assert not told, json.dumps([[str(part) for part in one] for one in told], indent=1)
