"""The addresses of registration."""

from __future__ import annotations

from django.urls import path

from handrail.duties.registration.screens import find, people

urlpatterns = [
    path("find", find.find, name="find"),
    path("register", find.register, name="register"),
    path("patients/<str:patient>/people", people.people, name="people"),
    path("patients/<str:patient>/details", people.details, name="details"),
    path("patients/<str:patient>/death", people.death, name="death"),
    path("patients/<str:patient>/talk", people.talk, name="talk"),
    path("patients/<str:patient>/talk/<str:related>", people.talk, name="talk-to"),
    path("patients/<str:patient>/talk/<str:related>/revoke", people.revoke, name="revoke"),
]
