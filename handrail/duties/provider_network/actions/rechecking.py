"""Whom the clock looks at: those who rely on an office's answer, or wait for it to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from handrail.duties.provider_network.models import Asking, Relying
from handrail.duties.provider_network.models import Told as ToldRow
from handrail.duties.provider_network.resources import RECHECK, name_of, plans_of
from handrail.duties.provider_network.rules.rechecking import Reliance, Relied, proposals
from handrail.fhir.change import Known
from handrail.fhir.directory.telling import Answer, Told
from handrail.fhir.resource import Resource, target_of


def candidates(_known: Known) -> Iterable[str]:
    """Return the patients whose referral or visit relies on an office that has answered."""
    told = ToldRow.objects.values("about")
    relying = Relying.objects.filter(about__in=told).values_list("patient", flat=True)
    asking = Asking.objects.filter(kind=RECHECK).values_list("patient", flat=True)
    return sorted({*relying, *asking})


def recheck(patient: str, known: Known) -> Iterable[Resource]:
    """Propose what is asked again for one patient; the answers come from the projection."""
    rows = Relying.objects.filter(patient=patient).order_by("about", "visit_on")
    on = [Reliance(about=row.about, visit_on=row.visit_on) for row in rows]
    told = told_about({one.about for one in on})
    return list(
        proposals(
            Relied(
                patient=patient,
                plans=plans_of(known.of_patient(patient, "Coverage")),
                on=on,
                told=told,
                names={about: _name(about, known) for about in told},
            ),
            known,
        )
    )


def _name(about: str, known: Known) -> str:
    role = known.read(about) or {}
    person = known.read(target_of(role.get("practitioner"))) or {}
    office = known.read(target_of(role.get("organization"))) or {}
    return name_of(person) or name_of(role) or name_of(office)


def told_about(offices: Iterable[str]) -> Mapping[str, Sequence[Told]]:
    """Return what these offices said, by office: all of it, whatever the plan."""
    found: dict[str, list[Told]] = {}
    for row in ToldRow.objects.filter(about__in=sorted(offices)):
        found.setdefault(row.about, []).append(told_of_row(row))
    return found


def told_of_row(row: ToldRow) -> Told:
    """Return the answer in a row of the projection."""
    return Told(
        about=(row.about,),
        plan=row.plan,
        plan_name=row.plan_name,
        answer=Answer(row.answer),
        told_at=row.told_at,
        recorder=row.recorded_by,
        recorder_name=row.recorded_name,
        new_patients=row.new_patients,
        wait_days=row.wait_days,
        earliest_on=row.earliest_on,
        languages=tuple(row.languages.split()),
        told_by=row.told_by,
        reference_number=row.reference_number,
        via=row.via,
        stands=row.stands,
        id=row.source,
    )
