"""Addresses of signing in and of the settings."""

from __future__ import annotations

from django.urls import path

from handrail.access import signin
from handrail.access.screens import office, people

urlpatterns = [
    path("sign-in", signin.sign_in, name="sign-in"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("organization", signin.choose_organization, name="choose-organization"),
    path("stay", signin.stay, name="stay"),
    path("break-glass", signin.open_record, name="break-glass"),
    path("settings/organization", people.organization, name="organization-settings"),
    path("settings/password", signin.change_password, name="change-password"),
    path("settings/members", people.members, name="members"),
    path("settings/members/<str:practitioner>", people.one_member, name="member"),
    path("settings/teams", people.teams, name="teams"),
    path("settings/teams/name", people.name_team, name="name-team"),
    path("settings/covers", people.covers, name="covers"),
    path("settings/office", office.hours, name="office"),
    path("settings/keys", office.api_keys, name="api-keys"),
    path("settings/audit", office.trail, name="audit"),
]
