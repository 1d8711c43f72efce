"""The pages of hospital messages, without JavaScript."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import include, path

from handrail.access import session as access_session
from handrail.access.database import acting
from handrail.access.models import AuditEntry, CareRelationship, Membership
from handrail.edge.hl7v2.inbox import feed
from handrail.edge.hl7v2.models import Inbox
from handrail.edge.hl7v2.receiving import receive
from handrail.edge.hl7v2.tests.messages import adt
from handrail.record import store
from handrail.room import house

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [
    path("", include("handrail.edge.hl7v2.urls")),
    path("", include("handrail.site.urls")),
]
handler403, handler404 = "handrail.site.faults.forbidden", "handrail.site.faults.not_found"


@pytest.fixture
def as_(org):
    def make(role):
        account = get_user_model().objects.create_user(f"{role}-account", password="long-enough-1")
        with acting(feed(org.id)):
            Membership.objects.create(
                org=org.id, practitioner=role, account=account, name=role.title(), roles=[role]
            )
        client = Client()
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        kept = client.session
        kept[access_session.ORG] = org.id
        kept.save()
        return client

    return make


@pytest.fixture
def unread(org):
    receive(adt("A01", mrn="", name="<b>DELGADO^ROSA"), org.id)
    with acting(feed(org.id)):
        return Inbox.objects.get().id


def entry_of(org):
    with acting(feed(org.id)):
        return Inbox.objects.get()


def test_the_list_says_what_came_and_shows_no_patient(as_, unread):
    page = as_("coordinator").get("/messages").content.decode()
    assert "PID-3 holds no identifier" in page
    assert "DELGADO" not in page


def test_one_message_is_shown_as_text_and_the_look_is_written_down(as_, unread, org):
    page = as_("supervisor").get(f"/messages/{unread}").content.decode()
    assert "&lt;b&gt;DELGADO" in page
    with acting(feed(org.id)):
        assert AuditEntry.objects.filter(detail=f"hl7v2/{unread}", action="R").exists()


def test_setting_aside_needs_a_reason_and_ends_the_task(as_, unread, org):
    client = as_("coordinator")
    assert client.post(f"/messages/{unread}/set-aside", {"reason": " "}).status_code == 422
    saved = client.post(f"/messages/{unread}/set-aside", {"reason": "A test of theirs"})
    assert (saved.status_code, saved["Location"]) == (303, f"/messages/{unread}")
    entry = entry_of(org)
    assert entry.status == "set-aside"
    with acting(feed(org.id)) as by:
        task = store.read(entry.task, by=by).resource
    assert task["status"] == "cancelled"
    assert task["statusReason"]["text"] == "A test of theirs"


def test_trying_again_says_what_came_of_it(as_, unread, org):
    client = as_("administrator")
    assert client.post(f"/messages/{unread}/retry").status_code == 303
    assert entry_of(org).attempts == 2
    assert client.get(f"/messages/{unread}").status_code == 200


def test_the_panel_beside_the_worklist_leads_to_the_message(principal_for, unread, org, rf):
    by = principal_for("coordinator")
    with acting(by):
        task = entry_of(org).task.removeprefix("Task/")
        shown = house.doings["message"].panel(rf.get("/"), by, task)
    assert f"/messages/{unread}" in shown
    assert "DELGADO" not in shown


def test_it_is_not_for_everybody(as_, unread):
    assert as_("auditor").get(f"/messages/{unread}").status_code == 403
    assert Client().get(f"/messages/{unread}").status_code in {302, 303, 401}
    assert as_("coordinator").get("/messages/none").status_code == 404


def test_the_text_of_an_applied_message_is_for_those_who_have_to_do_with_the_patient(as_, org):
    receive(adt("A01"), org.id)
    entry = entry_of(org)
    assert entry.status == "applied"
    where = f"/messages/{entry.id}"
    assert "DELGADO" in as_("supervisor").get(where).content.decode()
    with acting(feed(org.id)):
        looks = AuditEntry.objects.filter(detail=f"hl7v2/{entry.id}", action="R")
        patients = looks.get().patients
    assert len(patients) == 1
    for role in ("coordinator", "administrator"):
        client = as_(role)
        for answer in (client.get(where), client.post(f"{where}/retry")):
            assert answer.status_code == 404
            assert "DELGADO" not in answer.content.decode()
    with acting(feed(org.id)):
        CareRelationship.objects.create(
            org=org.id,
            source="s",
            patient=patients[0],
            person="Practitioner/clinician",
            kind="care-manager",
        )
        Membership.objects.filter(practitioner="coordinator").update(practitioner="clinician")
    client = Client()
    client.force_login(
        get_user_model().objects.get(username="coordinator-account"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    kept = client.session
    kept[access_session.ORG] = org.id
    kept.save()
    assert "DELGADO" in client.get(where).content.decode()
