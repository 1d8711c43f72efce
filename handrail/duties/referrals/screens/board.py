"""The referrals board: which are stuck? The list beside the one that is selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.referrals.actions import listing
from handrail.duties.referrals.actions.counting import Numbers
from handrail.duties.referrals.actions.seeing import PAGE, Board, Filters, board
from handrail.duties.referrals.screens import doing, forms, rows, words
from handrail.duties.referrals.screens.rows import Group, Line
from handrail.fhir.errors import NotFoundError
from handrail.fhir.referring.stages import OPEN, Stage
from handrail.look.typed import whole

_LATE = "late"


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the board somebody is; every link and form keeps it."""

    who: str = "mine"
    stage: str = ""
    receiver: str = ""
    page: int = 1

    def url(self, **changed: str | int) -> str:
        """Return the address of this place with something changed."""
        plain = {"who": "mine", "stage": "", "receiver": "", "page": 1, "item": ""}
        wanted = {
            "who": self.who,
            "stage": self.stage,
            "receiver": self.receiver,
            "page": self.page,
            **changed,
        }
        kept = {name: value for name, value in wanted.items() if value != plain[name]}
        return f"/referrals?{urlencode(kept)}" if kept else "/referrals"

    @property
    def narrow(self) -> bool:
        """Tell whether something is filtered out."""
        return bool(self.stage or self.receiver)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return what a form about the receiver carries along."""
        kept = [("who", self.who if self.who != "mine" else ""), ("stage", self.stage)]
        return [(name, value) for name, value in kept if value]


def place_of(request: MemberRequest) -> Place:
    """Return the place the address names."""
    stage = request.GET.get("stage", "")
    who = request.GET.get("who", "")
    return Place(
        who if who in {"team", "all"} else "mine",
        stage if stage in {*Stage, _LATE} else "",
        forms.reference(request.GET.get("receiver", "")),
        min(max(whole(request.GET.get("page", "")) or 1, 1), 1000),
    )


@open_to(*CARE)
def referrals(request: MemberRequest) -> HttpResponse:
    """Show the board and the selected referral; for htmx only the part that changes."""
    place, asked = place_of(request), forms.identity(request.GET.get("item", ""))
    target = request.headers.get("HX-Target", "")
    part = bool(request.headers.get("HX-Request"))
    if part and asked and target.endswith("#panel"):
        known = {"place": place, "chosen": asked, "asked": asked}
        return render(request, "referrals/panel_part.html", known | _panel(request, asked, place))
    seen = board(
        request.principal,
        Filters(
            stage="" if place.stage == _LATE else place.stage,
            receiver=place.receiver,
            mine=place.who == "mine",
            team=place.who == "team",
            late=place.stage == _LATE,
            page=place.page,
        ),
    )
    groups = rows.groups(seen)
    lines = [one for group in groups for one in group.rows]
    chosen = asked or (lines[0].id if lines else "")
    known = {"chosen": chosen, "asked": asked, "place": place, "groups": groups}
    known |= _list(seen, groups, place) | _panel(request, chosen, place, lines)
    work = part and target.endswith("#work")
    return render(request, "referrals/work_part.html" if work else "referrals/board.html", known)


def _panel(
    request: MemberRequest, chosen: str, place: Place, lines: Sequence[Line] = ()
) -> dict[str, Any]:
    """Return the panel of the selected referral; none if it is not there any more."""
    if not chosen:
        return {"panel": None}
    here = next((n for n, one in enumerate(lines) if one.id == chosen), -1)
    following = lines[here + 1].id if 0 <= here < len(lines) - 1 else chosen
    request.META["handrail.next"] = place.url(item=following)
    try:
        drawn, view = doing.heard(request, request.principal, chosen)
    except NotFoundError:
        return {"panel": None}
    panel = {
        "doing": mark_safe(drawn),  # noqa: S308 - drawn by our own template
        "patient": view.task.patient,
        "name": view.patient_name or _("Name not known"),
        "due": rows.due(view.task.look_at, timezone.localtime()) if view.task.is_open else None,
    }
    return {"panel": panel}


def _list(seen: Board, groups: Sequence[Group], place: Place) -> dict[str, Any]:
    """Return what the list, its tabs, filters and numbers show."""
    shown = sum(len(group.rows) for group in groups)
    late = sum(len(group.rows) for group in groups if group.code == rows.LATE)
    total = sum(seen.counts.values()) if not place.stage else 0
    more = bool(place.stage) and any(len(group.rows) == PAGE for group in seen.groups)
    asked = [(reference, f"{name or reference} ({n})") for reference, name, n in seen.receivers]
    return {
        "board": {
            "open": sum(n for stage, n in seen.counts.items() if stage in OPEN),
            "late": late,
            "problems": len(seen.trouble),
            "shown": shown,
            "total": total,
        },
        "numbers": numbers(seen.numbers),
        "tabs": _tabs(seen, place),
        "views": _views(place),
        "receivers": [("", _("All receivers")), *asked],
        "waiting": [
            (label, n) for kind, label in words.WORK.items() if (n := seen.waiting.get(kind, 0))
        ],
        "before": place.url(page=place.page - 1) if place.page > 1 else "",
        "after": place.url(page=place.page + 1) if more else "",
        "empty": _("Nothing here.") if place.narrow else _("No referral is open here."),
    }


def numbers(counted: Numbers) -> list[dict[str, Any]]:
    """Return the three numbers, each with what it is part of and where the rest is listed."""
    return [
        {
            "code": code,
            "label": label,
            "part": part,
            "whole": whole_,
            "url": f"/referrals/numbers?show={show}",
        }
        for code, label, part, whole_, show in (
            ("answered", _("Answered"), counted.answered, counted.asked, "unanswered"),
            ("closed", _("Closed with a reason"), counted.closed, counted.asked, "open"),
            ("met", _("Need met, says the person"), counted.met, counted.closed, "not-asked"),
        )
    ]


def _tabs(seen: Board, place: Place) -> list[tuple[str, str, int | None, bool]]:
    """Return the stages as tabs: (label, url, count, is current)."""
    total = sum(seen.counts.values())
    found: list[tuple[str, str, int | None, bool]] = [
        (_("All"), place.url(stage="", page=1), total, not place.stage),
        (_("Late"), place.url(stage=_LATE, page=1), None, place.stage == _LATE),
    ]
    return found + [
        (
            words.one(words.STAGES, stage.value),
            place.url(stage=stage.value, page=1),
            seen.counts.get(stage, 0),
            stage == place.stage,
        )
        for stage in Stage
        if seen.counts.get(stage) or stage == place.stage
    ]


def _views(place: Place) -> list[tuple[str, str, bool]]:
    """Return the links Mine, Team, Everyone: (label, url, is current)."""
    named = (("mine", _("Mine")), ("team", _("Team")), ("all", _("Everyone")))
    return [(label, place.url(who=code, page=1), code == place.who) for code, label in named]


@open_to(*CARE)
def counted(request: MemberRequest) -> HttpResponse:
    """List the requests behind one of the three numbers."""
    show = request.GET.get("show", "")
    show = show if show in listing.SHOWS else "asked"
    page = min(max(whole(request.GET.get("page", "")) or 1, 1), 1000)
    found = listing.listed(request.principal, show, page)
    first = (page - 1) * listing.PAGE
    last = first + len(found.rows)
    base = f"/referrals/numbers?show={show}&page="
    known = {
        "rows": [(one, words.one(words.MET_SHORT, one.met)) for one in found.rows],
        "tabs": [
            (_(words.COUNTED[code]), f"/referrals/numbers?show={code}", None, code == show)
            for code in listing.SHOWS
        ],
        "title": _(words.COUNTED[show]),
        "numbers": numbers(found.numbers),
        "span": _("%(first)s-%(last)s of %(total)s")
        % {"first": first + bool(found.rows), "last": last, "total": found.total},
        "before": f"{base}{page - 1}" if page > 1 else "",
        "after": f"{base}{page + 1}" if last < found.total else "",
    }
    return render(request, "referrals/numbers.html", known)
