"""Which needs are open in the organization, and for which nothing is done yet."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.needs.actions.seeing import PAGE, open_needs
from handrail.duties.needs.screens import words
from handrail.look.typed import whole


@open_to(*CARE)
def everybody(request: MemberRequest) -> HttpResponse:
    """Show the open needs of the people one may see, by area; a count leads to its list."""
    area = request.GET.get("area", "")
    area = area if area in words.AREAS else ""
    left = request.GET.get("show") == "unaddressed"
    page = max(whole(request.GET.get("page", "")) or 1, 1)
    listed = open_needs(request.principal, area, only_open=left, page=page)
    first = (page - 1) * PAGE
    last = first + len(listed.rows)
    known = {
        "areas": [
            (one, words.area(one.code), _url(one.code), _url(one.code, left=True))
            for one in listed.areas
        ],
        "listed": listed,
        "area": area,
        "title": words.area(area) if area else "",
        "left": left,
        "wish": words.wish,
        "span": _("%(first)s-%(last)s of %(total)s")
        % {"first": first + bool(listed.rows), "last": last, "total": listed.total},
        "before": _url(area, left=left, page=page - 1) if page > 1 else "",
        "after": _url(area, left=left, page=page + 1) if last < listed.total else "",
    }
    return render(request, "needs/everybody.html", known)


def _url(area: str, *, left: bool = False, page: int = 1) -> str:
    asked = {"area": area, "show": "unaddressed" if left else "", "page": page if page > 1 else ""}
    return "/needs?" + urlencode({name: value for name, value in asked.items() if value})
