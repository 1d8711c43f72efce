"""The forms of the plan page: what they send, and which action each is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.care_plans.actions import planning, seeing, stepping
from handrail.duties.care_plans.actions.seeing import Seen
from handrail.duties.care_plans.rules.building import OUTSIDE, PlanError, WantedGoal, WantedStep
from handrail.duties.care_plans.screens import words
from handrail.look.dates import day
from handrail.look.typed import whole
from handrail.record.store import Committed

_FIELDS = (
    "form", "id", "words", "priority", "target", "due_on", "baseline", "owner", "owner_name",
    "goal", "reason", "outcome", "note", "what", "barrier",
)  # fmt: skip
_LONGEST = 2000
_UP, _DOWN = -1, 1


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form sent. ``id`` is what it is about; ``version`` what was seen."""

    said: Mapping[str, str]
    needs: tuple[str, ...] = ()
    version: int = 0

    def __getitem__(self, name: str) -> str:
        """Return what was typed in a field."""
        return self.said.get(name, "")

    @property
    def anchor(self) -> str:
        """Return where on the page it belongs."""
        if self["goal"]:
            return f"#g-{self['goal']}"
        kind = {"goal": "g", "step": "s"}.get(self["form"].partition("-")[0], "")
        return f"#{kind}-{self['id']}" if kind and self["id"] else ""

    @property
    def opened(self) -> str:
        """Return which form of the page it came from."""
        kind, _, act = self["form"].partition("-")
        if kind == "barrier":
            return f"barrier-{self['goal']}"
        return f"{kind}-{self['id']}" if act else kind


def typed_in(post: QueryDict) -> Typed:
    """Return what a form sent."""
    said = {name: post.get(name, "").replace("\x00", "")[:_LONGEST].strip() for name in _FIELDS}
    seen = whole(post.get("if_match", "")) or 0
    needs = tuple(one for sent in post.getlist("needs") for one in sent.split(",") if one)
    return Typed(said, needs, seen)


Act = Callable[[Principal, str, Typed], tuple[str, Committed]]


def act(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    """Do what a form asks; return what is said of it, and what was written.

    Raises:
        PlanError: there is no such form, or it says what cannot be right.
        FrozenPlanError: the plan is agreed.
        VersionConflictError: somebody changed it meanwhile.
    """
    if typed["form"] not in _ACTS:
        raise PlanError(_("Choose what to do."))
    return _ACTS[typed["form"]](by, patient, typed)


def _wanted_goal(typed: Typed) -> WantedGoal:
    return WantedGoal(
        words=typed["words"],
        priority=typed["priority"],
        target=typed["target"],
        due_on=typed["due_on"],
        baseline=typed["baseline"],
        needs=typed.needs,
    )


def _wanted_step(typed: Typed) -> WantedStep:
    goals = (f"Goal/{typed['goal']}",) if typed["goal"] else ()
    return WantedStep(
        words=typed["words"],
        owner=typed["owner"],
        owner_name=typed["owner_name"],
        due_on=typed["due_on"],
        goals=goals,
    )


def _start(by: Principal, patient: str, _typed: Typed) -> tuple[str, Committed]:
    return _("Plan begun."), planning.start_plan(by, patient)


def _version(by: Principal, patient: str, _typed: Typed) -> tuple[str, Committed]:
    said = _("New version begun. The agreed plan holds until this one is agreed.")
    return said, planning.begin_version(by, patient)


def _goal(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    saved = planning.add_goal(by, patient, _wanted_goal(typed))
    return _("Goal added."), saved


def _goal_change(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    saved = planning.change_goal(
        by, patient, typed["id"], _wanted_goal(typed), if_match=typed.version
    )
    return _("Goal changed."), saved


def _goal_drop(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    saved = planning.drop_goal(by, patient, typed["id"], typed["reason"])
    return _("Goal given up; its steps ended."), saved


def _move(places: int) -> Act:
    def moved(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
        saved = planning.move_goal(by, patient, typed["id"], places, if_match=typed.version)
        return _("Moved."), saved

    return moved


def _step(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    wanted = stepping.read_line(by, patient, _wanted_step(typed))
    saved = stepping.add_step(by, patient, wanted)
    facts = {"step": wanted.words, "day": day(wanted.due_on)}
    return _("Step added: “%(step)s”, %(day)s.") % facts, saved


def _step_change(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    saved = stepping.change_step(
        by, patient, typed["id"], _wanted_step(typed), if_match=typed.version
    )
    return _("Step changed."), saved


def _step_end(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    saved = stepping.end_step(
        by, patient, typed["id"], typed["outcome"], typed["note"], if_match=typed.version
    )
    return _("Written down."), saved


def _link(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    saved = stepping.link_step(by, patient, typed["what"])
    return _("Now a step of the plan."), saved


def _barrier(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    saved = stepping.add_barrier(by, patient, typed["goal"], typed["barrier"])
    return _("Barrier written down."), saved


def _overcome(by: Principal, patient: str, typed: Typed) -> tuple[str, Committed]:
    return _("No longer in the way."), stepping.overcome_barrier(by, patient, typed["id"])


_ACTS: Mapping[str, Act] = {
    "start": _start,
    "version": _version,
    "goal": _goal,
    "goal-change": _goal_change,
    "goal-drop": _goal_drop,
    "goal-up": _move(_UP),
    "goal-down": _move(_DOWN),
    "step": _step,
    "step-change": _step_change,
    "step-end": _step_end,
    "link": _link,
    "barrier": _barrier,
    "barrier-end": _overcome,
}


def blanks(by: Principal, patient: str, seen: Seen) -> dict[str, Any]:
    """Return the lists and proposals that the forms of the page show."""
    whole = seen.whole
    others = [(OUTSIDE, _("Somebody else, named beside"))]
    return {
        "owners": [*seeing.owners_here(by, patient), *others],
        "priorities": words.priorities(),
        "outcomes": words.choices(words.OUTCOMES),
        "proposed_day": seeing.proposed_day(by).isoformat(),
        "linkable": seeing.linkable(by, whole) if whole else [],
        "me": by.person,
        "addressable": [(one.reference, one.words) for one in seen.needs if one.confirmed],
        "needs_listed": [(need.reference, need.words) for need in seen.needs],
    }
