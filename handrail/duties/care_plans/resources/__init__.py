"""Typed views of a care plan and of what it is made of: parse once, never dig in JSON.

A plan is a CarePlan (US Core, category assess-plan) whose goals are Goals and whose steps are
resources of the record, by ``activity.reference`` (the MCC pattern), never ``activity.detail``.
A barrier is a Condition that pertains to a goal.
"""

from __future__ import annotations

from handrail.duties.care_plans.resources.views import (
    ACHIEVEMENT,
    BASELINE,
    CATEGORIES,
    CONCERNS,
    OWN,
    PERTAINS,
    PRIORITIES,
    ROLE,
    SCREENING,
    SDOHCC,
    STEP,
    STRENGTH,
    WISH,
    GoalView,
    NeedView,
    PlanView,
    StepView,
    Whole,
    goal_view,
    is_plan,
    need_view,
    pertains,
    plan_view,
    step_view,
)
from handrail.duties.care_plans.resources.wording import (
    bounds,
    detail_words,
    quantity_words,
    said_in,
)

__all__ = [
    "ACHIEVEMENT",
    "BASELINE",
    "CATEGORIES",
    "CONCERNS",
    "OWN",
    "PERTAINS",
    "PRIORITIES",
    "ROLE",
    "SCREENING",
    "SDOHCC",
    "STEP",
    "STRENGTH",
    "WISH",
    "GoalView",
    "NeedView",
    "PlanView",
    "StepView",
    "Whole",
    "bounds",
    "detail_words",
    "goal_view",
    "is_plan",
    "need_view",
    "pertains",
    "plan_view",
    "quantity_words",
    "said_in",
    "step_view",
]
