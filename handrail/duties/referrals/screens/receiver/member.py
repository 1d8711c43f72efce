"""What a member does for a receiver on the phone: find the fax by its code, read a code out."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.referrals.actions import inviting, letters
from handrail.fhir.errors import HandrailError, NotFoundError
from handrail.look.said import done
from handrail.room import house

_UNPROCESSABLE: Final = 422


@open_to(*CARE)
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def find_by_code(request: MemberRequest) -> HttpResponse:
    """Ask for the 8 digits that somebody reads out; they lead to the referral."""
    problem, typed = "", request.POST.get("code", "")[:20]
    if request.method == "POST":
        try:
            patient, task = inviting.referral_of_code(request.principal, typed)
        except NotFoundError as error:
            problem = error.message
        else:
            return HttpResponseRedirect(house.way("referral", patient, task), status=303)
    known = {"problem": problem, "code": typed}
    status = _UNPROCESSABLE if problem else 200
    return render(request, "referrals/receiver/find.html", known, status=status)


@open_to(*CARE)
@require_http_methods(["GET", "POST"])
def link_of_referral(request: MemberRequest, task: str) -> HttpResponse:
    """Show how the link stands; make a code to read out, or take the link back."""
    by, code, problem = request.principal, "", ""
    if request.method == "POST" and request.POST.get("do") == "end":
        ended = inviting.take_back(by, task)
        said = ngettext(
            "The link opens nothing any more.", "The links open nothing any more.", ended
        )
        return done(request, said, f"/referrals/{task}/link")
    if request.method == "POST":
        try:
            code = letters.spaced_once(inviting.read_out(by, task))
        except NotFoundError:
            raise
        except HandrailError as error:
            problem = error.message
    found = inviting.standing(by, task)
    known = {
        "task": task,
        "standing": found,
        "to": found.link.address if found.link else "",
        "back": house.way("referral", found.patient, task),
        "code": code,
        "problem": problem,
        "title": _("Link of a referral"),
    }
    status = _UNPROCESSABLE if problem else 200
    return render(request, "referrals/receiver/link.html", known, status=status)
