"""Finding a provider among one and a half million sites: how long the answer takes the server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import psycopg

from bench.house import CODE, BenchError, House
from bench.looking import WARM
from bench.processes import watched
from bench.providers import fill
from bench.report import Measure, Report, quantile
from handrail.site.postgres import DATABASE

SITES, QUICK_SITES = 1_500_000, 30_000
ASKED, QUICK_ASKED = 120, 25
P95 = 60.0  # milliseconds of server time


def measure(house: House, report: Report, *, quick: bool) -> None:
    """Fill the directory, ask, and report the p95 of all questions and of each kind."""
    sites = QUICK_SITES if quick else SITES
    many = QUICK_ASKED if quick else ASKED
    house.again()
    began = time.perf_counter()
    with psycopg.connect(house.cluster.url("postgres", DATABASE), autocommit=True) as one:
        org = one.execute("select org from access_organization").fetchone()
        fill(one, org[0] if org else 0, sites)
        one.execute("checkpoint")
    seconds = time.perf_counter() - began
    report.add(Measure(f"writing a directory of {sites:,} sites", seconds, "s"))
    with watched(postgres=house.postmaster) as spent:
        told = _ask(house, many)
    every = [taken for times in told["times"].values() for taken in times]
    detail = {
        "answers": len(every),
        "statements_at_most": told["statements"],
        "answers_without_anybody": told["empty"],
        "cores_used_by_others": spent.others,
        "slowed": spent.slowed,
    }
    name = f"finding a provider among {sites:,} sites"
    asked = len(every) * (1 + WARM / many)  # PostgreSQL's CPU is of the warming up, too
    cost = (told["cpu"] / len(every) + spent.cpu["postgres"] / asked) * 1e3
    report.add(Measure(f"{name}: CPU", cost, "ms", detail=detail))
    report.add(Measure(f"{name}: p50", quantile(every, 0.5) * 1e3, "ms"))
    report.add(Measure(f"{name}: p95", quantile(every, 0.95) * 1e3, "ms", P95, detail=detail))
    for kind, times in told["times"].items():
        report.add(Measure(f"{name}, {kind}: p95", quantile(times, 0.95) * 1e3, "ms", P95))


def _ask(house: House, many: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.looking", str(many)],
        cwd=CODE,
        env=dict(house.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"bench.looking: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told
