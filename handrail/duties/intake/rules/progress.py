"""How far an assessment is: what is asked now, what has an answer, what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handrail.duties.intake.resources import PROGRESS, absent_reason, is_carried, with_extension
from handrail.fhir.forms import Evaluated, Form, Spot, spots_of
from handrail.fhir.resource import Resource


@dataclass(frozen=True, slots=True)
class Progress:
    """``answered`` of ``asked`` questions are settled; ``old`` answers wait to be confirmed."""

    answered: int
    asked: int
    old: int
    first_open: str

    @property
    def left(self) -> int:
        """Return how many questions are open."""
        return self.asked - self.answered


def questions(form: Form, worked_out: Evaluated) -> Iterator[Spot]:
    """Yield the questions that are asked now, in order."""
    for place, spot in spots_of(form, worked_out.response).items():
        asked = place in worked_out.shown and place not in worked_out.read_only
        if asked and spot.item.takes_answers:
            yield spot


def is_settled(spot: Spot) -> bool:
    """Tell whether a question has an answer that holds, or was declined."""
    return (spot.has_answer and not is_carried(spot.said)) or bool(absent_reason(spot.said))


def is_untouched(form: Form, worked_out: Evaluated) -> bool:
    """Tell whether nobody answered or declined anything: what a form begins with is no answer."""
    asked = [
        spot
        for spot in questions(form, worked_out)
        if not (spot.item.initial or spot.item.initial_expression)
    ]
    return bool(asked) and not any(map(is_settled, asked))


def progress(form: Form, worked_out: Evaluated) -> Progress:
    """Return how far the assessment is."""
    return how_far(list(questions(form, worked_out)))


def how_far(asked: Sequence[Spot]) -> Progress:
    """Return how far the assessment is, from the questions that are asked now."""
    open_ones = [spot for spot in asked if not is_settled(spot)]
    old = sum(1 for spot in open_ones if spot.has_answer)
    first = open_ones[0].place if open_ones else ""
    return Progress(len(asked) - len(open_ones), len(asked), old, first)


def stamped(form: Form, worked_out: Evaluated, at: str = "") -> Resource:
    """Return the answers with how far they are, and when the last of them was given."""
    so_far = progress(form, worked_out)
    said = f"{so_far.answered}/{so_far.asked}"
    response = with_extension(worked_out.response, PROGRESS, valueString=said)
    return {**response, "authored": at} if at else response
