"""What hospital messages put on the desk: the ones nobody could read."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.edge.hl7v2.work import KIND
from handrail.room import Room, TaskKind

ROOM = Room(
    name="hl7v2",
    title=_("Hospital messages"),
    task_kinds=[
        TaskKind(
            code=KIND,
            label=_("Message not understood"),
            verb=_("Look at the message"),
            does="plain",
            queue="events",
            minutes=10,
        )
    ],
)
