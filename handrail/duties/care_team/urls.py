"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.care_team.screens import permission, team

urlpatterns = [
    path("patients/<str:patient>/team", team.team, name="care-team"),
    path("patients/<str:patient>/team/<int:place>", team.member, name="team-member"),
    path("patients/<str:patient>/team/<int:place>/leave", team.leave, name="team-leave"),
    path(
        "patients/<str:patient>/team/family/<str:related>",
        permission.permission,
        name="family-permission",
    ),
    path(
        "patients/<str:patient>/team/family/<str:related>/revoke",
        permission.revoke,
        name="family-revoke",
    ),
]
