"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.incoming_referrals.screens import form, queue, triage

urlpatterns = [
    path("incoming", queue.queue, name="incoming"),
    path("incoming/add", queue.add, name="incoming-add"),
    path("incoming/documents/<str:identity>", queue.document, name="incoming-document"),
    path("incoming/documents/<str:identity>/<int:place>", queue.piece, name="incoming-piece"),
    path("incoming/requests/<str:identity>", queue.request_, name="incoming-request"),
    path("incoming/triage/<str:identity>", triage.triage, name="incoming-triage"),
    path("settings/referral-form", form.settings, name="incoming-form-settings"),
    path("ask/<int:org>", form.form, name="incoming-form"),
]
