"""What was decided with people about what their answers mean: needs and strengths, confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from handrail.duties.needs.resources import need_of
from handrail.duties.needs.rules.deciding import Said, Verdict, decided
from handrail.fhir.resource import Resource
from handrail.record.known import RecordKnown
from handrail.site.demo import house
from handrail.site.demo.events import Happening

_AFTER: Final = 2
"""Days from the assessment to the talk about it."""
_OLD: Final = -15
"""What was answered later than so many days ago still waits to be talked about."""


def with_decisions(events: Sequence[dict[str, Any]], since: int) -> list[dict[str, Any]]:
    """Return the lines that say what was decided, for each finished assessment long enough ago.

    ``since`` is the day of the enrolment: nobody decides before.
    """
    days = {
        max(int(each["day"]), since) + _AFTER
        for each in events
        if each.get("means", "assess" in each) and each.get("finish", True)
    }
    left = [words for each in events for words in each.get("left", ())]
    return [{"day": day, "decide": "confirm", "left": left} for day in sorted(days) if day < _OLD]


def decide(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Confirm what answers meant, except what the line leaves for another day."""
    who = house.BY_NAME[one.by]
    left = [str(words) for words in one.event["left"]]
    said = Said(
        verdict=Verdict.CONFIRM,
        by=who.person,
        by_name=who.name,
        on=now.calendar.local_date(one.at).isoformat(),
    )
    for condition in now.of_patient(one.paper.patient, "Condition"):
        need = need_of(condition)
        if need and need.state == "proposed" and not any(words in need.text for words in left):
            yield decided(condition, said)
