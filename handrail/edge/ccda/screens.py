"""Downloads of a plan for other systems: the C-CDA document and the FHIR Bundle."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Principal
from handrail.edge.ccda.asking import XML
from handrail.edge.ccda.document import care_plan
from handrail.edge.ccda.gathering import Gathered, gather
from handrail.fhir.errors import NotFoundError
from handrail.operation import FHIR_JSON
from handrail.record import store
from handrail.record.bundles import bundle, quoted
from handrail.record.known import known

_RANK = {"draft": 0, "on-hold": 0, "active": 1}


@open_to(*CARE)
def document(request: MemberRequest, patient: str) -> HttpResponse:
    """Send the plan as a C-CDA Care Plan document."""
    by = request.principal
    with acting(by):
        made = care_plan(_plan(request, by, patient), known(by.org).as_of)
    return _sent(made, XML, "care-plan.xml")


@open_to(*CARE)
def resources(request: MemberRequest, patient: str) -> HttpResponse:
    """Send the plan and all it refers to as a FHIR collection Bundle."""
    by = request.principal
    with acting(by):
        gathered = _plan(request, by, patient)
        base = request.build_absolute_uri("/fhir")
        entries = [
            b'{"fullUrl":%b,"resource":%b}' % (quoted(f"{base}/{one.reference}"), one.body)
            for one in gathered.stored.values()
        ]
    return _sent(bundle("collection", entries), FHIR_JSON, "care-plan.json")


def _plan(request: MemberRequest, by: Principal, patient: str) -> Gathered:
    """Return the plan that is named, else the draft or the agreed one, with what it refers to."""
    require(by, "read", "Patient", patient)
    plans = [one.resource for one in store.of_patient(patient, "CarePlan", by=by)]
    wanted = request.GET.get("version", "")[:64]
    if wanted:
        found = [one for one in plans if one["id"] == wanted]
    else:
        found = [one for one in plans if one.get("status") in _RANK and one["intent"] == "plan"]
        found.sort(key=lambda one: str(one.get("created", "")), reverse=True)
        found.sort(key=lambda one: _RANK[str(one["status"])])
    if not found:
        raise NotFoundError(_("This person has no such plan."))
    return gather(by, str(found[0]["id"]))


def _sent(made: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(made, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
