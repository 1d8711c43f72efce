"""The addresses of connections."""

from __future__ import annotations

from django.urls import path

from handrail.edge.connect import screens

urlpatterns = [
    path("settings/connections", screens.listed, name="connections"),
    path("connect/<str:connection>/jwks.json", screens.jwks, name="connect-jwks"),
    path("connect/<str:connection>/launch", screens.launch, name="connect-launch"),
    path("connect/<str:connection>/landed", screens.landed, name="connect-landed"),
    path("connect/<str:connection>/patient", screens.patient, name="connect-patient"),
]
