"""What the operations over value sets and code systems have in common: whom and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.edge.operations import asking
from handrail.fhir import text
from handrail.fhir.resource import Resource
from handrail.fhir.terminology import CodeSystem, UnknownTermsError
from handrail.fhir.validation import validate
from handrail.operation import Answer, Asked
from handrail.record.terminology import Kept


def value_set(asked: Asked, kept: Kept) -> Mapping[str, Any]:
    """Return the ValueSet that is meant: by id, by ``url``, or sent along.

    Raises:
        ParameterError: none is named.
        UnknownTermsError: it is not kept here.
        InvalidResourceError: the one that was sent is not valid.
    """
    require(asked.by, "read", "ValueSet")
    sent = asked.resource("valueSet")
    if sent is not None:
        validate(text.write(sent), "ValueSet")
        return sent
    url = asked.id or asking.required(asked, "url", "the url of the value set")
    version = asked.value("valueSetVersion")
    found = kept.required_value_set(f"{url}|{version}" if version and not asked.id else url)
    looked(asked, f"ValueSet/{found['id']}")
    return found


def code_system(asked: Asked, kept: Kept, system: str) -> CodeSystem:
    """Return the CodeSystem that is meant: by id, or by its url, with ``version``.

    Raises:
        UnknownTermsError: it is not kept here.
    """
    require(asked.by, "read", "CodeSystem")
    version = asked.value("version")
    canonical = f"{system}|{version}" if version and not asked.id else asked.id or system
    if not canonical:
        raise asking.ParameterError("system is missing: the url of the code system.")
    found = kept.code_system(canonical)
    if found is None:
        raise UnknownTermsError(
            f"The code system {canonical[:200]} is not kept here. Store the CodeSystem first."
        )
    looked(asked, "CodeSystem")
    return found


def looked(asked: Asked, reference: str) -> None:
    """Write down that definitions were looked at."""
    with acting(asked.by, durable=False):
        audit.note(asked.by, audit.Event(action="R", what="read", reference=reference))


def parameters(*listed: Resource | None) -> Answer:
    """Answer with Parameters; None is left out."""
    kept = [one for one in listed if one is not None]
    return Answer(body=text.write({"resourceType": "Parameters", "parameter": kept}))
