"""Links at odd moments and in the wrong hands: they open the one thing they are for, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from handrail.access import links
from handrail.access.database import acting, cursor
from handrail.access.links_models import Link
from handrail.access.links_tries import EVERYWHERE
from handrail.access.principal import Principal
from handrail.duties.referrals.actions import answering, delivering, following, packing
from handrail.duties.referrals.tests.receiving import (
    FAX,
    HERE,
    LEE,
    SECRETS,
    Taken,
    a_person,
    agreed,
    asked,
    let_in,
    link_in,
    text_of,
    ways_out,
)
from handrail.fhir.errors import HandrailError
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.known import known

pytestmark = pytest.mark.django_db
OTHER = "otto"


@pytest.fixture(autouse=True)
def maria(org: Any) -> None:
    a_person()


@pytest.fixture
def taken() -> Iterator[Taken]:
    with ways_out() as found:
        yield found


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> int:
    """As many tries from everywhere as a test has patience for."""
    monkeypatch.setattr(links, "EVERYWHERE", replace(EVERYWHERE, most=30))
    return 30


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR="203.0.113.7")


def changed(reference: str, **more: Any) -> None:
    with acting(HERE):
        made = store.read(reference, by=HERE).resource | more
        store.commit([made], by=HERE, reason="test")


def task_now(task: str) -> dict[str, Any]:
    with acting(HERE):
        return dict(store.read(f"Task/{task}", by=HERE).resource)


def test_one_address_that_guesses_codes_locks_nobody_else_out(taken: Taken, fewer: int) -> None:
    asked("fax", FAX)
    with acting(HERE):
        link = Link.objects.get()
        code, ending = links.reply_code(link), link.address[-4:]
    thief = Client(REMOTE_ADDR="198.51.100.9")
    answers = [
        thief.post("/answer", {"code": f"{n:08}", "ending": "0000"}).status_code
        for n in range(fewer + 10)
    ]
    assert set(answers[20:]) == {429}
    office = Client(REMOTE_ADDR="192.0.2.44")
    assert office.post("/answer", {"code": code, "ending": ending}).status_code == 303


def test_guesses_spread_over_addresses_end_as_well(taken: Taken, fewer: int) -> None:
    asked("fax", FAX)
    codes = []
    for n in range(fewer + 5):
        client = Client(REMOTE_ADDR=f"198.51.{n}.9")
        codes.append(client.post("/answer", {"code": f"{n:08}", "ending": "0000"}).status_code)
    assert codes[:fewer] == [422] * fewer
    assert set(codes[fewer:]) == {429}


def test_the_right_code_with_a_wrong_number_is_answered_like_a_wrong_code(taken: Taken) -> None:
    asked("fax", FAX)
    with acting(HERE):
        code = links.reply_code(Link.objects.get())
    pages = set()
    for number, tried in enumerate((code, "00000000", "", "9" * 60, "\u0661" * 8, "' or 1=1")):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        answer = client.post("/answer", {"code": tried, "ending": "9999"})
        page = text_of(answer)
        pages.add((answer.status_code, "not open" in page, "Harbor" in page))
    assert len(pages) == 1


@pytest.mark.parametrize(
    "odd", [" ", "%20", "A" * 40, "aaaa\n", "\u0130" * 40, "=" * 40, "a" * 4000]
)
def test_a_token_that_was_changed_opens_nothing(odd: str, taken: Taken, browser: Client) -> None:
    asked()
    path = link_in(taken.last)
    for where in (f"/a/{odd}", path + odd, path.upper(), path[:-1], path + "/"):
        assert browser.get(where).status_code in {301, 404}


def test_a_referral_that_went_to_somebody_else_is_closed_to_the_first(
    taken: Taken, browser: Client
) -> None:
    (task,) = asked()
    path = link_in(taken.last)
    let_in(browser, taken, path)
    assert "70 to 79" in text_of(browser.get(path))
    now = task_now(task)
    state = [one for one in now["extension"] if one["url"] == "urn:handrail:referral-state"]
    for part in state[0]["extension"]:
        if part["url"] == "receiver":
            part["valueReference"] = {"reference": "Organization/other"}
    changed(f"Task/{task}", owner={"reference": "Organization/other"}, extension=now["extension"])
    for answer in (
        browser.get(path),
        browser.get(f"{path}/papers.pdf"),
        browser.post(path, {"do": "answer", "kind": "accepted"}),
    ):
        assert answer.status_code == 404
        assert "70 to 79" not in text_of(answer)
    assert stage_of(task_now(task)) in {Stage.SENT, Stage.SEEN}


def test_what_is_said_after_a_cancellation_is_kept_and_nothing_is_shown(
    taken: Taken, browser: Client
) -> None:
    agreed()
    (task,) = asked()
    path = link_in(taken.last)
    let_in(browser, taken, path)
    following.ask_to_cancel(LEE, task, "moved away")
    following.confirm_cancelled(LEE, task)
    answer = browser.post(path, {"do": "answer", "kind": "accepted", "note": "We can, on Monday"})
    assert answer.status_code in {404, 409}
    page = text_of(answer) + text_of(browser.get(path)) + text_of(browser.get(f"{path}/papers.pdf"))
    assert [word for word in SECRETS if word in page and word != "hunger"] == []
    with acting(HERE):
        query = parse("Communication", [("patient", "maria")])
        kept = [one.resource for one in store.search(query, by=HERE).entries]
    assert "We can, on Monday" in str(kept)


def test_a_person_who_was_merged_or_died_is_told_of_to_nobody(
    taken: Taken, browser: Client
) -> None:
    agreed()
    (task,) = asked()
    path = link_in(taken.last)
    let_in(browser, taken, path)
    changed("Patient/maria", deceasedDateTime="2026-11-20")
    browser.post(path, {"do": "answer", "kind": "accepted"})
    assert "Alvarez" not in text_of(browser.get(path)) or stage_of(task_now(task)) is Stage.ACCEPTED
    assert browser.get(path).status_code in {200, 404}


def receiver() -> Principal:
    with acting(HERE):
        return links.principal_of(Link.objects.latest("created_at"))


def test_a_receiver_reaches_one_person_whatever_door_they_try(taken: Taken) -> None:
    otto = {"resourceType": "Patient", "id": OTHER, "name": [{"family": "Other"}]}
    about = {"reference": f"Patient/{OTHER}"}
    beside: list[dict[str, Any]] = [
        otto,
        {"resourceType": "Condition", "id": "oc", "subject": about},
        {"resourceType": "Binary", "id": "loose", "contentType": "text/plain", "data": "eA=="},
        {"resourceType": "Binary", "id": "ob", "contentType": "text/plain", "data": "eA==",
         "securityContext": about},
        {"resourceType": "DocumentReference", "id": "loosedoc", "status": "current",
         "content": [{"attachment": {"url": "Binary/loose"}}]},
        {"resourceType": "Task", "id": "ot", "status": "draft", "intent": "order", "for": about},
        {"resourceType": "Consent", "id": "oo", "status": "active", "scope": {"text": "x"},
         "category": [{"text": "x"}], "patient": about, "policyRule": {"text": "x"}},
    ]  # fmt: skip
    with acting(HERE):
        store.commit(beside, by=HERE, reason="test")
    asked()
    by = receiver()
    for one in beside:
        reference = f"{one['resourceType']}/{one['id']}"
        with acting(by), pytest.raises(HandrailError):
            store.read(reference, by=by)
        with acting(by):
            assert store.several([reference], by=by) == {}
            found = store.search(parse(str(one["resourceType"]), []), by=by).entries
            assert one["id"] not in {entry.id for entry in found}
    with acting(by):
        tables = cursor().execute(
            "select table_name from information_schema.columns where column_name = 'patient'"
            " and table_schema = 'public' and table_name <> 'record_current'"  # ids and hashes
        )
        for (table,) in tables.fetchall():
            seen = cursor().execute(f"select patient from {table} where patient = 'otto'")  # noqa: S608 - names from the catalogue
            assert seen.fetchall() == [], table
    for draft in ({**otto, "id": "new"}, {**beside[1], "id": "oc2"}):
        with acting(by), pytest.raises(HandrailError):
            store.commit([draft], by=by, reason="test")


def test_a_receiver_changes_nothing_but_by_answering(taken: Taken) -> None:
    (task,) = asked()
    by = receiver()
    for act in (
        lambda: following.ask_to_cancel(by, task, "x"),
        lambda: following.chase(by, task, following.Chased(note="x")),
        lambda: following.give_up(by, task, "x"),
        lambda: delivering.ask_code(Link(org=1, id="x", lookup=b"x")),
    ):
        with pytest.raises((HandrailError, Link.DoesNotExist)):
            act()
    other = Principal(
        org=1, person="Organization/else", name="E", roles=by.roles, confined=True,
        patient="maria", opened=frozenset({"maria"}),
    )  # fmt: skip
    with pytest.raises(HandrailError):
        answering.answer(other, task, answering.Answer(kind="accepted"))
    assert stage_of(task_now(task)) is Stage.SENT


def test_a_consent_that_was_taken_back_shuts_the_papers_at_once(
    taken: Taken, browser: Client
) -> None:
    agreed()
    asked()
    path = link_in(taken.last)
    let_in(browser, taken, path)
    browser.post(path, {"do": "answer", "kind": "accepted"})
    assert "Alvarez" in text_of(browser.get(path))
    changed("Consent/agreed", status="inactive")
    page = text_of(browser.get(path))
    assert "Alvarez" not in page
    assert "1954" not in page
    assert browser.get(f"{path}/papers.pdf").status_code == 303


def test_what_is_sensitive_leaves_by_no_back_door(taken: Taken, browser: Client) -> None:
    """By a reference, something contained, a narrative, a note, an attachment or a display."""
    agreed()
    secret = "methadone clinic"
    drug = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11.20",
                        "display": f"Opioid dependence, {secret}"}]}  # fmt: skip
    with acting(HERE):
        need = store.read("Condition/need", by=HERE).resource
        store.commit(
            [
                {"resourceType": "Condition", "id": "oud", "code": drug,
                 "subject": {"reference": "Patient/maria"}},
                need | {
                    "text": {"status": "additional", "div": (
                        f'<div xmlns="http://www.w3.org/1999/xhtml">{secret}</div>')},
                    "contained": [{"resourceType": "Observation", "id": "o", "status": "final",
                                   "code": drug, "valueString": secret}],
                    "evidence": [{"detail": [
                        {"reference": "Condition/oud", "display": secret}, {"reference": "#o"}]}],
                    "note": [{"text": f"see the {secret}"}],
                },
            ],
            by=HERE,
            reason="test",
        )  # fmt: skip
    (task,) = asked(words="")
    path = link_in(taken.last)
    let_in(browser, taken, path)
    browser.post(path, {"do": "answer", "kind": "accepted"})
    page = text_of(browser.get(path))
    assert "Alvarez" in page
    assert "methadone" not in page
    assert "Opioid" not in page
    with acting(HERE):
        now = store.read(f"Task/{task}", by=HERE).resource
        papers = packing.papers_of(
            now, store.read(now["focus"]["reference"], by=HERE).resource, known(1)
        )
    assert papers.packet is not None
    assert "methadone" not in str(papers.packet.included)
    assert "F11" not in str(papers.packet.included)
