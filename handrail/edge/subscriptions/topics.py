"""The topics that can be subscribed to, as data.

Source: SDOH Clinical Care 3.0.0, "Checking Task Status"
(http://hl7.org/fhir/us/sdoh-clinicalcare/), restated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

_SDOH: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic"
_R5: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic"
_TYPES: Final = "http://hl7.org/fhir/StructureDefinition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a subscriber can be told about.

    ``current`` is a search that a resource must match as it is now; of one that was deleted, as it
    was before.
    """

    url: str
    title: str
    does: str
    resource_type: str
    interactions: frozenset[str]
    current: str = ""
    filters: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return the id of the Basic resource that tells of the topic."""
        return f"topic-{self.resource_type.lower()}"


TOPICS: Final = {
    topic.url: topic
    for topic in (
        Topic(
            url=f"{_SDOH}/Task",
            title="Referral tasks",
            does="A Task that is an order was created, changed or deleted, once it is no draft.",
            resource_type="Task",
            interactions=frozenset({"create", "update", "delete"}),
            current="status:not=draft&intent=order",
            filters=("_lastUpdated", "code", "owner", "requester", "status"),
        ),
        Topic(
            url=f"{_SDOH}/Servicerequest",
            title="Referrals",
            does="A ServiceRequest was changed or deleted.",
            resource_type="ServiceRequest",
            interactions=frozenset({"update", "delete"}),
            filters=("_lastUpdated", "_id"),
        ),
    )
}


def as_basic(topic: Topic) -> dict[str, Any]:
    """Return the SubscriptionTopic as R4 can say it: a Basic with the elements as extensions."""
    trigger: list[dict[str, Any]] = [
        {"url": "description", "valueMarkdown": topic.does},
        {"url": "resource", "valueUri": f"{_TYPES}/{topic.resource_type}"},
        *(
            {"url": "supportedInteraction", "valueCode": one}
            for one in ("create", "update", "delete")
            if one in topic.interactions
        ),
    ]
    if topic.current:
        current = {"url": "current", "valueString": topic.current}
        passes = {"url": "resultForDelete", "valueCode": "test-passes"}
        trigger.append({"url": "queryCriteria", "extension": [current, passes]})
    return {
        "resourceType": "Basic",
        "id": topic.id,
        "extension": [
            {"url": f"{_R5}.url", "valueUri": topic.url},
            {"url": f"{_R5}.title", "valueString": topic.title},
            {"url": f"{_R5}.description", "valueMarkdown": topic.does},
            {"url": f"{_R5}.resourceTrigger", "extension": trigger},
            *(
                {
                    "url": f"{_R5}.canFilterBy",
                    "extension": [
                        {"url": "resource", "valueUri": topic.resource_type},
                        {"url": "filterParameter", "valueString": name},
                    ],
                }
                for name in topic.filters
            ),
        ],
        "modifierExtension": [{"url": f"{_R5}.status", "valueCode": "active"}],
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]
        },
    }
