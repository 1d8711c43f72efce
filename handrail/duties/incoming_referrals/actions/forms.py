"""The public form: who needs help and with what, sent by an office or by the person themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import orjson
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.duties.incoming_referrals.models import Filled, Form
from handrail.duties.incoming_referrals.resources import FORM, Asked
from handrail.fhir.arrival import Arrival, Part, arrived
from handrail.fhir.errors import BusinessRuleError, Fault, NotFoundError, TooManyRequestsError
from handrail.fhir.instants import written
from handrail.fhir.moments import day_of
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Draft

RULE: Final = "incoming-referrals.form"
_LONGEST: Final[Mapping[str, int]] = {"what": 500, "note": 4000}
_LONG: Final = 200
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FEWEST_DIGITS: Final = 7


class FormError(BusinessRuleError):
    """Something is missing on the form; ``faults`` name the fields."""


def _stranger(org: int) -> Principal:
    return system(org, "form", "Public form")


def form_of(org: int) -> tuple[str, Form]:
    """Return the name of the organization and its form.

    Raises:
        NotFoundError: there is no such organization, or it takes no forms.
    """
    with acting(_stranger(org)):
        form = Form.objects.filter(org=org, is_open=True).first()
        name = Organization.objects.filter(id=org).values_list("name", flat=True).first()
    if form is None or name is None:
        raise NotFoundError(_("There is no form here."))
    return name, form


def see_form(by: Principal) -> Form:
    """Return the settings of the form, for those who manage them."""
    require(by, "manage_settings")
    with acting(by):
        return Form.objects.filter(org=by.org).first() or Form(org=by.org)


def set_form(by: Principal, greeting: str, *, is_open: bool) -> None:
    """Open or close the public form."""
    require(by, "manage_settings")
    with acting(by, durable=True):
        values = {"is_open": is_open, "greeting": greeting.strip()[: _LONGEST["what"]]}
        Form.objects.update_or_create(org=by.org, defaults=values)
        audit.note(by, audit.Event(action="U", what="public form", detail=str(is_open)))


def send_form(org: int, asked: Asked, place: str) -> str:
    """Put a filled form into the queue.

    Args:
        org: the organization's number.
        asked: what was typed.
        place: the network address it came from; only a hash of it is kept, for a day.

    Returns:
        A short number to say on the phone.

    Raises:
        FormError: something needed is missing.
        NotFoundError: the organization takes no forms.
        TooManyRequestsError: more came in the last hour than a person or an office sends.
    """
    form_of(org)
    by = _stranger(org)
    cleaned = _checked(asked, known(org).as_of)
    now = datetime.now(UTC)
    with acting(by, durable=True):
        _hold_back(org, place, now)
        identity = uuid4()
        Filled.objects.create(org=org, id=identity, place=_hashed(org, place), at=now)
        part = Part(media=FORM, title="Form", data=orjson.dumps(asdict(cleaned)))
        sender = cleaned.organization or cleaned.sender
        form = Arrival(
            channel="form", key=identity.hex, at=written(now), sender=sender, parts=(part,)
        )
        drafts = [Draft(one) for one in arrived(form)]
        store.commit(drafts, by=by, reason="Public form", room="incoming_referrals")
    return identity.hex[:8].upper()


def _hashed(org: int, place: str) -> str:
    return hashlib.sha256(f"{org}|{place}".encode()).hexdigest()[:32]


def _hold_back(org: int, place: str, now: datetime) -> None:
    values = known(org).rules.rule(RULE, now.date()).values
    Filled.objects.filter(org=org, at__lt=now - timedelta(days=1)).delete()
    lately = Filled.objects.filter(org=org, at__gte=now - timedelta(hours=1))
    from_here = lately.filter(place=_hashed(org, place)).count()
    if (
        from_here >= values["an_hour_from_one_address"]
        or lately.count() >= values["an_hour_in_all"]
    ):
        raise TooManyRequestsError(
            _("Many forms came in the last hour. Please call, or send it again in an hour.")
        )


def _checked(asked: Asked, now: datetime) -> Asked:
    words: dict[str, Any] = {
        name: _clean(value, _LONGEST.get(name, _LONG))
        for name, value in asdict(asked).items()
        if isinstance(value, str)
    }
    cleaned = replace(asked, **words)
    faults = list(_faults(cleaned, now))
    if faults:
        raise FormError(" ".join(fault.text for fault in faults), faults)
    return cleaned


def _clean(text: str, longest: int) -> str:
    return "".join(c for c in text if c == "\n" or c.isprintable()).strip()[:longest]


def _faults(asked: Asked, now: datetime) -> list[Fault]:
    found = []
    if not (asked.given and asked.family):
        found.append(Fault("family", _("Give the first and the last name.")))
    if not asked.what:
        found.append(Fault("what", _("Say what help is needed.")))
    if sum(c.isdigit() for c in asked.phone) < _FEWEST_DIGITS:
        found.append(Fault("phone", _("Give a phone number with area code.")))
    born = day_of(asked.birth_date, UTC)
    if asked.birth_date and (born is None or born > now.date()):
        found.append(Fault("birth_date", _("Give the birth date as 1954-02-14, or leave it out.")))
    if asked.answer_to and not _EMAIL.fullmatch(asked.answer_to):
        found.append(Fault("answer_to", _("Give an e-mail address such as ana@example.org.")))
    if not asked.herself and not (asked.sender and asked.organization):
        found.append(Fault("sender", _("Say who you are and where you work.")))
    if not asked.consented:
        found.append(Fault("consented", _("We need a yes before we may keep this.")))
    return found
