"""Somebody saved the plan first: both versions side by side, and what was typed is kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from handrail.access.marks import MemberRequest
from handrail.duties.plan_library.actions import library
from handrail.duties.plan_library.rules.comparing import Side, compared
from handrail.duties.plan_library.screens.words import KINDS, OWNERS
from handrail.look.typed import whole

_NOT_TYPED = frozenset({"if_match", "csrfmiddlewaretoken"})
CONFLICT = 409


def page(request: MemberRequest, plan: str, shelf: str) -> HttpResponse:
    """Return the page that compares what was seen with what is there now."""
    by = request.principal
    now = library.plan_kept(plan, by=by)
    seen = whole(request.POST.get("if_match", "")) or 0
    before = library.plan_kept(plan, by=by, version=seen) if 0 < seen < now.version else now
    lines = compared(before.resource, now.resource)
    hidden = {name: value for name, value in request.POST.items() if name not in _NOT_TYPED}
    known = {
        "fields": [
            (f"{KINDS[line.kind]} {line.number}", said(line.before), said(line.now))
            for line in lines
            if line.differs
        ],
        "who": "",
        "action": request.path,
        "hidden": hidden | {"if_match": str(now.version)},
        "typed": [],
        "back": f"{shelf}/{plan}",
    }
    return render(request, "look/stale.html", known, status=CONFLICT)


def said(side: Side | None) -> str:
    """Return a line of a plan in words, piece by piece on lines of their own."""
    if side is None:
        return _("(not there)")
    days = side.days
    within = ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days is not None else ""
    owner = str(OWNERS.get(side.owner, ""))
    who_when = ", ".join(one for one in (owner, within) if one)
    off = _("not used") if side.off else ""
    return "\n".join(one for one in (side.text, side.spanish, who_when, off) if one)
