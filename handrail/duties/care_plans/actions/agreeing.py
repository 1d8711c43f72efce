"""Agreeing on a plan: asking for signatures, signing, sending back, beginning a new version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, Role
from handrail.duties.care_plans.actions import replacing
from handrail.duties.care_plans.resources import STEP
from handrail.duties.care_plans.rules import agreeing, reviewing
from handrail.duties.care_plans.rules.agreeing import Link, SignError, Signing, Standing, State
from handrail.fhir import work
from handrail.fhir.errors import NotFoundError
from handrail.fhir.resource import (
    Resource,
    code_of,
    codings,
    id_of,
    reference_to,
    target_of,
)
from handrail.fhir.task import TaskStatus
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Committed, Draft

ROOM = "care_plans"
PERTAINS = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
_SIGNS_HERE = {
    "coordinator": frozenset({Role.COORDINATOR, Role.SUPERVISOR}),
    "nurse": frozenset({Role.CLINICIAN}),
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a plan is on its way to being agreed."""

    plan: Resource
    chain: tuple[Standing, ...]
    content: str
    next: Link | None
    review_on: date
    missing: tuple[str, ...]

    @property
    def version(self) -> int:
        """Return the version of the plan that is seen."""
        return int((self.plan.get("meta") or {}).get("versionId", 0))

    @property
    def waiting(self) -> Standing | None:
        """Return the link that is asked now; None if nobody is."""
        return next((one for one in self.chain if one.state is State.WAITING), None)


def see_agreement(by: Principal, patient: str, plan: str) -> Agreement:
    """Return who looked at the plan, who is next, and what is missing before anybody can be asked.

    Raises:
        NotFoundError: this person has no such plan.
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        found = plan_of(by, patient, plan)
        return _agreement(known(by.org), patient, found)


def plan_of(by: Principal, patient: str, plan: str) -> Resource:
    """Return a plan of this person; the look is audited.

    Raises:
        NotFoundError: this person has no such plan.
    """
    require(by, "read", "Patient", patient)
    found = store.read(f"CarePlan/{plan}", by=by).resource
    if id_of(found.get("subject"), "Patient") != patient:
        raise NotFoundError(_("This person has no such plan."))
    return found


def parts_of(plan: Resource, facts: RecordKnown) -> list[Resource]:
    """Return the goals, steps and barriers that a plan is made of."""
    refs = [target_of(one) for one in plan.get("goal", ())]
    refs += [target_of(one.get("reference")) for one in plan.get("activity", ())]
    found = [part for ref in refs if (part := facts.read(ref))]
    patient = id_of(plan.get("subject"), "Patient")
    return [*found, *_barriers(facts.of_patient(patient, "Condition"), set(refs))]


def _barriers(conditions: Iterable[Resource], goals: set[str]) -> Iterable[Resource]:
    for condition in conditions:
        about = {
            target_of(extension.get("valueReference"))
            for extension in condition.get("extension", ())
            if extension.get("url") == PERTAINS
        }
        if about & goals:
            yield condition


def _agreement(facts: RecordKnown, patient: str, plan: Resource) -> Agreement:
    content = agreeing.content_of(plan, parts_of(plan, facts))
    links = agreeing.chain(facts.rules, facts.as_of.date(), _programs(facts, patient))
    tasks = facts.of_patient(patient, "Task")
    chain = agreeing.standings(links, tasks, reference_to(plan), content)
    return Agreement(
        plan=plan,
        chain=chain,
        content=content,
        next=agreeing.next_link(chain),
        review_on=reviewing.proposed_on(facts),
        missing=tuple(_missing(plan)),
    )


def _missing(plan: Resource) -> Iterable[str]:
    if not plan.get("goal"):
        yield "goal"
    if not plan.get("activity"):
        yield "step"


def _programs(facts: RecordKnown, patient: str) -> list[str]:
    return [
        code
        for episode in facts.of_patient(patient, "EpisodeOfCare")
        if episode.get("status") == "active"
        for kind in episode.get("type", ())
        for _system, code in codings(kind)
        if code
    ]


def ask(by: Principal, patient: str, plan: str, *, if_match: int) -> Committed:
    """Ask the next of the chain to look at the plan and sign it.

    Raises:
        SignError: somebody is asked already, everybody signed, or the plan has no goal or step.
        FrozenPlanError: the plan is agreed.
        VersionConflictError: somebody changed the plan meanwhile.
    """
    with acting(by):
        found, facts = plan_of(by, patient, plan), known(by.org)
        agreeing.check_open(found)
        seen = _agreement(facts, patient, found)
        if seen.missing:
            raise SignError(_("A plan needs a goal and a step before it is signed."))
        if seen.waiting or seen.next is None:
            raise SignError(_("Somebody is asked already. Look at the plan again."))
        task = _asked(by, facts, found, seen.next)
        drafts = [Draft({**found}, if_match=if_match), Draft(task, if_match=0)]
        for one in reviewing.open_reviews(found, facts):  # it was sent back, and goes around again
            again = work.ended(one, TaskStatus.COMPLETED, evidence=[reference_to(found)])
            drafts.append(Draft(again))
        return store.commit(drafts, by=by, reason="plan: signature asked", room=ROOM)


def _asked(by: Principal, facts: RecordKnown, plan: Resource, link: Link) -> Resource:
    owner, name = _who_is_asked(by, facts, plan, link)
    today = facts.as_of.date()
    asking = agreeing.Asking(
        owner=owner,
        owner_name=name,
        by=by.person,
        at=facts.as_of.isoformat(timespec="seconds"),
        look_by=facts.calendar.on_or_after(today + timedelta(days=link.days)).isoformat(),
    )
    return {**agreeing.sign_off(plan, link, asking), "id": _next_id(facts, plan, link)}


def _next_id(facts: RecordKnown, plan: Resource, link: Link) -> str:
    """Return the id of the next question to a link: two who ask at once ask the same."""
    patient = id_of(plan.get("subject"), "Patient")
    asked = [
        str(task["id"])
        for task in facts.of_patient(patient, "Task")
        if _is_question(task, reference_to(plan))
    ]
    return uuid5(NAMESPACE_URL, "|".join([reference_to(plan), link.by, *sorted(asked)])).hex


def _is_question(task: Resource, plan: str) -> bool:
    """Tell whether a Task asks somebody to sign this plan."""
    return work.kind_of(task) == agreeing.KIND and target_of(task.get("focus")) == plan


def _who_is_asked(by: Principal, facts: RecordKnown, plan: Resource, link: Link) -> tuple[str, str]:
    """Return whose work it is: a nurse of the team signs here; the others are asked by us."""
    patient = id_of(plan.get("subject"), "Patient")
    if link.by == "nurse":
        for team in facts.of_patient(patient, "CareTeam"):
            for one in team.get("participant", ()):
                member = one.get("member") or {}
                roles = {code_of(role) for role in one.get("role", ())}
                ended = (one.get("period") or {}).get("end")
                if "nurse" in roles and target_of(member).startswith("Practitioner/") and not ended:
                    return target_of(member), str(member.get("display", ""))
    owner = reviewing.coordinator_of(patient, facts)
    ours = owner.reference.startswith(("Practitioner/", "CareTeam/"))
    return (owner.reference, owner.name) if ours else (by.person, by.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A signature as the form gives it. ``who``: the patient, a RelatedPerson, or empty.

    ``seen`` is the fingerprint of what was on the screen (:attr:`Agreement.content`).
    """

    how: str
    who: str = ""
    name: str = ""
    review_on: str = ""
    seen: str = ""


def sign(by: Principal, patient: str, plan: str, task: str, given: Given) -> Committed:
    """Sign, or write down that somebody signed; the last signature makes the plan agreed.

    The next of the chain is asked in the same commit. When everybody signed: the plan is active,
    its goals are, the plan it replaces ends, and the next review has its date.

    Raises:
        SignError: it is not their turn, it does not say who signed, or the plan was changed after
            they looked.
        ReviewError: the last signature needs a date of review, within a year.
        VersionConflictError: somebody signed or changed the plan at the same moment.
    """
    with acting(by):
        found, facts = plan_of(by, patient, plan), known(by.org)
        agreeing.check_open(found)
        seen = _agreement(facts, patient, found)
        waiting, asked = seen.waiting, facts.read(f"Task/{task}")
        if waiting is None or asked is None or waiting.task != task:
            raise SignError(_("This signature is not asked any more. Look at the plan again."))
        _refuse_unseen(given.seen, seen)
        signing = _signing(by, patient, waiting.link, given, facts)
        done = agreeing.signed(asked, found, seen.content, signing)
        made = [done, *_following(by, facts, seen, done, given.review_on)]
        drafts = _held(made, [found, *parts_of(found, facts)])
        return store.commit(drafts, by=by, reason="plan: signed", room=ROOM)


def _refuse_unseen(content: str, now: Agreement) -> None:
    if content and content != now.content:
        raise SignError(_("The plan was changed after you looked. Read it again, then sign."))


def _held(made: Iterable[Resource], signed: Iterable[Resource]) -> list[Draft]:
    """Return drafts that hold only while all that was signed is as it was read."""
    every = {reference_to(one): one for one in signed if _is_ours(one)}
    every |= {reference_to(one): one for one in made}
    return [Draft(one, if_match=_version_of(one)) for one in every.values()]


def _is_ours(part: Resource) -> bool:
    """Tell whether a part of a plan is written by this room alone."""
    return part["resourceType"] in {"CarePlan", "Goal"} or work.kind_of(part) == STEP


def _version_of(one: Resource) -> int:
    """Return the version that was read; 0 for what is new."""
    return int((one.get("meta") or {}).get("versionId", 0))


def _signing(by: Principal, patient: str, link: Link, given: Given, facts: RecordKnown) -> Signing:
    at = facts.as_of.isoformat(timespec="milliseconds")
    if given.how == "here":
        if not signs_here(by, link.by):
            raise SignError(_("You cannot sign for them here. Say how they signed, and who."))
        return Signing(who=by.person, name=by.name, how="here", at=at)
    who = given.who if given.who.startswith(("Patient/", "RelatedPerson/")) else ""
    if who:
        person = facts.read(who) or {}
        whose = patient if who == f"Patient/{patient}" else id_of(person.get("patient"), "Patient")
        if whose != patient:
            raise SignError(_("Choose who signed: the person or somebody of the family."))
    behalf = f"Patient/{patient}" if who.startswith("RelatedPerson/") else ""
    return Signing(who=who, name=given.name.strip(), how=given.how, at=at, on_behalf_of=behalf)


def signs_here(by: Principal, link: str) -> bool:
    """Tell whether ``by`` may sign this link with their own account."""
    return bool(by.roles & _SIGNS_HERE.get(link, frozenset()))


def _following(
    by: Principal, facts: RecordKnown, seen: Agreement, done: Resource, review_on: str
) -> list[Resource]:
    """Return what a signature brings about: the next is asked, or the plan is agreed."""
    plan, patient = seen.plan, id_of(seen.plan.get("subject"), "Patient")
    tasks = [t for t in facts.of_patient(patient, "Task") if t["id"] != done["id"]]
    links = [one.link for one in seen.chain]
    chain = agreeing.standings(links, [*tasks, done], reference_to(plan), seen.content)
    following = agreeing.next_link(chain)
    if following is not None:
        return [_asked(by, facts, plan, following)]
    on = reviewing.check_date(review_on or seen.review_on.isoformat(), facts)
    return _agreed(facts, plan, on)


def _agreed(facts: RecordKnown, plan: Resource, review_on: date) -> list[Resource]:
    today = facts.as_of.date().isoformat()
    active = {
        **plan,
        "status": "active",
        "period": {**(plan.get("period") or {}), "start": today},
    }
    goals = [facts.read(target_of(one)) for one in plan.get("goal", ())]
    begun = [
        {**goal, "lifecycleStatus": "active", "startDate": goal.get("startDate") or today}
        for goal in goals
        if goal and goal.get("lifecycleStatus") in {"proposed", "planned", "accepted"}
    ]
    former = [facts.read(target_of(one)) for one in plan.get("replaces", ())]
    ended = [
        {**one, "status": "completed", "period": {**(one.get("period") or {}), "end": today}}
        for one in former
        if one and one.get("status") == "active"
    ]
    why = "The next review of the agreed plan."
    review = {**reviewing.review_task(active, review_on, why, facts), "id": uuid4().hex}
    over = replacing.left_out(facts, plan, [one for one in former if one])
    return [active, *begun, *ended, *over, review]


def send_back(by: Principal, patient: str, plan: str, task: str, reason: str) -> Committed:
    """Write down that a signer wants something changed; who coordinates is asked to see to it.

    Raises:
        SignError: no reason was given, or the work has ended.
    """
    with acting(by):
        found, facts = plan_of(by, patient, plan), known(by.org)
        asked = facts.read(f"Task/{task}")
        if asked is None or not _is_question(asked, reference_to(found)):
            raise SignError(_("This signature is not asked any more. Look at the plan again."))
        back = agreeing.sent_back(asked, reason)
        on = facts.calendar.after(facts.as_of.date(), 1)
        why = _("Sent back: %(reason)s") % {"reason": reason.strip()}
        again = {**reviewing.review_task(found, on, why, facts), "id": uuid4().hex}
        drafts = _held([back, again], ())
        return store.commit(drafts, by=by, reason="plan: sent back", room=ROOM)


def leave_out(
    by: Principal, patient: str, plan: str, task: str, reason: str, *, content: str = ""
) -> Committed:
    """Leave a signature out that is not required, with the reason; the next one is asked.

    Raises:
        SignError: it is required, no reason was given, or the work has ended.
    """
    with acting(by):
        found, facts = plan_of(by, patient, plan), known(by.org)
        agreeing.check_open(found)
        seen = _agreement(facts, patient, found)
        waiting, asked = seen.waiting, facts.read(f"Task/{task}")
        if waiting is None or asked is None or waiting.task != task:
            raise SignError(_("This signature is not asked any more. Look at the plan again."))
        if waiting.link.required:
            raise SignError(_("This signature cannot be left out."))
        _refuse_unseen(content, seen)
        done = agreeing.skipped(asked, reason)
        made = [done, *_following(by, facts, seen, done, "")]
        drafts = _held(made, [found, *parts_of(found, facts)])
        return store.commit(drafts, by=by, reason="plan: signature left out", room=ROOM)
