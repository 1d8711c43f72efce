"""Made-up forms, answers and rules for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from handrail.fhir.calendar import Calendar
from handrail.fhir.resource import Resource, codings
from handrail.fhir.rulebook import Rule, Rulebook

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=NEW_YORK)
HUNGER = "http://example.org/Questionnaire/hunger"
OFTEN, SOMETIMES, NEVER = "LA28397-0", "LA6729-3", "LA28398-8"


def rule(identity: str, **values: object) -> Rule:
    return Rule(id=identity, title=identity, source="test", values=values)


RULES = (
    rule("needs-review.recent", days=365),
    rule("needs-review.ask-again", days=90, most_days=400),
    rule("needs-review.codes", codes=[["Z59.41", "Not enough food", "food-insecurity"]]),
    rule(
        "need.88122-7",
        items=["88122-7"],
        answers=[OFTEN, SOMETIMES],
        kind="need",
        domain="food-insecurity",
        category="sdoh",
        text="Worries that food runs out",
        text_es="Le preocupa la comida",
        icd10cm="Z59.41",
        icd10cm_display="Food insecurity",
        ask_again_days=30,
    ),
    rule(
        "need.88123-5",
        items=["88123-5"],
        answers=[OFTEN, SOMETIMES],
        kind="need",
        domain="food-insecurity",
        category="sdoh",
        text="Food did not last",
        icd10cm="Z59.41",
    ),
    rule(
        "need.44261-6",
        items=["44261-6"],
        at_least=10,
        kind="need",
        domain="",
        category="",
        text="Signs of depression",
        icd10cm="",
    ),
    rule(
        "need.93029-7",
        items=["93029-7"],
        answers=["LA30136-8"],
        kind="strength",
        domain="protective-factor",
        category="",
        text="Sees people often",
        icd10cm="",
    ),
    rule("need.75626-2", items=["75626-2"], answers=["POS"], text="Drinking that may harm"),
    rule("need.trouble", items=["trouble"], answers=["pain"], text="Pain on most days"),
    rule("need.trouble.2", items=["trouble"], answers=["seeing"], text="Trouble seeing"),
    rule(
        "need.72133-2",
        items=["72133-2"],
        at_most=25,
        kind="need",
        domain="",
        category="cognitive-status",
        text="Trouble remembering",
        icd10cm="",
    ),
)


@dataclass
class Knowing:
    """What a rule may know, in memory."""

    as_of: datetime = NOW
    calendar: Calendar = field(default_factory=lambda: Calendar(NEW_YORK))
    rules: Rulebook = field(default_factory=lambda: Rulebook(RULES))
    pool: str = "CareTeam/intake"
    resources: dict[str, Resource] = field(default_factory=dict)

    def add(self, *resources: Resource) -> Knowing:
        for one in resources:
            self.resources[f"{one['resourceType']}/{one['id']}"] = one
        return self

    def read(self, reference: str) -> Resource | None:
        return self.resources.get(reference)

    def of_patient(self, patient: str, resource_type: str) -> list[Resource]:
        return [
            one
            for one in self.resources.values()
            if one["resourceType"] == resource_type
            and (one.get("subject") or one.get("for") or {}).get("reference")
            == f"Patient/{patient}"
        ]

    def coded(self, patient, resource_type, system, codes) -> list[Resource]:
        wanted = {(system, code) for code in codes}
        found = self.of_patient(patient, resource_type)
        return [one for one in found if wanted & set(codings(one.get("code")))]

    def defined(self, resource_type: str, canonical: str) -> Resource | None:
        return next(
            (
                one
                for one in self.resources.values()
                if one["resourceType"] == resource_type and one.get("url") == canonical
            ),
            None,
        )


def form(url: str = HUNGER) -> Resource:
    """A form whose linkIds say nothing: the codes are in the Questionnaire alone."""
    return {
        "resourceType": "Questionnaire",
        "id": "hunger",
        "url": url,
        "status": "active",
        "title": "Hunger Vital Sign",
        "item": [
            {
                "linkId": "g",
                "type": "group",
                "item": [
                    {
                        "linkId": link,
                        "type": "choice",
                        "text": text,
                        "code": [{"system": "http://loinc.org", "code": code}],
                    }
                    for link, code, text in (
                        ("q1", "88122-7", "We worried whether our food would run out."),
                        ("q2", "88123-5", "The food that we bought just did not last."),
                    )
                ],
            }
        ],
    }


def coding(link: str, code: str, display: str = "") -> Resource:
    value = {"system": "http://loinc.org", "code": code, "display": display or code}
    return {"linkId": link, "answer": [{"valueCoding": value}]}


def number(link: str, value: int) -> Resource:
    return {"linkId": link, "answer": [{"valueInteger": value}]}


def response(
    *items: Resource,
    identity: str = "r1",
    status: str = "completed",
    authored: str = "2026-11-20T13:00:00-05:00",
    questionnaire: str = HUNGER,
    patient: str = "maria",
) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": identity,
        "status": status,
        "questionnaire": questionnaire,
        "authored": authored,
        "subject": {"reference": f"Patient/{patient}"},
        "item": [{"linkId": "g", "item": list(items)}],
    }


def score(code: str, value: int, of: str = "r1", identity: str = "score") -> Resource:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": "PHQ-9 total"},
        "subject": {"reference": "Patient/maria"},
        "effectiveDateTime": "2026-11-20T13:00:00-05:00",
        "valueInteger": value,
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{of}"}],
    }


def diagnosis(identity: str, *codes: tuple[str, str], text: str = "", **more: object) -> Resource:
    return {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "category": [{"coding": [{"code": "problem-list-item"}]}],
        "code": {"coding": [{"system": s, "code": c} for s, c in codes], "text": text},
        "subject": {"reference": "Patient/maria"},
        **more,
    }
