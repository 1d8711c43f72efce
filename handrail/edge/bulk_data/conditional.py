"""Conditional references in files: found by identifier, or answered with a stub until it comes.

Source: http://hl7.org/fhir/R4/http.html#trules (conditional references).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import NAMESPACE_URL, uuid5

from handrail.access.principal import Principal
from handrail.fhir import text
from handrail.fhir.bundle import Entry
from handrail.fhir.errors import BusinessRuleError
from handrail.record import store

STUB = "urn:handrail:stub"
# Types that need no other element than an identifier to be valid.
STUBS = frozenset(
    {"HealthcareService", "Location", "Organization", "Patient", "Practitioner", "PractitionerRole"}
)
Identifier = tuple[str, str, str]  # type, system, value


@dataclass
class Directory:
    """Who is known by which identifier, from this load and from the record."""

    by: Principal
    known: dict[Identifier, str] = field(default_factory=dict)
    stubs: dict[str, bytes] = field(default_factory=dict)
    stubbed: dict[Identifier, str] = field(default_factory=dict)
    record_has_stubs: bool = False

    def learn(self, entry: Entry) -> None:
        """Remember an entry's identifiers; let it take the place of a stub made for it."""
        if entry.resource_type not in STUBS or b'"identifier"' not in entry.raw:
            return
        for identifier in _identifiers(entry):
            stub = self.stubbed.get(identifier) or self._stub_in_record(identifier)
            if stub:
                entry.id = stub.partition("/")[2]
                self.stubs.pop(stub, None)
            self.known.setdefault(identifier, entry.reference)

    def _stub_in_record(self, identifier: Identifier) -> str:
        if not self.record_has_stubs:
            return ""
        found = store.identified(*identifier, by=self.by, tag=(STUB, "stub"))
        return found[0] if len(found) == 1 else ""

    def answer(self, query: str) -> str:
        """Return the literal reference for ``Type?identifier=system|value``.

        Raises:
            BusinessRuleError: several resources fit, or the query is of another kind.
        """
        resource_type, _, asked = query.partition("?")
        pairs = parse_qsl(unquote(asked) if "=" not in asked else asked)
        if len(pairs) != 1 or pairs[0][0] != "identifier" or resource_type not in STUBS:
            raise BusinessRuleError(
                f"The conditional reference {resource_type}?… cannot be followed: use one"
                " identifier, system|value."
            )
        system, _, value = pairs[0][1].rpartition("|")
        identifier = (resource_type, system, value)
        if identifier not in self.known:
            self.known[identifier] = self._found(identifier) or self._stub(identifier)
        return self.known[identifier]

    def _found(self, identifier: Identifier) -> str:
        found = store.identified(*identifier, by=self.by)
        if len(found) > 1:
            raise BusinessRuleError(
                f"The conditional reference {identifier[0]}?identifier=… fits several resources."
            )
        return found[0] if found else ""

    def _stub(self, identifier: Identifier) -> str:
        resource_type, system, value = identifier
        identity = uuid5(NAMESPACE_URL, f"{STUB}|{resource_type}|{system}|{value}").hex
        named: dict[str, Any] = {"system": system, "value": value} if system else {"value": value}
        stub = {
            "resourceType": resource_type,
            "id": identity,
            "meta": {"tag": [{"system": STUB, "code": "stub"}]},
            "identifier": [named],
        }
        reference = f"{resource_type}/{identity}"
        self.stubs[reference] = text.write(stub)
        self.stubbed[identifier] = reference
        return reference

    def take_stubs(self) -> list[bytes]:
        """Return the stubs made since the last call."""
        made = list(self.stubs.values())
        self.stubs.clear()
        return made


def _identifiers(entry: Entry) -> list[Identifier]:
    found = text.parse(entry.raw).get("identifier")
    if not isinstance(found, list):
        return []
    return [
        (entry.resource_type, str(one.get("system", "")), str(one["value"]))
        for one in found
        if isinstance(one, dict) and "value" in one
    ]
