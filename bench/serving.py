"""Pages and FHIR at 120 and at 10,000 patients, asked for by one and by eight at once."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from bench import volume
from bench.client import Connection, Request, drive, fhir, signed_in
from bench.floors import SELECT, SYNC
from bench.house import BenchError, House, Serving
from bench.processes import watched
from bench.report import Measure, Report, median, quantile

CONCURRENCY = (1, 8)
READ_BUDGET = 0.25  # ms CPU, server and database, with access check and audit
CREATE_BUDGET = 3.0  # ms CPU
TODAY_BUDGET = 15.0  # ms, p95
GROWTH = 1.2  # Today at 10,000 patients against Today at 120
USER = "dana"


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of request: its name, how to make them, and where they go (page or FHIR)."""

    name: str
    make: Callable[[random.Random, int], Request]
    page: bool
    cpu_at_most: float | None = None
    p95_at_most: float | None = None


def _own(chance: random.Random, patients: int) -> str:
    return f"b{chance.randrange(min(patients, volume.CASELOAD))}"


def _any(chance: random.Random, patients: int) -> int:
    return chance.randrange(patients)


def _create(chance: random.Random, patients: int) -> Request:
    body: dict[str, Any] = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "description": "Send the referral",
        "for": {"reference": f"Patient/b{_any(chance, patients)}"},
        "authoredOn": "2026-01-05T10:00:00Z",
        "restriction": {"period": {"end": "2026-12-05T10:00:00Z"}},
    }
    return Request("POST", "/fhir/Task", json.dumps(body).encode(), 201)


EVERYTHING = (
    Asked("Today", lambda _c, _n: Request("GET", "/"), page=True, p95_at_most=TODAY_BUDGET),
    Asked("Patient page", lambda c, n: Request("GET", f"/patients/{_own(c, n)}"), page=True),
    Asked(
        "search page",
        lambda c, n: Request("GET", f"/find?q={volume.family(_any(c, n))[:7]}"),
        page=True,
    ),
    Asked(
        "FHIR read",
        lambda c, n: Request("GET", f"/fhir/Observation/ob{_any(c, n)}-{c.randrange(4)}"),
        page=False,
        cpu_at_most=READ_BUDGET,
    ),
    Asked("FHIR create", _create, page=False, cpu_at_most=CREATE_BUDGET),
    Asked(
        "FHIR search",
        lambda c, n: Request("GET", f"/fhir/Observation?patient=b{_any(c, n)}&code=29463-7"),
        page=False,
    ),
    Asked(
        "FHIR search by name",
        lambda c, n: Request("GET", f"/fhir/Patient?name={volume.family(_any(c, n))}"),
        page=False,
    ),
)


def measure(house: House, report: Report, runs: int, *, quick: bool) -> None:
    """Measure every kind of request, at every volume and concurrency."""
    seconds = 1.0 if quick else 3.0
    for patients in (volume.SMALL, 1_000 if quick else volume.LARGE):
        house.again()
        added = house.run("user", "add", USER, "--name", "Dana Bench", "--role", "coordinator")
        password = added.said.strip().rpartition(" ")[2]
        volume.fill(house, patients, _practitioner(house))
        with house.serving() as serving:
            _warm(serving, house, password, patients)
            for asked in EVERYTHING:
                for many in CONCURRENCY:
                    connections = _connections(asked, serving, house, password, many)
                    _measure(asked, connections, patients, (house, serving, report, runs, seconds))
        _settled(house)
    _compare(report, volume.SMALL, 1_000 if quick else volume.LARGE)


def _settled(house: House) -> None:
    house.admin("checkpoint")


def _practitioner(house: House) -> str:
    with psycopg.connect(house.cluster.url("postgres")) as one:
        row = one.execute("select practitioner from access_membership").fetchone()
    if row is None:
        raise BenchError("The coordinator was not added.")
    return str(row[0])


def _connections(
    asked: Asked, serving: Serving, house: House, password: str, many: int
) -> list[Connection]:
    if not asked.page:
        return [fhir(serving.port, house.key) for _ in range(many)]
    first = signed_in(serving.port, USER, password)
    others = [Connection(serving.port, first.headers, first.cookies) for _ in range(many - 1)]
    return [first, *others]


def _requests(asked: Asked, patients: int, seed: int) -> Iterator[Request]:
    chance = random.Random(seed)
    return (asked.make(chance, patients) for _ in itertools.count())


def _warm(serving: Serving, house: House, password: str, patients: int) -> None:
    """Let every thread of the server connect, compile its templates and prepare statements."""
    for asked in EVERYTHING:
        connections = _connections(asked, serving, house, password, 8)
        drive(connections, itertools.islice(_requests(asked, patients, 7), 80)).check(asked.name)
        for one in connections:
            one.close()


Place = tuple[House, Serving, Report, int, float]


def _measure(asked: Asked, connections: list[Connection], patients: int, place: Place) -> None:
    house, serving, report, runs, seconds = place
    times, costs, rates, others, slowed = [], [], [], [], []
    shares: list[float] = []
    for run in range(runs):
        with watched(server=serving.process.pid, postgres=house.postmaster) as spent:
            driven = drive(connections, _requests(asked, patients, run), seconds)
        driven.check(asked.name)
        times.append(driven.times)
        costs.append(spent.total / len(driven.times) * 1e3)
        rates.append(len(driven.times) / driven.seconds)
        shares.append(spent.cpu["postgres"] / len(driven.times) * 1e3)
        others.append(spent.others)
        slowed.append(spent.slowed)
    for one in connections:
        one.close()
    many = len(connections)
    name = f"{asked.name}, {patients:,} patients, {many} at once"
    detail = _detail(times) | {
        "per_second": rates,
        "cores_used_by_others": others,
        "slowed": slowed,
    }
    alone = many == 1
    p95 = min(quantile(run, 0.95) for run in times) * 1e3
    report.add(
        Measure(
            f"{name}: p95", p95, "ms", at_most=asked.p95_at_most if alone else None, detail=detail
        )
    )
    report.add(
        Measure(
            f"{name}: CPU",
            median(costs),
            "ms",
            at_most=asked.cpu_at_most,
            floor=report.value(SELECT),
            detail={"runs": costs, "of_which_postgres": shares, "disk_ms": report.value(SYNC)},
        )
    )


def _detail(times: list[list[float]]) -> dict[str, Any]:
    """Return p50, p95 and p99 of every run, in ms."""
    parts = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {name: [quantile(run, part) * 1e3 for run in times] for name, part in parts.items()}


def _compare(report: Report, small: int, large: int) -> None:
    """Say how Today grows with the number of patients whom somebody else looks after."""
    for what in ("p95", "CPU"):
        few = report.value(f"Today, {small:,} patients, 1 at once: {what}")
        many = report.value(f"Today, {large:,} patients, 1 at once: {what}")
        if few and many:
            name = f"Today at {large:,} patients / at {small:,}: {what}"
            report.add(Measure(name, many / few, "times", at_most=GROWTH))
