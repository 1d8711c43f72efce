"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.needs.screens import adding, everybody, patient

urlpatterns = [
    path("needs", everybody.everybody, name="needs"),
    path("patients/<str:patient>/needs", patient.needs, name="patient-needs"),
    path("patients/<str:patient>/needs/new", adding.new, name="new-need"),
    path("patients/<str:patient>/needs/<str:need>", patient.need, name="patient-need"),
]
