"""The panel beside the worklist: who, how to reach them, what to say, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.check_ins.actions import Facing, facing, now_here, organization_name
from handrail.duties.check_ins.models import Attempt, Contact
from handrail.duties.check_ins.resources import Person, Phone, Relative
from handrail.duties.check_ins.rules.contact import How
from handrail.duties.check_ins.screens import words
from handrail.fhir import work
from handrail.fhir.resource import id_of


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call: the words beside each number."""

    who: str
    phones: tuple[tuple[Phone, str], ...]
    allowed: str
    may_talk: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """A script in one language."""

    code: str
    name: str
    paragraphs: tuple[str, ...]


def contact_panel(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return the panel for a piece of work that is done by a contact."""
    known = facts(request, principal, facing(principal, task=task))
    return render_to_string("check_ins/panel.html", known, request=request)


def facts(
    request: HttpRequest, principal: Principal, face: Facing, errors: Iterable[object] = ()
) -> dict[str, Any]:
    """Return what the form shows. What was typed and refused is kept."""
    now = now_here(principal.org)
    person, task = face.person, face.task
    # The desk says in META where to go next and which errors to show.
    here = f"/patients/{person.id}"
    checklist = face.kind.checklist if face.kind else ()
    return {
        "person": person,
        "task": task["id"] if task else "",
        "version": face.version,
        "next": str(request.META.get("handrail.next", "") or request.POST.get("next", "") or here),
        "errors": list(errors) or list(request.META.get("handrail.errors", ())),
        "calls": calls(person, face.relatives, now.date()),
        "relatives": [(r.reference, f"{r.name}, {r.relationship}") for r in face.relatives],
        "spoken": words.language(person.language) or person.language_text,
        "tried": tried(principal, face),
        "last": last_contact(principal, person.id),
        "scripts": scripts(principal, face),
        "voicemail": voicemail(principal, person),
        "outcomes": words.outcomes(),
        "hows": words.hows(),
        "checklist": [(code, _(label)) for code, label in checklist],
        "typed": typed_of(request, now.isoformat()),
        "minutes_hint": _("Counted from %(time)s. Change it if that is wrong.")
        % {"time": f"{now:%H:%M}"},
        "live": task is not None and "handrail.next" in request.META,
        "lines": (),
    }


def typed_of(request: HttpRequest, now: str) -> dict[str, Any]:
    """Return the form's values: as typed, else fresh."""
    form = request.POST if request.method == "POST" else QueryDict()
    plain = ("outcome", "how", "note", "minutes", "relative", "again_on", "again_time", "next_step")
    typed: dict[str, Any] = {name: form.get(name, "") for name in plain}
    typed["how"] = typed["how"] or How.PHONE.value
    typed["checklist"] = form.getlist("checklist")
    typed["contact"] = form.get("contact", "") or uuid4().hex
    typed["started_at"] = form.get("started_at", "") or now
    return typed


def calls(person: Person, relatives: Sequence[Relative], today: date) -> list[Call]:
    """Return who can be called, the patient first, and what may be said to them."""
    found = [Call(_("Patient"), _with_words(person.phones), "", may_talk=True)]
    for relative in relatives:
        may = relative.may_talk(today)
        scope = words.SCOPES.get(relative.scope, "")
        allowed = _(scope) if may and scope else _("not allowed to discuss care")
        who = f"{relative.relationship} {relative.name}".strip()
        found.append(Call(who[:1].upper() + who[1:], _with_words(relative.phones), allowed, may))
    return found


def _with_words(phones: Iterable[Phone]) -> tuple[tuple[Phone, str], ...]:
    return tuple((phone, _(words.MESSAGES.get(phone.message, ""))) for phone in phones)


def tried(principal: Principal, face: Facing) -> list[tuple[Attempt, str, int, int]]:
    """Return the attempts for this work, oldest first: (attempt, words, number, of)."""
    if face.task is None:
        return []
    outputs = work.outputs_of(face.task, work.ATTEMPT)
    sources = [id_of(reference, "Communication") for reference in outputs]
    rows = Attempt.objects.filter(org=principal.org, source__in=sources).order_by("at")
    of = face.kind.attempts if face.kind else 0
    return [(row, words.outcome(row.outcome), n, of) for n, row in enumerate(rows, 1)]


def last_contact(principal: Principal, patient: str) -> tuple[Contact, str, str] | None:
    """Return the last two-way contact: (contact, how, outcome); None if there was none."""
    row = Contact.objects.filter(org=principal.org, patient=patient).order_by("-at").first()
    return (row, words.how(row.how), words.outcome(row.outcome)) if row else None


def _names(principal: Principal, person: Person) -> list[tuple[str, str]]:
    organization = organization_name(principal.org)
    return [("me", principal.name), ("organization", organization), ("patient", person.name)]


def scripts(principal: Principal, face: Facing) -> list[Spoken]:
    """Return the script in the patient's language first, then in English."""
    texts = dict(face.kind.script) if face.kind else {}
    wanted = [code for code in dict.fromkeys((face.person.speaks, "en")) if code in texts]
    if not wanted:
        return []
    names = _names(principal, face.person)
    return [
        Spoken(code, words.language(code), tuple(words.filled(p, names) for p in texts[code]))
        for code in wanted
    ]


def voicemail(principal: Principal, person: Person) -> tuple[str, str]:
    """Return (language, text) that is safe to leave on a machine: nothing about health."""
    code = person.speaks if person.speaks in words.VOICEMAIL else "en"
    return code, words.filled(words.VOICEMAIL[code], _names(principal, person))
