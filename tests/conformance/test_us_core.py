"""US Core 6.1.0 and 7.0.0 as the Inferno test kit describes them, group by group.

Every search combination, comparator, list of values, ``_revinclude`` and ``_include`` the metadata
names is asked of hand-made patients and the guide's own examples; a slow oracle says what has to be
found. Source: https://github.com/inferno-framework/us-core-test-kit (metadata, Apache-2.0).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from tests.conformance import oracle
from tests.conformance.shelf import (
    VERSIONS,
    Resource,
    groups,
    must_support_patients,
    package_examples,
)
from tests.fhir_client import Client

MOST_ASKED = 6
"""Resources of a profile whose values are asked for."""
VIRTUAL = {"Provenance"}


def every_group() -> Iterator[Any]:
    for version in VERSIONS:
        try:
            known = groups(version)
        except pytest.skip.Exception as absent:
            yield pytest.param(version, {}, id=version, marks=pytest.mark.skip(reason=str(absent)))
            continue
        for group in known:
            yield pytest.param(version, group, id=f"{version}-{group['name']}")


by_group = pytest.mark.parametrize(("version", "group"), list(every_group()))


@dataclass
class Shelf:
    """The server under test, and what it was given."""

    client: Client
    by_type: dict[str, dict[str, Resource]] = field(default_factory=dict)

    def of_profile(self, group: dict[str, Any]) -> list[Resource]:
        """Return the resources that claim the group's profile."""
        profile = group["profile_url"]
        every = self.by_type.get(group["resource"], {}).values()
        return [
            one
            for one in every
            if any(
                said.partition("|")[0] == profile for said in one.get("meta", {}).get("profile", ())
            )
        ]

    def found(self, address: str) -> dict[str, Resource]:
        """Return every match of a search, page by page."""
        matches: dict[str, Resource] = {}
        while address:
            answer = self.client.get(address)
            assert answer.status == 200, (address, answer.body)
            for entry in answer.entries:
                if entry["search"]["mode"] == "match":
                    matches[entry["resource"]["id"]] = entry["resource"]
                assert entry["search"]["mode"] != "outcome", (address, entry)
            address = answer.link("next")
        return matches


@pytest.fixture(scope="module")
def shelf(client) -> Shelf:
    patients = must_support_patients()
    shelf = Shelf(client)
    for bundle in patients:
        answer = shelf.client.post("", bundle, prefer="return=representation")
        assert answer.status == 200, answer.body
        _keep(shelf, [entry["resource"] for entry in answer.entries if "resource" in entry])
    for version in VERSIONS:
        examples = [one for one in package_examples(version) if one["resourceType"] != "Bundle"]
        entries = [
            {
                "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
                "resource": one,
            }
            for one in examples
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = shelf.client.post("", bundle, prefer="return=representation")
        assert answer.status == 200, answer.body
        _keep(shelf, [entry["resource"] for entry in answer.entries])
    return shelf


def _keep(shelf: Shelf, resources: list[Resource]) -> None:
    for one in resources:
        shelf.by_type.setdefault(one["resourceType"], {})[one["id"]] = one


def defined(group: dict[str, Any], name: str) -> dict[str, Any]:
    return group["search_definitions"][name]


def ways(group: dict[str, Any], names: list[str], resource: Resource) -> list[dict[str, str]]:
    """Return questions that have to find ``resource``, one for each way to write its values."""
    possible = []
    for name in names:
        one = defined(group, name)
        here = oracle.values(resource, one["paths"])
        asked = [way for value in here for way in oracle.asked_for(value)]
        if name == "patient":
            asked = [way for text in asked for way in (text, text.rpartition("/")[2])]
        if not asked:
            return []
        possible.append(list(dict.fromkeys(asked))[:3])
    longest = max(len(way) for way in possible)
    return [
        {name: way[turn % len(way)] for name, way in zip(names, possible, strict=True)}
        for turn in range(longest)
    ]


def expected(shelf: Shelf, group: dict[str, Any], asked: dict[str, str]) -> set[str]:
    """Return the ids that the oracle finds."""
    found = set()
    for identity, resource in shelf.by_type[group["resource"]].items():
        if all(_holds(group, name, wanted, resource) for name, wanted in asked.items()):
            found.add(identity)
    return found


def _holds(group: dict[str, Any], name: str, wanted: str, resource: Resource) -> bool:
    one = defined(group, name)
    if name == "patient" and "/" not in wanted:
        wanted = f"Patient/{wanted}"
    return any(
        oracle.fits(one["type"], value, alternative)
        for value in oracle.values(resource, one["paths"])
        for alternative in ([wanted] if "\\," in wanted else wanted.split(","))
    )


def address_of(group: dict[str, Any], asked: dict[str, str]) -> str:
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
    return f"/{group['resource']}?{pairs}"


def questions(shelf: Shelf, group: dict[str, Any]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield (parameters, question) for every search of a group and some of its resources."""
    for search in group["searches"]:
        asked_of = [one for one in shelf.of_profile(group) if ways(group, search["names"], one)][
            :MOST_ASKED
        ]
        for resource in asked_of:
            for asked in ways(group, search["names"], resource):
                yield search["names"], asked


@by_group
def test_every_search_finds_what_it_should(shelf, version, group) -> None:
    if group["resource"] in VIRTUAL or not group["searches"]:
        assert shelf.client.get(f"/{group['resource']}").status == 200
        return
    asked_at_all = set()
    for names, asked in questions(shelf, group):
        found = shelf.found(address_of(group, asked))
        assert set(found) == expected(shelf, group, asked), asked
        assert found, asked
        asked_at_all.add("+".join(names))
    shall = {"+".join(s["names"]) for s in group["searches"] if s["expectation"] == "SHALL"}
    assert shall <= asked_at_all, f"nothing shows {shall - asked_at_all}"


@by_group
def test_post_finds_the_same(shelf, version, group) -> None:
    for _, asked in itertools.islice(questions(shelf, group), 3):
        address = address_of(group, asked)
        path, _, query = address.partition("?")
        posted = shelf.client.form(f"{path}/_search", query)
        assert posted.status == 200
        assert set(posted.ids) == set(shelf.client.get(address).ids)


@by_group
def test_comparators(shelf, version, group) -> None:
    for search in group["searches"]:
        dates = [n for n in search["names"] if defined(group, n)["comparators"]]
        for name, resource in itertools.product(dates, shelf.of_profile(group)[:MOST_ASKED]):
            for asked in ways(group, search["names"], resource)[:1]:
                for prefix in ("gt", "ge", "lt", "le"):
                    at = asked[name].removeprefix("ge")
                    for written in (at, at[:10]):
                        moved = {**asked, name: prefix + written}
                        found = shelf.found(address_of(group, moved))
                        assert set(found) == expected(shelf, group, moved), moved


@by_group
def test_lists_of_values(shelf, version, group) -> None:
    for search in group["searches"]:
        for name in search["names"]:
            one = defined(group, name)
            if one["multiple_or"] not in {"SHALL", "SHOULD"} or not shelf.of_profile(group):
                continue
            every = {
                way.rpartition("|")[2]
                for resource in shelf.of_profile(group)
                for value in oracle.values(resource, one["paths"])
                for way in oracle.asked_for(value)
            } | set(one["values"][:12])
            listed = ",".join(sorted(way for way in every if "," not in way)[:12])
            for resource in shelf.of_profile(group)[:2]:
                for asked in ways(group, search["names"], resource)[:1]:
                    several = {**asked, name: listed}
                    found = shelf.found(address_of(group, several))
                    assert set(found) == expected(shelf, group, several), several


@by_group
def test_includes(shelf, version, group) -> None:
    for include in group.get("include_params") or ():
        kind, name, *target = include.split(":")
        referring = [
            one
            for one in shelf.of_profile(group)
            if any(
                isinstance(value, dict)
                and value.get("reference", "").split("/")[0] in shelf.by_type
                for value in one_of_reference(one)
            )
        ]
        for resource in referring[:2]:
            answer = shelf.client.get(f"/{kind}?_id={resource['id']}&_include={include}")
            included = [e for e in answer.entries if e["search"]["mode"] == "include"]
            assert answer.ids == [resource["id"]]
            assert all(not target or e["resource"]["resourceType"] == target[0] for e in included)
            wanted = {
                text
                for text in references(resource)
                if (not target or text.startswith(f"{target[0]}/"))
                and text.split("/")[1] in shelf.by_type.get(text.split("/")[0], {})
                and _is_of(name, text, resource)
            }
            got = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in included}
            assert got == wanted, include


def _is_of(name: str, text: str, resource: Resource) -> bool:
    """Tell whether a reference stands in the element that a parameter is named after."""
    elements = {"medication": "medicationReference"}
    return text in references(resource.get(elements.get(name, name), {}))


def one_of_reference(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for inner in value.values():
            yield from one_of_reference(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from one_of_reference(inner)


def references(value: Any) -> set[str]:
    return {
        one["reference"]
        for one in one_of_reference(value)
        if one["reference"].count("/") == 1 and ":" not in one["reference"]
    }


@by_group
def test_provenance_comes_along(shelf, version, group) -> None:
    if "Provenance:target" not in (group.get("revincludes") or ()):
        return
    for resource in shelf.of_profile(group)[:2]:
        here = f"{group['resource']}/{resource['id']}"
        answer = shelf.client.get(
            f"/{group['resource']}?_id={resource['id']}&_revinclude=Provenance:target"
        )
        proofs = [
            entry["resource"]
            for entry in answer.entries
            if entry["resource"]["resourceType"] == "Provenance"
        ]
        assert proofs
        assert all(entry["search"]["mode"] in {"match", "include"} for entry in answer.entries)
        assert all(
            here in {t["reference"].split("/_history")[0] for t in p["target"]} for p in proofs
        )
        assert all(proof["recorded"] and proof["agent"][0]["who"] for proof in proofs)


@by_group
def test_read_and_vread_give_what_was_sent(shelf, version, group) -> None:
    for resource in shelf.of_profile(group)[:3]:
        here = f"/{group['resource']}/{resource['id']}"
        read = shelf.client.get(here)
        assert read.json == resource
        versioned = shelf.client.get(f"{here}/_history/{resource['meta']['versionId']}")
        assert versioned.body == read.body


@by_group
def test_mandatory_elements_are_there(shelf, version, group) -> None:
    for resource in shelf.of_profile(group):
        for element in group["mandatory_elements"]:
            path = element.partition(".")[2]
            if path.count(".") == 0:
                there = oracle.values(resource, [path, f"_{path}"])
                assert there, (resource["id"], element)


@by_group
def test_must_support_elements_are_kept(shelf, version, group) -> None:
    """Each element the profile must support is shown by some resource, as it came back."""
    shown = shelf.of_profile(group)
    if not shown:
        return
    missing = [
        element["path"]
        for element in group["must_supports"]["elements"]
        if not any(_shows(resource, element["path"]) for resource in shown)
    ]
    sent = {json.dumps(one, sort_keys=True) for one in shown}
    kept = {
        json.dumps(shelf.client.get(f"/{one['resourceType']}/{one['id']}").json, sort_keys=True)
        for one in shown
    }
    assert kept == sent
    assert set(missing) <= NOT_SHOWN.get(group["resource"], set())


def _shows(resource: Resource, path: str) -> bool:
    plain = ".".join(step.partition(":")[0] for step in path.split("."))
    return bool(oracle.values(resource, [plain]))


NOT_SHOWN = {
    "Condition": {"abatementDateTime"},
    "Device": {"distinctIdentifier"},
    "Encounter": {"reasonReference"},
    "Goal": {"startDate"},
    "Immunization": {"statusReason"},
    "MedicationRequest": {"reportedReference"},
    "Observation": {"component.dataAbsentReason"},
    "QuestionnaireResponse": {"identifier", "item.answer.item"},
    "ServiceRequest": {"occurrencePeriod"},
}
"""Must-support elements that no example of a profile shows: a lack of the data."""


@by_group
def test_a_stranger_gets_401(shelf, version, group) -> None:
    answer = Client().get(f"/{group['resource']}?patient=85")
    assert answer.status == 401
    assert answer.json["resourceType"] == "OperationOutcome"
