"""One referral as pages and panels show it: facts, story, what was sent, what to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.duties.referrals.actions.beside import Beside
from handrail.duties.referrals.actions.seeing import ReferralView
from handrail.duties.referrals.rules import scripts
from handrail.duties.referrals.screens import rows, words
from handrail.fhir.moments import instant_of
from handrail.fhir.referring import building
from handrail.fhir.referring.stages import Stage
from handrail.fhir.resource import words_of
from handrail.look import dates
from handrail.look.areas import AREAS
from handrail.look.dates import Due
from handrail.look.jinja import phone
from handrail.look.languages import language_name

Pairs = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A referral in words. ``brief`` are the facts for a panel, ``facts`` those for the page."""

    what: str
    stage: str
    receiver: str
    due: Due | None
    problem: str
    ended: str
    brief: Pairs
    facts: Pairs


def shown(view: ReferralView) -> Shown:
    """Return a referral in words."""
    task, now = view.task, timezone.localtime()
    stage, state = view.stage.value, task.state
    since = rows.age(state.since, now)
    over = not view.request.is_open and view.stage in {Stage.CLOSED, Stage.SERVICE_GIVEN}
    waits = words.WAITS.get(stage, "") if view.request.is_open or task.is_open else ""
    standing = _("Closed after our review") if over else words.one(words.STAGES, stage)
    brief: list[tuple[str, Any]] = [
        (_("Asked of"), task.receiver_name or task.receiver),
        (
            words.one(words.CHANNELS, state.channel).capitalize(),
            _reached(state.channel, state.address),
        ),
        (_("Stands"), f"{standing}, {since}" if since else standing),
        (_("Waits for"), _(waits) if waits else ""),
        (_("They need"), state.missing),
        (_("From"), dates.day(state.earliest)),
        (_("Visit"), dates.moment(state.visit)),
        (_("They said"), task.reason),
    ]
    request = view.request
    more = [
        (_("They should know"), request.note),
        (_("How soon"), words.one(words.PRIORITIES, request.priority)),
        (_("Needed by"), dates.day(request.needed_by)),
        (_("Need"), words.one(AREAS, request.category)),
        (_("Chosen because"), state.candidate),
        (_("Next look"), dates.moment(task.look_at) if task.is_open else ""),
        (_("Who looks"), task.looker_name),
        (_("Asked by"), ", ".join(filter(None, (request.requester, dates.day(request.asked_at))))),
        (_("Need met"), words.one(words.MET_SHORT, view.met[-1][0]) if view.met else ""),
    ]
    return Shown(
        what=task.what or request.what,
        stage=standing,
        receiver=task.receiver_name or task.receiver,
        due=rows.due(task.look_at, now) if task.is_open else None,
        problem=state.trouble if task.is_open else "",
        ended=dates.day(request.about.closed_at),
        brief=brief,
        facts=[*brief, *more],
    )


def _reached(channel: str, address: str) -> str:
    return phone(address) if channel in {"phone", "fax", "sms"} and address else address


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of what happened."""

    at: str
    title: str
    detail: str = ""
    who: str = ""


def story(view: ReferralView) -> list[Moment]:
    """Return what happened with a referral, newest first: stages, messages, notes."""
    found = [
        Moment(at=step.at, title=words.one(words.STAGES, step.stage.value)) for step in view.history
    ]
    found += [
        Moment(
            at=one.at,
            title=_("%(what)s, %(how)s")
            % {
                "what": words.one(words.DISPATCHES, one.kind),
                "how": words.one(words.CHANNELS, one.channel),
            },
            detail=" ".join(filter(None, (one.text, one.trouble))),
        )
        for one in view.dispatches
        if one.task in {"", view.task.id} and one.at
    ]
    told = {one.text for one in view.dispatches}
    found += [
        Moment(at=note.at, title=_("Note"), detail=note.text, who=note.who)
        for note in view.task.notes
        if note.at and not any(note.text in text for text in told)
    ]
    if view.request.about.closed_at:
        about = view.request.about
        found.append(Moment(at=about.closed_at, title=_("Closed"), detail=about.closed_note))
    found += [
        Moment(at=at, title=words.one(words.MET_SHORT, code), detail=note)
        for code, at, note in view.met
    ]
    zone = timezone.get_current_timezone()
    long_ago = datetime.min.replace(tzinfo=UTC)
    found.reverse()  # of two at the same second the later one was written later
    return sorted(found, key=lambda one: instant_of(one.at, zone) or long_ago, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something that left the house, and what stayed here."""

    at: str
    how: str
    to: str
    what: str
    left_out: str
    basis: str
    state: str = ""
    failed: bool = False


def sent(view: ReferralView, beside: Beside) -> list[Left]:
    """Return what left for the request, on which basis, and what waits or did not arrive."""
    found = [
        Left(
            at=one.at,
            how=words.one(words.CHANNELS, building.channel_of(one.medium)),
            to=one.name,
            what=one.what,
            left_out="; ".join(
                f"{words.kept(kept.category)}: {kept.count}. {kept.why}" for kept in behind
            ),
            basis=words.one(words.BASES, one.basis),
        )
        for one, behind in beside.sent
    ]
    waiting = (one for one in view.dispatches if one.status in {"preparation", "not-done"})
    return found + [
        Left(
            at=one.at,
            how=words.one(words.CHANNELS, one.channel),
            to=one.recipient,
            what=words.one(words.DISPATCHES, one.kind),
            left_out="",
            basis=_("Nothing arrived: %(why)s") % {"why": one.trouble} if one.trouble else "",
            state=words.one(words.DELIVERY, one.status),
            failed=one.status == "not-done",
        )
        for one in waiting
    ]


def said(view: ReferralView, beside: Beside) -> dict[str, list[tuple[str, str, list[str]]]]:
    """Return what to say: to the receiver, and to the person (in English and their language)."""
    facts = {
        "me": beside.me,
        "organization": beside.house,
        "what": view.request.what,
        "receiver": view.task.receiver_name or _("them"),
        "sent": dates.day(view.task.state.sent) or _("this week"),
        "patient": beside.name,
    }
    stage = view.stage.value
    spoken = dict(scripts.PERSON.get(stage, ()))
    wanted = [code for code in (beside.language.partition("-")[0], "en") if code in spoken]
    to_them = [scripts.filled(text, facts) for text in scripts.RECEIVER]
    return {
        "receiver": [("en", language_name("en"), to_them)] if _calls(view) else [],
        "person": [
            (code, language_name(code), [scripts.filled(text, facts) for text in spoken[code]])
            for code in dict.fromkeys([*wanted, *spoken])
        ],
    }


def _calls(view: ReferralView) -> bool:
    return view.task.is_open and view.stage is not Stage.DRAFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something that came back: a report, a result. ``reference`` is what it is in the record."""

    reference: str
    words: str
    who: str
    at: str


def evidence(view: ReferralView) -> list[Evidence]:
    """Return what came back for the request, newest first."""
    found = [
        Evidence(
            reference=f"Communication/{one.id}",
            words=" ".join(one.text.split()) or words.one(words.DISPATCHES, one.kind),
            who=_receiver_of(view, one.task),
            at=one.at,
        )
        for one in view.dispatches
        if one.kind in {"answer", "late-answer"}
    ]
    found += [
        Evidence(
            reference=f"Procedure/{one['id']}",
            words=words_of(one.get("outcome")) or words_of(one.get("code")),
            who=_first_actor(one),
            at=str(one.get("performedDateTime", "")),
        )
        for one in view.procedures
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _receiver_of(view: ReferralView, task: str) -> str:
    return next((one.receiver_name for one in view.tasks if one.id == task), "")


def _first_actor(procedure: dict[str, Any]) -> str:
    actors = (one.get("actor") or {} for one in procedure.get("performer", ()))
    return next((str(one["display"]) for one in actors if one.get("display")), "")


def others(view: ReferralView) -> list[rows.Line]:
    """Return the other receivers of the same request."""
    now = timezone.localtime()
    return [rows.line_of(one, now) for one in view.tasks if one.id != view.task.id]
