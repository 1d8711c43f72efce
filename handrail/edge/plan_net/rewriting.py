"""Resources of a payer's server with ids of their own here, so that no two directories collide."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, Final

from handrail.edge.plan_net.resources import AS_OF, SOURCE
from handrail.fhir.resource import Resource

TYPES: Final = (
    "Organization",
    "Location",
    "Endpoint",
    "Practitioner",
    "InsurancePlan",
    "HealthcareService",
    "OrganizationAffiliation",
    "PractitionerRole",
)
"""The types of a Plan-Net directory, in the order that lets references resolve."""
DEEPEST: Final = 60
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_LITERAL: Final = re.compile(
    rf"(?P<type>{'|'.join(TYPES)})/(?P<id>[A-Za-z0-9\-.]+)(/_history/[A-Za-z0-9\-.]+)?", re.ASCII
)


def id_here(directory: str, identity: str) -> str:
    """Return the id that a directory's resource has here: the same each time it comes."""
    plain = f"{directory}.{identity}"
    if _ID.fullmatch(plain):
        return plain
    return f"{directory}.{blake2b(identity.encode(), digest_size=16).hexdigest()}"


def rewritten(resource: Resource, directory: str, base: str) -> Resource:
    """Return a resource as it is kept here: its id, and what it refers to in that directory."""
    kept: Resource = _walked(resource, directory, base, 0)
    said = resource.get("meta")
    meta: dict[str, Any] = said if isinstance(said, dict) else {}
    kept["id"] = id_here(directory, str(resource.get("id", "")))
    profiles = {"profile": meta["profile"]} if meta.get("profile") else {}
    kept["meta"] = {**profiles, "tag": [{"system": SOURCE, "code": directory}]}
    kept.pop("text", None)  # written for the payer's own page, with addresses of that server
    day = str(meta.get("lastUpdated", ""))[:10]
    if resource.get("resourceType") == "PractitionerRole" and len(day) == len("2026-01-01"):
        others = [one for one in kept.get("extension", []) if one.get("url") != AS_OF]
        kept["extension"] = [*others, {"url": AS_OF, "valueDate": day}]
    return kept


def _walked(value: Any, directory: str, base: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, list):
        return [_walked(one, directory, base, depth + 1) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _reference(one, directory, base)
        if name == "reference" and isinstance(one, str)
        else _walked(one, directory, base, depth + 1)
        for name, one in value.items()
    }


def _reference(literal: str, directory: str, base: str) -> str:
    found = _LITERAL.fullmatch(literal.removeprefix(f"{base}/"))
    return f"{found['type']}/{id_here(directory, found['id'])}" if found else literal
