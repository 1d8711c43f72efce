"""``python -m bench.looking N``: asks for providers N times in a process; prints JSON.

Run by :mod:`bench.finding` with the environment of its Handrail, as a worker of the server would:
each answer is a transaction of its own, under row-level security.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

import django

from bench.providers import FAMILIES, NETWORKS, SPECIALTIES, areas, somewhere, weights

WARM = 8  # questions of each kind, before anything is measured: a worker is warm, too

KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "specialty, near": ({}, {}),
    "specialty, plan, language": ({"plan": True, "language": "es"}, {}),
    "every filter": (
        {"plan": True, "language": "es"},
        {"plan": True, "language": True, "accepting": True, "within": 30},
    ),
    "two specialties, plan": ({"plan": True, "codes": 2}, {"plan": True}),
    "a name": ({"words": True, "plan": True, "codes": 0}, {}),
}


class Questions:
    """Random questions, each kind after the other."""

    def __init__(self) -> None:
        """Read where sites are."""
        self.chance, self.where, self.common = random.Random(3), areas(), weights()

    def wanted(self, codes: int = 1, **given: Any) -> dict[str, Any]:
        """Return what is wanted: a plan, words and codes drawn anew where they are asked for."""
        drawn = self.chance.choices(SPECIALTIES, cum_weights=self.common, k=codes)
        made = {
            **given,
            "specialties": tuple(drawn),
            "near": somewhere(self.chance, self.where).code,
        }
        if "plan" in given:
            made["plan"] = f"Plan {self.chance.randrange(len(NETWORKS))}"
        if "words" in given:
            made["words"] = f"example{self.chance.randrange(FAMILIES)}"
        return made


def main() -> int:
    """Ask, and tell how long each answer took, in seconds, by kind of question."""
    django.setup()
    from handrail.access.models import Organization
    from handrail.access.principal import Principal, Role
    from handrail.duties.provider_network.actions.finding import Filters, find
    from handrail.fhir.directory.candidates import Wanted
    from handrail.record.statements import count

    org, roles = Organization.objects.get().id, frozenset({Role.COORDINATOR})
    by = Principal(org=org, person="Practitioner/bench", name="Bench", roles=roles)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    sent, empty, cpu, questions = [0], 0, 0.0, Questions()
    for number in range(WARM + int(sys.argv[1])):
        for kind, (more, filters) in KINDS.items():
            wanted = Wanted(kind="specialist", **questions.wanted(**more))
            before, began, used = count.sent, time.perf_counter(), time.process_time()
            found = find(by, wanted, Filters(**filters))
            if number >= WARM:
                times[kind].append(time.perf_counter() - began)
                cpu += time.process_time() - used
                sent.append(count.sent - before)
                empty += not found.rows
    print(json.dumps({"times": times, "statements": max(sent), "empty": empty, "cpu": cpu}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
