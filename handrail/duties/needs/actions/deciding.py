"""Deciding about needs with the person: confirm, refute, word, resolve, and what help they want."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.needs.actions.seeing import require_patient
from handrail.duties.needs.resources import need_of
from handrail.duties.needs.rules import asking
from handrail.duties.needs.rules.asking import Asked
from handrail.duties.needs.rules.deciding import PUT_OFF, WISHES, Said, Verdict, decided
from handrail.duties.needs.rules.reviewing import Review, review
from handrail.fhir.errors import HandrailError, NotFoundError
from handrail.fhir.resource import Resource, id_of
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.stored import Committed, Draft, Stored

ROOM = "needs"
MOST = 100
"""How many needs are decided about in one go."""


class UndecidedError(HandrailError):
    """Something is missing in what was decided; ``field`` is the id of the field."""

    status = 422
    code = "required"

    def __init__(self, field_id: str, message: str) -> None:
        """Keep the field beside the message."""
        super().__init__(message)
        self.field = field_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen for one need (the id of its Condition). ``if_match``: the version seen."""

    need: str
    verdict: Verdict
    words: str = ""
    ask_on: date | None = None
    if_match: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written, and how many of each verdict. ``transaction`` takes it back."""

    committed: Committed
    counts: dict[Verdict, int] = field(default_factory=dict)

    @property
    def transaction(self) -> int:
        """Return the transaction to undo; 0 if nothing was written."""
        return self.committed.transaction


def decide(by: Principal, patient: str, choices: Sequence[Choice]) -> Saved:
    """Write down what was decided about some needs of a patient, in one commit.

    The same form sent twice is one decision.

    Raises:
        UndecidedError: nothing was chosen, or a word is missing.
        NotFoundError: one of them is no need of this patient.
        IllegalMoveError: it cannot be said of a need in its state.
        VersionConflictError: somebody decided about one of them meanwhile; nothing was written.
    """
    if not choices:
        raise UndecidedError("needs", _("Choose an answer for at least one."))
    if len(choices) > MOST:
        raise UndecidedError("needs", _("At most %(n)s are decided in one go.") % {"n": MOST})
    with acting(by):
        facts = known(by.org)
        require_patient(by, patient, facts)
        stored = _stored(by, patient, choices)
        left = [one for one in choices if not _is_done(stored[one.need].resource, one, by)]
        drafts = _Deciding(by, patient, facts, review(patient, facts), stored).drafts(left)
        if not drafts:
            return Saved(Committed(0, (), tuple(one.need for one in choices)), _counts(choices))
        done = store.commit(drafts, by=by, reason="needs decided with the person", room=ROOM)
    return Saved(done, _counts(choices))


def confirm_needs(by: Principal, patient: str, needs: Iterable[str]) -> Saved:
    """Say that these needs (or strengths) are so."""
    return decide(by, patient, [Choice(need=n, verdict=Verdict.CONFIRM) for n in needs])


def refute(by: Principal, patient: str, need: str, *, if_match: int | None = None) -> Saved:
    """Say that this is not so."""
    return decide(by, patient, [Choice(need=need, verdict=Verdict.REFUTE, if_match=if_match)])


def word(
    by: Principal, patient: str, need: str, words: str, *, if_match: int | None = None
) -> Saved:
    """Say a need in the person's own words."""
    chosen = Choice(need=need, verdict=Verdict.WORD, words=words, if_match=if_match)
    return decide(by, patient, [chosen])


def resolve(by: Principal, patient: str, need: str, *, if_match: int | None = None) -> Saved:
    """Say that a need is over."""
    return decide(by, patient, [Choice(need=need, verdict=Verdict.RESOLVE, if_match=if_match)])


def record_wish(
    by: Principal, patient: str, need: str, wish: Verdict, *, ask_on: date | None = None
) -> Saved:
    """Write down what the person says about help, and the day to ask again.

    Args:
        by: who asked.
        patient: the id of the patient.
        need: the id of the need's Condition.
        wish: already-getting-help, not-now or wants-help.
        ask_on: when to ask again; None: by the rule that found the need.
    """
    if wish not in WISHES:
        raise UndecidedError("wish", _("Choose what the person says about help."))
    return decide(by, patient, [Choice(need=need, verdict=wish, ask_on=ask_on)])


def _counts(choices: Iterable[Choice]) -> dict[Verdict, int]:
    counts: dict[Verdict, int] = {}
    for one in choices:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    return counts


def _stored(by: Principal, patient: str, choices: Sequence[Choice]) -> dict[str, Stored]:
    """Return the Conditions that were decided about, by id; all of this patient."""
    references = [f"Condition/{one.need}" for one in choices]
    found = store.several(references, by=by)
    for reference in references:
        stored = found.get(reference)
        if stored is None or id_of(stored.resource.get("subject"), "Patient") != patient:
            raise NotFoundError(_("There is no such need of this patient."))
    return {stored.id: stored for stored in found.values()}


def _is_done(condition: Resource, choice: Choice, by: Principal) -> bool:
    """Tell whether this person decided just that before: the same form sent twice."""
    need = need_of(condition)
    recorder = (condition.get("recorder") or {}).get("reference", "")
    if need is None or recorder != by.person or choice.if_match in {None, need.version}:
        return False
    wanted = {Verdict.CONFIRM: "open", Verdict.REFUTE: "refuted", Verdict.RESOLVE: "resolved"}
    same_words = not choice.words.strip() or need.text == " ".join(choice.words.split())
    if choice.verdict in WISHES:
        return same_words and need.wish == choice.verdict.value
    return same_words and need.state == wanted.get(choice.verdict)


@dataclass(frozen=True, slots=True)
class _Deciding:
    """One form in the making."""

    by: Principal
    patient: str
    facts: RecordKnown
    seen: Review
    stored: dict[str, Stored]

    def drafts(self, choices: Iterable[Choice]) -> list[Draft | Resource]:
        """Return all that follows from the choices."""
        return [draft for choice in choices for draft in self._one(choice)]

    def _one(self, choice: Choice) -> Iterable[Draft | Resource]:
        stored = self.stored[choice.need]
        if choice.verdict is Verdict.WORD and not choice.words.strip():
            raise UndecidedError(f"words-{choice.need}", _("Say it in the person's words."))
        row = self.seen.row(choice.need)
        holds = choice.verdict in {*WISHES, Verdict.CONFIRM}
        said = Said(
            verdict=choice.verdict,
            by=self.by.person,
            by_name=self.by.name,
            on=self.facts.as_of.date().isoformat(),
            words=choice.words,
            evidence=row.again if row and holds else (),
        )
        changed = decided(stored.resource, said)
        version = stored.version if choice.if_match is None else choice.if_match
        yield Draft(changed, if_match=version)
        if choice.verdict in WISHES:
            yield from self._wish(changed, choice)

    def _wish(self, condition: Resource, choice: Choice) -> Iterable[Draft | Resource]:
        """Yield what was said about help, and who asks again when."""
        need = need_of(condition)
        if need is None:
            return
        at = self.facts.as_of.replace(microsecond=0).isoformat()
        asked = Asked(
            need=need, verdict=choice.verdict, at=at, by=self.by.person, by_name=self.by.name
        )
        made = asking.wish(asked, uuid4().hex)
        yield made
        tasks = self.facts.of_patient(self.patient, "Task")
        yield from asking.answered(tasks, need.reference, f"Observation/{made['id']}")
        if choice.verdict in PUT_OFF:
            yield self._ask_again(asked, choice)

    def _ask_again(self, asked: Asked, choice: Choice) -> Resource:
        on = choice.ask_on or asking.default_day(asked.need, self.facts)
        episodes = self.facts.of_patient(self.patient, "EpisodeOfCare")
        owner = asking.owner_of(episodes, self.by.person, self.by.name)
        checked = asking.checked_day(on, self.facts)
        return {**asking.task(asked, owner, checked, self.facts), "id": uuid4().hex}
