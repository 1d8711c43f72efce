"""What hospital messages put on the desk: the ones nobody could read."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from handrail.access.principal import Principal
from handrail.edge.hl7v2.work import KIND
from handrail.room import Doing, Room, TaskKind

DOING = "message"


def _panel(request: HttpRequest, principal: Principal, task: str) -> str:
    from handrail.edge.hl7v2.screens import panel

    return panel(request, principal, task)


ROOM = Room(
    name="hl7v2",
    title=_("Hospital messages"),
    doings=[Doing(name=DOING, panel=_panel)],
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
