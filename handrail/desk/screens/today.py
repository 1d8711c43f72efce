"""Today: what must I do next, and why? The worklist beside the selected item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Role
from handrail.desk import worklist
from handrail.desk.colleagues import colleagues, covers
from handrail.desk.screens.panels import Rendered, explained, selected_panel
from handrail.desk.words import queue as queue_label
from handrail.desk.worklist import ALL, NEW, SNOOZED, WAITING, Counts, Item, Whose
from handrail.look.typed import whole
from handrail.record.known import organization_facts
from handrail.room import house


@dataclass(frozen=True, slots=True)
class Place:
    """Where on Today somebody is; every link and form keeps it."""

    who: str = "mine"
    queue: str = ALL
    page: int = 0

    def url(self, **changed: str | int) -> str:
        """Return the address of this place with something changed."""
        wanted = {"who": self.who, "queue": self.queue, "page": self.page, **changed}
        plain = {"who": "mine", "queue": ALL, "page": 0, "item": ""}
        kept = {name: value for name, value in wanted.items() if value != plain[name]}
        return f"/?{urlencode(kept)}" if kept else "/"


def place_of(request: MemberRequest) -> Place:
    """Return the place the address names."""
    return Place(
        request.GET.get("who", "mine"),
        request.GET.get("queue", ALL) or ALL,
        min(whole(request.GET.get("page", "")) or 0, 1000),
    )


@open_to(*CARE)
def today(request: MemberRequest) -> HttpResponse:
    """Show the worklist and the selected item; for htmx only the part that changes."""
    principal = request.principal
    place = place_of(request)
    _calendar, pool = organization_facts(principal.org)
    owners = worklist.whose(principal, place.who, pool)
    found = worklist.items(principal, owners, place.queue, place.page * worklist.PAGE)
    asked = request.GET.get("item", "")
    chosen = _chosen(request, found, asked)
    known: dict[str, Any] = {
        "place": place,
        "chosen": chosen,
        "asked": asked,
        "panel": _panel(request, found, chosen, place),
    }
    target = request.headers.get("HX-Target", "")
    if request.headers.get("HX-Request") and target.endswith("#panel"):
        return render(request, "desk/panel_part.html", known)
    known |= _list(request, owners, found, place)
    audit.saw_many(principal, "today", (each.patient for each in found), place.queue)
    part = request.headers.get("HX-Request") and target.endswith("#work")
    return render(request, "desk/work_part.html" if part else "desk/today.html", known)


def _chosen(request: MemberRequest, found: list[Item], asked: str) -> Item | None:
    """Return the item that was asked for, if it is still open, else the most urgent one."""
    if asked:
        here = next((each for each in found if each.id == asked), None)
        here = here or worklist.item(request.principal, asked)
        if here:
            return here
    return found[0] if found else None


def _panel(
    request: MemberRequest, found: list[Item], chosen: Item | None, place: Place
) -> Rendered | None:
    if chosen is None:
        return None
    following = worklist.following(found, chosen.id)
    request.META["handrail.next"] = place.url(item=following)
    return selected_panel(request, chosen, place.url(item=chosen.id))


def _list(request: MemberRequest, owners: Whose, found: list[Item], place: Place) -> dict[str, Any]:
    """Return what the list and its tabs show."""
    principal = request.principal
    total = worklist.counts(principal, owners)
    shown = total.all if place.queue == ALL else len(found)
    more = len(found) == worklist.PAGE
    return {
        "items": found,
        "rows": explained(found),
        "counts": total,
        "tabs": _tabs(total, place),
        "views": _views(request, place),
        "covering": covers(principal),
        "mine": place.who == "mine",
        "person": principal.person,
        "first": found[0] if found else None,
        "shown": shown,
        "more": more,
        "now": timezone.now().isoformat(),
        "people": colleagues(principal.org),
        "notices": _notices(request),
    }


def _tabs(total: Counts, place: Place) -> list[tuple[str, str, int | None, bool]]:
    """Return the queue tabs: (label, url, count, is current)."""
    named = [(ALL, _("All"), total.all), (NEW, _("New"), total.new)]
    queues = dict.fromkeys(kind.queue for kind in house.task_kinds.values())
    queues |= dict.fromkeys(total.queues)
    named += [(code, queue_label(code), total.queues.get(code, 0)) for code in queues]
    named += [
        (WAITING, _("Waiting on others"), total.waiting),
        (SNOOZED, _("Snoozed"), total.snoozed),
    ]
    return [
        (label, place.url(queue=code, page=0), count, code == place.queue)
        for code, label, count in named
        if count or code in {ALL, WAITING, SNOOZED, place.queue}
    ]


def _views(request: MemberRequest, place: Place) -> list[tuple[str, str, bool]]:
    """Return the links Mine, Team, Everyone: (label, url, is current)."""
    named = [("mine", _("Mine"))]
    if request.principal.teams or request.principal.has(Role.SUPERVISOR):
        named.append(("team", _("Team")))
    if request.principal.has(Role.SUPERVISOR):
        named.append((ALL, _("Everyone")))
    return [(label, place.url(who=code, page=0), code == place.who) for code, label in named]


def _notices(request: MemberRequest) -> list[str]:
    """Return the lines that rooms put above the worklist: a feed that is silent, and the like."""
    drawn = (panel.render(request, request.principal, "") for panel in house.panels("today"))
    return [mark_safe(html) for html in drawn if html]  # noqa: S308 - panels give safe HTML


@open_to(*CARE)
def news(request: MemberRequest) -> HttpResponse:
    """Say how many pieces of work arrived since the page was shown; nothing if none did."""
    place = place_of(request)
    _calendar, pool = organization_facts(request.principal.org)
    owners = worklist.whose(request.principal, place.who, pool)
    try:
        since = datetime.fromisoformat(request.GET.get("since", "").replace(" ", "+"))
    except ValueError:
        return HttpResponse(status=204)
    known = {
        "count": worklist.news(request.principal, owners, since) if since.tzinfo else 0,
        "place": place,
        "now": since.isoformat(),
    }
    return render(request, "desk/news.html", known)
