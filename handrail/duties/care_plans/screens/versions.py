"""The versions of the plan, and two of them side by side."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.care_plans.actions import versions as actions
from handrail.duties.care_plans.screens import words
from handrail.duties.care_plans.screens.plan import where
from handrail.room import patient_frame

KINDS = {
    "title": later("Title"),
    "need": later("Need"),
    "goal": later("Goal"),
    "step": later("Step"),
}


@open_to(*CARE)
def versions(request: MemberRequest, patient: str) -> HttpResponse:
    """List the versions; compare the two that are named, else the newest with the one before."""
    by = request.principal
    found = actions.see_versions(by, patient)
    known_ids = [one.id for one in found]
    after = request.GET.get("after", "")
    before = request.GET.get("before", "")
    after = after if after in known_ids else next(iter(known_ids), "")
    before = before if before in known_ids else next((i for i in known_ids if i != after), "")
    rows = actions.compare(by, patient, before, after) if before and after else []
    known = patient_frame(request, patient, where(patient)) | {
        "versions": found,
        "before": before,
        "after": after,
        "rows": rows,
        "statuses": {code: _(text) for code, text in words.STATUS.items()},
        "kinds": {code: _(text) for code, text in KINDS.items()},
    }
    return render(request, "care_plans/versions.html", known)
