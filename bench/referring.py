"""Referrals: what the board, the start page, sending and answering cost, and directories read in.

Everything is invented: as many referrals as are asked for, over a quarter as many people, of whom
the coordinator who looks has a caseload; services of a community; NPPES and HSDS files.
"""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from bench.client import Request, drive, signed_in
from bench.house import CODE, BenchError, House
from bench.processes import watched
from bench.report import Measure, Report, median, quantile

ROWS, QUICK_ROWS = 10_000, 500
VOLUMES, QUICK_VOLUMES = (2_000, 20_000), (200, 1_000)
BOARD = 40.0  # ms of CPU
SEARCH = 50.0  # ms of CPU
USER = "dana"
PAGES = (
    ("referrals board", "/referrals", BOARD),
    ("referrals board, everyone's", "/referrals?who=all", BOARD),
    ("start page with referrals", "/", None),
    ("search of services by need", "/resources?need=food-insecurity", SEARCH),
    ("search of services, all fit", "/resources", SEARCH),
)


def measure(house: House, report: Report, *, quick: bool) -> None:
    """Read directories in and out, then make referrals and look at them."""
    _directories(house, report, QUICK_ROWS if quick else ROWS)
    for number in QUICK_VOLUMES if quick else VOLUMES:
        _referrals(house, report, number, 1.0 if quick else 3.0)


def _directories(house: House, report: Report, rows: int) -> None:
    house.again()
    community, nppes = house.data / "directory.json", house.data / "nppes.csv"
    out = house.data / "directory.zip"
    write_services(community, rows)
    write_nppes(nppes, rows)
    kinds = (
        (f"HSDS import of {rows:,} services", ("hsds", "import", "bench", str(community))),
        (f"HSDS export of {rows:,} services", ("hsds", "export", str(out))),
        (f"NPPES import of {rows:,} rows", ("directory", "nppes", str(nppes))),
    )
    for name, arguments in kinds:
        with watched(postgres=house.postmaster) as spent:
            ran = house.run(*arguments)
        detail = {
            "seconds": ran.seconds,
            "of_which_postgres": spent.cpu["postgres"] / rows * 1e3,
            "cores_used_by_others": max(0.0, spent.others - ran.cpu / spent.seconds),
            "slowed": spent.slowed,
        }
        cost = (ran.cpu + spent.cpu["postgres"]) / rows * 1e3
        report.add(Measure(f"{name}: CPU", cost, "ms a row", detail=detail))
    for path in (community, nppes, out):
        path.unlink()


def _referrals(house: House, report: Report, number: int, seconds: float) -> None:
    house.again()
    added = house.run("user", "add", USER, "--name", "Dana Bench", "--role", "coordinator")
    password = added.said.strip().rpartition(" ")[2]
    with psycopg.connect(house.cluster.url("postgres")) as one:
        found = one.execute("select practitioner from access_membership").fetchone()
    with watched(postgres=house.postmaster) as spent:
        told = _made(house, number, str(found[0]) if found else "")
    for act in ("send", "answer"):
        name = f"{act} a referral, {number:,} there: CPU"
        report.add(Measure(name, told[act], "ms", detail={"slowed": spent.slowed}))
    house.settle()
    with house.serving() as serving:
        connection = signed_in(serving.port, USER, password)
        for name, path, most in PAGES:
            asked = Request("GET", path)
            drive([connection], itertools.repeat(asked, 10)).check(name)
            with watched(server=serving.process.pid, postgres=house.postmaster) as spent:
                driven = drive([connection], itertools.repeat(asked), seconds)
            driven.check(name)
            detail = {
                "of_which_postgres": spent.cpu["postgres"] / len(driven.times) * 1e3,
                "p95": quantile(driven.times, 0.95) * 1e3,
                "p50": median(driven.times) * 1e3,
                "cores_used_by_others": spent.others,
                "slowed": spent.slowed,
            }
            cost = spent.total / len(driven.times) * 1e3
            shown = f"{name}, {number:,} referrals: CPU"
            report.add(Measure(shown, cost, "ms", at_most=most, detail=detail))
        connection.close()


def _made(house: House, number: int, practitioner: str) -> dict[str, Any]:
    """Write the people, services and referrals; return the CPU of sending and of answering."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.referred", str(number), practitioner],
        cwd=CODE,
        env=dict(house.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"bench.referred: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def write_services(path: Path, rows: int) -> None:
    """Write an HSDS file of invented services, four to an organization."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            file.write("[" if not number else ",\n")
            file.write(json.dumps(_service(number)))
        file.write("]")


def _service(number: int) -> dict[str, Any]:
    address = {
        "id": f"address-{number}",
        "address_1": f"{number} Example St",
        "city": "Portland",
        "state_province": "OR",
        "postal_code": "97205",
        "country": "US",
        "address_type": "physical",
    }
    house = {
        "id": f"location-{number}",
        "name": f"House {number}",
        "location_type": "physical",
        "addresses": [address],
    }
    said = f"555-{number // 10_000:03}-{number % 10_000:04}"
    return {
        "id": f"service-{number}",
        "name": f"Invented help {number}",
        "status": "active",
        "description": "Groceries for families",
        "organization": {
            "id": f"organization-{number // 4}",
            "name": f"Invented Aid {number // 4}",
            "description": "Helps",
        },
        "phones": [{"id": f"phone-{number}", "number": said}],
        "service_at_locations": [{"id": f"at-{number}", "location": house}],
    }


def write_nppes(path: Path, rows: int) -> None:
    """Write a file in the layout of an NPPES extract, of invented people with invented NPIs."""
    heading = (
        "npi,entity_type,org_name,last,first,credential,gender,addr1,addr2,city,state,zip,phone,"
        "fax,updated,taxonomies,other_ids"
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading.split(","))
        for number in range(rows):
            who = (_npi(number), "1", "", f"Example{number}", "Ann", "MD", "F")
            where = (f"{number} Example St", "", "Portland", "OR", "97205", "5550100100", "")
            writer.writerow([*who, *where, "2026-01-01", "207R00000X", ""])


def _npi(number: int) -> str:
    """Return an invented NPI: nine digits and the check digit of CMS (Luhn, with 80840 before)."""
    nine = f"1{number:08}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed("80840" + nine)))
    return f"{nine}{-sum(one // 10 + one % 10 for one in doubled) % 10}"
