"""``handrail load`` of synthetic histories: resources a second, and CPU a resource."""

from __future__ import annotations

from typing import Any

from bench import samples
from bench.floors import COPY, PARSE
from bench.house import House, summary
from bench.processes import watched
from bench.report import Measure, Report, median

TARGET = 8_000  # resources/s on two cores of which nobody else uses any
BUDGET = 2e3 / TARGET  # ms of CPU a resource that this leaves


def measure(house: House, report: Report, runs: int, *, quick: bool) -> None:
    """Load the same bundles several times, each time into an empty record."""
    try:
        paths = samples.bundles()[:: 10 if quick else 1]
    except samples.AbsentError as error:
        report.skip("loading", str(error))
        return
    rates, clients, servers, others, slowed = [], [], [], [], []
    told: dict[str, Any] = {}
    for _ in range(runs):
        house.again()
        with watched(postgres=house.postmaster) as spent:
            ran = house.run("load", "--json", *map(str, paths), expected=(0, 1))
        told = summary(ran)
        read = float(told["read"])
        rates.append(float(told["resources_per_second"]))
        clients.append(ran.cpu / read * 1e3)
        servers.append(spent.cpu["postgres"] / read * 1e3)
        others.append(max(0.0, spent.others - ran.cpu / spent.seconds))
        slowed.append(spent.slowed)
    floors = [report.value(PARSE), report.value(COPY)]
    floor = sum(one for one in floors if one) / 1e3
    report.add(
        Measure(
            "handrail load",
            max(rates),
            "resources/s",
            at_least=TARGET,
            floor=2e3 / floor if floor else None,
            detail={
                "runs": rates,
                "cores_used_by_others": others,
                "slowed": slowed,
                "read": told.get("read"),
                "refused": len(told.get("refused", ())),
                "proposed": told.get("proposed"),
            },
        )
    )
    report.add(
        Measure(
            "handrail load, CPU",
            median(clients) + median(servers),
            "ms a resource",
            at_most=BUDGET,
            floor=floor or None,
            detail={"loader": clients, "postgres": servers},
        )
    )
