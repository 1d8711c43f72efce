"""Answering without an account: a link or a reply code, and a code that only the receiver gets.

A link opens nothing by itself. Whoever follows it (or types the 8 digits that stand on a fax) shows
that they are the receiver: by a code sent to the address on file, by the digits on the fax cover,
or by a code that a colleague here reads out by phone. Then a cookie, signed and for this link
alone, opens the one thing the link is for, for an hour. What is unknown, expired or revoked is
refused alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from handrail.access import audit, links_secrets
from handrail.access.database import acting, authenticating
from handrail.access.links_models import Link
from handrail.access.links_tries import (
    ADDRESS,
    EVERYWHERE,
    LINK,
    SENDING,
    give_back,
    take,
    take_all,
)
from handrail.access.principal import Principal, Role
from handrail.fhir.errors import HandrailError

COOKIE: Final = "handrail-answer"
OPEN_FOR: Final = timedelta(hours=1)
"""How long a browser stays open for a link after the code."""
LASTS: Final = timedelta(days=30)
"""How long a link waits for its answer."""
LASTS_ANSWERED: Final = timedelta(days=120)
"""How long after the last answer a receiver may still tell what came of it."""
_CODE_LASTS: Final = timedelta(minutes=15)
_READ_OUT_LASTS: Final = timedelta(minutes=30)
_TURNS: Final = 20  # reply codes that are tried until one is free
_SALT: Final = "handrail.link"
_REFUSAL: Final = "This does not open anything."


class ClosedLinkError(HandrailError):
    """A link or code that opens nothing; one word for all the ways in which it may not."""

    status: ClassVar[int] = 404
    code: ClassVar[str] = "not-found"


class TooManyTriesError(HandrailError):
    """Too many wrong codes; waiting helps."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "throttled"


class WrongCodeError(HandrailError):
    """The code does not fit, was used, or is too old."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "security"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """What a link is to be for. Fields as in :class:`~handrail.access.links_models.Link`."""

    purpose: str
    subject: str
    patient: str
    recipient: str
    recipient_name: str
    channel: str
    address: str = field(repr=False)
    factor_channel: str = ""
    factor_address: str = field(default="", repr=False)
    language: str = ""
    lasts: timedelta = LASTS


def make(by: Principal, new: NewLink) -> Link:
    """Make a link; inside ``acting``. A fax gets a reply code that no other open link has."""
    identity = links_secrets.new_id()
    link = Link(
        org=by.org,
        id=identity,
        lookup=links_secrets.lookup_of(identity),
        purpose=new.purpose,
        subject=new.subject,
        patient=new.patient,
        recipient=new.recipient,
        recipient_name=new.recipient_name,
        channel=new.channel,
        address=new.address,
        factor_channel=new.factor_channel or new.channel,
        factor_address=new.factor_address or new.address,
        language=new.language,
        expires_at=timezone.now() + new.lasts,
    )
    _save_with_reply(link) if new.channel == "fax" else link.save(force_insert=True)
    _note(by, link, "link made")
    return link


def _save_with_reply(link: Link) -> None:
    for turn in range(_TURNS):
        link.reply_turn = turn
        link.reply = links_secrets.reply_digest(links_secrets.reply_code(link.id, turn))
        try:
            with transaction.atomic():
                link.save(force_insert=True)
        except IntegrityError:  # another link has this code
            continue
        return
    raise AssertionError(_TURNS)  # of 100 million codes, twenty in a row were taken


def token_of(link: Link) -> str:
    """Return what stands in the address of the link."""
    return links_secrets.token_of(link.id)


def reply_code(link: Link) -> str:
    """Return the 8 digits on the cover of a fax; empty for a link that has none."""
    return links_secrets.reply_code(link.id, link.reply_turn) if link.reply else ""


def is_live(link: Link) -> bool:
    """Tell whether the link may still be opened."""
    return link.revoked_at is None and link.expires_at > timezone.now()


def principal_of(link: Link) -> Principal:
    """Return who answers by the link: confined to the one patient it is about."""
    return Principal(
        org=link.org,
        person=link.recipient,
        name=f"{link.recipient_name}, by link",
        roles=frozenset({Role.RECEIVER}),
        confined=True,
        patient=link.patient,
        opened=frozenset({link.patient}),
    )


def find(token: str) -> Link:
    """Return the link that a token opens.

    Raises:
        ClosedLinkError: there is none, or it has ended.
        TooManyTriesError: this network address tried too many.
    """
    address = audit.client_address.get()
    if not take(ADDRESS, address):
        raise TooManyTriesError(_REFUSAL)
    link = _one(links_secrets.lookup_of(links_secrets.id_in(token)), "lookup")
    give_back(ADDRESS, address)
    return link


def find_by_reply(code: str, ending: str) -> Link:
    """Return the link of a fax, by the code on it and the last digits of the number it went to.

    Raises:
        ClosedLinkError: there is no such code, it has ended, or the fax went elsewhere.
        TooManyTriesError: there were too many wrong codes, from here or from everywhere.
    """
    address = audit.client_address.get()
    if not take_all((ADDRESS, address), (EVERYWHERE, "")):
        raise TooManyTriesError(_REFUSAL)
    typed = links_secrets.digits_of(code)
    link = _one(links_secrets.reply_digest(typed), "reply")
    within = take(LINK, link.id)
    if not links_secrets.same(links_secrets.digits_of(ending), _ending(link.address)) or not within:
        _refused(link)
        raise ClosedLinkError(_REFUSAL)
    give_back(LINK, link.id)
    give_back(ADDRESS, address)
    give_back(EVERYWHERE)
    return link


def of_code(by: Principal, code: str) -> Link | None:
    """Return the link whose reply code somebody reads out to a member; inside ``acting``.

    A member sees only links about patients they reach.
    """
    typed = links_secrets.digits_of(code)
    return Link.objects.filter(org=by.org, reply=links_secrets.reply_digest(typed)).first()


def of_subject(org: int, subject: str) -> Link | None:
    """Return the newest link to ``subject`` that is open; inside ``acting``."""
    live = Link.objects.filter(org=org, subject=subject, revoked_at__isnull=True)
    return live.filter(expires_at__gt=timezone.now()).order_by("-created_at", "-id").first()


def to_address(org: int, subject: str, channel: str, address: str) -> Link | None:
    """Return the open link to ``subject`` that goes to this address; inside ``acting``."""
    live = Link.objects.filter(org=org, subject=subject, revoked_at__isnull=True)
    mine = live.filter(channel=channel, address=address, expires_at__gt=timezone.now())
    return mine.order_by("-created_at", "-id").first()


def _one(digest: bytes, column: str) -> Link:
    with authenticating(digest=digest):
        link = Link.objects.filter(**{column: digest}).first()
    if link is None or not is_live(link):
        raise ClosedLinkError(_REFUSAL)
    return link


def _ending(address: str) -> str:
    return links_secrets.digits_of(address)[-links_secrets.ENDING_DIGITS :]


def ask_code(link: Link) -> int:
    """Make a code that is to be sent to the receiver, and return its turn.

    The one before is no longer good.

    Raises:
        TooManyTriesError: the link has sent too many codes lately.
    """
    if not take(SENDING, link.id):
        raise TooManyTriesError(_REFUSAL)
    return _new_turn(principal_of(link), link, _CODE_LASTS, "link code asked for")


def read_out(by: Principal, link: Link) -> str:
    """Return a code that a member reads out by phone; it is good once, for half an hour."""
    turn = _new_turn(by, link, _READ_OUT_LASTS, "link code read out")
    return links_secrets.once_code(link.id, turn)


def _new_turn(by: Principal, link: Link, lasts: timedelta, what: str) -> int:
    with acting(by, durable=True):
        one = Link.objects.select_for_update().get(org=link.org, id=link.id)
        link.turn = one.turn + 1
        link.code_until = timezone.now() + lasts
        _change(link, turn=link.turn, code_until=link.code_until)
        _note(by, link, what)
    return link.turn


def code_of(link: Link, turn: int) -> str:
    """Return the code of a turn, to send it; empty if another has been asked for since."""
    good = link.turn == turn and link.code_until is not None and link.code_until > timezone.now()
    return links_secrets.once_code(link.id, turn) if good else ""


def not_sent(by: Principal, link: Link) -> None:
    """Write down that a code could not be sent to the address on file; inside ``acting``."""
    _change(link, code_until=None)
    _note(by, link, "link code not sent")


def use_code(link: Link, typed: str) -> None:
    """See that whoever opens the link has its code; a code that was sent is good once.

    Raises:
        WrongCodeError: it does not fit, was used, or is too old.
        TooManyTriesError: there were too many wrong codes at this link, or from this address.
    """
    address = audit.client_address.get()
    if not take_all((ADDRESS, address), (LINK, link.id)):
        raise TooManyTriesError(_REFUSAL)
    code = links_secrets.digits_of(typed)
    if not (_is_on_cover(link, code) or _used(link, code)):
        _refused(link)
        raise WrongCodeError(_REFUSAL)
    give_back(LINK, link.id)
    give_back(ADDRESS, address)


def _is_on_cover(link: Link, code: str) -> bool:
    on_cover = reply_code(link)
    return links_secrets.same(code, on_cover) and bool(on_cover)


def _used(link: Link, code: str) -> bool:
    """Tell whether it is the code of this turn, and use it up: of two at once one gets it."""
    fits = links_secrets.same(code, links_secrets.once_code(link.id, link.turn))
    with acting(principal_of(link), durable=True):
        good = Link.objects.filter(org=link.org, id=link.id, turn=link.turn)
        good = good.filter(code_until__gt=timezone.now())
        return fits and bool(good.update(code_until=None))


def opened(link: Link) -> None:
    """Write down that the receiver has opened the link; inside ``acting``."""
    if link.opened_at is None:
        link.opened_at = timezone.now()
        _change(link, opened_at=link.opened_at)
        _note(principal_of(link), link, "link opened")


def answered(link: Link) -> None:
    """Write down that the receiver has answered, and leave the link open to tell the rest."""
    now = timezone.now()
    link.answered_at = now
    link.expires_at = max(link.expires_at, now + LASTS_ANSWERED)
    _change(link, answered_at=now, expires_at=link.expires_at)


def revoke(by: Principal, subject: str, address: str = "") -> int:
    """End every link to ``subject``; return how many there were. Inside ``acting``.

    Given an address, only those that went there.
    """
    live = Link.objects.filter(org=by.org, subject=subject, revoked_at__isnull=True)
    if address:
        live = live.filter(address=address)
    found = list(live)
    live.update(revoked_at=timezone.now(), reply=None)
    for link in found:
        _note(by, link, "link revoked")
    return len(found)


def _change(link: Link, **values: object) -> None:
    Link.objects.filter(org=link.org, id=link.id).update(**values)


def session_of(link: Link) -> str:
    """Return what the cookie holds once the code was right."""
    return signing.dumps(link.id, salt=_SALT)


def is_open(link: Link, cookie: str) -> bool:
    """Tell whether the cookie was given out for this link, within the last hour."""
    try:
        return bool(signing.loads(cookie, salt=_SALT, max_age=OPEN_FOR) == link.id)
    except signing.BadSignature:
        return False


def _note(by: Principal, link: Link, what: str) -> None:
    event = audit.Event(action="E", what=what, reference=link.subject, patient=link.patient)
    audit.note(by, event)


def _refused(link: Link) -> None:
    audit.refused(principal_of(link), "link refused", link.subject, link.patient)
