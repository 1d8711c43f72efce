"""A fax, an e-mail, a form or another system's request, from the moment it comes to the answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handrail import receiving
from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import system
from handrail.duties.incoming_referrals.actions import forms
from handrail.duties.incoming_referrals.models import Arrived
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.searching.query import parse
from handrail.record import store

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a page about Rosa Delgado"
LETTER = (
    b"From: Intake <intake@clinic.example>\r\nMessage-ID: <m1@clinic.example>\r\n"
    b"Subject: referral\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    b"Rosa Delgado needs a ride to dialysis. Se\xf1ora\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment;"
    b' filename="../../etc/x.pdf"\r\n\r\n%PDF-1.4\r\n--b--\r\n'
)


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def folder(tmp_path, org):
    for way in ("fax", "mail"):
        (tmp_path / str(org.id) / way).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def sorter(sign_in):
    return sign_in("coordinator", practitioner="ana")


def of(house, kind, *pairs):
    with acting(house):
        return [one.resource for one in store.search(parse(kind, [*pairs]), by=house).entries]


def arrive(folder: Path, org, way: str, name: str, raw: bytes) -> int:
    (folder / str(org.id) / way / name).write_bytes(raw)
    return receiving.take_in(folder, settled=0)


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def waiting(house):
    with acting(house):
        return [(row.source_type, row.source) for row in Arrived.objects.filter(state="waiting")]


def test_a_fax_becomes_work_that_says_nothing_of_it(folder, org, house):
    assert arrive(folder, org, "fax", "+12025550123_1.pdf", PDF) == 1
    (task,) = of(house, "Task")
    (document,) = of(house, "DocumentReference")
    assert "for" not in task
    assert task["focus"]["reference"] == f"DocumentReference/{document['id']}"
    assert "subject" not in document
    assert document["author"] == [{"display": "+12025550123"}]
    assert "Rosa" not in str(task)


def test_the_same_fax_twice_is_there_once(folder, org, house):
    arrive(folder, org, "fax", "a.pdf", PDF)
    arrive(folder, org, "fax", "b.pdf", PDF)
    assert len(of(house, "DocumentReference")) == len(of(house, "Task")) == 1


def test_what_is_no_fax_is_kept_as_it_came_and_becomes_work(folder, org, house):
    arrive(folder, org, "fax", "odd.bin", b"\x00\x01 not a picture")
    (document,) = of(house, "DocumentReference")
    assert [one["attachment"]["title"] for one in document["content"]] == [
        "Why it could not be read",
        "As it came",
    ]
    assert len(of(house, "Task")) == 1


def test_a_file_that_is_too_large_is_kept_beside_and_becomes_work(folder, org, house, monkeypatch):
    monkeypatch.setattr(receiving, "LARGEST", 10)
    arrive(folder, org, "fax", "big.pdf", PDF)
    assert (folder / str(org.id) / "fax" / "refused" / "big.pdf").read_bytes() == PDF
    assert len(of(house, "Task")) == 1


def test_an_unfinished_or_hidden_file_stays(folder, org):
    for name in (".hidden", "half.pdf.part"):
        assert arrive(folder, org, "fax", name, PDF) == 0
    (folder / str(org.id) / "fax" / "new.pdf").write_bytes(PDF)
    assert receiving.take_in(folder) == 0  # it was written this moment


def test_a_mail_is_kept_whole_with_its_parts(folder, org, house):
    arrive(folder, org, "mail", "m.eml", LETTER)
    (document,) = of(house, "DocumentReference")
    titles = [one["attachment"]["title"] for one in document["content"]]
    assert titles == ["Message", "../../etc/x.pdf", "The whole message"]
    assert document["author"] == [{"display": "intake@clinic.example"}]


@pytest.mark.parametrize("raw", [b"", b"\x00" * 40, b"no headers here\nat all", b"\xff\xfe" * 9])
def test_what_is_no_mail_is_lost_neither(folder, org, house, raw):
    arrive(folder, org, "mail", "m.eml", raw)
    assert len(of(house, "Task")) == 1


def test_only_who_sorts_sees_it_and_the_look_is_in_the_trail(folder, org, house, sign_in, sorter):
    arrive(folder, org, "mail", "m.eml", LETTER)
    ((_kind, source),) = waiting(house)
    assert "Rosa" not in words(sorter.get("/incoming"))
    assert "Rosa Delgado needs a ride" in words(sorter.get(f"/incoming/documents/{source}"))
    with acting(house):
        assert AuditEntry.objects.filter(what="incoming referral", resource_id=source).exists()
    assert (
        sign_in("auditor", practitioner="ada").get(f"/incoming/documents/{source}").status_code
        == 403
    )


def test_parts_are_shown_so_that_nothing_in_them_can_run(folder, org, house, sorter):
    arrive(folder, org, "mail", "m.eml", LETTER)
    ((_kind, source),) = waiting(house)
    shown = sorter.get(f"/incoming/documents/{source}/2")
    assert shown["Content-Type"] == "application/pdf"
    assert "sandbox" in shown["Content-Security-Policy"]
    whole = sorter.get(f"/incoming/documents/{source}/3")
    assert whole["Content-Disposition"].startswith("attachment")
    assert sorter.get(f"/incoming/documents/{source}/9").status_code == 303


def test_somebody_new_is_registered_and_the_request_waits_for_a_yes(folder, org, house, sorter):
    arrive(folder, org, "mail", "m.eml", LETTER)
    ((_kind, source),) = waiting(house)
    typed = {
        "act": "settle",
        "patient": "new",
        "given": "Rosa",
        "family": "Delgado",
        "birth_date": "1951-03-02",
        "phone": "202-555-0142",
        "what": "A ride to dialysis",
        "answer_to": "intake@clinic.example",
        "if_match": "1",
    }
    answer = sorter.post(f"/incoming/documents/{source}", typed)
    assert answer.status_code == 303, words(answer)
    assert waiting(house) == []
    (document,) = of(house, "DocumentReference")
    (patient,) = of(house, "Patient", ("family", "Delgado"))
    assert document["subject"] == {"reference": f"Patient/{patient['id']}"}
    binaries = [one for one in of(house, "Task") if one["status"] == "completed"]
    assert len(binaries) == 1  # the work of sorting it
    where = answer["Location"]
    assert "A ride to dialysis" in words(sorter.get(where))
    again = sorter.post(f"/incoming/documents/{source}", typed)
    assert "sorted" in words(again)


def test_a_no_needs_words_and_closes_the_request(folder, org, house, sorter):
    arrive(folder, org, "fax", "a.pdf", PDF)
    ((_kind, source),) = waiting(house)
    typed = {"act": "settle", "patient": "new", "given": "Rosa", "family": "Delgado"}
    where = sorter.post(
        f"/incoming/documents/{source}", {**typed, "what": "Food", "if_match": "1"}
    )["Location"]
    refused = sorter.post(where, {"event": "decline", "if_match": "1"})
    assert refused.status_code == 422
    told = {"event": "decline", "note": "Not our town", "if_match": "1"}
    assert sorter.post(where, told)["Location"] == "/incoming?state=sorted"
    (request,) = of(house, "ServiceRequest")
    assert request["status"] == "revoked"


def test_somebody_who_is_here_is_proposed_by_name_and_birth_date(folder, org, house, sorter):
    rosa = {
        "resourceType": "Patient",
        "id": "rosa",
        "name": [{"family": "Delgado", "given": ["Rosa"]}],
        "birthDate": "1951-03-02",
    }
    with acting(house):
        store.commit([rosa], by=house, reason="test")
    arrive(folder, org, "fax", "a.pdf", PDF)
    ((_kind, source),) = waiting(house)
    near = {"act": "look", "given": "Rosa", "family": "Delgado"}
    assert "not one of yours" not in words(sorter.post(f"/incoming/documents/{source}", near))
    exact = {**near, "birth_date": "1951-03-02"}
    assert "not one of yours" in words(sorter.post(f"/incoming/documents/{source}", exact))
    typed = {**exact, "act": "settle", "patient": "rosa", "what": "Food", "if_match": "1"}
    assert sorter.post(f"/incoming/documents/{source}", typed).status_code == 303
    (request,) = of(house, "ServiceRequest")
    assert request["subject"] == {"reference": "Patient/rosa"}


def test_set_aside_needs_a_reason_and_keeps_everything(folder, org, house, sorter):
    arrive(folder, org, "fax", "a.pdf", PDF)
    ((_kind, source),) = waiting(house)
    where = f"/incoming/documents/{source}"
    assert sorter.post(where, {"act": "aside", "if_match": "1"}).status_code == 422
    assert sorter.post(where, {"act": "aside", "why": "An advertisement", "if_match": "1"})
    assert waiting(house) == []
    assert len(of(house, "DocumentReference")) == 1
    assert [one["status"] for one in of(house, "Task")] == ["cancelled"]


def test_a_stranger_meets_no_form_until_it_is_opened_and_then_a_short_one(client, org, house):
    assert client.get(f"/ask/{org.id}").status_code == 404
    assert client.get("/ask/987654").status_code == 404
    open_form(org)
    assert client.get(f"/ask/{org.id}").status_code == 200
    typed = {
        "who": "me",
        "what": "Food",
        "given": "Rosa",
        "family": "Delgado",
        "phone": "202 555 0142",
        "consented": "yes",
    }
    assert client.post(f"/ask/{org.id}", {**typed, "consented": ""}).status_code == 422
    thanks = client.post(f"/ask/{org.id}", typed)
    assert thanks.status_code == 200
    assert "Delgado" not in words(thanks)
    assert len(waiting(house)) == 1
    assert client.post(f"/ask/{org.id}", {**typed, "website": "x"}).status_code == 200
    assert len(waiting(house)) == 1  # what a robot filled in


def test_a_flood_of_forms_is_held_back(client, org, house):
    open_form(org)
    typed = {"who": "me", "what": "x", "given": "A", "family": "B", "phone": "2025550142"}
    typed["consented"] = "yes"
    codes = [client.post(f"/ask/{org.id}", typed).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def open_form(org):
    from handrail.access.principal import Principal, Role

    admin = Principal(
        org=org.id, person="Practitioner/ada", name="Ada", roles=frozenset({Role.ADMINISTRATOR})
    )
    forms.set_form(admin, "", is_open=True)


def theirs(house):
    """What another system sends: a Patient, a ServiceRequest and a Task of its own."""
    person = {"resourceType": "Patient", "id": "px", "name": [{"family": "Reyes", "given": ["Al"]}]}
    request = {
        "resourceType": "ServiceRequest",
        "id": "sx",
        "status": "active",
        "intent": "order",
        "code": {"text": "Home-delivered meals"},
        "subject": {"reference": "Patient/px"},
    }
    task = {
        "resourceType": "Task",
        "id": "tx",
        "status": "requested",
        "intent": "order",
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]
        },
        "focus": {"reference": "ServiceRequest/sx"},
        "for": {"reference": "Patient/px"},
        "requester": {"display": "Harbor Clinic"},
    }
    with acting(house):
        store.commit([person, request, task], by=house, reason="test")


def test_another_systems_request_is_sorted_answered_and_told_back(house, sorter):
    theirs(house)
    assert waiting(house) == [("Task", "tx")]
    page = sorter.get("/incoming/requests/tx")
    assert "Home-delivered meals" in words(page)
    typed = {"act": "settle", "patient": "px", "what": "Home-delivered meals", "if_match": "1"}
    answer = sorter.post("/incoming/requests/tx", typed)
    assert answer.status_code == 303, words(answer)
    where = answer["Location"]
    assert waiting(house) == []
    with acting(house):
        assert stage_of(store.read("Task/tx", by=house).resource) is Stage.SEEN
    sorter.post(where, {"event": "accept", "if_match": "1"})
    with acting(house):
        assert store.read("Task/tx", by=house).resource["status"] == "accepted"
    sorter.post(where, {"event": "outcome", "note": "Meals from Monday on"})
    with acting(house):
        task = store.read("Task/tx", by=house).resource
    assert task["status"] == "completed"
    assert task["output"][0]["valueReference"]["reference"].startswith("Procedure/")


def test_a_request_taken_back_before_anybody_sorted_it_leaves_no_work(house):
    theirs(house)
    with acting(house):
        stored = store.read("Task/tx", by=house)
        gone = {**stored.resource, "status": "cancelled"}
        store.commit([gone], by=house, reason="test")
    assert [t["status"] for t in of(house, "Task", ("status", "requested"))] == []


def test_the_form_speaks_spanish_and_says_so_when_it_refuses(client, org, house, translated):
    open_form(org)
    where = f"/ask/{org.id}"
    assert f'href="{where}?language=es" lang="es"' in client.get(where).content.decode()
    page = words(client.get(f"{where}?language=es"))
    assert "¿Qué ayuda se necesita?" in page
    assert not re.search(r"\b(the|and|your|needs|help)\b", page, re.IGNORECASE)
    browser = client.get(where, headers={"Accept-Language": "es-MX,en"})
    assert '<html lang="es"' in browser.content.decode()
    refused = client.post(f"{where}?language=es", {"who": "me", "what": "Comida"})
    assert refused.status_code == 422
    assert "Escriba el nombre y el apellido." in words(refused)
    assert "Aquí no hay ninguna hoja" in words(client.get("/ask/98765?language=es"))
    typed = {"who": "me", "what": "Comida", "given": "Rosa", "family": "Delgado"}
    typed |= {"phone": "202 555 0142", "consented": "yes", "language": "es"}
    assert "Gracias" in words(client.post(f"{where}?language=es", typed))
    assert len(waiting(house)) == 1
