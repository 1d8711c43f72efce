"""Every event, on small invented messages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.edge.hl7v2.errors import RejectedError, UnreadableError
from handrail.edge.hl7v2.tests.memory import Memory
from handrail.edge.hl7v2.tests.messages import RECEIVED, adt, planned, ts
from handrail.fhir.text import write
from handrail.fhir.validation import validate

SYSTEM = "urn:handrail:authority:harborview"


def encounter(*raws):
    return Memory().apply_all(*raws).only("Encounter")


def patient(*raws):
    return Memory().apply_all(*raws).only("Patient")


def test_pid_becomes_a_patient_with_what_it_says_and_nothing_else():
    found = patient(adt("A28"))
    assert found["identifier"] == [
        {
            "type": {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}
                ]
            },
            "system": SYSTEM,
            "value": "70021",
        }
    ]
    assert found["name"] == [{"use": "official", "family": "DELGADO", "given": ["ROSA", "M"]}]
    assert (found["birthDate"], found["gender"]) == ("1952-03-14", "female")
    assert found["telecom"] == [{"system": "phone", "value": "(413)555-0134", "use": "home"}]
    assert found["communication"][0]["language"]["coding"][0]["code"] == "es"
    assert found["address"][0]["city"] == "MILLBROOK"
    assert found.keys() == {
        "resourceType", "id", "identifier", "name", "birthDate", "gender", "maritalStatus",
        "address", "telecom", "communication",
    }  # fmt: skip


def test_an_admission_is_an_encounter_in_progress():
    found = encounter(adt("A01", 0, pv1_44=ts(-1)))
    assert found["status"] == "in-progress"
    assert found["class"]["code"] == "IMP"
    assert found["period"] == {"start": "2026-11-18T07:00:00-05:00"}
    assert found["identifier"][0]["value"] == "V1001"
    assert found["location"][0]["location"]["display"] == "4EAST 412-A, HARBORVIEW"
    assert found["participant"][0]["individual"] == {
        "display": "DR NGOZI OKAFOR MD",
        "identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"},
    }


def test_a_transfer_keeps_where_the_patient_was():
    found = encounter(adt("A01"), adt("A02", 5, location="ICU^3^B^HARBORVIEW"))
    first, second = found["location"]
    assert first["status"] == "completed"
    assert first["period"]["end"] == second["period"]["start"] == "2026-11-18T13:00:00-05:00"
    assert second["location"]["display"] == "ICU 3-B, HARBORVIEW"


def test_a_cancelled_transfer_puts_the_patient_back():
    found = encounter(adt("A01"), adt("A02", 5, location="ICU^3^B^HARBORVIEW"), adt("A12", 6))
    assert [one["status"] for one in found["location"]] == ["active"]
    assert found["location"][0]["location"]["display"] == "4EAST 412-A, HARBORVIEW"


def test_a_discharge_finishes_the_encounter_and_says_where_to():
    found = encounter(adt("A01"), adt("A03", 50, pv1_45=ts(49), disposition="03"))
    assert found["status"] == "finished"
    assert found["period"]["end"] == "2026-11-20T09:00:00-05:00"
    assert found["hospitalization"]["dischargeDisposition"]["text"] == "Skilled nursing facility"


@pytest.mark.parametrize(
    "times",
    [
        {"pv1_45": ts(49)},
        {"pv1_46": ts(49)},
        {"pv1_44": ts(0), "pv1_46": ts(49)},
        {"pv1_43": ts(0), "pv1_44": ts(49)},
        {"pv1_45": ts(0), "pv1_46": ts(49)},
        {"pv1_44": ts(49), "occurred": ts(49)},
        {"occurred": ts(49)},
    ],
)
def test_a_discharge_time_one_place_off_is_found(times):
    found = encounter(adt("A01"), adt("A03", 50, **times))
    assert found["period"] == {
        "start": "2026-11-18T08:00:00-05:00",
        "end": "2026-11-20T09:00:00-05:00",
    }


def test_a_cancelled_discharge_takes_back_its_time_and_destination():
    found = encounter(adt("A01"), adt("A03", 50, pv1_45=ts(49), disposition="03"), adt("A13", 51))
    assert found["status"] == "in-progress"
    assert "end" not in found["period"]
    assert "hospitalization" not in found
    assert found["location"][0]["status"] == "active"


def test_an_emergency_visit_is_registered():
    found = encounter(adt("A04", patient_class="E"))
    assert (found["status"], found["class"]["code"]) == ("in-progress", "EMER")


def test_a_planned_admission_may_lie_ahead():
    found = encounter(adt("A05", patient_class="P", last="PV2||||||||20261201080000"))
    assert (found["status"], found["class"]["code"]) == ("planned", "PRENC")
    assert found["period"]["start"] == "2026-12-01T08:00:00-05:00"


def test_an_outpatient_becomes_an_inpatient():
    found = encounter(adt("A04", patient_class="E"), adt("A06", 4))
    assert (found["status"], found["class"]["code"]) == ("in-progress", "IMP")


def test_an_update_after_the_discharge_changes_facts_but_not_the_status():
    found = encounter(
        adt("A01"),
        adt("A03", 50, disposition="01"),
        adt("A08", 55, disposition="06", attending="^SILVA^JOAO"),
    )
    assert found["status"] == "finished"
    assert found["hospitalization"]["dischargeDisposition"]["coding"][0]["code"] == "06"
    assert found["participant"][0]["individual"]["display"] == "JOAO SILVA"


def test_an_update_that_tells_of_a_discharge_ends_the_stay():
    found = encounter(adt("A01"), adt("A08", 55, pv1_44=ts(0), pv1_45=ts(54)))
    assert found["status"] == "finished"


def test_a_cancelled_admission_is_a_cancelled_encounter():
    assert encounter(adt("A01"), adt("A11", 1))["status"] == "cancelled"


def test_a_cancelled_admission_from_the_emergency_room_leaves_the_patient_there():
    found = encounter(adt("A04", patient_class="E"), adt("A01", 3), adt("A11", 4))
    assert found["status"] == "in-progress"


@pytest.mark.parametrize("event", ["A28", "A31"])
def test_news_of_a_person_makes_no_encounter(event):
    memory = Memory().apply_all(adt(event, last="PV1|1|N"))
    assert not memory.visits


def test_next_of_kin_become_related_persons():
    nk1 = "NK1|1|DELGADO^LUIS|CHD^Child^HL70063|12 QUARRY LN^^MILLBROOK^MA|413-555-0188||EMC"
    found = Memory().apply_all(adt("A01", last=nk1)).only("RelatedPerson")
    assert found["relationship"][0]["coding"][0]["code"] == "CHILD"
    assert found["telecom"][0]["value"] == "413-555-0188"


def test_a_merge_links_both_records_and_keeps_both():
    old = adt("A28", mrn="555^^^HARBORVIEW^MR", name="DELGADO^ROSITA")
    merge = adt("A40", 3, last="MRG|555^^^HARBORVIEW^MR")
    memory = Memory().apply_all(old, adt("A28", 1), merge)
    prior = memory.resources[f"Patient/{memory.find('Patient', [(SYSTEM, '555')])}"]
    now = memory.resources[f"Patient/{memory.find('Patient', [(SYSTEM, '70021')])}"]
    assert prior["active"] is False
    assert prior["name"][0]["given"] == ["ROSITA"]
    assert prior["link"] == [
        {"other": {"reference": f"Patient/{now['id']}"}, "type": "replaced-by"}
    ]
    assert now["link"] == [{"other": {"reference": f"Patient/{prior['id']}"}, "type": "replaces"}]
    late = memory.apply(adt("A01", 5, mrn="555^^^HARBORVIEW^MR"))
    assert late.facts["subject"] == f"Patient/{now['id']}"


def test_death_is_taken_over_and_only_the_feed_s_own_word_is_taken_back():
    dead = patient(adt("A31", 1, died="Y", died_at=ts(-2)))
    assert dead["deceasedDateTime"] == "2026-11-18T06:00:00-05:00"
    alive = patient(adt("A31", 1, died="Y"), adt("A31", 2, died="N"))
    assert not {"deceasedDateTime", "deceasedBoolean"} & alive.keys()
    known = {"resourceType": "Patient", "id": "p1", "deceasedBoolean": True,
             "identifier": [{"system": SYSTEM, "value": "70021"}]}  # fmt: skip
    memory = Memory(known).apply_all(adt("A31", 2, died="N"))
    assert memory.only("Patient")["deceasedBoolean"] is True


def test_a_discharge_by_death_is_a_death():
    found = patient(adt("A01"), adt("A03", 9, disposition="20"))
    assert found["deceasedBoolean"] is True


def test_a_patient_that_was_loaded_is_matched_and_keeps_what_others_wrote():
    known = {
        "resourceType": "Patient",
        "id": "p1",
        "extension": [{"url": "urn:x", "valueDecimal": 1}],
        "identifier": [{"system": SYSTEM, "value": "70021"}],
        "name": [{"family": "Delgado", "given": ["Rosa", "M"], "prefix": ["Sra."]}],
        "telecom": [
            {"system": "phone", "value": "413 555 0134", "rank": 1},
            {"system": "phone", "value": "413 555 0199"},
        ],
        "photo": [{"title": "kept"}],
    }
    found = Memory(known).apply_all(adt("A31")).only("Patient")
    assert found["id"] == "p1"
    assert found["name"] == known["name"]
    assert found["telecom"] == known["telecom"]
    assert found["extension"] == known["extension"]
    assert found["photo"] == known["photo"]
    assert found["birthDate"] == "1952-03-14"


def test_a_correction_made_here_stays_until_the_feed_says_something_new():
    memory = Memory().apply_all(adt("A31", 0))
    person = memory.only("Patient")
    person["birthDate"] = "1952-03-15"
    memory.apply(adt("A31", 1))
    assert memory.only("Patient")["birthDate"] == "1952-03-15"
    memory.apply(adt("A31", 2, birth="19520316"))
    assert memory.only("Patient")["birthDate"] == "1952-03-16"


def test_the_hl7_null_takes_back_what_the_feed_had_said():
    assert "telecom" not in patient(adt("A31", 0), adt("A31", 1, phone='""', last="ZZZ|1"))


def test_a_message_from_the_future_counts_from_its_receipt():
    ahead = "20290801070000"
    made = planned(adt("A03", recorded=ahead, pv1_45=ahead), Memory())
    assert made.facts["at"] == RECEIVED.isoformat(timespec="microseconds")
    assert made.facts["discharged"] == "2026-11-20T18:00:00-05:00"
    later = adt("A08", 55, attending="^SILVA^JOAO")
    memory = Memory()
    memory.apply(adt("A01", recorded=ahead))
    memory.apply(later, RECEIVED + timedelta(days=1))
    assert memory.only("Encounter")["period"]["start"] == "2026-11-20T18:00:00-05:00"


def test_a_message_without_a_visit_number_is_about_the_visit_that_is_open():
    memory = Memory().apply_all(
        adt("A01"), adt("A03", 50, visit="", account="", attending="", location="")
    )
    assert memory.only("Encounter")["status"] == "finished"


def test_fields_of_pid_one_place_off_are_read():
    raw = adt("A31").replace(b"DELGADO^ROSA^M||19520314|F", b"DELGADO^ROSA^M|||19520314|F")
    made = planned(raw, Memory())
    found = next(iter(made.resources.values()))
    assert (found["birthDate"], found["gender"]) == ("1952-03-14", "female")


@pytest.mark.parametrize(
    ("raw", "condition"),
    [
        (adt("A01").replace(b"PID|1|", b"ZID|1|"), "100"),
        (adt("A01", mrn=""), "101"),
        (adt("A01").replace(b"PV1|1|", b"ZV1|1|"), "100"),
        (adt("A40"), "100"),
    ],
)
def test_what_cannot_be_understood_says_why(raw, condition):
    with pytest.raises(UnreadableError) as refused:
        planned(raw, Memory())
    assert refused.value.condition == condition
    assert not isinstance(refused.value, RejectedError)
    assert "DELGADO" not in refused.value.message


@pytest.mark.parametrize("kind", [b"ORU^R01", b"SIU^S12", b"ADT^A17", b"ADT^ZZZ"])
def test_what_is_not_taken_is_rejected(kind):
    with pytest.raises(RejectedError):
        planned(adt("A01").replace(b"ADT^A01", kind), Memory())


EVENTS = ["A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A12", "A13", "A28", "A31"]


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_alone_makes_valid_resources(event):
    made = planned(adt(event, 3), Memory())
    for resource in made.resources.values():
        validate(write(resource))
