"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.transitions import screens

urlpatterns = [path("transitions", screens.transitions, name="transitions")]
