"""FHIR operations of this room, by SDC: ``Questionnaire/$populate``, ``…Response/$extract``."""

from __future__ import annotations

from handrail.duties.intake.api.extract import EXTRACT
from handrail.duties.intake.api.populate import POPULATE

OPERATIONS = (POPULATE, EXTRACT)
