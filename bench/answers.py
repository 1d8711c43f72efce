"""The FHIR API at two numbers of people, one and eight at once, held against Medplum's server."""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench import panel, posting
from bench.asking import EVERYTHING, Asked
from bench.client import Connection, Request, drive, fhir
from bench.floors import SELECT, SYNC
from bench.house import BenchError, House, Serving
from bench.medplum import MEDPLUM
from bench.processes import Spent, watched
from bench.report import Measure, Report, median, quantile

CONCURRENCY = (1, 8)
SMALL, LARGE = 1_000, 50_000
QUICK_SMALL, QUICK_LARGE = 200, 2_000
GROWTH = 1.25  # p95 at the larger number against the smaller, where answers are of one size
FILLING = 180.0  # seconds
WARM = 96  # requests of each kind, before anything is measured
PATIENCE = 600.0  # seconds for an export


@dataclass(frozen=True, slots=True)
class _Place:
    """Where and how long it is measured."""

    house: House
    serving: Serving
    report: Report
    people: int
    runs: int
    seconds: float

    def connections(self, many: int, **more: str) -> list[Connection]:
        """Return connections to the FHIR API."""
        return [fhir(self.serving.port, self.house.key, **more) for _ in range(many)]


def measure(house: House, report: Report, runs: int, *, quick: bool) -> None:
    """Measure every request at both numbers of people; then the growth between them."""
    sizes = (QUICK_SMALL, QUICK_LARGE) if quick else (SMALL, LARGE)
    for people in sizes:
        house.again()
        began = time.perf_counter()
        rate = panel.fill(house, people)
        house.settle()
        seconds = time.perf_counter() - began
        detail = {"resources": panel.amount(people), "resources_per_second": round(rate)}
        report.add(Measure(f"writing {people:,} people", seconds, "s", FILLING, detail=detail))
        with house.serving() as serving:
            place = _Place(house, serving, report, people, runs, 1.0 if quick else 3.0)
            asked = [one for one in EVERYTHING if _is_answered(one, place)]
            for one in asked:
                for many in CONCURRENCY:
                    _measure(one, many, place)
            _export(place)
    _compare(report, *sizes)
    posting.against_medplum(report)


def _requests(asked: Asked, people: int, seed: int) -> Iterator[Request]:
    chance = random.Random(seed)
    return (asked.make(chance, people) for _ in itertools.count())


def _is_answered(asked: Asked, place: _Place) -> bool:
    """Ask once, strictly; tell whether the answer is the one meant. Then warm every thread up."""
    (one,) = place.connections(1, Prefer="handling=strict")
    request = next(_requests(asked, place.people, 3))
    answer = one.ask(request.method, request.path, request.body)
    one.close()
    said = "" if answer.status == request.expected else f"status {answer.status}"
    if not said and asked.entries:
        entries = len(json.loads(answer.body).get("entry", ()))
        said = "" if entries >= asked.entries else f"{entries} entries, not {asked.entries}"
    if said:
        place.report.skip(f"{asked.name}, {place.people:,} people", f"Not answered: {said}.")
        return False
    connections = place.connections(8)
    drive(connections, itertools.islice(_requests(asked, place.people, 7), WARM)).check(asked.name)
    for each in connections:
        each.close()
    return True


def _measure(asked: Asked, many: int, place: _Place) -> None:
    runs: list[tuple[list[float], float, Spent]] = []
    connections = place.connections(many)
    for run in range(place.runs):
        with _watched(place) as spent:
            driven = drive(connections, _requests(asked, place.people, run + 11), place.seconds)
        driven.check(asked.name)
        runs.append((driven.times, driven.seconds, spent))
    for one in connections:
        one.close()
    _report(asked, many, place, runs)


def _watched(place: _Place) -> AbstractContextManager[Spent]:
    return watched(server=place.serving.process.pid, postgres=place.house.postmaster)


def _report(
    asked: Asked, many: int, place: _Place, runs: list[tuple[list[float], float, Spent]]
) -> None:
    name = _name(asked, place.people, many)
    costs = [spent.total / len(times) * 1e3 for times, _, spent in runs]
    cost, (peer, peer_p50) = median(costs), MEDPLUM[asked.name].at(many)
    detail = {
        "runs": costs,
        "of_which_postgres": [s.cpu["postgres"] / len(times) * 1e3 for times, _, s in runs],
        "per_second": [len(times) / seconds for times, seconds, _ in runs],
        "cores_used_by_others": [spent.others for _, _, spent in runs],
        "slowed": [spent.slowed for _, _, spent in runs],
        "medplum": {"cpu": peer, "p50": peer_p50, "note": MEDPLUM[asked.name].note},
        "part_of_medplum": cost / peer,
        "disk_ms": place.report.value(SYNC),
    }
    bar = peer * asked.part if asked.part else None
    floor = place.report.value(SELECT)
    place.report.add(Measure(f"{name}: CPU", cost, "ms", bar, floor=floor, detail=detail))
    place.report.add(Measure(f"{name}: of Medplum's CPU", cost / peer, "times", asked.part))
    if asked.budget and many > 1:
        place.report.add(Measure(f"{name}: CPU against the house's own", cost, "ms", asked.budget))
    for part in (0.5, 0.95):
        value = min(quantile(times, part) for times, _, _ in runs) * 1e3
        place.report.add(Measure(f"{name}: p{part * 100:.0f}", value, "ms"))


def _name(asked: Asked, people: int, many: int) -> str:
    return f"{asked.name}, {people:,} people, {many} at once"


def _compare(report: Report, small: int, large: int) -> None:
    """Say how the p95 of answers of one size grows with the number of people."""
    for asked, many in itertools.product(EVERYTHING, CONCURRENCY):
        few, more = (report.value(f"{_name(asked, n, many)}: p95") for n in (small, large))
        if few and more and asked.same:
            name = f"{asked.name}, {many} at once: p95 at {large:,} / at {small:,}"
            report.add(Measure(name, more / few, "times", GROWTH))


def _export(place: _Place) -> None:
    """Export every Task, by the asynchronous pattern of Bulk Data; rows a second."""
    (one,) = place.connections(1, Prefer="respond-async")
    name = f"$export of Tasks, {place.people:,} people"
    with _watched(place) as spent:
        began = one.ask("GET", "/fhir/$export?_type=Task")
        if began.status != 202:
            one.close()
            place.report.skip(name, f"Not answered: status {began.status}.")
            return
        rows = sum(_rows(one, url) for url in _exported(one, began.headers["content-location"]))
    one.close()
    if rows < place.people * panel.TASKS:
        raise BenchError(f"The export has {rows} Tasks.")
    detail = {"rows": rows, "cores_used_by_others": spent.others, "slowed": spent.slowed}
    place.report.add(Measure(name, rows / spent.seconds, "rows/s", detail=detail))
    place.report.add(Measure(f"{name}, CPU", spent.total / rows * 1e3, "ms a row"))


def _exported(one: Connection, status: str) -> list[str]:
    """Wait for an export; return where its files are."""
    path, until = _path(status), time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        answer = one.ask("GET", path)
        if answer.status == 200:
            return [_path(file["url"]) for file in json.loads(answer.body)["output"]]
        if answer.status not in {202, 429}:
            raise BenchError(f"The export ended with status {answer.status}.")
        time.sleep(float(answer.headers.get("retry-after", 1)))
    raise BenchError("The export did not end.")


def _path(url: str) -> str:
    return url[url.index("/fhir") :]


def _rows(one: Connection, path: str) -> int:
    answer = one.ask("GET", path)
    if answer.status != 200:
        raise BenchError(f"A file of the export was answered with {answer.status}.")
    return answer.body.count(b"\n")
