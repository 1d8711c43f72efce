"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.provider_network.screens import calls, find, office

urlpatterns = [
    path("providers", find.providers, name="providers"),
    path("providers/new", office.new, name="new-provider"),
    path("providers/calls", calls.calls, name="provider-calls"),
    path("providers/<str:role>", office.provider, name="provider"),
    path("providers/<str:role>/answers.json", office.answers, name="provider-answers"),
]
