"""The screens of referrals, without JavaScript and with htmx. With PostgreSQL."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.duties.referrals.actions import answering, following
from handrail.duties.referrals.actions.asking import Ask, Receiver, draft_referral
from handrail.duties.referrals.actions.seeing import referral
from handrail.duties.referrals.actions.sending import Sending, send_referrals
from handrail.duties.referrals.models import FollowUp, Referral
from handrail.duties.referrals.rules.wanting import SDOHCC
from handrail.fhir.directory.candidates import Candidate, Reason
from handrail.fhir.referring import names
from handrail.fhir.resource import concept, reference
from handrail.record import store
from handrail.room import house

PASSWORD = "a long walk by the river"
TAB = "/patients/maria/referrals"
NEW = f"{TAB}/new"
CONCERN = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
PANTRY = "Organization/pantry"
KITCHEN = "Organization/kitchen"


def need(identity: str, words: str, category: str):
    return {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-clinical", "active"
        ),
        "verificationStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"
        ),
        "category": [concept(CONCERN, "health-concern"), concept(SDOHCC, category)],
        "code": {"text": words},
        "subject": reference("Patient/maria"),
    }


@pytest.fixture
def web(org, kim, maria):
    """Kim's browser."""
    roles = frozenset({Role.COORDINATOR, Role.SUPERVISOR})
    new = NewMember(username="kim", name="Kim Rivera", roles=roles, password=PASSWORD)
    with acting(system(org.id, "tests", "Tests")):
        accounts.add(system(org.id, "tests", "Tests"), new)
    browser = Client()
    signed = browser.post("/sign-in", {"username": "kim", "password": PASSWORD})
    assert signed.status_code == 303, signed.content
    return browser


@pytest.fixture
def needs(kim, maria):
    """Two confirmed needs: food and power."""
    both = [
        need("short", "Food runs out", "food-insecurity"),
        need("power", "The power may be cut", "utility-insecurity"),
    ]
    with acting(kim):
        store.commit(both, by=kim, reason="test")
    return ["Condition/short", "Condition/power"]


@pytest.fixture
def known(monkeypatch):
    """Two who could help with anything, as another room would know them."""
    found = [
        Candidate(
            reference=PANTRY,
            name="River Pantry",
            place="2 km",
            channels={"fax": "+12025550143", "phone": "+12025550144"},
            reasons=(Reason(code="near", words="near: 5 minutes", speaks=1),),
        ),
        Candidate(reference=KITCHEN, name="Bay Kitchen", channels={"mail": "b@example.org"}),
    ]
    ask = house.ask
    monkeypatch.setattr(
        house, "ask", lambda what, *given: [found] if what == "candidates" else ask(what, *given)
    )
    return found


@pytest.fixture
def sent(kim, maria, needs):
    """A referral that a pantry was sent by phone; its Task's id."""
    asked = Ask(
        patient="maria",
        what="Food every week",
        category="food-insecurity",
        reasons=("short",),
        receivers=(Receiver(name="River Pantry", channel="phone"),),
    )
    drafted = draft_referral(kim, asked)
    (done,) = send_referrals(kim, drafted.task_ids, Sending())
    assert not done.refused
    return drafted.task_ids[0]


def form_of(html: str, ident: str, **typed: str) -> dict[str, str]:
    """Return what a browser would send of a form: its hidden fields, and what was typed."""
    form = re.search(rf'<form[^>]*id="{ident}".*?</form>', html, re.DOTALL)
    assert form, ident
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: value for name, value in hidden if name != "csrfmiddlewaretoken"} | typed


def undo(web, html: str) -> None:
    number = re.search(r'name="transaction" value="(\d+)"', html)
    assert web.post("/undo", {"transaction": number[1]}).status_code == 303


def stage(kim, task: str) -> str:
    return referral(kim, task).stage.value


def stored(kim) -> list[Referral]:
    with acting(kim):
        return list(Referral.objects.order_by("what"))


def test_two_needs_are_asked_for_in_one_form_and_nothing_is_typed_twice(web, kim, needs, known):
    html = web.get(f"{NEW}?for={','.join(needs)}").content.decode()
    assert "River Pantry" in html
    assert "near: 5 minutes" in html
    assert " checked" not in html
    assert "Food: Food runs out" in html
    form = {
        "for": needs,
        "token": "t1",
        "who-Condition-short": PANTRY,
        f"via-Condition-short-{PANTRY}": "phone",
        "who-Condition-power": KITCHEN,
        "consent": "without",
        "then": "send",
    }
    saved = web.post(NEW, form)
    assert (saved.status_code, saved["Location"]) == (303, TAB)
    assert web.post(NEW, form).status_code == 303  # sent twice, asked once
    rows = stored(kim)
    assert [(one.what, one.receiver, one.channel, one.stage) for one in rows] == [
        ("Food: Food runs out", PANTRY, "phone", "sent"),
        ("Power, gas and water: The power may be cut", KITCHEN, "mail", "sent"),
    ]
    html = web.get(TAB).content.decode()
    assert "River Pantry" in html
    assert "asked for already" in web.get(f"{NEW}?for={needs[0]}").content.decode()


def test_the_person_agrees_while_it_is_sent(web, kim, needs, known):
    form = {"for": needs[0], "who-Condition-short": PANTRY, "consent": "now", "then": "send"}
    assert web.post(NEW, form).status_code == 303
    with acting(kim):
        (consent,) = store.of_patient("maria", "Consent", by=kim)
        (request,) = store.of_patient("maria", "ServiceRequest", by=kim)
    assert consent.resource["provision"]["actor"][0]["reference"]["reference"] == PANTRY
    held = [one["reference"] for one in request.resource["supportingInfo"]]
    assert held == [f"Consent/{consent.id}"]


def test_what_is_missing_is_said_and_what_was_typed_is_kept(web, kim, needs, known):
    nobody = web.post(NEW, {"for": needs[0], "consent": "without"})
    assert nobody.status_code == 422
    assert "Choose who is asked." in nobody.content.decode()
    form = {
        "for": needs[0],
        "name-Condition-short": "<b>Aunt</b> Pantry",
        "channel-Condition-short": "fax",
        "by-Condition-short": "soon",
    }
    html = web.post(NEW, form).content.decode()
    assert "Choose a day" in html
    assert "Say on which basis" in html
    assert "&lt;b&gt;Aunt&lt;/b&gt; Pantry" in html
    assert stored(kim) == []
    wrong = form | {"by-Condition-short": "", "consent": "without"}
    assert "Give the number or the address." in web.post(NEW, wrong).content.decode()
    assert web.post(NEW, {}).status_code == 422
    assert web.post(NEW, {"for": "Condition/none", "consent": "x"}).status_code == 422


def test_a_draft_with_a_receiver_typed_by_hand_is_sent_from_its_page(web, kim, needs):
    form = {
        "for": needs[0],
        "name-Condition-short": "Corner Church",
        "channel-Condition-short": "phone",
        "address-Condition-short": "+12025550190",
        "then": "draft",
    }
    saved = web.post(NEW, form)
    (row,) = stored(kim)
    assert saved["Location"] == f"/referrals/{row.source}"
    html = web.get(saved["Location"]).content.decode()
    assert "1 draft kept." in html
    assert "It is not sent yet" in html
    at = f"/referrals/{row.source}/send"
    assert web.post(at, form_of(html, "send")).status_code == 422
    assert web.post(at, form_of(html, "send", consent="without")).status_code == 303
    assert stage(kim, row.source) == "sent"


def test_the_board_shows_what_did_not_arrive_first_and_filters(web, kim, sent):
    system_ = system(kim.org, "mail", "Mail")
    following.bounced(system_, sent, "No such number")
    html = web.get("/referrals?who=all").content.decode()
    assert "Did not arrive" in html
    assert "No such number" in html
    assert "Alvarez, Maria" in html or "Maria" in html
    assert html.index("Did not arrive") < html.index("<strong>Food every week")
    assert 'aria-keyshortcuts="u"' in html
    assert "0 of 1" in html
    for query in ("stage=sent", "stage=late", "stage=zzz", "who=team", "receiver=Organization/x"):
        assert web.get(f"/referrals?{query}&page=99999999999999").status_code == 200
    panel = web.get(
        f"/referrals?item={sent}",
        headers={"HX-Request": "true", "HX-Target": "aside#panel"},
    ).content.decode()
    assert panel.lstrip().startswith("<aside")
    assert "What to say to them" in panel


def test_the_three_numbers_lead_to_their_lists(web, kim, sent):
    html = web.get("/referrals/numbers?show=unanswered").content.decode()
    assert "River Pantry" not in html
    assert "Food every week" in html
    for show in ("answered", "open", "closed", "met", "not-met", "not-asked", "zzz"):
        assert web.get(f"/referrals/numbers?show={show}&page=0").status_code == 200


def test_an_answer_by_phone_is_two_actions_and_can_be_taken_back(web, kim, sent):
    at = f"/referrals/{sent}"
    html = web.get(at).content.decode()
    assert "Hello, this is Kim Rivera" in html
    saved = web.post(f"{at}/record", form_of(html, "record", what="accept", name="Ana"))
    assert saved.status_code == 303
    html = web.get(at).content.decode()
    assert "Accepted" in html
    assert "They told us, by phone" in html
    assert "Good news: River Pantry can help" in html
    undo(web, html)
    assert stage(kim, sent) == "sent"


def test_an_answer_that_says_too_little_stays_in_the_panel(web, kim, sent):
    html = web.get(f"/referrals?item={sent}").content.decode()
    form = form_of(html, "record", what="decline", note="<i>full</i>")
    refused = web.post(f"/referrals/{sent}/record", form, headers={"HX-Request": "true"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert not html.lstrip().startswith("<!doctype")
    assert "Say why not." in html
    assert "&lt;i&gt;full&lt;/i&gt;" in html
    assert 'value="decline" checked' in html


def test_nothing_chosen_and_what_cannot_be_now_are_refused_in_words(web, kim, sent):
    at = f"/referrals/{sent}"
    for verb in ("record", "chase", "elsewhere", "cancel", "ask", "review", "met", "send"):
        refused = web.post(f"{at}/{verb}", {})
        assert refused.status_code == 422, verb
        assert "to correct" in refused.content.decode(), verb
    illegal = web.post(f"{at}/record", {"what": "no-show"})
    assert illegal.status_code == 422
    assert "Possible now" in illegal.content.decode()
    assert web.get(f"{at}/record").status_code == 404
    assert web.post(f"{at}/zzz").status_code == 404
    assert web.get("/referrals/none").status_code == 404


def test_a_stale_save_shows_both_and_keeps_the_words(web, kim, sent):
    at = f"/referrals/{sent}"
    form = form_of(web.get(at).content.decode(), "record", what="accept", note="My words")
    told = answering.Answer(kind="waitlisted", note="Until spring")
    answering.answer(kim, sent, told)
    stale = web.post(f"{at}/record", form)
    html = stale.content.decode()
    assert stale.status_code == 409
    assert "On a waiting list" in html
    assert "My words" in html
    again = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', html))
    assert web.post(f"{at}/record", again | {"note": "My words"}).status_code == 303
    assert stage(kim, sent) == "accepted"


def test_asking_again_moves_the_next_look(web, kim, sent):
    html = web.get(f"/referrals?item={sent}").content.decode()
    form = form_of(html, "chase", how="phone", chase_note="Nobody picked up")
    form["look_by"] = re.search(r'id="chase-look"[^>]*value="([^"]+)"', html)[1]
    saved = web.post(f"/referrals/{sent}/chase", form)
    assert saved.status_code == 303
    html = web.get(f"/referrals/{sent}").content.decode()
    assert "Nobody picked up" in html
    assert "Asked again" in html
    assert referral(kim, sent).task.look_at.startswith(form["look_by"])
    assert web.post(f"/referrals/{sent}/chase", {"how": "phone", "look_by": "x"}).status_code == 422


def test_a_no_proposes_others_and_one_press_asks_them(web, kim, sent, known):
    answering.answer(kim, sent, answering.Answer(kind="declined", reason="no-capacity"))
    with acting(kim):
        (step,) = FollowUp.objects.filter(kind=names.DECIDE)
    panel = web.get(f"/?item={step.source}").content.decode()
    assert "Ask others who could do it" in panel
    assert "Bay Kitchen" in panel
    form = form_of(panel, "ask", who=KITCHEN)
    assert form["live"] == "1"
    refused = web.post(f"/referrals/{sent}/ask", form | {"who": ""}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "Choose who is asked." in refused.content.decode()
    assert web.post(f"/referrals/{sent}/ask", form).status_code == 303
    html = web.get(f"/referrals/{sent}").content.decode()
    assert "Bay Kitchen" in html
    with acting(kim):
        assert not FollowUp.objects.filter(kind=names.DECIDE).exists()
    again = web.post(f"/referrals/{sent}/ask", {"who": KITCHEN})
    assert again.status_code == 422


def test_done_is_read_closed_and_the_person_is_asked(web, kim, sent):
    told = answering.Report(kind="outcome", outcome="helped", note="Gets a box each week")
    answering.report(kim, sent, told)
    with acting(kim):
        (review,) = FollowUp.objects.filter(kind=names.REVIEW)
    panel = web.get(f"/?item={review.source}").content.decode()
    assert "Gets a box each week" in panel
    assert 'value="helped" checked' in panel
    page = web.get(f"/referrals/{sent}/review").content.decode()
    form = form_of(page, "review", closing="helped")
    bad = web.post(f"/referrals/{sent}/review", form | {"closing": "zzz"})
    assert bad.status_code == 422
    assert web.post(f"/referrals/{sent}/review", form).status_code == 303
    with acting(kim):
        (check,) = FollowUp.objects.filter(kind=names.NEED_CHECK)
    panel = web.get(f"/?item={check.source}").content.decode()
    assert "Did you get the help?" in panel
    assert "¿Recibió la ayuda?" in panel
    form = form_of(panel, "met", answer="yes", note="Enough to eat")
    assert web.post(f"/referrals/{sent}/met", form).status_code == 303
    board = web.get("/referrals?who=all").content.decode()
    assert board.count("1 of 1") == 3
    assert "The need is met" in web.get(TAB).content.decode()
    assert "It is closed already." in web.get(f"/referrals/{sent}/review").content.decode()


def test_a_request_is_cancelled_or_given_up_with_a_reason(web, kim, sent):
    at = f"/referrals/{sent}"
    assert web.post(f"{at}/cancel", {"cancel": "Moved away"}).status_code == 303
    html = web.get(at).content.decode()
    assert "Asked to cancel" in html
    form = form_of(html, "record", what="confirm-cancel")
    assert web.post(f"{at}/record", form).status_code == 303
    assert stage(kim, sent) == "cancelled"


def test_it_is_sent_another_way(web, kim, sent):
    form = {"to_channel": "fax", "to_address": "+12025550177"}
    assert web.post(f"/referrals/{sent}/elsewhere", form).status_code == 303
    state = referral(kim, sent).task.state
    assert (state.channel, state.address) == ("fax", "+12025550177")
