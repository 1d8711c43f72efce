"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.care_plans.screens import agreeing, plan, progress, suggestions, versions

urlpatterns = [
    path("patients/<str:patient>/plan", plan.plan, name="care-plan"),
    path(
        "patients/<str:patient>/plan/suggestions", suggestions.suggestions, name="plan-suggestions"
    ),
    path("patients/<str:patient>/plan/agree", agreeing.agree, name="plan-agree"),
    path("patients/<str:patient>/plan/versions", versions.versions, name="plan-versions"),
    path("patients/<str:patient>/plan/progress", progress.progress, name="plan-progress"),
]
