"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.check_ins.screens import contacts, patient

urlpatterns = [
    path("contacts", contacts.save, name="contacts"),
    path("contacts/preview", contacts.preview, name="contacts-preview"),
    path("contacts/<str:task>", contacts.one, name="contact"),
    path("patients/<str:patient>/contacts", patient.contacts, name="patient-contacts"),
    path("patients/<str:patient>/contacts/new", contacts.new, name="new-contact"),
    path("patients/<str:patient>/steps/new", patient.new_step, name="new-step"),
]
