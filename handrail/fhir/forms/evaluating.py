"""What a response amounts to: what is asked, what is worked out, what is wrong, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from handrail.fhir.forms.checking import faults_of, is_missing, rows_at_fault
from handrail.fhir.forms.conditions import exact
from handrail.fhir.forms.extensions import value_of
from handrail.fhir.forms.faults import Fault
from handrail.fhir.forms.form import Form
from handrail.fhir.forms.sheet import Sheet, laid_out
from handrail.fhir.forms.weighing import weighed
from handrail.fhir.forms.working import Work, broken
from handrail.fhir.resource import Resource


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a response amounts to.

    ``response`` keeps every answer, also of items that are not asked now; ``final`` has only what
    is asked: that is what a finished assessment says.
    """

    response: Resource
    final: Resource
    enabled: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    scores: Mapping[str, Decimal] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    missing: tuple[str, ...] = ()


def evaluate(
    form: Form,
    response: Resource,
    *,
    context: Mapping[str, Resource] | None = None,
    at: str = "",
) -> Evaluated:
    """Work out ``response``.

    ``context`` gives the resources that expressions name: ``{"patient": {…}}`` for ``%patient``.
    ``at`` is the instant that ``now()`` and ``today()`` say; without it, when it was authored.

    Raises:
        LoopError: items wait for each other, or change each other without end.
        TooLargeError: the expressions take too long.
    """
    sheet = laid_out(form, response)
    for spot in sheet.walk():
        spot.answers = [weighed(spot.item, one) for one in spot.answers]
    work = Work(sheet, context or {}, at)
    work.done()
    return _judged(sheet, work)


def _judged(sheet: Sheet, work: Work) -> Evaluated:
    enabled = work.enabled
    shown: set[str] = set()
    faults: list[Fault] = []
    for spot in sheet.walk():
        hidden = spot.item.hidden or (spot.above is not None and spot.above.place not in shown)
        if spot.place in enabled and not hidden:
            shown.add(spot.place)
        if spot.place in enabled:
            faults += faults_of(spot)
    spots = [spot for spot in sheet.walk() if spot.place in enabled]
    faults += rows_at_fault(spots)
    return Evaluated(
        response=sheet.response(),
        final=sheet.response(enabled),
        enabled=enabled,
        shown=frozenset(shown),
        read_only=frozenset(s.place for s in spots if s.item.read_only or s.item.calculated),
        scores=_scores(sheet, enabled),
        faults=(*faults, *broken(work), *work.warnings.values()),
        missing=tuple(spot.place for spot in spots if spot.place in shown and is_missing(spot)),
    )


def _scores(sheet: Sheet, enabled: frozenset[str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for spot in sheet.walk():
        if spot.item.calculated and spot.place in enabled and spot.answers:
            value = value_of(spot.answers[0])
            number = exact(value.get("value") if isinstance(value, Mapping) else value)
            if number is not None:
                found.setdefault(spot.item.link_id, number)
    return found
