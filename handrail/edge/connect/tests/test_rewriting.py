"""Ids of another server become ours, where they are ids, and nowhere else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.fetching import lines
from handrail.edge.connect.rewriting import Rewriting

REWRITING = Rewriting("mercy", "https://ehr.example.org/fhir/")


def rewritten(resource: dict) -> dict:
    return json.loads(REWRITING.line(json.dumps(resource, indent=1).encode()))


def test_the_resource_gets_our_id_and_what_is_inside_keeps_its_own():
    found = rewritten(
        {
            "contained": [{"resourceType": "Medication", "id": "1"}],
            "extension": [{"id": "1", "url": "urn:x"}],
            "resourceType": "MedicationRequest",
            "id": "1",
            "medicationReference": {"reference": "#1"},
        }
    )
    assert found["id"] == "mercy.1"
    assert found["contained"][0]["id"] == "1"
    assert found["extension"][0]["id"] == "1"
    assert found["medicationReference"]["reference"] == "#1"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Patient/1", "Patient/mercy.1"),
        ("Patient/1/_history/3", "Patient/mercy.1"),
        ("https://ehr.example.org/fhir/Patient/1", "Patient/mercy.1"),
        ("https://other.example.org/fhir/Patient/1", "https://other.example.org/fhir/Patient/1"),
        ("urn:uuid:0c1d", "urn:uuid:0c1d"),
        ("Practitioner?identifier=urn:npi|1", "Practitioner?identifier=urn:npi|1"),
        ("#p", "#p"),
    ],
)
def test_references_into_the_server_are_followed(theirs, ours):
    told = {"resourceType": "Condition", "id": "2", "subject": {"reference": theirs}}
    assert rewritten(told)["subject"]["reference"] == ours


def test_words_that_look_like_references_stay():
    text = 'says "reference":"Patient/1" and "id":"2"'
    told = {"resourceType": "Condition", "id": "2", "note": [{"text": text}]}
    assert rewritten(told)["note"][0]["text"] == text


def test_long_ids_stay_within_what_fhir_allows_and_apart():
    one, other = ("x" * 63 + end for end in "ab")
    assert len(REWRITING.identity(one)) == 64
    assert REWRITING.identity(one) != REWRITING.identity(other)


def test_what_is_no_json_is_left_for_the_loader_to_report():
    assert REWRITING.line(b"no json") == b"no json"


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=12) | st.integers(), max_size=5))
def test_everything_else_is_kept(members):
    resource = {"resourceType": "Basic", "id": "7", "x": members}
    assert rewritten(resource) == resource | {"id": "mercy.7"}


@given(st.lists(st.binary(max_size=9)))
def test_lines_come_whole_whatever_pieces_they_come_in(pieces):
    whole = b"".join(pieces)
    wanted = [line.strip() for line in whole.split(b"\n") if line.strip()]
    assert list(lines(iter(pieces))) == wanted


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("handrail.edge.connect.fetching.LONGEST_LINE", 10)
    with pytest.raises(PeerError, match="longer"):
        list(lines(iter([b"x" * 8] * 3)))
