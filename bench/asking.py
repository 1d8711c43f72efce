"""The FHIR requests that are measured, and what tells that an answer is the one meant."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench import panel
from bench.client import Request

STATUSES: Final = ",".join(panel.OPEN)
VITALS: Final = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
HALF, QUARTER = 0.5, 0.25
_FILLING = "Ask how things went at home, and whether the medicines are understood. "

Make = Callable[[random.Random, int], Request]


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of request.

    ``part`` is the part of Medplum's CPU that it may take at most; ``entries`` how many entries an
    answer has at least (0: it is no Bundle); ``same`` whether it has as many at any number of
    people, so that its p95 must stay as it is; ``budget`` a target of the house, in ms of CPU.
    """

    name: str
    make: Make
    part: float | None
    entries: int = 0
    same: bool = True
    budget: float | None = None


def _get(path: str) -> Request:
    return Request("GET", f"/fhir/{path}")


def _anybody(chance: random.Random, people: int) -> int:
    return chance.randrange(people)


def _chart(chance: random.Random, _people: int) -> str:
    return f"p{chance.randrange(panel.CHARTS)}"


def _tasks(chance: random.Random, people: int) -> str:
    owner = panel.coordinator(chance.randrange(max(1, people - panel.CARESEEKERS)))
    return f"Task?owner={owner}&status={STATUSES}&_count=50"


def _new_task(chance: random.Random, people: int) -> bytes:
    """Return a Task of 2 kB, without an id."""
    body = panel.task(_anybody(chance, people), chance.randrange(panel.TASKS))
    del body["id"]
    body["note"] = [{"text": _FILLING * 19 + str(chance.random())}]
    return json.dumps(body).encode()


def _create(chance: random.Random, people: int) -> Request:
    return Request("POST", "/fhir/Task", _new_task(chance, people), 201)


def _update(chance: random.Random, people: int) -> Request:
    body = panel.task(_anybody(chance, people), chance.randrange(panel.TASKS))
    body["description"] = f"Call and ask again ({chance.random()})"
    return Request("PUT", f"/fhir/Task/{body['id']}", json.dumps(body).encode())


EVERYTHING: Final = (
    Asked("read", lambda c, n: _get(f"Patient/p{_anybody(c, n)}"), QUARTER, budget=0.25),
    Asked("vread", lambda c, n: _get(f"Patient/p{_anybody(c, n)}/_history/1"), QUARTER),
    Asked("create", _create, QUARTER),
    Asked("update", _update, QUARTER),
    Asked(
        "patient by name",
        lambda c, n: _get(f"Patient?name={panel.family(_anybody(c, n))}&_count=20"),
        HALF,
        1,
    ),
    Asked(
        "observations",
        lambda c, n: _get(
            f"Observation?patient={_chart(c, n)}&category={VITALS}&_sort=-date&_count=20"
        ),
        HALF,
        20,
    ),
    Asked(
        "condition",
        lambda c, n: _get(f"Condition?patient=p{_anybody(c, n)}&code={panel.SNOMED}|44054006"),
        HALF,
        1,
    ),
    Asked("tasks", lambda c, n: _get(f"{_tasks(c, n)}&_sort=-authored-on"), HALF, 50),
    Asked("tasks by due", lambda c, n: _get(f"{_tasks(c, n)}&_sort=due"), HALF, 50),
    Asked(
        "include",
        lambda c, n: _get(f"{_tasks(c, n)}&_sort=-authored-on&_include=Task:patient"),
        HALF,
        70,
    ),
    Asked(
        "revinclude",
        lambda c, n: _get(
            f"Patient?_id=p{panel.CHARTS + c.randrange(n - panel.CHARTS)}"
            "&_revinclude=Condition:patient&_revinclude=Task:patient&_revinclude=CareTeam:patient"
        ),
        HALF,
        13,
    ),
    Asked(
        "chained",
        lambda c, n: _get(
            f"Task?patient.name={panel.family(_anybody(c, n))}&status={STATUSES}&_count=20"
        ),
        HALF,
        10,
    ),
    Asked(
        "has",
        lambda c, n: _get(
            f"Patient?_has:Condition:patient:code={panel.SNOMED}|{panel.rare(_anybody(c, n))}"
            "&_count=50"
        ),
        HALF,
        1,
    ),
    Asked("everything", lambda c, n: _get(f"Patient/{_chart(c, n)}/$everything"), HALF, 100),
)
