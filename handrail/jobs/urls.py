"""The address of the queue."""

from __future__ import annotations

from django.urls import path

from handrail.jobs import screens

urlpatterns = [path("settings/jobs", screens.jobs, name="jobs")]
