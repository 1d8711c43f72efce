"""Links between entries become literal where R4 says so, and nowhere else."""

from __future__ import annotations

import json

import pytest

from handrail.fhir.linking import Links

URN = "urn:uuid:5f0d3a2c-0000-4000-8000-000000000001"
URL = "http://elsewhere.example/fhir/Patient/9"


def linked(resource, *links):
    made = Links()
    for link in links:
        made.add(link, "Patient/1")
    text = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    return json.loads(made.made_literal(text))


@pytest.mark.parametrize("link", [URN, "urn:oid:1.2.3", URL, "Patient/old"])
def test_references_and_links_in_narratives(link):
    resource = {
        "resourceType": "Observation",
        "text": {"status": "generated", "div": f"<div><a href='{link}'>x</a> {link}</div>"},
        "subject": {"reference": link, "display": link},
        "contained": [{"resourceType": "Basic", "subject": {"reference": link}}],
    }
    made = linked(resource, link)
    assert made["subject"] == {"reference": "Patient/1", "display": link}
    assert made["contained"][0]["subject"] == {"reference": "Patient/1"}
    assert made["text"]["div"] == f"<div><a href='Patient/1'>x</a> {link}</div>"


def test_elements_of_type_uri_but_no_canonicals_and_no_values():
    resource = {
        "resourceType": "Communication",
        "meta": {"profile": [URN], "source": URN},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}],
        "instantiatesUri": [URN],
        "instantiatesCanonical": [URN],
        "extension": [{"url": "urn:x", "valueUri": URN}, {"url": "urn:x", "valueString": URN}],
    }
    made = linked(resource, URN)
    assert made["instantiatesUri"] == ["Patient/1"]
    assert made["meta"] == {"profile": [URN], "source": "Patient/1"}
    for same in ("identifier", "instantiatesCanonical"):
        assert made[same] == resource[same]
    assert [one.get("valueUri") for one in made["extension"]] == ["Patient/1", None]
    assert made["extension"][1]["valueString"] == URN


def test_versions_and_fragments_and_strangers_stay():
    for other in (URL + "/_history/1", URN + "#part", "urn:uuid:other", "Patient/older"):
        resource = {"resourceType": "Basic", "subject": {"reference": other}}
        assert linked(resource, URN, URL, "Patient/old") == resource


def test_numbers_keep_their_digits():
    links = Links()
    links.add(URN, "Patient/1")
    raw = b'{"resourceType":"Basic","implicitRules":"%b","x":1.50}' % URN.encode()
    assert links.made_literal(raw) == raw.replace(URN.encode(), b"Patient/1")
