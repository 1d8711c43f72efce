"""What one has to know to apply a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from handrail.fhir.resource import Resource

_NOT_ID = re.compile(r"[^A-Za-z0-9.-]")
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when a plan is applied.

    ``as_of`` is the day it begins, ``at`` the instant (ISO 8601 text) it is written down.
    ``conditions`` are what the person needs: a goal ``addresses`` those that fit. The
    ``practitioner``, ``encounter`` and ``organization`` are references (``Type/id``), or empty;
    ``resources`` has what they are, by those names, for expressions. ``language`` is that of the
    goals' words. ``prefix`` begins every id that is made.
    """

    as_of: date
    at: str
    conditions: Sequence[Resource] = ()
    practitioner: str = ""
    encounter: str = ""
    organization: str = ""
    resources: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"
    prefix: str = ""

    def variables(self, patient: Resource) -> dict[str, Any]:
        """Return what an expression may refer to with a percent sign."""
        return {
            "practitioner": [],
            "encounter": [],
            "organization": [],
            **self.resources,
            "patient": patient,
            "subject": patient,
            "conditions": list(self.conditions),
        }

    def identity(self, kind: str, name: str) -> str:
        """Return an id for something that is made: FHIR allows 64 letters, digits, ``-`` and dots.

        ``kind`` keeps a goal and a step of the same name apart.
        """
        return _NOT_ID.sub("-", f"{self.prefix}{kind}-{name}")[:_LONGEST]
