"""All referrals of one person, open ones first."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.referrals.actions.seeing import of_patient
from handrail.duties.referrals.screens import rows, words
from handrail.look.areas import AREAS
from handrail.room import house, patient_frame


@open_to(*CARE)
def patient(request: MemberRequest, patient: str) -> HttpResponse:
    """Show what was asked for a person, of whom, and where each stands."""
    now = timezone.localtime()
    asked = [
        {
            "what": one.request.what,
            "area": words.one(AREAS, one.request.category),
            "asked_on": one.request.asked_at,
            "closed_on": one.request.about.closed_at,
            "met": words.one(words.MET_SHORT, one.met) if one.met else "",
            "open": one.request.is_open,
            "lines": [rows.line_of(task, now) for task in one.tasks],
            "work": [
                (words.one(words.WORK, each.kind), each.step_words, each.id)
                for each in one.follow_ups
            ],
        }
        for one in of_patient(request.principal, patient)
    ]
    known = patient_frame(request, patient) | {
        "asked": asked,
        "find_service": house.way("find-service", patient),
        "find_provider": house.way("find-provider", patient),
        "may_refer": allows(request.principal, "create", "ServiceRequest"),
    }
    return render(request, "referrals/patient.html", known)
