"""Whatever a plan looks like, it is read, matched and applied, or refused in words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir.errors import HandrailError
from handrail.fhir.plans import (
    Facts,
    UnreadablePlanError,
    apply,
    contained,
    matching,
    read_plan,
    unsupported,
)
from handrail.fhir.plans.gaps import actions

PATIENT = {"resourceType": "Patient", "id": "p"}
FACTS = Facts(as_of=date(2026, 11, 22), at="2026-11-22T10:00:00Z")
WORDS = """
id url version title status publisher description topic goal action useContext relatedArtifact
extension lastReviewDate effectivePeriod addresses target due measure detailQuantity
detailRange detailCodeableConcept priority category documentation goalId timingDuration
timingRange timingTiming timingAge timingDateTime timingPeriod participant role type code
coding system display text condition kind expression language relatedAction actionId
relationship offsetDuration selectionBehavior definitionCanonical definitionUri dynamicValue
path value unit low high start end valueCodeableConcept valueRange modifierExtension _title
_text valueString valueCode repeat event period periodUnit trigger input output transform
"""
NAMES = WORDS.split()
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**20), max_value=10**20),
    st.floats(),
    st.sampled_from(
        ["", "d", "active", "text/fhirpath", "focus", "age", "true", "name.given", "é"]
    ),
    st.text(max_size=5),
)
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=25,
)
actions_like = st.lists(
    st.fixed_dictionaries(
        {
            "action": st.lists(
                st.dictionaries(st.sampled_from(NAMES), anything, max_size=6), max_size=2
            )
        },
        optional=dict.fromkeys(("title", "timingDuration", "condition", "goalId"), anything),
    ),
    max_size=3,
)
definitions = st.fixed_dictionaries(
    {"resourceType": st.just("PlanDefinition"), "status": st.just("active")},
    optional={
        "action": st.one_of(actions_like, anything),
        **{n: anything for n in NAMES[:15] if n not in {"status", "action"}},
    },
)


@settings(max_examples=120, deadline=None)
@given(definition=definitions, need=st.dictionaries(st.sampled_from(NAMES), anything, max_size=5))
def test_any_json(definition, need):
    matching([definition], [need])
    unsupported(definition)
    try:
        made = apply(definition, [], PATIENT, FACTS)
    except HandrailError:
        return
    contained(made.care_plan, [*made.goals, *made.requests])


def nested(depth):
    inner = {"title": "inner"}
    for _ in range(depth):
        inner = {"action": [inner]}
    return {"resourceType": "PlanDefinition", "status": "active", "action": [inner]}


def test_steps_too_deep_or_too_many_are_refused():
    assert len(list(read_plan(nested(7)).walk())) == 8
    with pytest.raises(UnreadablePlanError):
        read_plan(nested(8))
    assert len(list(actions(nested(3000)))) == 8
    many = {"resourceType": "PlanDefinition", "action": [{"title": "x"}] * 501}
    with pytest.raises(UnreadablePlanError):
        read_plan(many)
