"""Calls about providers that wait: a call list of a story, answered by nobody yet."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.duties.provider_network.resources import Plan
from handrail.duties.provider_network.rules import calling
from handrail.fhir.resource import Resource
from handrail.record.known import RecordKnown
from handrail.site.demo import house, offices
from handrail.site.demo.events import Happening


def listed(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Put offices on the list of who is called for somebody."""
    who = house.BY_NAME[one.by]
    plan = str(one.event["pays"])
    for key in one.event["listed"]:
        task = calling.call(
            one.paper.patient,
            offices.receiver(str(key)),
            Plan(name=plan, id=offices.plan_id(plan)),
            (who.person, who.name),
            now,
        )
        yield {**task, "id": one.paper.id("call", key, plan)}
