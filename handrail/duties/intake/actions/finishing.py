"""Finish an assessment, take one over from elsewhere, correct it: answers become Observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.intake.actions.opening import (
    ROOM,
    Opened,
    open_assessment,
    refuse_unless,
    worked_out,
)
from handrail.duties.intake.resources import DONE, Answers, answers_of, is_carried, items_of
from handrail.duties.intake.rules import TO_READ, observing, scoring
from handrail.duties.intake.rules.carrying import without_old
from handrail.duties.intake.rules.instruments import scores
from handrail.duties.intake.rules.progress import is_untouched, stamped
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.forms import Evaluated, Fault, Form, entered
from handrail.fhir.resource import Resource, id_of, reference
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.stored import Committed, Draft

Fields = Mapping[str, Sequence[str]]
_GONE = frozenset({"entered-in-error", "cancelled"})


class UnfinishedError(BusinessRuleError):
    """A needed answer is missing, or one is not possible; ``places`` says where."""

    def __init__(
        self, message: str, places: Sequence[str] = (), faults: Sequence[Fault] = ()
    ) -> None:
        """Keep what is missing beside the message."""
        super().__init__(message)
        self.places = tuple(places)
        self.wrong = tuple(faults)


@dataclass(frozen=True, slots=True)
class Finished:
    """What finishing wrote. ``left_out`` old answers were never confirmed and are not in it."""

    committed: Committed
    patient: str
    left_out: int = 0


def finish_assessment(by: Principal, assessment: str, *, if_match: int | None = None) -> Finished:
    """Complete an assessment: its answers and scores become Observations, in one commit.

    Raises:
        UnfinishedError: nothing is answered, a required question is not, or an answer is out of
            range.
        BusinessRuleError: it is finished already.
        VersionConflictError: somebody saved meanwhile.
    """
    opened = open_assessment(by, assessment)
    refuse_unless(opened.said.is_open, _("This assessment is finished already."))
    form, patient = opened.form, opened.said.patient
    plain = without_old(form, opened.response)
    old = sum(1 for item in items_of(opened.response) if is_carried(item))
    found = worked_out(by, form, plain, patient)
    _refuse_unfinished(found)
    if is_untouched(form, found):
        raise UnfinishedError(
            _("Nothing is answered yet. Answer or decline a question, or set this aside.")
        )
    facts = known(by.org)
    drafts = completed(by, form, found, facts)
    return Finished(_commit(by, drafts, opened, if_match, "assessment finished"), patient, old)


def completed(by: Principal, form: Form, found: Evaluated, facts: RecordKnown) -> list[Resource]:
    """Return what finishing writes at the moment of ``facts``: the answers, then Observations."""
    at = facts.as_of.isoformat(timespec="seconds")
    response = {**stamped(form, found), **_final(found), "status": "completed", "authored": at}
    return _drafts(by, form, _profiled(response), facts, "final")


def _final(found: Evaluated) -> Resource:
    """Return the items of what is asked: hidden branches are left out of a finished assessment."""
    return {"item": found.final["item"]} if "item" in found.final else {}


def _refuse_unfinished(found: Evaluated) -> None:
    wrong = [fault for fault in found.faults if not fault.warning]
    if wrong:
        raise UnfinishedError(
            _("Some answers are not possible. Correct them, then finish."),
            [fault.place for fault in wrong],
            wrong,
        )
    if found.missing:
        raise UnfinishedError(
            _("Some questions must be answered or declined before this can be finished."),
            found.missing,
        )


def _profiled(response: Resource) -> Resource:
    meta = response.get("meta") or {}
    named = [p for p in meta.get("profile", ()) if p != observing.ANSWERED]
    kept = {key: part for key, part in meta.items() if key not in {"versionId", "lastUpdated"}}
    return {**response, "meta": {**kept, "profile": [*named, observing.ANSWERED]}}


def _drafts(
    by: Principal, form: Form, response: Resource, facts: RecordKnown, status: str
) -> list[Resource]:
    """Return the answers and the Observations made of them."""
    said = answers_of(response)
    today = facts.as_of.date()
    about = observing.Said(
        said, status, reference(by.person, by.name), observing.topics(facts.rules, today)
    )
    counted = counted_in(form, response, said, facts)
    return [response, *observing.observations(form, response, counted, about)]


def counted_in(
    form: Form, response: Resource, said: Answers, facts: RecordKnown
) -> list[scoring.Counted]:
    """Return the scores of an assessment, by the rules of the day."""
    panels = [code for _system, code in form.code]
    wanted = scores(facts.rules, panels, facts.as_of.date())
    if not wanted:
        return []
    codes = {item.link_id: item.codes for item in form.walk()}
    patient = facts.read(f"Patient/{said.patient}") or {}
    return scoring.counted(wanted, response, codes, str(patient.get("gender", "")))


def _commit(
    by: Principal, drafts: list[Resource], opened: Opened, if_match: int | None, reason: str
) -> Committed:
    seen = if_match or opened.stored.version
    first, *rest = drafts
    return store.commit(
        [Draft(first, if_match=seen), *(Draft(each) for each in rest)],
        by=by,
        reason=reason,
        room=ROOM,
    )


def take_over(by: Principal, assessment: str) -> Committed:
    """Take over answers from elsewhere: Observations are made of them, and the reading ends.

    Raises:
        BusinessRuleError: it is not finished, or its form is not in the record.
    """
    opened = open_assessment(by, assessment)
    refuse_unless(opened.said.status in DONE, _("This assessment is not finished."))
    found = worked_out(by, opened.form, opened.response, opened.said.patient)
    facts = known(by.org)
    status = "amended" if any(_made_of(by, opened)) else "final"
    made = _drafts(by, opened.form, found.final, facts, status)[1:]
    proof = [f"Observation/{each['id']}" for each in made] or [opened.stored.reference]
    ended = [
        Draft(work.ended(task, TaskStatus.COMPLETED, evidence=proof[:1]))
        for task in readings(by, opened)
    ]
    made += _withdrawn(by, opened, {str(each["id"]) for each in made})
    drafts = [*(Draft(each) for each in made), *ended]
    return store.commit(drafts, by=by, reason="answers taken over", room=ROOM)


def readings(by: Principal, opened: Opened) -> list[Resource]:
    """Return the open work to read these answers."""
    tasks = (each.resource for each in store.of_patient(opened.said.patient, "Task", by=by))
    return [
        task
        for task in tasks
        if is_open(task["status"])
        and work.kind_of(task) == TO_READ
        and id_of(task.get("focus")) == opened.id
    ]


def correct_assessment(
    by: Principal, assessment: str, fields: Fields, *, if_match: int | None = None
) -> tuple[Committed, tuple[Fault, ...]]:
    """Correct a finished assessment: it is amended, and so are its Observations, in one commit.

    What can no longer be said is ``entered-in-error``. Nothing is written where an answer cannot
    be taken; the faults say why.

    Raises:
        UnfinishedError: an answer is out of range.
        BusinessRuleError: it is not finished.
        VersionConflictError: somebody saved meanwhile.
    """
    opened = open_assessment(by, assessment)
    refuse_unless(opened.said.status in DONE, _("This assessment is not finished."))
    typed = entered(opened.form, opened.response, fields)
    if typed.faults or not typed.changed:
        return Committed(0, ()), typed.faults
    found = worked_out(by, opened.form, typed.response, opened.said.patient)
    _refuse_unfinished(found)
    facts = known(by.org)
    response = {**stamped(opened.form, found), **_final(found), "status": "amended"}
    drafts = _drafts(by, opened.form, _profiled(response), facts, "amended")
    drafts += _withdrawn(by, opened, {str(each["id"]) for each in drafts})
    return _commit(by, drafts, opened, if_match, "assessment corrected"), ()


def _withdrawn(by: Principal, opened: Opened, kept: set[str]) -> Iterator[Resource]:
    """Yield the Observations of this assessment that are no longer said."""
    for observation in _made_of(by, opened):
        if observation["id"] not in kept and observation.get("status") not in _GONE:
            yield {**observation, "status": "entered-in-error"}


def _made_of(by: Principal, opened: Opened) -> Iterator[Resource]:
    """Yield the Observations that were made of this assessment."""
    for each in store.of_patient(opened.said.patient, "Observation", by=by):
        observation = each.resource
        if opened.id in [id_of(one) for one in observation.get("derivedFrom", ())]:
            yield observation
