"""On other pages: latest scores, what is due, an open safety protocol, and doing the work."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from handrail.access.decide import may_see_patient
from handrail.access.principal import CARE, Principal
from handrail.duties.intake.actions.finding import due_for
from handrail.duties.intake.models import Asked, Assessment, Score
from handrail.duties.intake.models import Form as FormRow
from handrail.duties.intake.rules import DUE, SAFETY, TO_READ
from handrail.duties.intake.rules.due import Due, reference_of
from handrail.duties.intake.screens.words import born_of, name_of, person_of, score_words
from handrail.fhir.resource import id_of
from handrail.record import store

EXCERPT = 4


@dataclass(frozen=True, slots=True)
class Offered:
    """A form that is due: what it is called, why, and the id it is started with."""

    form: str
    title: str
    why: str


def side(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the panel on the patient page: the latest scores in words, and what is due."""
    if not principal.has(*CARE):
        return ""
    mine = Score.objects.filter(org=principal.org, patient=patient)
    latest = mine.order_by("code", F("at").desc(nulls_last=True)).distinct("code")
    ordered = sorted(latest, key=lambda row: (row.at is not None, row.at), reverse=True)
    open_ones = Assessment.objects.filter(
        org=principal.org, patient=patient, status="in-progress"
    ).order_by("-at")
    known = {
        "patient": patient,
        "scores": [(row, score_words(row)) for row in ordered[:EXCERPT]],
        "due": offered(principal, patient),
        "open": open_ones[:EXCERPT],
        "asked": Assessment.objects.filter(org=principal.org, patient=patient).exists(),
    }
    return render_to_string("intake/side.html", known, request=request)


def offered(principal: Principal, patient: str) -> list[Offered]:
    """Return the forms that are due for a patient and are here: asked for by work, then by rule."""
    asked = Asked.objects.filter(org=principal.org, patient=patient, kind=DUE).order_by("due_at")
    ruled = due_for(principal, patient, born_of(principal, patient))
    wanted = [(row.about, row.why) for row in asked]
    wanted += [(id_of(reference_of(each.form)), _why(each)) for each in ruled]
    forms = _titles(principal, {form for form, _why_now in wanted})
    found: dict[str, Offered] = {}
    for form, why in wanted:
        if form in forms:
            found.setdefault(form, Offered(form, forms[form], why))
    return list(found.values())


def _titles(principal: Principal, forms: set[str]) -> dict[str, str]:
    """Return what those of the forms are called that are here and in use, by id."""
    if not forms:
        return {}
    rows = FormRow.objects.filter(org=principal.org, status="active", source__in=forms)
    return dict(rows.values_list("source", "title"))


def _why(each: Due) -> str:
    if each.last_on is None:
        return _("Not asked yet.")
    return _("Last asked %(day)s.") % {"day": each.last_on}


def alert(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return one line under the patient's name while a safety protocol is open."""
    if not principal.has(*CARE):
        return ""
    rows = Asked.objects.filter(org=principal.org, patient=patient, kind=SAFETY)
    known = {"rows": list(rows.order_by("due_at")), "here": request.path}
    return render_to_string("intake/alert.html", known, request=request) if known["rows"] else ""


def today(request: HttpRequest, principal: Principal, _patient: str) -> str:
    """Return one line above the worklist while a safety protocol of one's own is open."""
    if not principal.has(*CARE):
        return ""
    owners = [*principal.identities]
    rows = Asked.objects.filter(org=principal.org, kind=SAFETY, owner__in=owners)
    mine = rows.order_by("due_at")[:EXCERPT]
    known = {"rows": [(row, name_of(person_of(principal, row.patient))) for row in mine]}
    return render_to_string("intake/today.html", known, request=request) if known["rows"] else ""


def doing(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return the panel beside the worklist: start or resume, read, or go through the protocol."""
    row = Asked.objects.filter(org=principal.org, source=task).first()
    if row is None or not may_see_patient(principal, row.patient):
        return ""
    known = {
        "row": row,
        "is_safety": row.kind == SAFETY,
        "is_reading": row.kind == TO_READ,
        "open": Assessment.objects.filter(
            org=principal.org, patient=row.patient, status="in-progress", own=True
        )
        .filter(form__in=_urls(principal, row.about))
        .first(),
        "next": str(request.META.get("handrail.next", "") or "/"),
        "version": store.current_versions([("Task", task)], by=principal).get(
            f"Task/{task}", (0, None)
        )[0],
    }
    return render_to_string("intake/doing.html", known, request=request)


def _urls(principal: Principal, form: str) -> list[str]:
    rows = FormRow.objects.filter(org=principal.org, source=form)
    return list(rows.values_list("url", flat=True))
