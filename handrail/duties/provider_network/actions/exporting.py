"""Giving other systems what was told about an office."""

from __future__ import annotations

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.provider_network.actions.looking import see_office
from handrail.fhir.directory.exporting import Exporting, bundle
from handrail.fhir.instants import written
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import known


def export_answers(by: Principal, reference: str) -> Resource:
    """Return a Bundle: the role by Plan-Net, every answer, the plans, and a Provenance.

    Raises:
        NotFoundError: there is no such office.
    """
    seen = see_office(by, reference)
    answers = [one for plan in seen.plans for one in plan.every]
    plans = sorted({f"InsurancePlan/{one.plan}" for one in answers})
    with acting(by):
        kept = store.several(plans, by=by)
        results = store.several([f"VerificationResult/{one.id}" for one in answers], by=by)
        at = written(known(by.org).as_of)
    return bundle(
        Exporting(
            role=seen.role,
            around=list(seen.around.values()),
            answers=[one.resource for one in results.values()],
            standings=[plan.standing for plan in seen.plans],
            plans={stored.id: stored.resource for stored in kept.values()},
            by=(by.person, by.name),
            at=at,
        )
    )
