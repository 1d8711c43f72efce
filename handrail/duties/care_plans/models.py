"""Projections of this room: plans, goals, steps and reviews. Droppable, rebuildable."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Plan(models.Model):
    """A care plan that is made here. ``goals`` and ``steps`` count what it is made of."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    status = models.TextField()
    title = models.TextField()
    created = models.TextField()
    author = models.TextField()
    replaces = models.TextField()
    goals = models.IntegerField()
    steps = models.IntegerField()

    class Meta:
        db_table = "care_plans_plan"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "status"], name="care_plans_plan_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which plan this is."""
        return f"CarePlan/{self.source}"


class Aim(models.Model):
    """A goal, in the person's words. ``due_on`` is empty where it says none."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    lifecycle = models.TextField()
    achievement = models.TextField()
    priority = models.TextField()
    words = models.TextField()
    due_on = models.TextField()

    class Meta:
        db_table = "care_plans_goal"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "lifecycle"], name="care_plans_goal_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which goal this is."""
        return f"Goal/{self.source}"


class Step(models.Model):
    """A step of a plan that is made here (a Task of kind plan-step)."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    status = models.TextField()
    open = models.BooleanField()
    words = models.TextField()
    owner = models.TextField()
    owner_name = models.TextField()
    due_on = models.TextField()
    goal = models.TextField()

    class Meta:
        db_table = "care_plans_step"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "open"], name="care_plans_step_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which step this is."""
        return f"Task/{self.source}"


class Review(models.Model):
    """When a plan is looked at next (an open Task of kind plan-review). ``plan`` is its id."""

    pk = models.CompositePrimaryKey("org", "source")
    org = models.IntegerField()
    source = models.TextField()
    patient = models.TextField()
    plan = models.TextField()
    on = models.TextField()

    class Meta:
        db_table = "care_plans_review"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["org", "patient", "on"], name="care_plans_review_patient")
        ]

    @override
    def __str__(self) -> str:
        """Return which review this is."""
        return f"Task/{self.source}"
