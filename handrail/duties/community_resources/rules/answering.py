"""What an answer to a referral says of a service's room."""

from __future__ import annotations

from datetime import date, timedelta

from handrail.fhir.directory.capacity import ACCEPTED, FULL, WAITLISTED, Answer
from handrail.fhir.referring.stages import GOING
from handrail.fhir.rulebook import Rule


def since(today: date, rule: Rule) -> date:
    """Return the first day whose answers count."""
    return today - timedelta(days=int(rule.values["days"]))


def answer_of(stage: str, answer: str, reason: str, on: str, rule: Rule) -> Answer | None:
    """Return what an answer says of room; None: it is about something else.

    Args:
        stage: where the referral stands (``handrail.fhir.referring.stages``).
        answer: the first answer that was given.
        reason: the code of a decline.
        on: the day of the answer, ISO 8601.
        rule: ``directory.capacity``.
    """
    day = date.fromisoformat(on)
    if reason in rule.values["full"]:
        return Answer(day, FULL)
    if stage == "waitlisted" or reason in rule.values["waitlist"]:
        return Answer(day, WAITLISTED)
    if stage in set(GOING) or (answer == "accepted" and stage != "declined"):
        return Answer(day, ACCEPTED)
    return None
