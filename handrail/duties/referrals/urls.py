"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.referrals.screens import begin

urlpatterns = [
    path("patients/<str:patient>/referrals/new", begin.new, name="new-referral"),
]
