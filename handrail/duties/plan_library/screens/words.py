"""The words of this room: who does a step, topics, states."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from handrail.access.principal import Role

READERS: Final = (Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN, Role.ADMINISTRATOR)
KEEPERS: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)
SHELF: Final = "/plans/library"

OWNERS: Final[dict[str, Promise]] = {
    "coordinator": _("Coordinator"),
    "nurse": _("Nurse"),
    "clinician": _("Clinician"),
    "pharmacist": _("Pharmacist"),
    "person": _("The person"),
    "family": _("Family"),
    "community-organization": _("Community organization"),
}
TOPICS: Final[dict[str, Promise]] = {
    "everyday": _("Everyday needs"),
    "health": _("Health conditions"),
    "mind": _("Mind and mood"),
    "family": _("Family and children"),
    "care": _("Care and medicines"),
    "cover": _("Cover and costs"),
    "safety": _("Safety"),
    "other": _("Others"),
}
STATES: Final[dict[str, Promise]] = {
    "active": _("In use"),
    "draft": _("Not in use yet"),
    "retired": _("Switched off"),
    "unknown": _("Not known"),
}
KINDS: Final[dict[str, Promise]] = {
    "plan": _("Title"),
    "goal": _("Goal"),
    "step": _("Step"),
    "barrier": _("What may stand in the way"),
    "source": _("Source"),
}
PRIORITIES: Final[dict[str, Promise]] = {
    "high-priority": _("High"),
    "medium-priority": _("Medium"),
    "low-priority": _("Low"),
}
WRONG: Final[dict[str, Promise]] = {
    "empty": _("Say it in a few words, or switch it off."),
    "long": _("At most 300 characters."),
    "days": _("Days are a whole number, 3650 at most."),
}
