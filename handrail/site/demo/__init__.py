"""The demo caseload: invented people with believable stories, relative to today.

``create`` founds an invented organization and lives every story through the record: received
histories, enrolments, contacts, next steps. Nobody and no place in it is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.duties.caseload.actions import enroll
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import Resource
from handrail.record.clock import sweep_all
from handrail.site.demo import arriving, house, offices, resources, teams
from handrail.site.demo.days import Days, utc_now
from handrail.site.demo.events import Happening, happenings
from handrail.site.demo.living import Life
from handrail.site.demo.papers import Paper
from handrail.site.demo.people import everybody

_ASKED_FOR = "warsame"
_EARLY = -400  # days: what is placed before is the background of the stories


class Counting(Protocol):
    """Is told how many changes were made."""

    def add(self, steps: int = 1) -> None:
        """Count more."""


def create(progress: Counting, now: datetime | None = None) -> list[tuple[str, str, str]]:
    """Make the organization and everybody in it, inside the caller's transaction.

    Args:
        progress: is told of each change.
        now: the moment the stories end; today's real one unless a test fixes it.

    Returns:
        User name, password and who that is, for everybody who can sign in.

    Raises:
        BusinessRuleError: there is an organization already; nothing was changed.
    """
    if Organization.objects.exists():
        raise BusinessRuleError(
            "There is an organization here already. The demo goes into an empty database only."
        )
    moment = now or utc_now()
    organization = house.found(moment)
    with acting(house.received()):
        days = Days(moment, organization.calendar())
    papers = papers_of(days)
    life = Life(days, progress.add)
    known, happened = told(papers)
    life.background([*_around(days), *(each for paper in papers for each in paper.about())])
    life.background([resource for one in known for resource in one.resources])
    life.live(happened)
    _enroll_newcomers(papers)
    life.arrive(arriving.waiting(days, _asked_for(papers)))
    progress.add(sweep_all(moment))
    return house.sign_ins()


def _around(days: Days) -> list[Resource]:
    """Return who else is in the towns: clinicians, services, offices, each once."""
    found = [*teams.outside(), *resources.directory(days), *offices.directory(days)]
    return list({f"{one['resourceType']}/{one['id']}": one for one in reversed(found)}.values())


def _asked_for(papers: Sequence[Paper]) -> str:
    return next(paper.patient for paper in papers if paper.story["key"] == _ASKED_FOR)


def papers_of(days: Days) -> list[Paper]:
    """Return everybody of the demo, always the same for one day."""
    return [Paper(story, number, days) for number, story in enumerate(everybody())]


def told(papers: Sequence[Paper]) -> tuple[list[Happening], list[Happening]]:
    """Return what was known before anybody was enrolled, and what happened since."""
    before: list[Happening] = []
    since: list[Happening] = []
    for paper in papers:
        early = paper.days.at(_EARLY)
        for one in happenings(paper):
            (before if one.verb == "received" and one.at <= early else since).append(one)
    return before, since


def _enroll_newcomers(papers: Sequence[Paper]) -> None:
    """Enroll, today, those whose story says so: by the action that the supervisor's screen uses."""
    for paper in papers:
        care = paper.story.get("care", {})
        if care.get("today"):
            to = house.BY_NAME[care["to"]].person
            enroll(
                house.SAM.principal,
                care.get("program", "transitional-care"),
                [paper.patient],
                assign=to,
                because=str(care.get("why", "")),
            )
