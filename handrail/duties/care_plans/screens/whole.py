"""The whole plan as paper, for those who work with it: in the words of the plan page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from handrail.duties.care_plans.actions.papers import Papers
from handrail.duties.care_plans.resources import GoalView, StepView
from handrail.duties.care_plans.rules.agreeing import Standing, State
from handrail.duties.care_plans.screens import words
from handrail.duties.care_plans.screens.agreeing import SIGNERS
from handrail.look import dates


def paper(papers: Papers) -> dict[str, Any]:
    """Return what the paper ``plan`` prints."""
    plan, whole = papers.whole.plan, papers.whole
    return {
        "title": _("Care plan"),
        "lang": get_language() or "en",
        "name": papers.person,
        "about": f"{_('born')} {dates.birth(papers.born)}" if papers.born else "",
        "facts": _facts(papers),
        "draft": "" if plan.agreed else _("This is a draft. It is not agreed yet."),
        "needs": [need.words for need in whole.needs],
        "strengths": [one.words for one in whole.strengths],
        "goals": [_goal(papers, goal) for goal in whole.goals],
        "loose": [_step(step) for step in whole.steps_of("")],
        "team": [[one.name, one.does, one.phone] for one in papers.team],
        "signatures": [_signed(one) for one in papers.chain],
        "review": _day(whole.review_on) or _("No review is set yet."),
        "notice": [dict(line) for line in papers.help],
        "footer": papers.house,
        "words": _words(),
    }


def _day(day: str | date) -> str:
    """Return a day with its year: paper is read later than the screen."""
    return date_format(dates.on(day), "D j M Y") if day else ""


def _words() -> dict[str, Any]:
    return {
        "page": _("Page"),
        "needs": _("Needs"),
        "strengths": _("Strengths"),
        "goals": _("Goals and steps"),
        "no_goal": _("No goal yet."),
        "barriers": _("In the way:"),
        "no_step": _("No step yet."),
        "step_heads": [_("Step"), _("Who"), _("By"), _("State")],
        "loose": _("For no one goal"),
        "team": _("Care team"),
        "team_heads": [_("Name"), _("What they do"), _("Phone")],
        "signatures": _("Signatures"),
        "signature_heads": [_("Who signs"), _("Signed by"), _("When")],
        "no_signature": _("Nobody has been asked to sign yet."),
        "review": _("Next review"),
    }


def _facts(papers: Papers) -> list[list[str]]:
    plan = papers.whole.plan
    coordinator = papers.coordinator
    called = ", ".join(filter(None, (coordinator.name, coordinator.phone))) if coordinator else ""
    pairs = [
        (_("Title"), plan.title),
        (_("State"), words.in_words(words.STATUS, plan.status)),
        (_("Version"), str(plan.version) if plan.version else ""),
        (_("Written"), " · ".join(filter(None, (_day(plan.created), plan.author)))),
        (_("Holds"), " - ".join(filter(None, map(_day, (plan.starts_on, plan.ends_on))))),
        (_("Coordinator"), called),
        (_("Printed"), f"{_day(papers.on)} · {papers.house}"),
    ]
    return [[label, value] for label, value in pairs if value]


def _goal(papers: Papers, goal: GoalView) -> dict[str, Any]:
    needs = {need.reference: need.words for need in papers.whole.needs}
    pairs = [
        (_("For"), ", ".join(needs[ref] for ref in goal.addresses if ref in needs)),
        (_("How important"), words.in_words(dict(words.priorities()), goal.priority)),
        (_("Now"), goal.baseline),
        (_("Target"), ": ".join(filter(None, (goal.measure, goal.target)))),
        (_("By"), _day(goal.due_on)),
        (_("Progress"), words.in_words(words.ACHIEVED, goal.achievement)),
    ]
    barriers = papers.whole.barriers_of(goal.reference)
    return {
        "words": goal.words,
        "facts": [[label, value] for label, value in pairs if value],
        "barriers": [one.words for one in barriers if one.open],
        "steps": [_step(step) for step in papers.whole.steps_of(goal.reference)],
    }


def _step(step: StepView) -> Sequence[str]:
    state = words.in_words(words.STEP_STATUS, step.status)
    return [step.words, step.owner_name, _day(step.due_on), state]


def _signed(one: Standing) -> Sequence[str]:
    who = words.in_words(SIGNERS, one.link.by)
    if one.state is State.SIGNED and one.at:
        return [who, one.who, dates.moment(one.at)]
    states = {
        State.SIGNED: _("Left out: %(why)s") % {"why": one.reason},
        State.STALE: _("Signed an earlier text"),
        State.WAITING: _("Asked, not signed yet"),
        State.SENT_BACK: _("Sent back: %(why)s") % {"why": one.reason},
        State.LATER: _("Not asked yet"),
    }
    return [who, one.who, states[one.state]]
