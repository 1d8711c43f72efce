"""A directory of invented providers, put straight into the tables that are looked in.

A site lies in one of the real ZIP areas: two fifths of them in thirty large cities, so that some
places are crowded. Specialties are as uneven as real ones: the commonest has a tenth of all sites.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import zipcodes

from handrail.fhir.directory.networks import number_of
from handrail.fhir.directory.places import cell_of, point_at

SPECIALTIES = tuple(f"X{number:03}" for number in range(240))
NETWORKS = tuple(f"net{number}" for number in range(200))
LANGUAGES = ("", "", " es ", " en es ", " zh ", " vi ", " ht ")
FAMILIES = 20_000
CROWDED = 0.4
CITIES = frozenset(
    """New York,Brooklyn,Bronx,Chicago,Houston,Los Angeles,Philadelphia,Phoenix,San Antonio,Dallas,
San Diego,Miami,Atlanta,Boston,Detroit,Seattle,Denver,Baltimore,Cleveland,Pittsburgh,Tampa,
Saint Louis,Minneapolis,Portland,Sacramento,Orlando,Las Vegas,Columbus,Charlotte,Austin""".replace(
        "\n", ""
    ).split(",")
)
TABLES = (
    "provider_network_site",
    "provider_network_place",
    "provider_network_person",
    "provider_network_near",
    "provider_network_plan",
    "provider_network_told",
)
COPIES = {
    "provider_network_place": (
        "org source_type source active name key latitude longitude cell line city state zip phone"
        " fax email"
    ),
    "provider_network_person": "org source active name key npi languages phone",
    "provider_network_site": (
        "org source place active practitioner organization location specialties specialty_words"
        " networks network_keys accepting phone fax email as_of"
    ),
    "provider_network_near": (
        "org site place location specialty first cell latitude longitude accepting languages"
        " networks"
    ),
    "provider_network_plan": "org source place name key owner network network_key active",
    "provider_network_told": (
        "org source place about plan plan_key plan_name answer new_patients wait_days earliest_on"
        " languages told_by reference_number told_on told_at recorded_by recorded_name via stands"
    ),
}


@dataclass(frozen=True, slots=True)
class Area:
    """A ZIP code and where it is."""

    code: str
    city: str
    latitude: float
    longitude: float
    cell: int


def areas() -> tuple[list[Area], list[Area]]:
    """Return the crowded areas and the others."""
    crowded, others = [], []
    for one in zipcodes.list_all():
        point = point_at(one["lat"], one["long"])
        if point and one["active"] and one["zip_code_type"] == "STANDARD":
            area = Area(
                one["zip_code"], one["city"], point.latitude, point.longitude, cell_of(point)
            )
            (crowded if one["city"] in CITIES else others).append(area)
    return crowded, others


def weights() -> list[float]:
    """Return how common each specialty is, summed up."""
    return list(itertools.accumulate(1 / (place + 3) for place in range(len(SPECIALTIES))))


def somewhere(chance: random.Random, where: tuple[Sequence[Area], Sequence[Area]]) -> Area:
    """Return an area as crowded as sites are."""
    return chance.choice(where[0] if chance.random() < CROWDED else where[1])


def rows_of(org: int, many: int, seed: int = 5) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield (table, row) of ``many`` sites and what belongs to them."""
    chance, where, common = random.Random(seed), areas(), weights()
    keys = [number_of(one) for one in NETWORKS]
    for number in range(many):
        area = somewhere(chance, where)
        codes = chance.choices(SPECIALTIES, cum_weights=common, k=1 + (number % 5 == 0))
        mine = chance.sample(range(len(NETWORKS)), 1 + number % 6)
        spoken, accepting = chance.choice(LANGUAGES), chance.choice((True, True, False, None))
        site, spot = f"r{number}", f"l{number}"
        yield "provider_network_place", _place(org, spot, area, number)
        yield "provider_network_person", _person(org, number, spoken)
        yield (
            "provider_network_site",
            (
                *(org, site, 0, True, f"p{number}", "", spot),
                *(codes, codes[0], [NETWORKS[one] for one in mine], [keys[one] for one in mine]),
                *(accepting, "", "", "", "2026-09-01"),
            ),
        )
        shown = -1 if accepting is None else int(accepting)
        for place, code in enumerate(dict.fromkeys(codes)):
            yield (
                "provider_network_near",
                (
                    *(org, site, 0, spot, code, place == 0, area.cell, area.latitude),
                    *(area.longitude, shown, spoken, [keys[one] for one in mine]),
                ),
            )


def _place(org: int, spot: str, area: Area, number: int) -> tuple[Any, ...]:
    name = f"Invented Office {number}"
    where = (area.latitude, area.longitude, area.cell, f"{number % 999} Example St", area.city)
    phone = f"555-{number % 1000:03}-{number // 1000:04}"
    return (org, "Location", spot, True, name, name.lower(), *where, "", area.code, phone, "", "")


def _person(org: int, number: int, spoken: str) -> tuple[Any, ...]:
    family = f"example{number % FAMILIES}"
    return (org, f"p{number}", True, f"Ann {family.title()}", family, "", spoken, "")


def plans(org: int) -> Iterator[tuple[Any, ...]]:
    """Yield a plan for each network; five plans have one payer."""
    for number, network in enumerate(NETWORKS):
        name = f"Plan {number}"
        key, payer = f"plan{number}", f"payer{number // 5}"
        yield (org, f"plan{number}", 0, name, key, payer, network, number_of(network), True)


def told(org: int, many: int, seed: int = 9) -> Iterator[tuple[Any, ...]]:
    """Yield what the team was told: an answer about every hundredth site."""
    chance = random.Random(seed)
    for number in range(0, many, 100):
        plan = chance.randrange(len(NETWORKS))
        answer = chance.choice(("yes", "yes", "no", "only-existing", "unsure"))
        on = f"2026-{chance.randrange(1, 11):02}-15"
        wait = chance.randrange(90)
        yield (
            *(org, f"v{number}", 0, f"PractitionerRole/r{number}", f"plan{plan}", f"plan{plan}"),
            *(f"Plan {plan}", answer, "newpt", wait, "", "", "front desk", "", on, on),
            *("", "", "phone", True),
        )


def fill(one: psycopg.Connection[Any], org: int, many: int) -> None:
    """Write a directory of ``many`` sites; ``one`` is a connection row-level security lets by."""
    for table in TABLES:
        one.execute(f"alter table {table} disable trigger user")
    batch: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
    for table, row in rows_of(org, many):
        batch[table].append(row)
        if len(batch[table]) >= 50_000:
            _copy(one, table, batch.pop(table))
            batch[table] = []
    batch["provider_network_plan"] = list(plans(org))
    batch["provider_network_told"] = list(told(org, many))
    for table, rest in batch.items():
        _copy(one, table, rest)
    for table in TABLES:
        one.execute(f"alter table {table} enable trigger user")
        one.execute(f"vacuum (analyze) {table}")


def _copy(one: psycopg.Connection[Any], table: str, rows: list[tuple[Any, ...]]) -> None:
    columns = COPIES[table].replace(" ", ", ")
    with one.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
