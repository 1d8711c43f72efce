"""Nobody learns anything at the door: not by guessing, replaying, waiting or looking at headers."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from handrail.access import links
from handrail.access.database import acting, cursor
from handrail.access.links_models import Link
from handrail.access.links_tries import LINK
from handrail.duties.referrals.actions import inviting
from handrail.duties.referrals.tests.receiving import (
    FAX,
    HERE,
    LEE,
    SECRETS,
    a_person,
    agreed,
    asked,
    let_in,
    link_in,
    text_of,
    ways_out,
)
from handrail.jobs import run_due

UNKNOWN = "/a/" + "a" * 40


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
def path(taken):
    asked()
    return link_in(taken.last)


def without_its_own(page, path):
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", page).replace(path, "PATH")


def test_guessed_expired_and_revoked_links_get_one_and_the_same_page(path, browser, taken):
    (other,) = asked(what="Another box")
    revoked = link_in(taken.last)
    inviting.take_back(LEE, other)
    with acting(HERE):
        link = Link.objects.exclude(subject=f"Task/{other}").get()
        Link.objects.filter(org=1, id=link.id).update(
            expires_at=timezone.now() - timedelta(hours=1)
        )
    answers = {}
    for where in (UNKNOWN, path, revoked, path[:-1] + "a", "/a/x", "/a/é"):
        for tail in ("", "/papers.pdf"):
            answer = browser.get(where + tail)
            answers[where + tail] = (
                answer.status_code,
                without_its_own(text_of(answer), where + tail),
            )
        answer = browser.post(f"{where}/open", {"do": "open", "code": "123456"})
        answers[where] = (answer.status_code, without_its_own(text_of(answer), f"{where}/open"))
    assert {status for status, _page in answers.values()} == {404}
    assert len({page for _status, page in answers.values()}) == 1
    assert "509-555-0100" in next(iter(answers.values()))[1]


def test_nothing_is_shown_before_the_code(path, browser):
    for where in (path, f"{path}/papers.pdf"):
        page = text_of(browser.get(where))
        assert [word for word in SECRETS if word in page] == []
        assert "food insecurity" not in page
        assert "70 to 79" not in page
        assert "desk@" not in page
    assert browser.post(path, {"do": "answer", "kind": "accepted"}).status_code == 200
    with acting(HERE):
        assert Link.objects.get().opened_at is None


def test_a_code_is_good_once_and_its_cookie_opens_no_other_page(path, browser, taken):
    let_in(browser, taken, path)
    code = re.search(r"\b\d{6}\b", taken.last.text)[0]
    thief = Client(REMOTE_ADDR="198.51.100.9")
    assert thief.post(f"{path}/open", {"do": "open", "code": code}).status_code == 422
    assert thief.get(path).status_code == 200
    assert "70 to 79" not in text_of(thief.get(path))
    asked(what="Another box")
    other = link_in(taken.last)
    thief.cookies[links.COOKIE] = browser.cookies[links.COOKIE].value
    assert "70 to 79" not in text_of(thief.get(other))


def test_brute_force_at_a_link_ends_in_waiting(path, browser):
    browser.post(f"{path}/open", {"do": "send"})
    for number in range(LINK.most):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        assert (
            client.post(f"{path}/open", {"do": "open", "code": f"{number:06}"}).status_code == 422
        )
    late = Client(REMOTE_ADDR="192.0.2.1").post(f"{path}/open", {"do": "open", "code": "0"})
    assert late.status_code == 429
    assert "Wait" in text_of(late)


def test_brute_force_of_reply_codes_ends_in_waiting(taken, browser):
    asked("fax", FAX)
    statuses = [
        browser.post("/answer", {"code": f"{n:08}", "ending": "0177"}).status_code
        for n in range(21)
    ]
    assert statuses == [422] * 20 + [429]
    assert browser.get(UNKNOWN).status_code == 429


def test_a_link_asks_for_only_so_many_codes(path, browser, taken):
    statuses = [browser.post(f"{path}/open", {"do": "send"}).status_code for _n in range(6)]
    assert statuses == [303] * 5 + [429]


@pytest.mark.parametrize("where", ["/answer", UNKNOWN, "PATH", "OPEN"])
def test_public_pages_are_not_kept_found_followed_or_framed(where, path, browser, taken):
    if where == "OPEN":
        let_in(browser, taken, path)
    answer = browser.get(path if where in {"PATH", "OPEN"} else where)
    assert answer["Cache-Control"] == "private, no-store"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    page = text_of(answer)
    assert 'content="noindex' in page
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(https?:)?//[^"]*"', page) == []
    assert "og:" not in page


def test_the_cookie_is_for_this_page_alone(path, browser, taken):
    let_in(browser, taken, path)
    cookie = browser.cookies[links.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (path, True, "Lax")
    assert cookie["max-age"] == 3600
    assert browser.post(f"{path}/close").status_code == 303
    assert browser.cookies[links.COOKIE].value == ""


def test_a_form_of_another_site_says_nothing(path, browser, taken):
    let_in(browser, taken, path)
    strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.7")
    strict.cookies[links.COOKIE] = browser.cookies[links.COOKIE].value
    for where in (path, f"{path}/open", f"{path}/close", "/answer"):
        assert strict.post(where, {"do": "answer", "kind": "accepted"}).status_code == 403


def test_a_receiver_of_one_request_cannot_answer_another(taken, browser):
    asked(more=1)
    mine, theirs = (link_in(one) for one in taken.parcels)
    let_in(browser, taken, mine)
    assert browser.post(theirs, {"do": "answer", "kind": "accepted"}).status_code == 200
    assert "Can you help" not in text_of(browser.get(theirs))


def test_no_message_subject_job_or_log_says_whom_it_is_about(taken, browser, caplog):
    agreed()
    with caplog.at_level(logging.DEBUG):
        asked()
        asked("sms", "509-555-0123", what="Another box")
        asked("fax", FAX, what="A third box")
        path = link_in(taken.parcels[0])
        browser.post(f"{path}/open", {"do": "send"})
        with acting(HERE):
            jobs = str(cursor().execute("select j::text from jobs_job j").fetchall())
        run_due()
    sent = " ".join(f"{one.subject} {one.text} {one.reference}" for one in taken.parcels)
    for text in (sent, jobs, caplog.text):
        assert [word for word in SECRETS if word in text] == []
    code = re.search(r"\b\d{6}\b", taken.last.text)[0]
    token = path.removeprefix("/a/")
    with acting(HERE):
        jobs += str(cursor().execute("select v.body from record_version v").fetchall())
    assert token not in jobs + caplog.text
    assert code not in jobs + caplog.text


def test_forged_links_of_members_are_not_theirs(taken, sign_in):
    (task,) = asked("fax", FAX)
    stranger = sign_in("coordinator", practitioner="stranger")
    assert stranger.get(f"/referrals/{task}/link").status_code == 404
    assert stranger.post(f"/referrals/{task}/link", {"do": "end"}).status_code == 404
    with acting(HERE):
        code = links.reply_code(Link.objects.get())
    assert stranger.post("/referrals/code", {"code": code}).status_code == 422
