"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.intake.screens import importing, library, paper

_FORM = "assessments/library/<str:questionnaire>"

urlpatterns = [
    path("assessments/library", library.shelf, name="form-library"),
    path("assessments/library/import", importing.bring_in, name="form-import"),
    path(_FORM, library.form, name="form"),
    path(f"{_FORM}/json", library.download, name="form-json"),
    path(f"{_FORM}/paper", paper.blank, name="form-paper"),
    path(f"{_FORM}/permission", library.permit, name="form-permission"),
    path(f"{_FORM}/state", library.switch, name="form-state"),
    path(
        "patients/<str:patient>/assessments/paper/<str:questionnaire>",
        paper.personal,
        name="patient-form-paper",
    ),
]
