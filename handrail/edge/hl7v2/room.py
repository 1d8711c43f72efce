"""What hospital messages put on the desk: the ones nobody could read."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from handrail.access.principal import Principal, Role
from handrail.edge.hl7v2.work import KIND
from handrail.room import Doing, Nav, Panel, Room, TaskKind

DOING = "message"


def _panel(request: HttpRequest, principal: Principal, task: str) -> str:
    from handrail.edge.hl7v2.screens import panel

    return panel(request, principal, task)


def _silence(request: HttpRequest, principal: Principal, nobody: str) -> str:
    from handrail.edge.hl7v2.screens import silence

    return silence(request, principal, nobody)


ROOM = Room(
    name="hl7v2",
    title=_("Hospital messages"),
    doings=[Doing(name=DOING, panel=_panel)],
    nav=[
        Nav(
            label=_("Messages"),
            url="/messages",
            order=90,
            roles=frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
        )
    ],
    panels=[Panel(slot="today", order=10, render=_silence)],
    task_kinds=[
        TaskKind(
            code=KIND,
            label=_("Message not understood"),
            verb=_("Look at the message"),
            does=DOING,
            queue="events",
            minutes=10,
        )
    ],
)
