"""A call list: which offices are called, and what follows when nobody answers."""

from __future__ import annotations

from datetime import date
from typing import Final

from handrail.duties.provider_network.resources import CALL, Plan, asking_task
from handrail.fhir import work
from handrail.fhir.change import Known
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.moments import believable
from handrail.fhir.resource import Resource, reference

RULE: Final = "call-list"


class CallError(BusinessRuleError):
    """The call list, or what came of a call, cannot be written down as it was typed."""


def offices_proposed(known: Known) -> int:
    """Return how many offices are proposed for one call list."""
    return int(known.rules.rule(RULE, known.as_of.date()).values["offices"])


def call(
    patient: str, about: tuple[str, str], plan: Plan, owner: tuple[str, str], known: Known
) -> Resource:
    """Return the Task to call an office (reference, name) today; ``owner`` is (reference, name)."""
    reference_of, name = about
    step = work.Step(
        kind=CALL,
        step=f"Call {name}: do they take {plan.name}?" if plan.name else f"Call {name}",
        why="On the call list.",
        patient=patient,
        owner=owner[0],
        owner_name=owner[1],
        look_by=known.calendar.on_or_after(known.as_of.date()).isoformat(),
        authored_at=known.as_of.isoformat(timespec="seconds"),
        focus=reference_of,
        rule=RULE,
    )
    return asking_task(step, plan)


def tries_of(task: Resource) -> int:
    """Return how often nobody could say."""
    return len(task.get("note", ()))


def not_reached(
    task: Resource, words: str, by: tuple[str, str], on: date, known: Known
) -> Resource:
    """Return the call to be made again on a day, with what was tried.

    Args:
        task: the call.
        words: what came of it ("Nobody answered").
        by: who called, (reference, name).
        on: the day of the next try.
        known: the clock.

    Raises:
        CallError: the day is over, or nobody can mean it.
    """
    if on < known.as_of.date() or believable(on) is None:
        raise CallError("Choose today or a later day for the next call.")
    tried = {
        "time": known.as_of.isoformat(timespec="seconds"),
        "authorReference": reference(*by),
        "text": words,
    }
    return {**work.resumed(task, on.isoformat()), "note": [*task.get("note", []), tried]}


def next_try(known: Known) -> date:
    """Return the day that is proposed for the next call."""
    days = int(known.rules.rule(RULE, known.as_of.date()).values["again_in_business_days"])
    return known.calendar.after(known.as_of.date(), days)


def most_tries(known: Known) -> int:
    """Return after how many calls without an answer another office is better."""
    return int(known.rules.rule(RULE, known.as_of.date()).values["attempts"])
