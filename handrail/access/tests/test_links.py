"""Links: nobody gets in by guessing, replaying, waiting or looking into the database."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from handrail.access import accounts, audit, links, links_secrets
from handrail.access.database import acting, cursor
from handrail.access.links_models import Link, Tries
from handrail.access.links_tries import ADDRESS, EVERYWHERE, LINK, SENDING, take
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal, Reach, Role, system

pytestmark = pytest.mark.django_db
HERE = system(1, "test", "Test")
REFUSED = (links.ClosedLinkError, links.TooManyTriesError, links.WrongCodeError)
NEW = {
    "purpose": "referral",
    "subject": "Task/t1",
    "patient": "p1",
    "recipient": "Organization/o1",
    "recipient_name": "Food Bank",
    "channel": "mail",
    "address": "desk@example.org",
}


@pytest.fixture(autouse=True)
def organizations():
    for org in (1, 2):
        with acting(system(org, "test", "Test")):
            accounts.add_organization(org, f"Organization {org}", f"o{org}")


def made(**more):
    with acting(HERE):
        return links.make(HERE, links.NewLink(**(NEW | more)))


def fax(**more):
    return made(channel="fax", address="+15095550177", **more)


def changed(link, **values):
    with acting(HERE):
        Link.objects.filter(org=1, id=link.id).update(**values)
    return link


def from_address(address):
    audit.client_address.set(address)


@pytest.fixture(autouse=True)
def an_address():
    token = audit.client_address.set("203.0.113.9")
    yield
    audit.client_address.reset(token)


def test_a_link_is_found_by_its_token_and_opened_by_a_code_once():
    link = made()
    found = links.find(links.token_of(link))
    assert (found.id, found.org, found.subject) == (link.id, 1, "Task/t1")
    code = links.code_of(found, links.ask_code(found))
    assert re.fullmatch(r"\d{6}", code)
    links.use_code(found, f" {code[:3]} {code[3:]} ")
    with pytest.raises(links.WrongCodeError):
        links.use_code(found, code)


def test_what_opens_a_link_is_in_no_table():
    link = fax()
    links.ask_code(link)
    with acting(HERE):
        row = cursor().execute("select l::text from access_link l").fetchone()[0]
    code = links.reply_code(link)
    secrets = (links.token_of(link), links.token_of(link)[24:], code, links.code_of(link, 1))
    assert [secret for secret in secrets if secret in row] == []


def test_a_database_without_its_key_opens_nothing(settings):
    token = links.token_of(fax())
    settings.SECRET_KEY = "another key"
    with pytest.raises(links.ClosedLinkError):
        links.find(token)


@pytest.mark.parametrize("token", ["", "a" * 40, "A" * 40, "é" * 40, "a" * 9999, "../x", "\n"])
def test_a_guessed_token_opens_nothing(token):
    made()
    with pytest.raises(links.ClosedLinkError):
        links.find(token)


def test_a_known_id_without_its_seal_opens_nothing():
    link = made()
    for wrong in (link.id + "a" * 16, links.token_of(link)[:-1] + "b", links.token_of(link) + "a"):
        with suppress(links.ClosedLinkError):
            assert links.find(wrong) is None


def test_guessed_expired_and_revoked_are_refused_alike():
    expired, revoked, past = made(), fax(subject="Task/t2"), fax(subject="Task/t3")
    changed(expired, expires_at=timezone.now() - timedelta(seconds=1))
    changed(past, expires_at=timezone.now() - timedelta(seconds=1))
    code, token = links.reply_code(revoked), links.token_of(revoked)
    with acting(HERE):
        assert links.revoke(HERE, "Task/t2") == 1
    said = set()
    for attempt in (
        lambda: links.find("a" * 40),
        lambda: links.find(links.token_of(expired)),
        lambda: links.find(token),
        lambda: links.find_by_reply("00000000", "0177"),
        lambda: links.find_by_reply(code, "0177"),
        lambda: links.find_by_reply(links.reply_code(past), "0177"),
        lambda: links.find_by_reply(links.reply_code(fax()), "9999"),
    ):
        with pytest.raises(links.ClosedLinkError) as refusal:
            attempt()
        said.add((str(refusal.value), refusal.value.status))
    assert len(said) == 1


def test_a_fax_is_found_by_its_code_and_the_end_of_its_number():
    link = fax()
    code = links.reply_code(link)
    assert re.fullmatch(r"\d{8}", code)
    for typed in (code, f"{code[:4]} {code[4:]}", f"{code[:4]}-{code[4:]}"):
        assert links.find_by_reply(typed, "0177").id == link.id
    links.use_code(link, code)


def test_no_two_open_links_have_the_same_reply_code(monkeypatch):
    codes = iter(["11111111", "11111111", "11111111", "22222222"])
    monkeypatch.setattr(links_secrets, "_code", lambda *_: next(codes))
    one, other = fax(), fax(subject="Task/t2")
    assert bytes(one.reply) == links_secrets.reply_digest("11111111")
    assert bytes(other.reply) == links_secrets.reply_digest("22222222")


def test_brute_force_at_one_link_locks_it_and_the_right_code_too():
    link = made()
    code = links.code_of(link, links.ask_code(link))
    for number in range(LINK.most):
        from_address(f"198.51.100.{number}")
        with pytest.raises(links.WrongCodeError):
            links.use_code(link, f"{number}")
    with pytest.raises(links.TooManyTriesError):
        links.use_code(link, code)


def test_brute_force_from_one_address_waits_but_others_go_on():
    link = fax()
    for number in range(ADDRESS.most):
        with pytest.raises(links.ClosedLinkError):
            links.find_by_reply(f"{number:08}", "0177")
    with pytest.raises(links.TooManyTriesError):
        links.find_by_reply(links.reply_code(link), "0177")
    with pytest.raises(links.TooManyTriesError):
        links.find(links.token_of(link))
    from_address("198.51.100.1")
    assert links.find_by_reply(links.reply_code(link), "0177").id == link.id


def test_brute_force_spread_over_addresses_waits_everywhere_but_links_open():
    link = fax()
    for _number in range(EVERYWHERE.most):
        take(EVERYWHERE)
    with pytest.raises(links.TooManyTriesError):
        links.find_by_reply(links.reply_code(link), "0177")
    assert links.find(links.token_of(link)).id == link.id


def test_a_site_of_ipv6_counts_as_one_address():
    for number in range(ADDRESS.most):
        from_address(f"2001:db8::{number:x}")
        with pytest.raises(links.ClosedLinkError):
            links.find("a" * 40)
    from_address("2001:db8::ffff")
    with pytest.raises(links.TooManyTriesError):
        links.find("a" * 40)


def test_the_end_of_the_number_cannot_be_tried_out():
    link = fax()
    code = links.reply_code(link)
    for number in range(LINK.most):
        from_address(f"198.51.100.{number}")
        with pytest.raises(links.ClosedLinkError):
            links.find_by_reply(code, f"{number:04}")
    with pytest.raises(links.ClosedLinkError):
        links.find_by_reply(code, "0177")


def test_what_was_right_does_not_count_and_waiting_helps():
    link = fax()
    for _number in range(ADDRESS.most + 5):
        links.find_by_reply(links.reply_code(link), "0177")
        links.use_code(link, links.reply_code(link))
    while take(ADDRESS, "203.0.113.9"):
        pass
    Tries.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert links.find(links.token_of(link)).id == link.id


def test_a_link_sends_only_so_many_codes_and_only_the_last_is_good():
    link = made()
    first = links.code_of(link, links.ask_code(link))
    turn = links.ask_code(link)
    assert links.code_of(link, turn - 1) == ""
    with pytest.raises(links.WrongCodeError):
        links.use_code(link, first)
    for _number in range(SENDING.most - 2):
        links.ask_code(link)
    with pytest.raises(links.TooManyTriesError):
        links.ask_code(link)


def test_a_code_grows_old():
    link = made()
    code = links.code_of(link, links.ask_code(link))
    changed(link, code_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(links.WrongCodeError):
        links.use_code(link, code)


def test_no_code_is_good_before_one_was_asked_for():
    link = made()
    for typed in ("", links_secrets.once_code(link.id, 0), links_secrets.once_code(link.id, 1)):
        with pytest.raises(links.WrongCodeError):
            links.use_code(link, typed)


def test_a_code_of_one_link_opens_no_other():
    one, other = made(), made(subject="Task/t2")
    code = links.code_of(one, links.ask_code(one))
    links.ask_code(other)
    with pytest.raises(links.WrongCodeError):
        links.use_code(other, code)


def test_a_member_reads_a_code_out_by_phone():
    link = made()
    code = links.read_out(HERE, link)
    links.use_code(links.find(links.token_of(link)), code)


def test_the_cookie_is_for_one_link_and_for_an_hour(monkeypatch):
    one, other = made(), made(subject="Task/t2")
    cookie = links.session_of(one)
    assert links.is_open(one, cookie)
    assert not links.is_open(other, cookie)
    for wrong in ("", cookie[:-1], cookie + "a", one.id, "é", "x" * 5000):
        assert not links.is_open(one, wrong)
    monkeypatch.setattr(links, "OPEN_FOR", timedelta(seconds=-1))
    assert not links.is_open(one, cookie)


def test_who_answers_is_confined_to_the_patient():
    by = links.principal_of(made())
    assert by.reach is Reach.RELATED
    assert (by.opened, by.identities, by.roles) == ({"p1"}, (), {Role.RECEIVER})
    assert by.person == "Organization/o1"


def test_links_of_others_are_not_seen():
    link = fax()
    code = links.reply_code(link)
    stranger = Principal(
        org=1, person="Practitioner/x", name="X", roles=frozenset({Role.COORDINATOR})
    )
    for who in (stranger, system(2, "test", "Test")):
        with acting(who):
            assert links.of_code(who, code) is None
            assert Link.objects.count() == 0
    with acting(HERE):
        assert links.of_code(HERE, code).id == link.id
        assert links.of_subject(1, "Task/t1").id == link.id
    assert Link.objects.count() == 0


def test_an_answer_keeps_the_link_open_and_opening_is_noted_once():
    link = made()
    with acting(links.principal_of(link)):
        links.opened(link)
        first = link.opened_at
        links.opened(link)
        links.answered(link)
    found = links.find(links.token_of(link))
    assert (found.opened_at, found.answered_at is None) == (first, False)
    assert found.expires_at > timezone.now() + timedelta(days=100)


def test_the_trail_tells_of_links_and_refusals_and_holds_no_code():
    link = fax()
    links.ask_code(link)
    with pytest.raises(links.WrongCodeError):
        links.use_code(link, "12345678")
    with acting(HERE):
        entries = list(AuditEntry.objects.filter(patient="p1"))
    assert {"link made", "link code asked for", "link refused"} <= {one.what for one in entries}
    text = " ".join(f"{one.what} {one.detail} {one.name}" for one in entries)
    assert links.reply_code(link) not in text
    assert links.token_of(link) not in text
    assert "12345678" not in text
