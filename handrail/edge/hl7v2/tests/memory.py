"""A record in memory, for the pure parts."""

from __future__ import annotations

import json

from handrail.edge.hl7v2.merging import Said
from handrail.edge.hl7v2.tests.messages import RECEIVED, planned


class Memory:
    """What :class:`~handrail.edge.hl7v2.planning.Look` asks, from mappings."""

    def __init__(self, *resources):
        self.resources = {f"{r['resourceType']}/{r['id']}": r for r in resources}
        self.told: dict[str, Said] = {}
        self.visits: dict[str, dict[str, dict]] = {}
        self.seen: set[bytes] = set()

    def expect(self, meant):
        """Nothing to get ready."""

    def find(self, resource_type, keys):
        for key in keys:
            for resource in self.resources.values():
                ids = [(i.get("system"), i.get("value")) for i in resource.get("identifier", [])]
                if resource["resourceType"] == resource_type and key in ids:
                    return resource["id"]
        return ""

    def read(self, reference):
        return self.resources.get(reference)

    def said(self, reference):
        return self.told.get(reference, Said())

    def history(self, visit):
        return list(self.visits.get(visit, {}).values())

    def open_visit(self, patient):
        for resource in self.resources.values():
            if (
                resource["resourceType"] == "Encounter"
                and resource["status"] in {"in-progress", "planned"}
                and resource["subject"]["reference"] == f"Patient/{patient}"
            ):
                return resource["id"]
        return ""

    def apply(self, raw, received_at=RECEIVED):
        """Apply as the database does: once a message."""
        if raw in self.seen:
            return None
        self.seen.add(raw)
        made = planned(raw, self, received_at)
        self.resources.update(json.loads(json.dumps(made.resources)))
        self.told.update(made.said)
        if made.facts:
            self.visits.setdefault(made.visit, {})[made.facts["digest"]] = made.facts
        return made

    def apply_all(self, *raws):
        for raw in raws:
            self.apply(raw)
        return self

    def only(self, resource_type):
        found = [r for r in self.resources.values() if r["resourceType"] == resource_type]
        assert len(found) == 1, found
        return found[0]
