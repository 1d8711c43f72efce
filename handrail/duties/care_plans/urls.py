"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.care_plans.screens import (
    agreeing,
    papers,
    plan,
    progress,
    suggestions,
    versions,
)

urlpatterns = [
    path("patients/<str:patient>/plan", plan.plan, name="care-plan"),
    path(
        "patients/<str:patient>/plan/suggestions", suggestions.suggestions, name="plan-suggestions"
    ),
    path("patients/<str:patient>/plan/agree", agreeing.agree, name="plan-agree"),
    path("patients/<str:patient>/plan/versions", versions.versions, name="plan-versions"),
    path("patients/<str:patient>/plan/progress", progress.progress, name="plan-progress"),
    path("patients/<str:patient>/plan/pdf", papers.whole_pdf, name="plan-pdf"),
    path("patients/<str:patient>/plan/plain", papers.plain, name="plan-plain"),
    path("patients/<str:patient>/plan/plain/pdf", papers.plain_pdf, name="plan-plain-pdf"),
]
