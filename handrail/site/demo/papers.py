"""A story's words as FHIR R4 resources: who somebody is, how to reach them, who pays, what ails."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from handrail.duties.registration.resources import (
    IDENTIFIER_TYPES,
    INTERPRETER,
    LANGUAGES,
    MAY_DISCUSS,
    MESSAGE_CONSENT,
    MRN_SYSTEM,
    RELATIONSHIPS,
    SNOMED,
)
from handrail.duties.registration.rules.details import RELATIONSHIP_CODES
from handrail.fhir.resource import Resource, concept, reference
from handrail.site.demo import towns
from handrail.site.demo.days import Days, dice, identity, stamp
from handrail.site.demo.measures import measured
from handrail.site.demo.words import CONDITIONS, LANGUAGE_NAMES, MEDICINES

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_LOINC = "http://loinc.org"
_NOTES = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
_AREA_CODES = (202, 303, 404, 505)
_FICTION = 100  # numbers 555-0100 to 555-0199 are kept for fiction in every area

Story = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paper:
    """Writes the resources of one story. ``number`` counts people: each has phones of their own."""

    story: Story
    number: int
    days: Days

    @property
    def patient(self) -> str:
        """Return the id of the Patient."""
        return identity(self.story["key"])

    def id(self, *about: object) -> str:
        """Return the id of something that belongs to this person."""
        return identity(self.story["key"], *about)

    @property
    def subject(self) -> dict[str, str]:
        """Return the reference to the Patient."""
        return reference(f"Patient/{self.patient}")

    @property
    def born(self) -> date:
        """Return the birth date: the age is what a story knows."""
        if "days_old" in self.story:
            return self.days.on(-int(self.story["days_old"]))
        since = dice(self.story["key"], "birthday").randrange(365)
        return self.days.on(-since) - timedelta(days=round(int(self.story["age"]) * 365.25))

    def about(self) -> Iterator[Resource]:
        """Yield all that is known of the person apart from what happens."""
        yield self.person()
        yield from self.relatives()
        yield from self.coverages()
        yield from self.conditions()
        yield from self.medicines()
        yield from self.allergies()

    def person(self) -> Resource:
        """Return the Patient."""
        story = self.story
        patient: Resource = {
            "resourceType": "Patient",
            "id": self.patient,
            "identifier": [
                {
                    "use": "usual",
                    "type": concept(f"{IDENTIFIER_TYPES}", "MR", "Medical record number"),
                    "system": MRN_SYSTEM,
                    "value": f"HL-{104100 + self.number * 7}",
                }
            ],
            "active": True,
            "name": [
                {
                    "use": "official",
                    "family": story["family"],
                    "given": str(story["given"]).split(),
                }
            ],
            "telecom": list(self._telecom(story.get("phones", ["mobile"]), "own")),
            "gender": story["gender"],
            "birthDate": self.born.isoformat(),
            "communication": [{"language": _language(story["language"]), "preferred": True}],
        }
        if "lives" in story:
            line, _, city = str(story["lives"]).partition(", ")
            patient["address"] = [{"use": "home", **towns.address(line, city)}]
        if "interpreter" in story:
            code = ("373066001", "Yes") if story["interpreter"] else ("373067005", "No")
            coding = {"system": SNOMED, "code": code[0], "display": code[1]}
            patient["extension"] = [{"url": INTERPRETER, "valueCoding": coding}]
        if not patient["telecom"]:
            del patient["telecom"]
        return patient

    def _telecom(self, phones: Iterable[str], whose: str) -> Iterator[Resource]:
        """Yield phones said as "mobile yes": what for, and whether a message may be left."""
        for rank, phone in enumerate(phones, 1):
            use, _, message = phone.partition(" ")
            point: Resource = {
                "system": "phone",
                "value": self._number(whose, rank),
                "use": use,
                "rank": rank,
            }
            if message in {"yes", "no"}:
                point["extension"] = [{"url": MESSAGE_CONSENT, "valueCode": message}]
            yield point

    def _number(self, whose: str, rank: int) -> str:
        """Return a number that can be nobody's. One of its own for a person's first phone."""
        if whose == "own" and rank == 1:
            area, last = divmod(self.number, _FICTION)
            return f"{_AREA_CODES[area % 2]}-555-01{last:02}"
        chance = dice(self.story["key"], whose, rank)
        return f"{chance.choice(_AREA_CODES[2:])}-555-01{chance.randrange(_FICTION):02}"

    def relatives(self) -> Iterator[Resource]:
        """Yield the RelatedPersons, with what we may talk to them about and until when."""
        for place, who in enumerate(self.story.get("people", ())):
            given, _, family = str(who["name"]).rpartition(" ")
            related: Resource = {
                "resourceType": "RelatedPerson",
                "id": self.id("related", place),
                "active": True,
                "patient": self.subject,
                "relationship": [
                    concept(RELATIONSHIPS, who["is"], text=RELATIONSHIP_CODES[who["is"]])
                ],
                "name": [{"text": who["name"], "family": family, "given": given.split()}],
                "telecom": list(self._telecom([who.get("phone", "mobile")], f"related{place}")),
            }
            if "may" in who:
                related["extension"] = [{"url": MAY_DISCUSS, "valueCode": who["may"]}]
                related["period"] = {"start": self.days.on(-200).isoformat()}
            if "ends" in who:
                related["period"]["end"] = self.days.on(int(who["ends"])).isoformat()
            yield related

    def coverages(self) -> Iterator[Resource]:
        """Yield a Coverage for each payer."""
        for place, payer in enumerate(self.story.get("insurance", ())):
            yield {
                "resourceType": "Coverage",
                "id": self.id("coverage", place),
                "status": "active",
                "type": {"text": payer},
                "subscriberId": f"DEMO{self.number:04}{place}",
                "beneficiary": self.subject,
                "relationship": concept(f"{_HL7}/subscriber-relationship", "self", "Self"),
                "period": {"start": self.days.on(-500).replace(month=1, day=1).isoformat()},
                "payor": [{"display": payer}],
                "order": place + 1,
            }

    def conditions(self) -> Iterator[Resource]:
        """Yield a Condition for each key of ``conditions.toml``."""
        for place, key in enumerate(self.story.get("conditions", ())):
            known = CONDITIONS[key]
            years = dice(self.story["key"], key).randrange(1, 9)
            onset = max(self.born, self.days.on(-365 * years))
            codings = [
                {"system": system, "code": known[name], "display": known["text"]}
                for name, system in (("snomed", SNOMED), ("icd10", ICD10))
                if name in known
            ]
            yield {
                "resourceType": "Condition",
                "id": self.id("condition", place),
                "clinicalStatus": concept(f"{_HL7}/condition-clinical", "active"),
                "verificationStatus": concept(f"{_HL7}/condition-ver-status", "confirmed"),
                "category": [
                    concept(f"{_HL7}/condition-category", "problem-list-item", "Problem List Item")
                ],
                "code": {"coding": codings, "text": known["text"]},
                "subject": self.subject,
                "onsetDateTime": onset.isoformat(),
                "recordedDate": onset.isoformat(),
            }

    def medicines(self) -> Iterator[Resource]:
        """Yield a MedicationRequest for each line such as "furosemide 40 mg: once a day"."""
        for place, line in enumerate(self.story.get("medicines", ())):
            name, _, dose = str(line).partition(": ")
            medicine: Resource = {"text": name}
            if code := MEDICINES.get(name.split()[0]):
                medicine["coding"] = [{"system": _RXNORM, "code": code, "display": name.split()[0]}]
            ago = dice(self.story["key"], name).randrange(20, 300)
            authored = max(self.born, self.days.on(-ago))
            yield {
                "resourceType": "MedicationRequest",
                "id": self.id("medicine", place),
                "status": "active",
                "intent": "order",
                "medicationCodeableConcept": medicine,
                "subject": self.subject,
                "authoredOn": authored.isoformat(),
                "requester": {"display": self.story.get("doctor", "Dr. Irina Faro")},
                "dosageInstruction": [{"text": dose or "as directed"}],
            }

    def allergies(self) -> Iterator[Resource]:
        """Yield an AllergyIntolerance for each line such as "penicillin: hives"."""
        for place, line in enumerate(self.story.get("allergies", ())):
            what, _, reaction = str(line).partition(": ")
            allergy: Resource = {
                "resourceType": "AllergyIntolerance",
                "id": self.id("allergy", place),
                "clinicalStatus": concept(f"{_HL7}/allergyintolerance-clinical", "active"),
                "verificationStatus": concept(
                    f"{_HL7}/allergyintolerance-verification", "confirmed"
                ),
                "code": {"text": what},
                "patient": self.subject,
            }
            if reaction:
                allergy["reaction"] = [{"manifestation": [{"text": reaction}]}]
            yield allergy

    def measured(self, day: int, kind: str, values: Sequence[Any], every: int) -> list[Resource]:
        """Return Observations of one kind, the last of them on ``day``, ``every`` days apart."""
        return measured(self, day, kind, values, every)

    def told(self, day: int, question: str, answer: str) -> Resource:
        """Return what the person said about their life."""
        return {
            "resourceType": "Observation",
            "id": self.id("told", question),
            "status": "final",
            "category": [
                concept(f"{_HL7}/observation-category", "social-history", "Social History")
            ],
            "code": {"text": question},
            "subject": self.subject,
            "effectiveDateTime": self.days.on(day).isoformat(),
            "valueString": answer,
        }

    def note(self, day: int, title: str, text: str, author: str) -> Resource:
        """Return a plain note from somewhere else, such as a discharge summary."""
        code = {"Discharge summary": "18842-5", "Progress note": "11506-3"}.get(title, "34109-9")
        at = stamp(self.days.at(day, 15))
        return {
            "resourceType": "DocumentReference",
            "id": self.id("note", day, title),
            "status": "current",
            "docStatus": "final",
            "type": concept(_LOINC, code, title, text=title),
            "category": [concept(_NOTES, "clinical-note", "Clinical Note")],
            "subject": self.subject,
            "date": at,
            "author": [{"display": author}],
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain; charset=utf-8",
                        "data": b64encode(text.encode()).decode(),
                        "title": title,
                        "creation": at,
                    }
                }
            ],
        }


def _language(code: str) -> Resource:
    name = LANGUAGE_NAMES[code]
    return concept(LANGUAGES, code, name, text=name)
