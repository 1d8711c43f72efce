"""The Django application of the job queue."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Work that is done later."""

    name = "handrail.jobs"
    label = "jobs"
    verbose_name = "Jobs"
