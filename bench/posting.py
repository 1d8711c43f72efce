"""The same bundles as for ``handrail load``, POSTed as transactions by one and by four clients."""

from __future__ import annotations

from bench import samples
from bench.client import Request, drive, fhir
from bench.floors import COPY, PARSE
from bench.house import House
from bench.medplum import MEDPLUM
from bench.processes import watched
from bench.report import Measure, Report, median, quantile

TARGET = 3_000  # resources/s on two cores
CLIENTS = (1, 4)
FORTIETH = 1 / 40  # of Medplum's CPU a resource


def measure(house: House, report: Report, runs: int, *, quick: bool) -> None:
    """POST every bundle, each time into an empty record."""
    try:
        paths = samples.bundles()[:: 20 if quick else 4]
    except samples.AbsentError as error:
        report.skip("posting", str(error))
        return
    total = sum(samples.entries(path) for path in paths)
    requests = [Request("POST", "/fhir", samples.text_of(path)) for path in paths]
    floor = sum(one for one in (report.value(PARSE), report.value(COPY)) if one) / 1e3
    for many in CLIENTS:
        rates, costs, times, others, slowed = [], [], [], [], []
        for _ in range(runs):
            house.again()
            with house.serving() as serving:
                clients = [fhir(serving.port, house.key) for _ in range(many)]
                with watched(server=serving.process.pid, postgres=house.postmaster) as spent:
                    driven = drive(clients, iter(requests))
                driven.check("Posting")
            rates.append(total / driven.seconds)
            costs.append(spent.total / total * 1e3)
            times += driven.times
            others.append(spent.others)
            slowed.append(spent.slowed)
        name = _name(many)
        detail = {
            "runs": rates,
            "bundle_p50_ms": quantile(times, 0.5) * 1e3,
            "bundle_p95_ms": quantile(times, 0.95) * 1e3,
            "resources": total,
            "cores_used_by_others": others,
            "slowed": slowed,
        }
        report.add(Measure(name, max(rates), "resources/s", at_least=TARGET, detail=detail))
        report.add(
            Measure(
                f"{name}, CPU",
                median(costs),
                "ms a resource",
                at_most=2e3 / TARGET,
                floor=floor or None,
                detail={"runs": costs},
            )
        )


def against_medplum(report: Report) -> None:
    """Hold the CPU of each resource of a transaction against Medplum's."""
    for many in CLIENTS:
        cost = report.value(f"{_name(many)}, CPU")
        if cost is not None:
            part = cost / MEDPLUM["transaction"].at(many)[0]
            report.add(Measure(f"{_name(many)}: of Medplum's CPU", part, "times", FORTIETH))


def _name(many: int) -> str:
    return f"POST of bundles, {many} {'client' if many == 1 else 'clients'}"
