"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="consents",
    title=_("Consents and disclosures"),
    writes=frozenset({"Consent", "DocumentReference", "Binary"}),
)
