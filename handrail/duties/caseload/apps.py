"""Opens the room when Django starts."""

from typing import Any

from django.apps import AppConfig
from django.core import checks
from typing_extensions import override


class CaseloadConfig(AppConfig):
    """Caseload: whose patient somebody is, and whether there is a next step."""

    name = "handrail.duties.caseload"
    label = "caseload"

    @override
    def ready(self) -> None:
        """Connect the room to the record, and have the programs looked at when Django checks."""
        from handrail.duties.caseload.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
        checks.register(check_programs)


def check_programs(**_options: Any) -> list[checks.CheckMessage]:
    """Say which program or rule file cannot be used, and what is wrong in it."""
    from django.utils import timezone

    from handrail.duties.caseload.rules.programs import programs
    from handrail.fhir.errors import HandrailError
    from handrail.record.rulebook import rulebook

    try:
        programs(rulebook(), timezone.localdate())
    except HandrailError as error:
        hint = "Correct the rule file. docs/programs.md explains every word."
        return [checks.Error(error.message, hint=hint, id="caseload.E001")]
    return []
