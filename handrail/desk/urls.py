"""The addresses of the desk."""

from __future__ import annotations

from django.urls import path

from handrail.desk.screens import drafts, patient, plain_text, settings, timeline, today, work

urlpatterns = [
    path("", today.today, name="today"),
    path("news", today.news, name="news"),
    path("tasks/many", work.many, name="work-many"),
    path("tasks/<str:task>/<str:verb>", work.act, name="work"),
    path("undo", work.undo, name="undo"),
    path("drafts", drafts.drafts, name="drafts"),
    path("settings", settings.settings, name="settings"),
    path("patients/<str:patient>", patient.patient, name="patient"),
    path("patients/<str:patient>/text", plain_text.plain_text, name="patient-text"),
    path("patients/<str:patient>/notes", patient.notes, name="notes"),
    path("patients/<str:patient>/timeline", timeline.timeline, name="timeline"),
]
