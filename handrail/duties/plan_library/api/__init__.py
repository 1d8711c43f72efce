"""FHIR operations of this room: ``PlanDefinition/$apply``."""

from __future__ import annotations

from handrail.duties.plan_library.api.apply import APPLY

OPERATIONS = (APPLY,)
