"""What one needs beside a referral to talk about it: whom to call, what may be said, what left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.people import organization_name
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.reading import now, require_care
from handrail.duties.referrals.models import Referral
from handrail.duties.referrals.rules.follow_ups import referral_behind
from handrail.duties.referrals.rules.reasons import (
    Closing,
    Decline,
    Outcome,
    closings,
    declines,
    outcomes,
)
from handrail.duties.referrals.rules.wanting import Circumstances, circumstances
from handrail.fhir import work
from handrail.fhir.disclosing import (
    Disclosable,
    Disclosure,
    LeftOut,
    behind,
    disclosable,
    disclosures,
)
from handrail.fhir.errors import NotFoundError
from handrail.fhir.people import phones_of, spoken_name
from handrail.fhir.referring import names
from handrail.fhir.resource import Resource, code_of, id_of, reference_to
from handrail.record import store


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a referral.

    ``name`` is how the person is spoken to, ``phones`` their numbers, ``family`` (reference, name)
    of relatives. ``sent`` is what left the house for the request, each with what stayed here;
    ``consents`` are those in force.
    ``house`` is what we are called, ``me`` who asks.
    """

    me: str
    house: str
    name: str
    phones: Sequence[str]
    language: str
    family: Sequence[tuple[str, str]]
    around: Circumstances
    sent: Sequence[tuple[Disclosure, Sequence[LeftOut]]]
    consents: Sequence[Disclosable]
    declines: Mapping[str, Decline]
    outcomes: Mapping[str, Outcome]
    closings: Mapping[str, Closing]


def see_beside(by: Principal, patient: str, request: str = "") -> Beside:
    """Return what stands beside the referrals of a person; the look is audited.

    Args:
        by: who asks.
        patient: the id of whom it is for.
        request: the id of the ServiceRequest whose sendings are wanted; empty: none are.
    """
    require_care(by, patient)
    with acting(by):
        facts = now(by)
        person = facts.read(f"Patient/{patient}") or {}
        related = facts.of_patient(patient, "RelatedPerson")
        coverages = facts.of_patient(patient, "Coverage")
        said = facts.of_patient(patient, "Communication") if request else ()
        notes = facts.of_patient(patient, "Basic") if request else ()
        agreed = facts.of_patient(patient, "Consent") if request else ()
        looked = ["RelatedPerson?patient", "Coverage?patient"]
        looked += ["Communication?patient", "Basic?patient", "Consent?patient"] if request else []
        audit.read(by, looked, None, patient)
        day = facts.as_of.date()
        rules = facts.rules
        called = organization_name(by.org)
    around = circumstances(person, coverages)
    return Beside(
        me=by.name,
        house=called,
        name=spoken_name(person),
        phones=phones_of(person),
        language=around.language,
        family=[
            (reference_to(one), spoken_name(one)) for one in related if one.get("active", True)
        ],
        around=around,
        sent=_sent(said, notes, request),
        consents=[one for each in agreed if (one := disclosable(each)) and one.holds(day)],
        declines=declines(rules, day),
        outcomes=outcomes(rules, day),
        closings=closings(rules, day),
    )


def _sent(
    said: Iterable[Resource], notes: Iterable[Resource], request: str
) -> list[tuple[Disclosure, Sequence[LeftOut]]]:
    kept = dict(map(behind, notes))
    mine = (
        one
        for one in said
        if any(id_of(ref, "ServiceRequest") == request for ref in one.get("basedOn", ()))
    )
    ours = (one for one in mine if not one.get("received"))
    found = [(one, kept.get(one.id, ())) for one in disclosures(ours)]
    return sorted(found, key=lambda pair: pair[0].at)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Work about a referral: ``task`` is the referral's Task it is shown with."""

    id: str
    kind: str
    task: str
    request: str
    patient: str
    step: str
    why: str


def follow_up(by: Principal, task: str) -> FollowUp:
    """Return the work of deciding, reviewing or asking, with the referral it is about.

    Raises:
        NotFoundError: it is no such work, or the referral is not there any more.
    """
    with acting(by):
        found = store.read(f"Task/{task}", by=by).resource
        request = id_of(found.get("focus"), "ServiceRequest")
        rows = Referral.objects.filter(org=by.org, request=request).order_by("-since", "source")
        behind_it = referral_behind(found) or rows.values_list("source", flat=True).first()
    if work.kind_of(found) not in names.FOLLOW_UPS or not behind_it:
        raise NotFoundError(_("There is no such work about a referral."))
    return FollowUp(
        id=task,
        kind=work.kind_of(found),
        task=str(behind_it),
        request=request,
        patient=id_of(found.get("for"), "Patient"),
        step=code_of(found.get("reasonCode"), names.NEXT_STEP),
        why=str((found.get("reasonCode") or {}).get("text", "")),
    )
