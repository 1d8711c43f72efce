"""The Care Plan document (C-CDA R2.1, document template 2.16.840.1.113883.10.20.22.1.15)."""

from __future__ import annotations

from datetime import datetime

from handrail.edge.ccda.gathering import Gathered
from handrail.edge.ccda.header import header
from handrail.edge.ccda.sections.concerns import concerns
from handrail.edge.ccda.sections.goals import goals
from handrail.edge.ccda.sections.interventions import interventions
from handrail.edge.ccda.sections.outcomes import outcomes
from handrail.edge.ccda.sections.team import team
from handrail.edge.ccda.writing import NAMESPACES, el, written


def care_plan(gathered: Gathered, now: datetime) -> bytes:
    """Return a plan as a document of ``now`` (with its time zone), as XML in UTF-8.

    The same plan at the same moment gives the same document.
    """
    body = el(
        "structuredBody",
        concerns(gathered),
        goals(gathered),
        interventions(gathered),
        outcomes(gathered),
        team(gathered),
    )
    document = el("ClinicalDocument", header(gathered, now), el("component", body))
    for name, value in NAMESPACES.items():
        document.set(name, value)
    return written(document)
