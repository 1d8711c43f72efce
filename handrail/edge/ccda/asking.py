"""``CarePlan/[id]/$ccda``: a care plan as a C-CDA Care Plan document.

Handrail's own operation: FHIR has none that gives a CDA document. GET, no parameters; the answer is
``application/xml``.
"""

from __future__ import annotations

from handrail.access.database import acting
from handrail.edge.ccda.document import care_plan
from handrail.edge.ccda.gathering import gather
from handrail.operation import Answer, Asked, Operation
from handrail.record.known import known

XML = "application/xml; charset=utf-8"


def ccda(asked: Asked) -> Answer:
    """Answer with the document."""
    with acting(asked.by):
        made = care_plan(gather(asked.by, asked.id), known(asked.by.org).as_of)
    return Answer(stream=[made], content_type=XML, headers=[("Cache-Control", "no-store")])


CCDA = Operation(
    name="ccda",
    definition="urn:handrail:operation:careplan-ccda",
    does="Gives a care plan as a C-CDA R2.1 Care Plan document (XML).",
    answer=ccda,
    types=frozenset({"CarePlan"}),
    on_instance=True,
)
