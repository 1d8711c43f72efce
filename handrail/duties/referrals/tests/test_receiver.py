"""A receiver answers without an account: by a link, or by the code on a fax."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client
from pypdf import PdfReader

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.duties.referrals.actions import following
from handrail.duties.referrals.tests.receiving import (
    FAX,
    HERE,
    LEE,
    MAIL,
    SECRETS,
    a_person,
    agreed,
    asked,
    let_in,
    link_in,
    text_of,
    ways_out,
)
from handrail.fhir.disclosing.accounting import disclosures
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.referring.state import state_in
from handrail.jobs import run_due
from handrail.record import store


@pytest.fixture(autouse=True)
def maria(org):
    a_person()


@pytest.fixture
def taken():
    with ways_out() as found:
        yield found


@pytest.fixture
def browser():
    return Client(REMOTE_ADDR="203.0.113.7")


@pytest.fixture
def opened(taken, browser):
    """A request by mail whose page is open; gives the path and the Task's id."""
    (task,) = asked()
    path = link_in(taken.last)
    let_in(browser, taken, path)
    return path, task


def task_of(identity):
    with acting(HERE):
        return store.read(f"Task/{identity}", by=HERE).resource


def communications():
    with acting(HERE):
        return [one.resource for one in store.of_patient("maria", "Communication", by=HERE)]


def said(path, browser, **typed):
    page = text_of(browser.get(path))
    version = re.search(r'name="if_match" value="(\d+)"', page)
    return browser.post(path, {"if_match": version[1] if version else "", "do": "answer", **typed})


def test_a_food_bank_says_yes_and_only_then_learns_who_it_is(opened, browser):
    agreed()
    path, task = opened
    before = text_of(browser.get(path))
    assert [word for word in SECRETS if word in before] == []
    assert "70 to 79" in before
    assert "Spanish" in before
    assert stage_of(task_of(task)) is Stage.SEEN
    answer = said(path, browser, kind="accepted", name="Dana", earliest_on="2099-01-04")
    assert answer.status_code == 303
    after = text_of(browser.get(path))
    assert "Maria Elena Alvarez" in after
    assert "509-555-0111" in after
    assert "Food insecurity (hunger)" in after
    assert "diabetes; no stairs" in after
    assert stage_of(task_of(task)) is Stage.ACCEPTED
    assert (state_in(task_of(task)).via, state_in(task_of(task)).earliest) == ("link", "2099-01-04")
    (told,) = [one for one in disclosures(communications()) if one.named]
    assert (told.recipient, told.basis, told.consent) == (
        "Organization/bank",
        "consent",
        "Consent/agreed",
    )


def test_without_consent_even_a_yes_tells_no_name(opened, browser):
    path, _task = opened
    said(path, browser, kind="accepted", name="Dana")
    after = text_of(browser.get(path))
    assert [word for word in SECRETS if word in after] == []
    assert "has not agreed yet" in after
    assert browser.get(f"{path}/papers.pdf").status_code == 303
    assert not any(one.named for one in disclosures(communications()))


def test_the_papers_are_a_pdf_with_the_notice_that_goes_along(opened, browser):
    agreed()
    path, _task = opened
    assert browser.get(f"{path}/papers.pdf").status_code == 303
    said(path, browser, kind="accepted")
    made = browser.get(f"{path}/papers.pdf")
    assert made["Content-Type"] == "application/pdf"
    assert "Alvarez" not in made["Content-Disposition"]
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made.content)).pages)
    assert "Alvarez" in text


def test_each_look_at_the_papers_is_in_the_trail(opened, browser):
    agreed()
    path, _task = opened
    said(path, browser, kind="accepted")
    browser.get(path)
    browser.get(path)
    with acting(HERE):
        seen = AuditEntry.objects.filter(what="disclose", patient="maria")
        assert {one.person for one in seen} == {"Organization/bank"}
        assert seen.count() >= 2
    assert len([c for c in communications() if "packet" in str(c.get("category"))]) == 1


def test_a_no_needs_a_reason_and_keeps_what_was_typed(opened, browser):
    path, task = opened
    answer = said(path, browser, kind="declined", name="Dana", note="Closed in December")
    assert answer.status_code == 422
    page = text_of(answer)
    assert "Closed in December" in page
    assert 'value="Dana"' in page
    assert said(path, browser, kind="declined", reason="no-capacity").status_code == 303
    assert stage_of(task_of(task)) is Stage.DECLINED
    assert "You said no" in text_of(browser.get(path))


@pytest.mark.parametrize(
    ("typed", "stage"),
    [
        ({"kind": "more-needed", "note": "Any allergies?"}, Stage.MORE_NEEDED),
        ({"kind": "waitlisted"}, Stage.WAITLISTED),
    ],
)
def test_a_maybe_may_still_become_a_yes(opened, browser, typed, stage):
    path, task = opened
    assert said(path, browser, **typed).status_code == 303
    assert stage_of(task_of(task)) is stage
    assert said(path, browser, kind="accepted").status_code == 303
    assert stage_of(task_of(task)) is Stage.ACCEPTED


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"kind": "yes"},
        {"kind": "more-needed"},
        {"kind": "accepted", "earliest_on": "2020-01-01"},
        {"kind": "accepted", "earliest_on": "soon"},
        {"kind": "accepted", "earliest_on": "9999-99-99"},
        {"kind": "accepted", "name": "x" * 5000},
        {"kind": "declined", "reason": "because"},
        {"kind": "accepted", "note": "\x07\u202e" + "y" * 3900},
    ],
)
def test_what_cannot_be_is_said_in_words_and_nothing_is_lost(opened, browser, typed):
    path, task = opened
    answer = said(path, browser, **typed)
    assert answer.status_code == 422
    assert "Nothing is lost" in text_of(answer)
    assert stage_of(task_of(task)) is Stage.SEEN


def test_later_on_the_same_link_a_visit_a_no_show_and_what_came_of_it(opened, browser):
    path, task = opened
    said(path, browser, kind="accepted")
    for typed, stage in (
        ({"kind": "scheduled", "at": "2099-01-05T10:30"}, Stage.SCHEDULED),
        ({"kind": "no-show"}, Stage.NO_SHOW),
        ({"kind": "could-not-reach", "note": "Called twice"}, None),
        ({"kind": "outcome", "outcome": "helped", "note": "Two boxes"}, Stage.CLOSED),
    ):
        answer = said(path, browser, do="report", **typed)
        assert answer.status_code == 303, (typed, text_of(answer))
        if stage:
            assert stage_of(task_of(task)) is stage, typed
    page = text_of(browser.get(path))
    assert "this is done" in page
    assert "<textarea" not in page
    again = browser.post(path, {"do": "answer", "kind": "declined", "reason": "no-capacity"})
    assert again.status_code in {303, 409}


def test_an_answer_after_it_was_taken_back_is_refused_kindly_and_kept(opened, browser):
    path, task = opened
    page = text_of(browser.get(path))
    version = re.search(r'name="if_match" value="(\d+)"', page)[1]
    following.ask_to_cancel(LEE, task, "Found help elsewhere")
    late = browser.post(
        path, {"do": "answer", "kind": "accepted", "if_match": version, "name": "D"}
    )
    assert late.status_code == 409
    assert "no longer needed" in text_of(browser.get(path))
    kept = browser.post(path, {"do": "answer", "kind": "accepted", "name": "D"})
    assert kept.status_code == 409
    assert "is kept" in text_of(kept)
    assert browser.post(path, {"do": "confirm"}).status_code == 303
    assert stage_of(task_of(task)) is Stage.CANCELLED
    assert "taken back" in text_of(browser.get(path))


def test_two_devices_answer_and_the_second_sees_what_the_first_said(opened, browser, taken):
    path, task = opened
    other = Client(REMOTE_ADDR="203.0.113.8")
    let_in(other, taken, path)
    page = text_of(other.get(path))
    version = re.search(r'name="if_match" value="(\d+)"', page)[1]
    said(path, browser, kind="more-needed", note="Any allergies?")
    second = other.post(
        path,
        {
            "do": "answer",
            "kind": "declined",
            "reason": "later",
            "note": "My words",
            "if_match": version,
        },
    )
    assert second.status_code == 409
    assert "Somebody else answered meanwhile" in text_of(second)
    assert "My words" in text_of(second)
    assert stage_of(task_of(task)) is Stage.MORE_NEEDED


def test_a_yes_sent_twice_is_one_yes(opened, browser):
    path, task = opened
    said(path, browser, kind="accepted")
    assert browser.post(path, {"do": "answer", "kind": "accepted"}).status_code == 303
    assert stage_of(task_of(task)) is Stage.ACCEPTED


def test_of_two_receivers_the_second_yes_comes_too_late_and_learns_nothing(taken, browser):
    agreed()
    _bank, pantry = asked(more=1)
    paths = {one.to: link_in(one) for one in taken.parcels}
    let_in(browser, taken, paths[MAIL])
    said(paths[MAIL], browser, kind="accepted")
    other = Client(REMOTE_ADDR="203.0.113.8")
    let_in(other, taken, paths["p0@example.org"])
    late = other.post(paths["p0@example.org"], {"do": "answer", "kind": "accepted"})
    assert late.status_code == 409
    assert "before you" in text_of(late)
    assert [word for word in SECRETS if word in text_of(late)] == []
    assert stage_of(task_of(pantry)) is not Stage.ACCEPTED


def test_a_fax_is_answered_by_its_code_and_a_member_finds_it_by_it(taken, browser, sign_in):
    (task,) = asked("fax", FAX)
    fax = taken.last
    assert fax.to == "+15095550177"
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(fax.pages)).pages)
    assert [word for word in SECRETS if word in text] == []
    code = re.search(r"\b(\d{4} \d{4})\b", text)[1]
    wrong = browser.post("/answer", {"code": code, "ending": "1111"})
    assert wrong.status_code == 422
    right = browser.post("/answer", {"code": code, "ending": "0177"})
    assert right.status_code == 303
    path = right["Location"].partition("?")[0]
    assert "Can you help" in text_of(browser.get(path))
    assert said(path, browser, kind="accepted").status_code == 303
    assert state_in(task_of(task)).via == "fax"
    member = sign_in("coordinator", "supervisor", practitioner="lee")
    found = member.post("/referrals/code", {"code": code})
    assert (found.status_code, task in found["Location"]) == (303, True)
    assert member.post("/referrals/code", {"code": "12345678"}).status_code == 422


def test_a_member_reads_a_code_out_and_takes_the_link_back(taken, browser, sign_in):
    (task,) = asked()
    path = link_in(taken.last)
    member = sign_in("coordinator", "supervisor", practitioner="lee")
    assert "not yet" in text_of(member.get(f"/referrals/{task}/link"))
    page = text_of(member.post(f"/referrals/{task}/link", {"do": "code"}))
    code = re.search(r"\b(\d{3} \d{3})\b", page)[1]
    assert browser.post(f"{path}/open", {"do": "open", "code": code}).status_code == 303
    assert "Can you help" in text_of(browser.get(path))
    assert member.post(f"/referrals/{task}/link", {"do": "end"}).status_code == 303
    assert browser.get(path).status_code == 404
    assert "no open link" in text_of(member.get(f"/referrals/{task}/link"))
    assert member.post(f"/referrals/{task}/link", {"do": "code"}).status_code == 422


def test_a_reminder_leads_to_the_same_page(opened, taken, browser):
    path, task = opened
    following.chase(LEE, task, following.Chased(how="mail"))
    run_due()
    assert "Reminder" in taken.last.subject
    assert link_in(taken.last) == path


def test_the_page_speaks_spanish(taken, browser, translated):
    asked()
    path = link_in(taken.last)
    page = text_of(browser.get(f"{path}?language=es"))
    assert '<html lang="es"' in page
    assert "Una solicitud de Harbor Care Partners" in page
    assert '<html lang="es"' in text_of(browser.get(path, headers={"Accept-Language": "es-MX,en"}))
