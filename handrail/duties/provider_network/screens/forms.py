"""From a form to what was said: one typed line, and fields for those who want them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from uuid import uuid4

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.provider_network.actions.telling import Saved, Telling, TellingError, tell
from handrail.duties.provider_network.resources import Plan
from handrail.duties.provider_network.screens import words
from handrail.fhir.directory.saying import read_line, read_wait
from handrail.fhir.directory.telling import NEW_PATIENTS, VIA, Answer
from handrail.fhir.moments import whole_day
from handrail.look.dates import today
from handrail.look.typed import printable

_ID: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.")
_LONGEST_ID: Final = 64
_LONGEST: Final = 200
FIELDS: Final = ("line", "told_by", "wait", "reference", "new_patients", "via", "on", "plan")


def identity(text: str) -> str:
    """Return the id that was sent; empty if it is none."""
    return text if 0 < len(text) <= _LONGEST_ID and set(text) <= _ID else ""


def office_of(text: str) -> str:
    """Return the reference of an office that was sent; empty if it is none."""
    kind, _slash, name = text.partition("/")
    known = kind in {"PractitionerRole", "Location", "HealthcareService", "Organization"}
    return f"{kind}/{identity(name)}" if known and identity(name) else ""


def line_of(text: str) -> str:
    """Return one line of what was typed."""
    return " ".join(printable(text)[:_LONGEST].split())


def plan_of(form: QueryDict) -> Plan:
    """Return the plan that was named: what was typed, or the one that was chosen."""
    name = line_of(form.get("plan", ""))
    chosen = identity(form.get("plan_id", ""))
    return Plan(name=name, id=chosen if chosen and not name else "")


def telling_of(form: QueryDict) -> Telling:
    """Return what was said; a field of its own counts before the line.

    Raises:
        TellingError: a field cannot be understood; it says which.
    """
    now = today()
    line = read_line(printable(form.get("line", "")), now)
    pressed = form.get("answer", "")
    days, earliest = line.wait_days, line.earliest_on
    if wait := line_of(form.get("wait", "")):
        days, earliest = read_wait(wait, now)
        if days is None:
            raise TellingError(
                "wait", _("Say the wait as 6 weeks, 10 days or a day such as 15 Dec.")
            )
    return Telling(
        about=office_of(form.get("about", "")),
        plan=plan_of(form),
        answer=Answer(pressed) if pressed in set(Answer) else line.answer,
        told_by=line_of(form.get("told_by", "")) or line.told_by,
        reference_number=line_of(form.get("reference", "")) or line.reference_number,
        wait_days=days,
        earliest_on=earliest,
        new_patients=_one_of(form.get("new_patients", ""), NEW_PATIENTS) or line.new_patients,
        languages=tuple(dict.fromkeys([*_languages(form), *line.languages])),
        via=_one_of(form.get("via", ""), VIA) or "phone",
        on=_day(form.get("on", "")),
        token=identity(form.get("token", "")),
    )


def _one_of(text: str, codes: Iterable[str]) -> str:
    return text if text in set(codes) else ""


def _languages(form: QueryDict) -> list[str]:
    return [code for code in form.getlist("languages") if code in words.LANGUAGES]


def _day(text: str) -> date | None:
    """Return the day that was typed; None: none was."""
    found = whole_day(text.strip())
    if text.strip() and found is None:
        raise TellingError("on", _("Choose a day, such as 2026-11-20."))
    return found


def recorded(by: Principal, form: QueryDict) -> tuple[Saved, str]:
    """Keep what a form says; return it with the sentence that says what was kept.

    Raises:
        TellingError: the answer or the plan is missing, or something cannot be.
    """
    saved = tell(by, telling_of(form))
    sentence = _("Kept: %(told)s") % {"told": words.told(saved.told, today())}
    if saved.told.answer is Answer.YES:
        sentence += " " + _("You can refer there now.")
    return saved, sentence


def typed(request: HttpRequest, about: str) -> dict[str, Any]:
    """Return what was typed about an office and refused, to be shown again."""
    mine = request.method == "POST" and request.POST.get("about", "") == about
    kept = {name: request.POST.get(name, "") if mine else "" for name in FIELDS}
    sent = identity(request.POST.get("token", "")) if mine else ""
    chosen = request.POST.getlist("languages") if mine else []
    return {**kept, "languages": chosen, "token": sent or uuid4().hex}


def choices() -> dict[str, Any]:
    """Return what every form about an answer chooses from."""
    return {
        "answers": [(code.value, _(label)) for code, label in words.ANSWERS.items()],
        "news": [("", _("not said")), *((code, _(label)) for code, label in words.NEW.items())],
        "ways": [(code, _(label)) for code, label in words.WAYS.items()],
        "languages": [(code, _(label)) for code, label in words.LANGUAGES.items()],
        "told": words.told,
        "more": words.more,
        "trust": words.trust,
        "new_patients": words.new_patients,
    }
