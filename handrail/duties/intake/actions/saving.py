"""Save answers as they are typed. Nothing that somebody else saved is overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.intake.actions.opening import (
    ROOM,
    Opened,
    open_assessment,
    refuse_unless,
    worked_out,
)
from handrail.duties.intake.resources import FORM_VERSION, FORMER, with_extension
from handrail.duties.intake.rules.merging import Clash, merged
from handrail.duties.intake.rules.progress import stamped
from handrail.fhir.errors import BusinessRuleError, NotFoundError, VersionConflictError
from handrail.fhir.forms import Evaluated, Fault
from handrail.fhir.forms.reconciling import reconciled
from handrail.fhir.resource import Resource, reference
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Committed, Draft

Fields = Mapping[str, Sequence[str]]
_TRIES = 3
_LOOKED_THROUGH = 12  # versions since; after more, somebody else may well have been among them


@dataclass(frozen=True)
class Saved:
    """What was saved. ``before`` and ``after`` are what the answers amount to.

    ``faults`` are answers that could not be taken, with what was typed; ``clashes`` questions that
    somebody else answered differently meanwhile; ``merged``: somebody else saved in between.
    """

    opened: Opened
    before: Evaluated
    after: Evaluated
    committed: Committed
    faults: tuple[Fault, ...] = ()
    clashes: tuple[Clash, ...] = ()
    merged: bool = False
    changed: tuple[str, ...] = field(default=())


def save_answers(
    by: Principal, assessment: str, fields: Fields, *, if_match: int | None = None
) -> Saved:
    """Save the answers in ``fields`` (names as :func:`handrail.fhir.forms.entered` has them).

    Args:
        by: who asked.
        assessment: the id of the QuestionnaireResponse.
        fields: what was sent; what is not in it stays as it is.
        if_match: the version that was on the screen.

    Raises:
        NotFoundError: there is no such assessment that ``by`` may see.
        BusinessRuleError: it is finished; correct it instead.
    """
    for _attempt in range(_TRIES - 1):
        try:
            return _save(by, assessment, fields, if_match)
        except VersionConflictError:
            continue  # somebody saved between our reading and our writing: read again
    return _save(by, assessment, fields, if_match)


def _save(by: Principal, assessment: str, fields: Fields, if_match: int | None) -> Saved:
    opened = open_assessment(by, assessment)
    refuse_unless(opened.said.is_open, _("This assessment is finished. Correct it instead."))
    base = _base(by, opened, if_match)
    others = _others(by, opened, if_match)
    found = merged(opened.form, base, opened.response, fields, mine=not others)
    patient = opened.said.patient
    before = worked_out(by, opened.form, base, patient)
    after = worked_out(by, opened.form, found.response, patient)
    at = known(by.org).as_of.isoformat(timespec="seconds")
    committed = Committed(0, ())
    if found.changed:
        draft = Draft(stamped(opened.form, after, at), if_match=opened.stored.version)
        committed = store.commit([draft], by=by, reason="answers", room=ROOM)
    if committed.stored:
        opened = Opened(committed.stored[0], opened.said, opened.definition, opened.newer)
    return Saved(
        opened=opened,
        before=before,
        after=after,
        committed=committed,
        faults=found.faults,
        clashes=found.clashes,
        merged=others,
        changed=found.changed,
    )


def _others(by: Principal, opened: Opened, seen: int | None) -> bool:
    """Tell whether somebody else saved since ``seen``: one's own typing clashes with nobody."""
    now = opened.stored
    if seen is None or seen >= now.version:
        return False
    if now.version - seen > _LOOKED_THROUGH:
        return True
    between = [store.vread(now.reference, n, by=by) for n in range(seen + 1, now.version)]
    written = {each.transaction for each in (*between, now)}
    return any(not _is_mine(by, transaction) for transaction in written)


def _is_mine(by: Principal, transaction: int) -> bool:
    agents = store.provenance(transaction, by=by)["agent"]
    return any(agent["who"].get("reference") == by.person for agent in agents)


def _base(by: Principal, opened: Opened, if_match: int | None) -> Resource:
    """Return the answers that were on the screen."""
    if if_match is None or if_match == opened.stored.version:
        return opened.response
    try:
        return store.vread(opened.stored.reference, if_match, by=by).resource
    except NotFoundError:
        return opened.response


def confirm_all(
    by: Principal, assessment: str, places: Sequence[str], *, if_match: int | None = None
) -> Saved:
    """Say that these old answers are still true."""
    fields = {f"a:{place}!confirmed": ["1"] for place in places}
    return save_answers(by, assessment, fields, if_match=if_match)


def renew_form(by: Principal, assessment: str, *, if_match: int | None = None) -> Committed:
    """Go on with the current version of the form; what no longer fits is kept beside.

    Raises:
        BusinessRuleError: the form has not changed, or the assessment is finished.
        VersionConflictError: somebody saved meanwhile.
    """
    opened = open_assessment(by, assessment)
    newer = opened.newer
    refuse_unless(opened.said.is_open, _("This assessment is finished. Correct it instead."))
    if newer is None:
        raise BusinessRuleError(_("The form has not changed."))
    found = reconciled(opened.form, newer.form, opened.response)
    response = dict(found.response)
    response["questionnaire"] = newer.form.canonical
    version = f"{newer.reference}/_history/{newer.version}"
    response = with_extension(response, FORM_VERSION, valueReference=reference(version))
    lost = [
        {"url": FORMER, "valueString": f"{one.text}: {one.answer} ({one.why})"}
        for one in found.lost
    ]
    response["extension"] = [*response.get("extension", ()), *lost]
    after = worked_out(by, newer.form, response, opened.said.patient)
    draft = Draft(stamped(newer.form, after), if_match=if_match or opened.stored.version)
    return store.commit([draft], by=by, reason="newer version of the form", room=ROOM)
