"""Plans as others wrote them (PlanDefinition): read, matched to what a person needs, applied.

``read_plan`` reads one, ``unsupported`` says what of it Handrail does not do, ``matching`` finds
the goals and steps that fit a person's Conditions, ``apply`` makes the CarePlan that follows.

Source: http://hl7.org/fhir/R4/plandefinition.html.
"""

from __future__ import annotations

from handrail.fhir.plans.applying import Applied, apply
from handrail.fhir.plans.carrying import contained
from handrail.fhir.plans.facts import Facts
from handrail.fhir.plans.gaps import Unsupported, unsupported
from handrail.fhir.plans.plan import Plan, PlanGoal, PlanStep, Source, Target
from handrail.fhir.plans.reading import UnreadablePlanError, read_plan, read_text
from handrail.fhir.plans.suggesting import Person, Suggestion, matching, person_of
from handrail.fhir.plans.words import Words

__all__ = [
    "Applied",
    "Facts",
    "Person",
    "Plan",
    "PlanGoal",
    "PlanStep",
    "Source",
    "Suggestion",
    "Target",
    "UnreadablePlanError",
    "Unsupported",
    "Words",
    "apply",
    "contained",
    "matching",
    "person_of",
    "read_plan",
    "read_text",
    "unsupported",
]
