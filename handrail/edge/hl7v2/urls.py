"""The addresses of hospital messages."""

from __future__ import annotations

from django.urls import path

from handrail.edge.hl7v2 import screens

urlpatterns = [
    path("messages", screens.messages, name="hospital-messages"),
    path("messages/<str:identity>", screens.message, name="hospital-message"),
    path("messages/<str:identity>/<str:verb>", screens.decide, name="hospital-message-verb"),
]
