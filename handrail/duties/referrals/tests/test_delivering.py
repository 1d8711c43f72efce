"""What goes out is sent once, what comes back is known, and nobody is told twice."""

from __future__ import annotations

import email
import io
import socket
from contextlib import contextmanager
from email import policy

import pytest
from aiosmtpd.controller import Controller
from pypdf import PdfReader

from handrail.access.database import acting, cursor
from handrail.access.links_models import Link
from handrail.access.models import AuditEntry
from handrail.duties.referrals.actions import answering, delivering, following, sending
from handrail.duties.referrals.tests.receiving import (
    FAX,
    HERE,
    LEE,
    MAIL,
    SECRETS,
    a_person,
    agreed,
    asked,
    link_in,
    ways_out,
)
from handrail.fhir.disclosing.accounting import disclosures
from handrail.fhir.dispatch import MESSAGE_ID
from handrail.fhir.referring.state import state_in
from handrail.jobs import run_due
from handrail.record import store
from handrail.record.known import known
from handrail.sending import NotSentError, RefusedAddressError


@pytest.fixture(autouse=True)
def maria(org):
    a_person()


@pytest.fixture
def taken():
    with ways_out() as found:
        yield found


def dispatches(kind="ask"):
    with acting(HERE):
        every = [one.resource for one in store.of_patient("maria", "Communication", by=HERE)]
    return [one for one in every if kind in str(one["category"])]


def task_of(identity):
    with acting(HERE):
        return store.read(f"Task/{identity}", by=HERE).resource


def soon():
    """Let what waits for another attempt be due."""
    with acting(HERE):
        cursor().execute("update jobs_job set run_at = now() where state = 'waiting'")


def test_a_letter_goes_out_and_is_known_by_its_message_id(taken):
    asked()
    (letter,) = taken.parcels
    assert (letter.to, letter.subject) == (MAIL, "A request from Harbor Care Partners")
    assert "509-555-0100" in letter.text
    assert "No necesita cuenta" in letter.text
    (made,) = dispatches()
    assert made["status"] == "completed"
    assert made["identifier"] == [{"system": MESSAGE_ID, "value": "<1@test>"}]
    assert made["sent"]
    (told,) = disclosures([made])
    assert (told.named, told.address) == (False, MAIL)


def test_a_job_that_runs_twice_sends_once(taken):
    asked()
    (made,) = dispatches()
    with acting(LEE):
        sending.deliver(LEE, [made])
    run_due()
    assert len(taken.parcels) == 1


def test_a_server_that_is_busy_is_asked_again(taken):
    taken.error = NotSentError("The mail server does not answer.")
    (task,) = asked()
    (made,) = dispatches()
    assert made["status"] == "in-progress"
    taken.error = None
    soon()
    run_due()
    assert dispatches()[0]["status"] == "completed"
    assert len(taken.parcels) == 1
    assert not state_in(task_of(task)).trouble


def test_what_never_gets_through_is_given_up_and_seen(taken):
    taken.error = NotSentError("The mail server does not answer.")
    (task,) = asked()
    for _attempt in range(delivering.ATTEMPTS):
        soon()
        run_due()
    (made,) = dispatches()
    assert (made["status"], made["statusReason"]["coding"][0]["code"]) == ("not-done", "gave-up")
    assert "does not answer" in state_in(task_of(task)).trouble


def test_an_address_that_refuses_is_seen_at_once_and_its_link_opens_nothing(taken):
    taken.error = RefusedAddressError("The mail server refused it for good (550).")
    (task,) = asked()
    (made,) = dispatches()
    assert (made["status"], made["statusReason"]["coding"][0]["code"]) == ("not-done", "refused")
    assert "550" in state_in(task_of(task)).trouble
    with acting(HERE):
        assert Link.objects.get().revoked_at is not None


@pytest.mark.parametrize(("way", "address"), [("fax", "555-0177"), ("sms", "call me")])
def test_what_is_no_number_is_seen_at_once(way, address):
    (task,) = asked(way, address)
    assert state_in(task_of(task)).trouble
    assert dispatches()[0]["status"] == "not-done"


def test_another_address_gets_a_link_of_its_own(taken):
    taken.error = RefusedAddressError("No.")
    (task,) = asked()
    taken.error = None
    following.chase(LEE, task, following.Chased(how="mail", channel="mail", address="new@b.org"))
    run_due()
    assert taken.last.to == "new@b.org"
    with acting(HERE):
        live = Link.objects.get(revoked_at__isnull=True)
    assert (live.address, link_in(taken.last)[3:27]) == ("new@b.org", live.id)


def test_what_was_taken_back_before_it_went_is_not_sent(taken):
    taken.error = NotSentError("Later.")
    (task,) = asked()
    following.give_up(LEE, task, "Found help elsewhere")
    taken.error = None
    soon()
    run_due()
    assert taken.parcels == []
    assert dispatches()[0]["statusReason"]["coding"][0]["code"] == "withdrawn"


def test_a_request_to_stop_leads_to_the_same_page(taken):
    (task,) = asked()
    path = link_in(taken.last)
    following.ask_to_cancel(LEE, task, "Found help elsewhere")
    run_due()
    assert "No longer needed" in taken.last.subject
    assert link_in(taken.last) == path
    assert "elsewhere" not in taken.last.text


def test_a_fax_says_how_to_answer_and_a_fax_of_papers_says_who_it_is(taken):
    agreed()
    (task,) = asked("fax", FAX)
    cover = text_of(taken.last.pages)
    for words in (
        "To",
        "Harvest Food Bank",
        "+15095550177",
        "Pages 2",
        "509-555-0100",
        "Confidential",
    ):
        assert words in cover
    assert [word for word in SECRETS if word in cover] == []
    answering.answer(LEE, task, answering.Answer(kind="accepted"))
    with acting(LEE):
        facts = known(1)
        parcel = sending.outgoing(task_of(task), "packet", LEE, facts)
        store.commit(parcel, by=LEE, reason="a test", room="referrals")
        sending.deliver(LEE, parcel)
    run_due()
    pages = [text_of_page(page) for page in PdfReader(io.BytesIO(taken.last.pages)).pages]
    assert [word for word in SECRETS if word in pages[0]] == []
    assert "Alvarez" in " ".join(pages[1:])
    (told,) = disclosures(dispatches("packet"))
    assert (told.named, told.basis) == (True, "consent")


def test_papers_without_consent_are_not_faxed(taken):
    (task,) = asked("fax", FAX)
    answering.answer(LEE, task, answering.Answer(kind="accepted"))
    before = len(taken.parcels)
    with acting(LEE):
        parcel = sending.outgoing(task_of(task), "packet", LEE, known(1))
        store.commit(parcel, by=LEE, reason="a test", room="referrals")
        sending.deliver(LEE, parcel)
    run_due()
    assert len(taken.parcels) == before
    assert dispatches("packet")[0]["status"] == "not-done"


def text_of(pages):
    return " ".join(map(text_of_page, PdfReader(io.BytesIO(pages)).pages))


def text_of_page(page):
    return " ".join(page.extract_text().replace("\u200b", "").split())


def test_a_code_that_cannot_be_sent_is_in_the_trail_and_opens_nothing(taken):
    asked()
    with acting(HERE):
        link = Link.objects.get()
    taken.error = RefusedAddressError("No.")
    delivering.ask_code(link)
    run_due()
    with acting(HERE):
        assert Link.objects.get().code_until is None
        assert AuditEntry.objects.filter(what="link code not sent").count() == 1


class Server:
    """A real mail server that answers as it is told, one answer after the other."""

    def __init__(self, *answers):
        self.answers, self.taken = list(answers), []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - its name
        answer = self.answers.pop(0)
        if answer.startswith("2"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return answer


@contextmanager
def serving(settings, *answers):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(*answers)
    running = Controller(server, hostname="127.0.0.1", port=port)
    running.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield server
    running.stop()


def test_a_real_mail_server_takes_it_at_the_second_try(settings):
    with serving(settings, "451 4.7.1 Come back later", "250 OK") as server:
        asked()
        assert dispatches()[0]["status"] == "in-progress"
        soon()
        run_due()
    (letter,) = server.taken
    (made,) = dispatches()
    assert made["status"] == "completed"
    assert made["identifier"][0]["value"] == letter["Message-ID"]
    whole = letter.as_string()
    assert [word for word in SECRETS if word in whole] == []
    assert letter["Auto-Submitted"] == "auto-generated"


def test_a_real_mail_server_refuses_for_good(settings):
    with serving(settings, "550 5.1.1 No such user") as server:
        (task,) = asked()
    assert server.taken == []
    assert dispatches()[0]["status"] == "not-done"
    assert state_in(task_of(task)).trouble
