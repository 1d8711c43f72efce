"""Which part of the record is a resource, and does the Consent name that part?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from handrail.fhir.disclosing.basis import Basis
from handrail.fhir.disclosing.kinds import newest
from handrail.fhir.resource import codings
from handrail.fhir.rulebook import Rulebook

PART: Final = "part"
PARTS: Final = (
    "request",
    "needs",
    "plan",
    "health",
    "medicines",
    "coverage",
    "documents",
    "family",
)
"""Parts of the record that a Consent names; the rule ``disclosing.parts`` says what is in them."""
DIRECTORY: Final = frozenset(
    [
        "Organization",
        "OrganizationAffiliation",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "HealthcareService",
        "Endpoint",
        "Patient",
    ]
)


def covered(resource: Mapping[str, Any], basis: Basis, rules: Rulebook) -> bool:
    """Tell whether the basis covers the part of the record that this resource is."""
    kind = str(resource["resourceType"])
    if basis.parts is None or kind in DIRECTORY or kind == "Provenance":
        return True
    return any(part in basis.parts for part in parts_of(resource, rules))


def parts_of(resource: Mapping[str, Any], rules: Rulebook) -> Iterator[str]:
    """Yield the parts of the record that a resource belongs to; none: no part names it."""
    kind = str(resource["resourceType"])
    values = newest(rules, "disclosing.parts").values
    listed = {name for part in PARTS for name in values.get(part, ())}
    social = f"{kind}:sdoh"
    names = {social} if social in listed and _is_social(resource) else {kind}
    for part in PARTS:
        if names & set(values.get(part, ())):
            yield part


def _is_social(resource: Mapping[str, Any]) -> bool:
    """Tell whether it is about a need of life rather than health."""
    listed: Any = resource.get("category") or []
    concepts: list[Mapping[str, Any]] = listed if isinstance(listed, list) else [listed]
    found = [pair for one in concepts for pair in codings(one)]
    return any(code == "sdoh" or "sdoh-clinicalcare" in system for system, code in found)
