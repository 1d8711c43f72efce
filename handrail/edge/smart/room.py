"""What apps put on the patient page: a list of those that can be opened with this patient."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from handrail.access.principal import Principal
from handrail.room import Panel, Room


def _panel(request: HttpRequest, principal: Principal, patient: str) -> str:
    from handrail.edge.smart.screens.launching import panel

    return panel(request, principal, patient)


ROOM = Room(name="smart", title=_("Apps"), panels=[Panel(slot="side", order=90, render=_panel)])
