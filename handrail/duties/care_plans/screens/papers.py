"""Papers of a plan: the whole plan as PDF, and the page in plain words for the person."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.care_plans.actions.papers import Papers, see_papers
from handrail.duties.care_plans.screens import person, whole
from handrail.look.paper import pdf


@open_to(*CARE)
def whole_pdf(request: MemberRequest, patient: str) -> HttpResponse:
    """Send the whole plan as PDF."""
    return _sent(pdf("plan", whole.paper(_seen(request, patient))), "care-plan.pdf")


@open_to(*CARE)
def plain_pdf(request: MemberRequest, patient: str) -> HttpResponse:
    """Send the page for the person as PDF, in big print."""
    papers = _seen(request, patient)
    made = person.sheet(papers, person.language_for(papers, request.GET.get("language", "")))
    return _sent(pdf("person", made.data), f"plan-{made.language}.pdf")


@open_to(*CARE)
def plain(request: MemberRequest, patient: str) -> HttpResponse:
    """Show the page for the person, with how hard it is to read for those who write it."""
    papers = _seen(request, patient)
    made = person.sheet(papers, person.language_for(papers, request.GET.get("language", "")))
    with override(made.language):
        page = render_to_string("care_plans/person.html", {"sheet": made}, request)
    known = {
        "patient": patient,
        "sheet": made,
        "page": mark_safe(page),  # noqa: S308 - a template of ours, which escapes
        "checked": person.checked(papers, made),
        "limits": papers.limits.values,
        "languages": person.LANGUAGES,
        "called": _(person.SPOKEN_OF[made.language]),
        "plan": papers.whole.plan,
        "phone": papers.phone,
        "version": request.GET.get("version", "")[:64],
    }
    return render(request, "care_plans/plain.html", known)


def _seen(request: MemberRequest, patient: str) -> Papers:
    return see_papers(request.principal, patient, request.GET.get("version", "")[:64])


def _sent(made: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(made, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
