"""The table providers are found in follows the record."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.provider_network.models import Near
from handrail.duties.provider_network.tests.directories import NETWORK, ROOM, role, site
from handrail.fhir.directory.places import cell_of, point_of
from handrail.record import store
from handrail.record.stored import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


def kept(house, *resources):
    with acting(house):
        store.commit(list(resources), by=house, reason="test", room=ROOM)


def near(house):
    with acting(house):
        return list(Near.objects.filter(org=house.org).order_by("site", "place", "specialty"))


def test_a_site_is_found_by_each_specialty_at_each_location(house):
    kept(house, *site("a", zip_code="06103"), *site("b", zip_code="10001"))
    both = role("both", specialties=("207Q00000X", "207R00000X"), locations=("a", "b"))
    kept(house, both)

    rows = [row for row in near(house) if row.site == "both"]

    assert [(row.place, row.specialty, row.first) for row in rows] == [
        (0, "207Q00000X", True),
        (0, "207R00000X", False),
        (1, "207Q00000X", True),
        (1, "207R00000X", False),
    ]
    assert rows[0].cell == cell_of(point_of("06103"))
    assert rows[2].cell == cell_of(point_of("10001"))


def test_what_comes_later_reaches_the_rows(house):
    kept(house, role("r", locations=("a",), practitioner="p", organization="o"))
    assert (near(house)[0].cell, near(house)[0].languages) == (-1, "")

    place, office, person = site("a", person="p", office="o", zip_code="06103", languages=("es",))
    kept(house, place, office, person)
    member = {
        "resourceType": "OrganizationAffiliation",
        "id": "m",
        "active": True,
        "participatingOrganization": {"reference": "Organization/o"},
        "network": [{"reference": f"Organization/{NETWORK}"}],
    }
    kept(house, member)

    (row,) = near(house)
    assert row.cell == cell_of(point_of("06103"))
    assert (row.languages, len(row.networks)) == (" es ", 1)

    kept(house, {**place, "address": {"postalCode": "10001"}}, {**member, "active": False})
    (row,) = near(house)
    assert (row.cell, row.networks) == (cell_of(point_of("10001")), [])


def test_what_is_no_longer_active_is_not_found(house):
    place, office, person = site("a", person="p", office="o")
    kept(
        house,
        place,
        office,
        person,
        role("r", locations=("a",), practitioner="p", organization="o"),
    )
    assert len(near(house)) == 1

    kept(house, {**person, "active": False})
    assert near(house) == []
    kept(house, {**person, "active": True})
    assert len(near(house)) == 1
    kept(house, {**office, "active": False})
    assert near(house) == []
    kept(house, office)
    assert len(near(house)) == 1
    kept(house, {**place, "status": "inactive"})
    assert near(house) == []


def test_without_a_location_it_is_where_the_organization_is(house):
    _, office, _ = site("a", person="p", office="o")
    office["address"] = [{"postalCode": "06103"}]
    kept(house, office, role("r", organization="o"))

    assert near(house)[0].cell == cell_of(point_of("06103"))


def test_a_role_that_is_deleted_is_gone(house):
    kept(house, role("r"))
    with acting(house):
        gone = Draft(delete="PractitionerRole/r")
        store.commit([gone], by=house, reason="test", room=ROOM)

    assert near(house) == []


def test_a_provider_of_very_many_networks_and_long_names_fits(house):
    many = role("r", networks=[f"{number:064}" for number in range(900)], locations=("x" * 64,))
    many["specialty"] = [{"coding": [{"system": "urn:x", "code": "c" * 5000}]}]
    kept(house, many, {"resourceType": "InsurancePlan", "id": "i", "name": "N" * 9000})

    (row,) = near(house)
    assert (len(row.networks), len(row.specialty)) == (180, 64)
