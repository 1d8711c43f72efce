"""The reactions of this room, listed in ``room.py``. They only propose (P6)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.needs.resources import need_of
from handrail.duties.needs.rules import asking
from handrail.duties.needs.rules.meaning import (
    Meaning,
    assessed,
    is_finished,
    is_recent,
    need_rules,
)
from handrail.duties.needs.rules.same import is_known
from handrail.duties.needs.rules.writing import proposal
from handrail.fhir import work
from handrail.fhir.change import Change, Known
from handrail.fhir.resource import Resource, id_of, is_deceased


def on_answers(change: Change, known: Known) -> Iterable[Resource]:
    """An assessment is finished or corrected: propose what its answers mean, end what asked."""
    response = change.after
    patient = id_of(response.get("subject"), "Patient")
    if not patient or not is_finished(response) or not _is_news(change):
        return
    rules = need_rules(known.rules, known.as_of.date())
    found = assessed(response, known, rules)
    if not is_recent(found.on, known) or is_deceased(known.read(f"Patient/{patient}")):
        return
    conditions = list(known.of_patient(patient, "Condition"))
    written = str(response.get("authored", "")) or known.as_of.isoformat()
    for meaning in found.meanings:
        identity = identity_of(meaning, patient)
        if known.read(f"Condition/{identity}") or is_known(meaning, conditions):
            continue
        made = proposal(meaning, identity, patient, written)
        conditions.append(made)
        yield made
    codes = frozenset(code for answer in found.answers for code in answer.codes)
    yield from asking.asked_again(response, codes, known)


def _is_news(change: Change) -> bool:
    before = change.before or {}
    return not is_finished(before) or before.get("item") != change.after.get("item")


def identity_of(meaning: Meaning, patient: str) -> str:
    """Return the id of what an assessment proposes: the same answers twice propose once."""
    seed = f"urn:handrail:need|{patient}|{meaning.response}|{meaning.rule.key}"
    return uuid5(NAMESPACE_URL, seed).hex


def on_need_ended(change: Change, known: Known) -> Iterable[Resource]:
    """A need is over or was none: nobody has to ask about it again (P3)."""
    if change.before is None:
        return
    before, after = need_of(change.before), need_of(change.after)
    if before is None or before.state not in {"proposed", "open"}:
        return
    if after is None or after.state in {"resolved", "refuted"}:
        tasks = known.of_patient(before.patient, "Task")
        yield from asking.answered(tasks, before.reference, before.reference)


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody has died: nobody asks again."""
    if change.before and is_deceased(change.after) and not is_deceased(change.before):
        tasks = known.of_patient(str(change.after["id"]), "Task")
        yield from work.ended_for_deceased(tasks, {asking.KIND})
