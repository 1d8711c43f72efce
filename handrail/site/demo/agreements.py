"""Consents for disclosures in the stories: who may know what, until when, and what proves it."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.duties.consents.rules import agreeing, proving
from handrail.fhir.disclosing import Agreement
from handrail.fhir.disclosing.agreement import consent_for
from handrail.fhir.resource import Resource
from handrail.record.known import RecordKnown
from handrail.site.demo import house, offices, resources
from handrail.site.demo.days import stamp
from handrail.site.demo.events import Happening


def agree(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Write down what somebody agreed to, and its proof."""
    line, who = one.event, house.BY_NAME[one.by]
    on = now.calendar.local_date(one.at)
    agreed = _agreed(one)
    agreeing.check(agreed, agreeing.Person(), on, now.rules)
    document = one.paper.id("proof", line["ref"])
    yield from proving.proof(
        one.paper.patient,
        agreed,
        at=stamp(one.at),
        by=(who.person, who.name),
        ids=(document, one.paper.id("paper", line["ref"])),
    )
    consent = consent_for(
        one.paper.patient,
        agreed,
        on=on,
        organization={"type": "Organization", "display": house.NAME},
        source=f"DocumentReference/{document}",
    )
    yield {**consent, "id": one.paper.id("agreed", line["ref"])}


def _agreed(one: Happening) -> Agreement:
    line, key = one.event, str(one.event["agree"])
    special = key not in {str(each["key"]) for each in resources.services()}
    recipient, name = (offices.receiver if special else resources.behind)(key)
    return Agreement(
        recipient=recipient,
        name=name,
        purpose="treatment" if special else "service",
        parts=frozenset(map(str, line["parts"])),
        how=str(line.get("how", "said")),
        ends_on=one.paper.days.on(int(line["ends"])).isoformat(),
        note=str(line.get("text", "")),
    )
