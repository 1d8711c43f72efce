"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.consents.actions import agree, consents
from handrail.room import Nav, Room

ROOM = Room(
    name="consents",
    title=_("Consents and disclosures"),
    writes=frozenset({"Consent", "DocumentReference", "Binary"}),
    tabs=(Nav(label=_("Sharing"), url="/patients/{patient}/sharing", order=65, roles=CARE),),
    ways={"consent": "/patients/{patient}/sharing"},
    offers={"agree": agree, "consents": consents},
)
