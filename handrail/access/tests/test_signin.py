"""Signing in: who gets in, who is locked out, when a session ends, and breaking the glass."""

from __future__ import annotations

import time
from datetime import date

import pytest
from django.test import Client

from handrail.access import accounts, office
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.models import AuditEntry, Opened
from handrail.access.principal import Role, system
from handrail.fhir.errors import BusinessRuleError

pytestmark = pytest.mark.django_db
NEXT_YEAR = f"{date.today().year + 1}-07-03"  # noqa: DTZ011 - any day of next year
PASSWORD = "a long walk by the river"
HERE, THERE = system(1, "test", "Test"), system(2, "test", "Test")


@pytest.fixture(autouse=True)
def two_organizations():
    for by in (HERE, THERE):
        with acting(by):
            accounts.add_organization(by.org, f"Organization {by.org}", f"o{by.org}")


def add(*roles: Role, by=HERE, username="ana"):
    new = NewMember(username=username, name="Ana", roles=frozenset(roles), password=PASSWORD)
    return accounts.add(by, new)


def sign_in(client, password=PASSWORD, username="ana", **more):
    return client.post("/sign-in", {"username": username, "password": password, **more})


def trail(what):
    with acting(HERE):
        return list(AuditEntry.objects.filter(what=what).order_by("id"))


def test_a_member_signs_in_is_written_down_and_signs_out():
    add(Role.COORDINATOR)
    client = Client()
    response = sign_in(client, next="/stay")
    assert (response.status_code, response["Location"]) == (303, "/stay")
    assert client.get("/stay").content == b"900"
    assert [entry.outcome for entry in trail("sign-in")] == [0]
    client.post("/sign-out")
    assert client.get("/stay").status_code == 302
    assert len(trail("sign-out")) == 1


@pytest.mark.parametrize(
    "wanted", ["https://example.org/x", "//example.org", "javascript:x", "\\x"]
)
def test_the_way_on_after_signing_in_stays_in_the_house(wanted):
    add(Role.COORDINATOR)
    assert sign_in(Client(), next=wanted)["Location"] == "/"


def test_after_ten_wrong_passwords_even_the_right_one_is_refused():
    add(Role.COORDINATOR)
    client = Client()
    answers = [sign_in(client, "wrong").status_code for _ in range(10)]
    assert set(answers[:-1]) == {422}
    response = sign_in(client)
    assert response.status_code == 429
    assert "locked" in response.content.decode()
    assert client.get("/stay").status_code == 302
    assert {entry.outcome for entry in trail("sign-in")} == {8}


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer():
    add(Role.COORDINATOR)
    one, other = sign_in(Client(), "wrong"), sign_in(Client(), "wrong", "nobody")
    assert one.status_code == other.status_code == 422
    alert = "This name and password do not fit together"
    assert alert in one.content.decode()
    assert alert in other.content.decode()


def test_a_session_ends_after_rest_and_says_so():
    add(Role.COORDINATOR)
    client = Client()
    sign_in(client)
    session = client.session
    session["handrail-seen"] = time.time() - 16 * 60
    session.save()
    response = client.get("/stay")
    assert response["Location"] == "/sign-in?next=%2Fstay&rested=1"
    assert "nothing happened" in client.get(response["Location"]).content.decode()
    assert client.get("/stay").status_code == 302


def test_htmx_is_told_to_leave_the_page():
    response = Client().get("/stay", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/sign-in?")


def test_who_works_for_two_organizations_chooses_one():
    add(Role.COORDINATOR)
    add(Role.SUPERVISOR, by=THERE)
    client = Client()
    assert sign_in(client, next="/stay")["Location"] == "/organization?next=%2Fstay"
    assert client.get("/stay")["Location"].startswith("/organization")
    response = client.post("/organization", {"org": "2", "next": "/stay"})
    assert response["Location"] == "/stay"
    assert client.get("/stay").status_code == 200
    client.post("/organization", {"org": "3"})
    assert client.session["handrail-org"] == 2


def test_a_deactivated_member_is_out_with_the_next_request():
    add(Role.COORDINATOR)
    client = Client()
    sign_in(client)
    accounts.deactivate(HERE, "ana")
    assert client.get("/stay").status_code == 302
    assert sign_in(Client()).status_code == 403


def test_a_new_password_ends_the_sessions_and_a_weak_one_is_refused():
    add(Role.COORDINATOR)
    client = Client()
    sign_in(client)
    with pytest.raises(BusinessRuleError):
        accounts.set_password(HERE, "ana", "password")
    password = accounts.set_password(HERE, "ana")
    assert client.get("/stay").status_code == 302
    assert sign_in(Client(), password).status_code == 303


def test_a_member_changes_their_own_password():
    add(Role.COORDINATOR)
    client = Client()
    sign_in(client)
    sent = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert client.post("/settings/password", sent).status_code == 422
    new = "another walk by the sea"
    sent |= {"new_password1": new, "new_password2": new}
    assert client.post("/settings/password", sent).status_code == 303
    assert client.get("/stay").status_code == 200
    assert sign_in(Client(), new).status_code == 303


def test_the_last_administrator_stays_and_a_refused_change_leaves_nothing():
    boss = add(Role.ADMINISTRATOR)
    client = Client()
    sign_in(client)
    where = f"/settings/members/{boss.membership.practitioner}"
    assert client.post(where, {"do": "deactivate"}).status_code == 422
    assert client.post(where, {"name": "Ana", "roles": ["auditor"]}).status_code == 422
    assert client.get("/settings/members").status_code == 200
    assert accounts.member(HERE, "ana").roles == ["administrator"]


def test_breaking_the_glass_needs_a_reason_and_opens_the_record_for_hours():
    add(Role.COORDINATOR)
    client = Client()
    sign_in(client)
    short = client.post("/break-glass", {"patient": "p9", "reason": "why", "next": "/stay"})
    assert short.status_code == 422
    reason = "She is at the door and asks for help."
    opened = client.post("/break-glass", {"patient": "p9", "reason": reason, "next": "/stay"})
    assert opened["Location"] == "/stay"
    with acting(HERE):
        row = Opened.objects.get()
    assert (row.patient, row.reason) == ("p9", reason)
    assert 3.9 < (row.until - row.opened_at).total_seconds() / 3600 < 4.1
    [entry] = trail("break-glass")
    assert (entry.patient, entry.purpose) == ("p9", "BTG")
    assert reason not in entry.detail


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_may_not_break_the_glass_is_refused(role):
    add(role)
    client = Client()
    sign_in(client)
    sent = {"patient": "p9", "reason": "a reason that is long enough"}
    assert client.post("/break-glass", sent).status_code == 403
    with acting(HERE):
        assert not Opened.objects.exists()


def test_nobody_gives_themselves_a_colleagues_patients():
    ana = add(Role.COORDINATOR).membership
    ben = add(Role.COORDINATOR, username="ben").membership
    client = Client()
    sign_in(client)
    sent = {"covering": ana.person, "covered": ben.person, "until": NEXT_YEAR}
    assert client.post("/settings/covers", sent).status_code == 422
    sent = {"covering": ben.person, "covered": ana.person, "until": NEXT_YEAR}
    assert client.post("/settings/covers", sent).status_code == 303


def test_the_settings_work_by_forms_alone():
    add(Role.ADMINISTRATOR)
    client = Client()
    sign_in(client)
    assert client.post("/settings/teams/name", {"name": "Intake"}).status_code == 303
    assert "Intake" in client.get("/settings/teams").content.decode()
    sent = {"name": "Ben Ode", "username": "ben", "roles": ["coordinator"]}
    assert "shown only now" in client.post("/settings/members", sent).content.decode()
    sent = {"do": "close", "day": NEXT_YEAR, "name": "Summer party"}
    assert client.post("/settings/office", sent).status_code == 303
    assert "Summer party" in client.get("/settings/office").content.decode()
    sent = {"name": "EHR", "scopes": "system/Task.rs", "days": "30"}
    assert "hr_" in client.post("/settings/keys", sent).content.decode()
    hours = {
        "do": "hours", "time_zone": "America/Chicago", "opens_at": "08:00", "closes_at": "16:30",
        "contact_cadence_days": "30", "break_glass_hours": "4", "idle_minutes": "20",
    }  # fmt: skip
    assert client.post("/settings/office", hours).status_code == 303
    assert client.post("/settings/office", hours | {"idle_minutes": "900"}).status_code == 422
    assert client.get("/stay").content == b"1200"
    assert office.Organization.objects.get(id=1).time_zone == "America/Chicago"


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.FRONT_DESK, "/find"),
        (Role.ADMINISTRATOR, "/settings/members"),
        (Role.AUDITOR, "/settings/audit"),
    ],
)
def test_who_has_no_worklist_begins_elsewhere(role, home):
    add(role)
    client = Client()
    sign_in(client)
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, home)
    assert client.get(home).status_code == 200


def test_passwords_are_kept_as_argon2(settings):
    from conftest import real_hashers

    settings.PASSWORD_HASHERS = list(real_hashers)
    added = add(Role.COORDINATOR)
    assert added.membership.account.password.startswith("argon2$argon2id$")


def test_choosing_an_organization_does_not_wake_a_session_that_rested_too_long():
    add(Role.COORDINATOR)
    add(Role.SUPERVISOR, by=THERE)
    client = Client()
    sign_in(client)
    client.post("/organization", {"org": "2"})
    session = client.session
    session["handrail-seen"] = time.time() - 16 * 60
    session.save()
    response = client.post("/organization", {"org": "1", "next": "/stay"})
    assert response["Location"] == "/sign-in?rested=1"
    assert client.get("/stay")["Location"].startswith("/sign-in")


def test_signing_in_changes_the_session_so_that_nobody_can_have_planted_it():
    add(Role.COORDINATOR)
    planted = Client()
    planted.session.save()
    planted.cookies["handrail"] = planted.session.session_key or "x"
    before = planted.cookies["handrail"].value
    sign_in(planted)
    assert planted.get("/stay").status_code == 200
    assert planted.cookies["handrail"].value != before
    thief = Client()
    thief.cookies["handrail"] = before
    assert thief.get("/stay").status_code == 302


@pytest.mark.parametrize("address", ["http://[", "//example.org/x", "x\x7f", ""])
def test_an_odd_current_address_of_htmx_leads_into_the_house(address):
    headers = {"HX-Request": "true", "HX-Current-URL": address}
    response = Client().get("/stay", headers=headers)
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/sign-in?next=")


def test_breaking_the_glass_names_a_patient():
    add(Role.COORDINATOR)
    client = Client()
    sign_in(client)
    for patient in ("", "x" * 65, "x" * 100_000):
        sent = {"patient": patient, "reason": "A reason that is long enough"}
        assert client.post("/break-glass", sent).status_code == 422
    with acting(HERE):
        assert not Opened.objects.exists()
