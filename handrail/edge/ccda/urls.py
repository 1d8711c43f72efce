"""The addresses of this adapter."""

from __future__ import annotations

from django.urls import path

from handrail.edge.ccda import screens

urlpatterns = [
    path("patients/<str:patient>/plan/ccda", screens.document, name="plan-ccda"),
    path("patients/<str:patient>/plan/bundle", screens.resources, name="plan-bundle"),
]
