"""Messages in any order end in the same record."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.edge.hl7v2.tests.memory import Memory
from handrail.edge.hl7v2.tests.messages import adt, ts

STORIES = {
    "admitted, discharged, back": [
        adt("A01", 0),
        adt("A03", 40, disposition="01", pv1_45=ts(40)),
        adt("A13", 41),
    ],
    "admitted, discharged, corrected": [
        adt("A01", 0, pv1_44=ts(-1)),
        adt("A02", 6, location="ICU^2^A^HARBORVIEW"),
        adt("A03", 40, disposition="01"),
        adt("A08", 44, disposition="06", phone="(413)555-0177^PRN^PH", name="DELGADO-RUIZ^ROSA"),
    ],
    "emergency to ward": [
        adt("A04", 0, patient_class="E", location="ED^7^^HARBORVIEW"),
        adt("A06", 5),
        adt("A02", 6, location="ICU^2^A^HARBORVIEW"),
        adt("A12", 7, location="4EAST^412^A^HARBORVIEW"),
        adt("A03", 30, disposition="03"),
    ],
    "planned, cancelled": [
        adt("A05", 0, patient_class="P"),
        adt("A01", 10),
        adt("A11", 11),
    ],
    "merged": [
        adt("A28", 0, mrn="555^^^HARBORVIEW^MR", name="DELGADO^ROSITA"),
        adt("A31", 1, mrn="556^^^HARBORVIEW^MR"),
        adt("A40", 3, last="MRG|555^^^HARBORVIEW^MR~556^^^HARBORVIEW^MR"),
        adt("A31", 4, phone="(413)555-0177^PRN^PH"),
    ],
    "died": [
        adt("A01", 0),
        adt("A03", 20, disposition="20"),
        adt("A31", 21, died="Y", died_at=ts(20)),
    ],
}


def state(memory: Memory) -> str:
    return json.dumps(memory.resources, sort_keys=True, indent=1)


@pytest.mark.parametrize("story", STORIES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_order_with_repeats_ends_the_same(story, data):
    raws = STORIES[story]
    order = data.draw(st.permutations(raws))
    repeats = data.draw(st.lists(st.sampled_from(raws), max_size=4))
    assert state(Memory().apply_all(*order, *repeats)) == state(Memory().apply_all(*raws))


EVENT = st.sampled_from(["A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A12", "A13"])


@st.composite
def histories(draw):
    events = draw(st.lists(EVENT, min_size=2, max_size=7))
    return [
        adt(
            event,
            hours * 2,
            disposition=draw(st.sampled_from(["", "01", "03", "20"])),
            location=draw(st.sampled_from(["", "4EAST^1^A^HARBORVIEW", "ICU^2^B^HARBORVIEW"])),
            patient_class=draw(st.sampled_from(["I", "E", "O", "", "U"])),
            phone=draw(st.sampled_from(["", "(413)555-0134^PRN^PH", "(413)555-0177^PRN^CP"])),
            **{f"pv1_{draw(st.integers(43, 46))}": draw(st.sampled_from(["", ts(1), ts(9)]))},
        )
        for hours, event in enumerate(events)
    ]


@given(raws=histories(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_history_in_any_order_ends_the_same(raws, data):
    order = data.draw(st.permutations(raws))
    assert state(Memory().apply_all(*order)) == state(Memory().apply_all(*raws))


def test_a_late_admission_only_fills_gaps():
    late = Memory().apply_all(adt("A03", 40, disposition="01"), adt("A01", 0)).only("Encounter")
    assert late["status"] == "finished"
    assert late["period"]["start"] == "2026-11-18T08:00:00-05:00"
