"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="intake",
    title=_("Intake"),
    writes=frozenset({"QuestionnaireResponse", "Observation", "Questionnaire"}),
)
