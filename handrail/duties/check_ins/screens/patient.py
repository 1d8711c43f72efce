"""On the patient's page: the contacts, the minutes of the month, and a next step in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from handrail.access import audit
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Principal
from handrail.duties.check_ins import actions
from handrail.duties.check_ins.actions import IncompleteContactError, facing, now_here
from handrail.duties.check_ins.models import Attempt, Contact, Note
from handrail.duties.check_ins.screens import words
from handrail.fhir.quick import quick_step
from handrail.look.dates import day
from handrail.look.said import say
from handrail.look.typed import next_of, printable
from handrail.record.known import organization_facts
from handrail.room import patient_frame

SHOWN = 100
EXCERPT = 4


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the list of contacts."""

    at: datetime
    how: str
    outcome: str
    minutes: int
    by: str
    note: str
    reference: str


def told(principal: Principal, patient: str, limit: int) -> list[Told]:
    """Return the contacts and attempts of a patient, newest first."""
    mine = {"org": principal.org, "patient": patient}
    contacts = list(Contact.objects.filter(**mine).order_by("-at")[:limit])
    tries = list(Attempt.objects.filter(**mine).order_by("-at")[:limit])
    about = Note.objects.filter(org=principal.org, contact__in=[row.source for row in contacts])
    notes = dict(about.values_list("contact", "text"))
    rows = [_told(row, f"Encounter/{row.source}", notes.get(row.source, "")) for row in contacts]
    rows += [_told(row, f"Communication/{row.source}", row.note) for row in tries]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:limit]


def _told(row: Contact | Attempt, reference: str, note: str) -> Told:
    how, outcome = words.how(row.how), words.outcome(row.outcome)
    return Told(row.at, how, outcome, row.minutes, row.by_name, note, reference)


def minutes_by_month(principal: Principal, patient: str) -> list[tuple[date, int, int]]:
    """Return (month, minutes, contacts and attempts) of a patient, newest first."""
    months: dict[date, tuple[int, int]] = {}
    for model in (Contact, Attempt):
        found = (
            model.objects.filter(org=principal.org, patient=patient)
            .annotate(month=TruncMonth("at", tzinfo=timezone.get_current_timezone()))
            .values("month")
            .annotate(minutes=Sum("minutes"), times=Count("source"))
        )
        for row in found:
            month = row["month"].date()
            minutes, times = months.get(month, (0, 0))
            months[month] = (minutes + row["minutes"], times + row["times"])
    return sorted(((m, *sums) for m, sums in months.items()), reverse=True)


def side(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the panel on the patient page: last contacts, this month's minutes, a next step."""
    if not principal.has(*CARE):
        return ""
    months = minutes_by_month(principal, patient)
    first = now_here(principal.org).date().replace(day=1)
    known = {
        "patient": patient,
        "told": told(principal, patient, EXCERPT),
        "minutes": next((total for month, total, _ in months if month == first), 0),
    }
    return render_to_string("check_ins/side.html", known, request=request)


def _frame(request: MemberRequest, patient: str) -> dict[str, Any]:
    face = facing(request.principal, patient=patient)
    return patient_frame(request, patient) | {"person": face.person}


@open_to(*CARE)
def contacts(request: MemberRequest, patient: str) -> HttpResponse:
    """Show a patient's contacts and the minutes of each month."""
    principal = request.principal
    known = _frame(request, patient) | {
        "told": told(principal, patient, SHOWN),
        "months": minutes_by_month(principal, patient),
    }
    audit.read(principal, ["Encounter?contact", "Communication?contact"], None, patient)
    return render(request, "check_ins/contacts.html", known)


@open_to(*CARE)
def new_step(request: MemberRequest, patient: str) -> HttpResponse:
    """Add a next step from one line; first show what was understood, if asked to."""
    errors: Sequence[tuple[str, str]] = ()
    typed = printable(request.POST.get("step", ""))
    understood = _understood(request, typed)
    if request.method == "POST" and request.POST.get("then") != "preview":
        try:
            done = actions.add_step(
                request.principal, patient, typed, token=request.POST.get("token", "")[:64]
            )
        except IncompleteContactError as error:
            errors = [(error.field, error.message)]
        else:
            say(request, understood, done.transaction)
            return HttpResponseRedirect(next_of(request, f"/patients/{patient}"), status=303)
    if request.headers.get("HX-Request"):
        return render(
            request, "check_ins/on_save.html", {"lines": [understood] if understood else []}
        )
    known = _frame(request, patient) | {
        "typed": typed,
        "understood": understood,
        "errors": errors,
        "patient": patient,
    }
    return render(request, "check_ins/step.html", known, status=422 if errors else 200)


def _understood(request: MemberRequest, typed: str) -> str:
    """Return what the line says: step, day and owner."""
    calendar, _pool = organization_facts(request.principal.org)
    today = now_here(request.principal.org).date()
    step = quick_step(typed, today, calendar)
    if step is None:
        return ""
    people = actions.handles(request.principal.org)
    owner = people.get(step.handle, ("", request.principal.name))[1]
    return f'"{step.step}", {day(calendar.on_or_after(step.on))}, {owner}'
