"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.intake.screens import (
    answering,
    importing,
    library,
    listing,
    paper,
    protecting,
    script,
)

_FORM = "assessments/library/<str:questionnaire>"
_ONE = "assessments/<str:assessment>"
_SAFETY = f"{_ONE}/safety/<str:task>"

urlpatterns = [
    path("assessments/library", library.shelf, name="form-library"),
    path("assessments/library/import", importing.bring_in, name="form-import"),
    path(_FORM, library.form, name="form"),
    path(f"{_FORM}/json", library.download, name="form-json"),
    path(f"{_FORM}/paper", paper.blank, name="form-paper"),
    path(f"{_FORM}/permission", library.permit, name="form-permission"),
    path(f"{_FORM}/state", library.switch, name="form-state"),
    path("patients/<str:patient>/assessments/paper", paper.choose, name="patient-paper"),
    path(
        "patients/<str:patient>/assessments/paper/<str:questionnaire>",
        paper.personal,
        name="patient-form-paper",
    ),
    path("patients/<str:patient>/assessments", listing.assessments, name="assessments"),
    path("assessments/declined/<str:task>", answering.declined, name="assessment-declined"),
    path(_ONE, answering.one, name="assessment"),
    path(f"{_ONE}/answers", answering.answers, name="assessment-answers"),
    path(f"{_ONE}/script", script.script, name="assessment-script"),
    path(_SAFETY, protecting.protocol, name="safety-protocol"),
    path(f"{_SAFETY}/mistyped", protecting.mistyped, name="safety-mistyped"),
    path(f"{_ONE}/<str:verb>", answering.act, name="assessment-act"),
]
