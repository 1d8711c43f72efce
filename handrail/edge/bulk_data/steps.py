"""The steps of an export: which types, in which order, and how each is read.

What is not about patients goes with an export of patients only where something refers to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from handrail.access import scopes
from handrail.access.decide import allows
from handrail.access.narrowing import is_granular, is_narrow
from handrail.access.principal import Principal
from handrail.edge.bulk_data.asking import Wanted
from handrail.fhir.errors import ForbiddenError

# Each may refer to those behind it, seldom to those before it.
ASSOCIATED: Final = (
    "PractitionerRole",
    "HealthcareService",
    "Medication",
    "Location",
    "Practitioner",
    "Endpoint",
    "Organization",
)
_NOBODYS: Final = frozenset({*ASSOCIATED, "InsurancePlan", "OrganizationAffiliation"})
REFERENCE: Final = re.compile(
    rb'"reference":"((?:%b)/[A-Za-z0-9\-.]{1,64})' % "|".join(ASSOCIATED).encode()
)
PROOF: Final = "Provenance"


@dataclass(frozen=True, slots=True)
class Step:
    """One type in one go. ``how``: scan, patients, filter, associated, proof."""

    kind: str
    how: str
    deleted: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it for the table."""
        return asdict(self)


def may_export(by: Principal, kind: str) -> bool:
    """Tell whether ``by`` may have all resources of this type that it reaches.

    A part of a type, as scopes with search parameters open it, is read with searches instead.
    """
    if not allows(by, "read", kind):
        return False
    if not is_narrow(by, kind):
        return True
    bound = by.confined or not scopes.every_patient(by.scopes or ())
    return bound and not is_granular(by)


def require_types(by: Principal, kinds: Iterable[str]) -> None:
    """Refuse types that are asked for by name and may not be read.

    Raises:
        ForbiddenError: it names them.
    """
    closed = [kind for kind in kinds if not may_export(by, kind)]
    if closed:
        raise ForbiddenError(
            f"This access does not export {', '.join(closed)}. An administrator can give it the"
            " scopes for whole types."
        )


def steps(wanted: Wanted, kinds: Sequence[str], by: Principal, *, listed: bool) -> list[Step]:
    """Return the steps of an export.

    Args:
        wanted: what is asked for.
        kinds: the types that the record holds.
        by: who asks.
        listed: the patients are listed one by one.
    """
    filtered = {kind for kind, _ in wanted.filters}
    chosen = [k for k in kinds if (not wanted.types or k in wanted.types) and may_export(by, k)]
    about = [k for k in chosen if not wanted.level or k not in _NOBODYS]
    way = "patients" if listed else "scan"
    made = [Step(kind, "filter" if kind in filtered else way) for kind in about]
    if wanted.level:
        made += [Step(kind, "associated") for kind in ASSOCIATED if kind in chosen]
    if (not wanted.types or PROOF in wanted.types) and PROOF not in filtered:
        made += [Step(PROOF, "proof")] if may_export(by, PROOF) else []
    if wanted.since:
        made += [Step(kind, way, deleted=True) for kind in about]
    return made
