"""``$everything`` of a Patient or an Encounter: what is known, with who and what it names.

A patient's compartment comes in pages (``_count``, at most and by default 1,000 resources); the
link to the next page is sealed, so that it says nothing about the patient. ``start`` and ``end``
limit the time of care: what has no date is always there, what lasts (conditions, allergies, goals)
from its beginning on.

Source: http://hl7.org/fhir/R4/patient-operation-everything.html.
"""

from __future__ import annotations

from dataclasses import replace

from handrail.access.database import acting
from handrail.access.sealing import place_in, seal_place
from handrail.edge.operations import asking
from handrail.fhir.errors import ForbiddenError
from handrail.operation import Answer, Asked, Operation
from handrail.record import store
from handrail.record.bundles import bundle, found
from handrail.record.compartment import MOST, Everything, Wanted, compartment

_CURSOR = "_cursor"
_NAMES = ("start", "end", "_since", "_type", "_count")

Pairs = list[tuple[str, str]]


def of_patient(asked: Asked) -> Answer:
    """Answer ``Patient/[id]/$everything``, or ``Patient/$everything`` for a bound principal."""
    with acting(asked.by, durable=False):
        wanted, pairs = _wanted(asked)
        patients = [asked.id] if asked.id else _own(asked)
        page = compartment(patients, wanted, by=asked.by)
        if asked.id and not wanted.after and not _begins_with(page, asked.id):
            store.read(f"Patient/{asked.id}", by=asked.by)  # or it is not there, or gone
    return _answer(asked, page, pairs, first=wanted.after is None)


def of_encounter(asked: Asked) -> Answer:
    """Answer ``Encounter/[id]/$everything``."""
    with acting(asked.by, durable=False):
        wanted, pairs = _wanted(asked)
        wanted = replace(wanted, encounter=asked.id)
        encounter = store.read(f"Encounter/{asked.id}", by=asked.by)
        patients = [encounter.patient] if encounter.patient else []
        page = compartment(patients, wanted, by=asked.by)
    return _answer(asked, page, pairs, first=wanted.after is None)


def _own(asked: Asked) -> list[str]:
    """Return the patients a principal is bound to."""
    found = asking.own_patients(asked)
    if not found:
        raise ForbiddenError(
            "Patient/$everything is for those who act for single patients. Ask"
            " Patient/[id]/$everything, or $export for many."
        )
    return found


def _begins_with(page: Everything, patient: str) -> bool:
    return bool(page.entries) and page.entries[0].reference == f"Patient/{patient}"


def _here(asked: Asked) -> str:
    return "/".join(part for part in (asked.resource_type, asked.id, "$everything") if part)


def _wanted(asked: Asked) -> tuple[Wanted, Pairs]:
    """Return what is asked for, and the parameters that ask for it again."""
    cursor = asked.value(_CURSOR)
    if not cursor:
        return _read(asked), [(name, one) for name in _NAMES for one in asked.values(name)]
    said, after = place_in(cursor, _here(asked))
    pairs = [(name, value) for name, value in said]
    wanted = _read(replace(asked, pairs=pairs, body=None))
    return replace(wanted, after=(after[0], after[1])), pairs


def _read(asked: Asked) -> Wanted:
    begins, ends = asking.span(asked, "start"), asking.span(asked, "end")
    return Wanted(
        types=asking.kinds(asked, "_type"),
        starts=begins[0] if begins else None,
        ends=ends[1] if ends else None,
        since=asking.instant(asked, "_since"),
        count=asking.number(asked, "_count", MOST, least=1),
    )


def _answer(asked: Asked, page: Everything, pairs: Pairs, *, first: bool) -> Answer:
    entries = [found(asked.base, one, "match") for one in page.entries]
    entries += [found(asked.base, one, "include") for one in page.referenced]
    links = []
    if page.after is not None:
        sealed = seal_place(_here(asked), [pairs, page.after])
        links.append(("next", f"{asked.base}/{_here(asked)}?{_CURSOR}={sealed}"))
    total = len(page.entries) if first and page.after is None else None
    return Answer(body=bundle("searchset", entries, total=total, links=links))


PATIENT = Operation(
    name="everything",
    definition="http://hl7.org/fhir/OperationDefinition/Patient-everything",
    does="Returns all that is known of a patient, with the people and places it names.",
    answer=of_patient,
    types=frozenset({"Patient"}),
    on_type=True,
    on_instance=True,
)
ENCOUNTER = Operation(
    name="everything",
    definition="http://hl7.org/fhir/OperationDefinition/Encounter-everything",
    does="Returns all that belongs to a visit, with the people and places it names.",
    answer=of_encounter,
    types=frozenset({"Encounter"}),
    on_instance=True,
)
