"""Plan-Net's own examples: they load, are found by people, and answer Plan-Net's searches."""

from __future__ import annotations

import json

import pytest

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.provider_network.actions.finding import Filters, find
from handrail.edge.bulk_data.load import load
from handrail.edge.plan_net import specialties
from handrail.fhir.directory.candidates import Wanted
from handrail.record import reading
from tests.data import data
from tests.fhir_client import Client

pytestmark = pytest.mark.django_db
INTERNIST = "207R00000X"


@pytest.fixture
def examples(org):
    folder = data("fhir-ig-examples/plan-net-1.1.0")
    summary = load([folder], org=org.id)
    assert summary.refused == []
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


@pytest.fixture
def client(principal_for):
    keys.forget()
    return Client(keys.add(principal_for("administrator"), "test", ("system/*.rs",)).secret)


def test_the_examples_are_found_by_specialty_and_plan(examples, principal_for):
    dana = principal_for("coordinator")
    wanted = Wanted(kind="specialist", specialties=(INTERNIST,), plan="Acme of CT QHP Bronze")
    expected = {
        f"PractitionerRole/{one['id']}"
        for one in examples
        if one["resourceType"] == "PractitionerRole" and INTERNIST in json.dumps(one["specialty"])
    }

    found = find(dana, wanted)
    taking = find(dana, wanted, Filters(plan=True))

    assert {row.reference for row in found.rows} == expected
    assert 0 < taking.total <= found.total
    assert taking.total + taking.relaxations["plan"] == found.total
    reasons = [reason.words for reason in taking.rows[0].reasons]
    assert any("The directory lists Acme of CT QHP Bronze" in words for words in reasons)


PLAN_NETS = {
    "PractitionerRole": """practitioner organization location service network endpoint role
        specialty""",
    "OrganizationAffiliation": """primary-organization participating-organization location service
        network role specialty""",
    "InsurancePlan": """administered-by owned-by coverage-area name plan-type identifier type""",
    "Organization": """partof name type address coverage-area""",
    "HealthcareService": """location organization service-category service-type specialty name""",
    "Location": """address-city address-state address-postalcode type organization partof""",
}


@pytest.mark.parametrize("kind", PLAN_NETS)
def test_every_search_of_plan_net_is_answered(client, kind):
    for code in (*PLAN_NETS[kind].split(), "_lastUpdated"):
        value = "ge2020-01-01" if code == "_lastUpdated" else "x"
        answer = client.get(f"/{kind}?{code}={value}", Prefer="handling=strict")
        assert answer.status == 200, (code, answer.body)


def test_a_network_and_a_specialty_lead_to_people_and_places(examples, client):
    network = "Organization/AcmeofCTStdNet"
    answer = client.get(
        f"/PractitionerRole?network={network}&specialty={INTERNIST}"
        "&_include=PractitionerRole:practitioner&_include=PractitionerRole:location"
    )

    kinds = [entry["resource"]["resourceType"] for entry in answer.json["entry"]]
    expected = [
        one["id"]
        for one in examples
        if one["resourceType"] == "PractitionerRole"
        and INTERNIST in json.dumps(one["specialty"])
        and network in json.dumps(one.get("extension", []))
    ]
    assert kinds.count("PractitionerRole") == len(expected) > 0
    assert {"Practitioner", "Location"} <= set(kinds)


def test_the_names_of_specialties_come_from_the_file_of_nucc(org):
    path = data("providers-nppes/nucc_provider_taxonomy.csv.gz")
    by = system(org.id, "load", "Tests")

    named, left_out = specialties.load(path, by)

    assert named > 800
    assert left_out == 0
    with acting(by):
        assert reading.read(f"CodeSystem/{specialties.ID}", by=by).resource["count"] == named
