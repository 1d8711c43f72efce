"""The sharing tab, as a coordinator uses it: agreed, taken back, accounted for."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import system
from handrail.duties.consents.rules import form
from handrail.fhir import disclosing, work
from handrail.fhir.profiles import faults
from handrail.record import store
from handrail.record.known import known

pytestmark = pytest.mark.django_db
CONSENT = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Consent"
PAPER = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-documentreference"
WHERE = "/patients/rosa/sharing"
PDF = b"%PDF-1.7 a scan"


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def today(org):
    return known(org.id).as_of.date()


@pytest.fixture
def web(sign_in, house):
    step = work.Step(
        kind="follow-up",
        step="Call the pantry",
        why="Asked for",
        patient="rosa",
        owner="Practitioner/ana",
        owner_name="Ana",
        look_by="2026-11-24",
        authored_at="2026-11-20T09:00:00Z",
    )
    person = {
        "resourceType": "Patient",
        "id": "rosa",
        "name": [{"family": "Delgado", "given": ["Rosa"]}],
        "gender": "female",
        "birthDate": "1948-02-01",
    }
    pantry = {
        "resourceType": "Organization",
        "id": "pantry",
        "name": "Bayside Pantry",
        "active": True,
    }
    with acting(house):
        store.commit([person, pantry], by=house, reason="test")
        store.commit([work.open_task(step, "t1")], by=house, reason="test", room="check_ins")
    return sign_in("coordinator", practitioner="ana")


def text(web, where=WHERE):
    answer = web.get(where)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def typed(today, **more):
    return {
        "do": "save",
        "recipient": "Organization/pantry",
        "purpose": "service",
        "how": "said",
        "ends_on": (today + timedelta(days=90)).isoformat(),
        **more,
    }


def kept(house, kind="Consent"):
    with acting(house):
        return [one.resource for one in store.of_patient("rosa", kind, by=house)]


def test_she_said_yes_on_the_phone_and_it_is_written_down_with_its_proof(web, house, today):
    assert "has not agreed to anything" in text(web)
    assert "Bayside Pantry" not in text(web, f"{WHERE}/new")
    found = web.post(f"{WHERE}/new", {"do": "find", "find": "pantr"})
    assert "Bayside Pantry" in found.content.decode()
    page = text(web, f"{WHERE}/new?to=Organization/pantry")
    assert "Can we share this about you with Bayside Pantry?" in page
    done = web.post(f"{WHERE}/new", typed(today, note="Asked in Spanish", parts=["needs"]))
    assert (done.status_code, done["Location"]) == (303, WHERE)
    assert "Bayside Pantry" in text(web)
    [consent] = kept(house)
    [paper] = kept(house, "DocumentReference")
    for made, profile in ((consent, CONSENT), (paper, PAPER)):
        assert [one for one in faults(made, profile) if one.severity != "information"] == []
    basis = disclosing.basis_for(
        [consent],
        recipient="Organization/pantry",
        purpose="service",
        recipient_kind="community",
        at=today,
        rules=known(house.org).rules,
    )
    assert basis.stands
    proof = web.get(f"{WHERE}/{consent['id']}/source")
    assert b"Asked in Spanish" in proof.content
    assert proof["Content-Disposition"].startswith("attachment")
    with acting(house):
        assert AuditEntry.objects.filter(resource_type="Binary", patient="rosa").exists()


def test_it_is_taken_back_from_now_on_and_can_be_undone(web, house, today):
    web.post(f"{WHERE}/new", typed(today))
    [consent] = kept(house)
    gone = web.post(f"{WHERE}/{consent['id']}/revoke", {"told": "the pantry", "if_match": "7"})
    assert gone.status_code == 412
    assert "Somebody changed this meanwhile" in gone.content.decode()
    done = web.post(f"{WHERE}/{consent['id']}/revoke", {"told": "the pantry", "if_match": "1"})
    assert done.status_code == 303
    page = text(web)
    assert "Taken back on" in page
    assert "Undo" in page
    [after] = kept(house)
    assert (after["status"], faults(after, CONSENT)) == ("inactive", [])
    assert web.post(f"{WHERE}/{consent['id']}/revoke", {}).status_code == 422


def test_alcohol_and_drug_use_needs_a_signed_paper_that_says_it_all(web, house, today):
    wanted = typed(today, kinds=["part-2", "substance-use"])
    refused = web.post(f"{WHERE}/new", wanted)
    assert refused.status_code == 422
    assert "leave only when the person signed (42 CFR 2.31)" in refused.content.decode()
    half = wanted | {"how": "written", "elements": ["patient", "signature"]}
    refused = web.post(f"{WHERE}/new", half)
    assert "The signed paper also has to say" in refused.content.decode()
    assert kept(house) == []
    scan = SimpleUploadedFile("form.pdf", PDF, content_type="application/pdf")
    done = web.post(f"{WHERE}/new", half | {"paper": "ours", "scan": scan})
    assert done.status_code == 303
    [consent] = kept(house)
    view = disclosing.disclosable(consent)
    assert view.kinds == {"part-2", "substance-use"}
    assert web.get(f"{WHERE}/{consent['id']}/source").content == PDF


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"recipient": ""}, "Say who may know"),
        ({"recipient": "Organization/nobody"}, "The name of who may know is needed"),
        ({"recipient": "Patient/rosa"}, "The name of who may know is needed"),
        ({"purpose": "gossip"}, "Say what for"),
        ({"how": ""}, "Say how the person agreed"),
        ({"ends_on": "soon"}, "Say until when it holds"),
        ({"ends_on": "2020-01-01"}, "This day is over"),
        ({"ends_on": "9999-12-31"}, "then ask again"),
        ({"given_on": "2199-01-01"}, "not after today"),
        ({"parts": ["everything"]}, "Choose parts of the list"),
        ({"kinds": ["counseling-notes"]}, "Choose facts of the list"),
        ({"how": "written"}, "say where the signed paper is kept"),
        ({"how": "representative", "note": "in the cabinet"}, "Say who signed"),
    ],
)
def test_what_is_not_clear_is_refused_and_nothing_is_lost(web, house, today, more, words):
    refused = web.post(
        f"{WHERE}/new", typed(today, note="in the drawer " * 3) | {"note": ""} | more
    )
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert kept(house) == []


def test_a_file_that_is_no_scan_is_refused(web, today):
    fake = SimpleUploadedFile("form.pdf", b"<script>", content_type="application/pdf")
    refused = web.post(f"{WHERE}/new", typed(today, how="written", scan=fake))
    assert "This is no PDF" in refused.content.decode()


def test_after_death_only_a_representative_agrees_and_people_decide_who_that_is(
    web, house, today, sign_in
):
    web = sign_in("supervisor", practitioner="sam")
    with acting(house):
        person = store.read("Patient/rosa", by=house).resource
        store.commit([person | {"deceasedBoolean": True}], by=house, reason="test")
    assert "The person has died" in text(web)
    refused = web.post(f"{WHERE}/new", typed(today))
    assert "Only their personal representative agrees" in refused.content.decode()


def test_other_rooms_ask_for_it_in_one_call(web, org, principal_for, today):
    from handrail.room import house as rooms

    ana = principal_for("coordinator", person="Practitioner/ana")
    agreed = disclosing.Agreement(
        recipient="Organization/pantry", name="Bayside Pantry", about=("ServiceRequest/r1",)
    )
    [reference] = rooms.ask("agree", ana, "rosa", agreed)
    [[found]] = rooms.ask("consents", ana, "rosa")
    assert reference == f"Consent/{found['id']}"
    asked = {"recipient": "Organization/pantry", "purpose": "service", "at": today}
    rules = known(org.id).rules
    for about, stands in (("ServiceRequest/r1", True), ("ServiceRequest/r2", False)):
        basis = disclosing.basis_for(
            [found], recipient_kind="community", rules=rules, about=about, **asked
        )
        assert basis.stands == stands


def test_the_form_is_printed_in_the_language_of_the_person(web, today):
    for language in ("en", "es"):
        made = web.post(f"{WHERE}/new", typed(today, do="print", how="", language=language))
        assert made.status_code == 200
        assert made.content.startswith(b"%PDF-")
    assert web.post(f"{WHERE}/new", typed(today, do="print", recipient="")).status_code == 422


def test_the_form_says_all_that_42_cfr_2_31_asks_and_is_easy_to_read(web, org, today):
    from handrail.look.reading import Limits, measure

    rules = known(org.id).rules
    agreed = disclosing.Agreement(
        recipient="Organization/p", name="Bayside Pantry", ends_on="2027-01-31"
    )
    for language in form.LANGUAGES:
        said = form.words(rules, language, today)
        until = "31 January 2027"
        about = form.About(name="Rosa Delgado", house="Harbor", until=until)
        made = form.sheet(agreed, about, said, language)
        limits = Limits(**rules.rule("plain.limits", today).values)
        for line in [form.spoken(made), form.talk(agreed, until, said)]:
            assert not measure(line, limits, language).is_hard, (language, line)
        shown = str(made)
        for needed in ("Rosa Delgado", "Harbor", "Bayside Pantry", until, said["signature"]):
            assert needed in shown
    assert form.language_of(rules, "es-MX") == "es"
    assert form.language_of(rules, "ht") == "en"


def dispatch(number, day, **more):
    return {
        "resourceType": "Communication",
        "id": f"m{number}",
        "status": "completed",
        "category": [{"coding": [{"system": "urn:handrail:dispatch", "code": "packet"}]}],
        "subject": {"reference": "Patient/rosa"},
        "recipient": [{"reference": "Organization/pantry", "display": "=Bayside Pantry"}],
        "sent": f"{day}T09:00:00-05:00",
    } | more


def test_the_account_shows_what_has_left_and_what_stayed_to_people_here_only(web, house, today):
    basis = disclosing.Basis("consent", consent="Consent/c1")
    sent = disclosing.Packet((), (disclosing.LeftOut("hiv", 2, "Not agreed."),), ("n",))
    plain = dispatch(1, today.isoformat())
    told = disclosing.told(
        plain,
        basis=basis,
        purpose="service",
        address="a@b.example",
        what="Request and packet",
        sent=sent,
    )
    old = dispatch(3, (today - timedelta(days=2300)).isoformat())
    unknown = dispatch(2, today.isoformat())
    made = [told, unknown, old, disclosing.left_behind(told, sent)]
    with acting(house):
        store.commit(made, by=house, reason="test")
    page = text(web, f"{WHERE}/account")
    assert "Request and packet" in page
    assert "a@b.example" in page
    assert "HIV: 2. Not agreed." in page
    owed, _, rest = page.partition("What else has left")
    assert "Not written down" in owed
    assert "Request and packet" in rest
    table = web.get(f"{WHERE}/account.csv").content.decode()
    assert table.count("Bayside") == 1
    assert "'=Bayside Pantry" in table
    every = web.get(f"{WHERE}/account.csv?all=1").content.decode()
    assert every.count("Bayside") == 2
    assert "HIV" not in every
    assert date.fromisoformat(table.splitlines()[1][:10]) == today


def test_nobody_reaches_the_consent_of_somebody_else_by_address(web, house, today):
    other = {"resourceType": "Patient", "id": "joe", "gender": "male"}
    agreed = disclosing.Agreement(
        recipient="Organization/pantry", name="P", ends_on=today.isoformat()
    )
    made = disclosing.consent_for(
        "joe", agreed, on=today, organization={"display": "H"}, source="DocumentReference/d9"
    )
    with acting(house):
        store.commit([other, {**made, "id": "joes"}], by=house, reason="test")
    for where in (f"{WHERE}/joes/source", f"{WHERE}/joes/revoke"):
        answer = web.post(where) if where.endswith("revoke") else web.get(where)
        assert answer.status_code in {403, 404}
