"""``python -m bench.referred N WHO``: writes N referrals, then sends and answers some; prints JSON.

Run by :mod:`bench.referring` with the environment of its Handrail. ``WHO`` (a practitioner's id)
looks after the first people. CPU is this process's and that of its PostgreSQL backend, in ms.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import django

CASELOAD = 120
SERVICES = 2_000
BATCH = 500
ACTS, WARM = 30, 5
SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
NEEDS = (
    "food-insecurity",
    "housing-instability",
    "transportation-insecurity",
    "utility-insecurity",
)
AREAS = ("97205", "97206", "97210", "97201", "97214", "97215", "97202", "97217", "98660", "97005")
Resource = dict[str, Any]


def people(many: int, who: str) -> Iterator[Resource]:
    """Yield people and who looks after them."""
    for number in range(many):
        yield {"resourceType": "Patient", "id": f"p{number}", "name": [{"family": f"Elm{number}"}]}
        yield {
            "resourceType": "EpisodeOfCare",
            "id": f"e{number}",
            "status": "active",
            "patient": {"reference": f"Patient/p{number}"},
            "careManager": {"reference": f"Practitioner/{looker(number, who)}"},
        }


def looker(number: int, who: str) -> str:
    """Return who looks after a person."""
    return who if number < CASELOAD else f"c{number // CASELOAD}"


def services() -> Iterator[Resource]:
    """Yield organizations, places and services."""
    for number in range(SERVICES):
        house, org = f"loc{number}", f"org{number // 4}"
        if not number % 4:
            yield {"resourceType": "Organization", "id": org, "name": f"Invented Aid {number}"}
        yield {
            "resourceType": "Location",
            "id": house,
            "name": f"House {number}",
            "address": {"line": [f"{number} Example St"], "postalCode": AREAS[number % len(AREAS)]},
        }
        yield {
            "resourceType": "HealthcareService",
            "id": f"s{number}",
            "active": True,
            "category": [{"coding": [{"system": SDOH, "code": NEEDS[number % len(NEEDS)]}]}],
            "providedBy": {"reference": f"Organization/{org}"},
            "location": [{"reference": f"Location/{house}"}],
            "name": f"Invented help {number}",
            "telecom": [{"system": "phone", "value": f"555-010-{number:04}"}],
        }


def referrals(pair: Sequence[Resource], many: int, who: str) -> Iterator[Resource]:
    """Yield copies of a request and its Task, with other people and receivers."""
    request, task = pair
    for number in range(many):
        person = number % max(1, many // 4)
        patient = {"reference": f"Patient/p{person}"}
        receiver = {"reference": f"Organization/org{number % 200}", "display": "Invented Aid"}
        day = f"2026-11-{1 + number % 28:02}T10:00:00Z"
        yield {
            **request,
            "id": f"r{number}",
            "identifier": [{"system": "urn:handrail:referral", "value": f"r{number}"}],
            "subject": patient,
        }
        looks = {"reference": f"Practitioner/{looker(person, who)}"}
        yield {
            **task,
            "id": f"t{number}",
            "focus": {"reference": f"ServiceRequest/r{number}"},
            "for": patient,
            "owner": receiver,
            "input": [{**task["input"][0], "valueReference": looks}],
            "restriction": {"period": {"end": day}},
        }


class World:
    """The record that is written into; made once Django is set up."""

    def __init__(self, who: str) -> None:
        """Act as the coordinator and, to fill the record, as the system."""
        from handrail.access.models import Organization
        from handrail.access.principal import Principal, Role, system

        org, roles = Organization.objects.get().id, frozenset({Role.COORDINATOR})
        self.by = Principal(org=org, person=f"Practitioner/{who}", name="Bench", roles=roles)
        self.loader = system(org, "bench", "Bench")

    def keep(self, resources: Sequence[Resource]) -> None:
        """Write resources down, without anybody's checks left out."""
        from handrail.record import store

        for start in range(0, len(resources), BATCH):
            store.commit(resources[start : start + BATCH], by=self.loader, reason="bench")

    def draft(self, number: int) -> Any:
        """Draft a referral."""
        from handrail.duties.referrals.actions.asking import Ask, Receiver, draft_referral

        to = Receiver(reference=f"Organization/org{number % 200}", name="Invented Aid")
        ask = Ask(patient=f"p{number % 20}", what="Food box each week", receivers=(to,))
        return draft_referral(self.by, ask)

    def send(self, drafted: Any) -> None:
        """Send it."""
        from handrail.duties.referrals.actions.asking import Sending, send_referrals

        told = send_referrals(self.by, drafted.task_ids, Sending(look_by="2026-12-01"))
        refused = [one.refused for one in told if one.refused]
        if refused:
            raise SystemExit(f"A referral was not sent: {refused[0]}")

    def answer(self, drafted: Any) -> None:
        """Answer it."""
        from handrail.duties.referrals.actions import answering

        said = answering.Answer(kind="accepted", earliest_on="2026-12-01", name="Sol")
        answering.answer(self.by, drafted.task_ids[0], said)

    def pair(self, drafted: Any) -> list[Resource]:
        """Return its request and its Task, as they are to be copied."""
        from handrail.access.database import acting
        from handrail.record import store

        about = (f"ServiceRequest/{drafted.request_id}", f"Task/{drafted.task_ids[0]}")
        with acting(self.by):
            found = [store.read(one, by=self.by).resource for one in about]
        return [{key: value for key, value in one.items() if key != "meta"} for one in found]


def main() -> int:
    """Write everything, act, tell."""
    django.setup()
    from django.db import connection

    many, who = int(sys.argv[1]), sys.argv[2]
    world = World(who)
    world.keep([*people(max(20, many // 4), who), *services()])
    first = world.draft(0)
    world.send(first)
    world.keep(list(referrals(world.pair(first), many, who)))
    with connection.cursor() as cursor:
        cursor.execute("analyze")
        cursor.execute("select pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    drafts = [world.draft(number) for number in range(WARM + ACTS)]
    told = {"send": _cost(world.send, drafts, backend)}
    told["answer"] = _cost(world.answer, drafts, backend)
    print(json.dumps(told))
    return 0


def _cost(act: Callable[[Any], None], drafts: Sequence[Any], backend: int) -> float:
    """Return the CPU milliseconds of an act on each of the drafts, after some to warm up."""
    for one in drafts[:WARM]:
        act(one)
    own, theirs = time.process_time(), _run_time(backend)
    for one in drafts[WARM:]:
        act(one)
    spent = time.process_time() - own + _run_time(backend) - theirs
    return spent / len(drafts[WARM:]) * 1e3


def _run_time(process: int) -> float:
    """Return the CPU seconds of a process, to the nanosecond."""
    said = Path(f"/proc/{process}/schedstat").read_text(encoding="ascii")
    return int(said.split()[0]) / 1e9


if __name__ == "__main__":
    raise SystemExit(main())
