"""Invariants of datatypes: http://hl7.org/fhir/R4/datatypes.html and metadatatypes.html."""

from __future__ import annotations

from handrail.fhir.invariants.rules import (
    Broken,
    Element,
    any_of,
    has,
    has_choice,
    in_order,
    needs,
    not_both,
    rule,
)

_UCUM = "http://unitsofmeasure.org"
_MEALS = frozenset({"C", "CM", "CD", "CV"})


@rule("Period")
def _period(element: Element) -> Broken:
    start, end = element.get("start"), element.get("end")
    if start and end and not in_order(start, end):
        yield "", f"The period ends ({end}) before it starts ({start}) (per-1). Correct one."


@rule("Extension")
def _extension(element: Element) -> Broken:
    valued = has_choice(element, "value")
    if valued and "extension" in element:
        yield "", "An extension has a value or extensions, not both (ext-1). Remove one."
    elif not valued and "extension" not in element:
        yield "", "An extension needs a value or extensions (ext-1). Add one, or remove it."


@rule("Quantity")
def _quantity(element: Element) -> Broken:
    if has(element, "code") and not has(element, "system"):
        yield "system", "A unit code needs its system (qty-3). Add it, or keep the unit only."


@rule("Age", "Distance", "Count")
def _measure(element: Element) -> Broken:
    yield from needs(element, "value", "code", "age-1, cnt-3, dis-1")
    yield from _ucum(element)


@rule("Duration")
def _duration(element: Element) -> Broken:
    yield from needs(element, "code", "value", "drt-1")
    if has(element, "code"):
        yield from _ucum(element)


def _ucum(element: Element) -> Broken:
    if element.get("system", _UCUM) != _UCUM:
        yield "system", f"The unit must come from {_UCUM} (age-1, cnt-3, dis-1, drt-1)."


@rule("Range")
def _range(element: Element) -> Broken:
    low, high = element.get("low", {}), element.get("high", {})
    same = low.get("code", low.get("unit")) == high.get("code", high.get("unit"))
    if same and "value" in low and "value" in high and float(low["value"]) > float(high["value"]):
        yield "", "The low value is above the high value (rng-2). Exchange them."


@rule("Ratio")
def _ratio(element: Element) -> Broken:
    if has(element, "numerator") != has(element, "denominator"):
        yield "", "A ratio needs both numerator and denominator (rat-1)."
    yield from any_of(element, ("numerator", "extension"), "rat-1")


@rule("Attachment")
def _attachment(element: Element) -> Broken:
    yield from needs(element, "data", "contentType", "att-1")


@rule("ContactPoint")
def _contact_point(element: Element) -> Broken:
    yield from needs(element, "value", "system", "cpt-2")


@rule("Expression")
def _expression(element: Element) -> Broken:
    yield from any_of(element, ("expression", "reference"), "exp-1")


@rule("DataRequirement.codeFilter", "DataRequirement.dateFilter")
def _filter(element: Element) -> Broken:
    yield from any_of(element, ("path", "searchParam"), "drq-1, drq-2")
    yield from not_both(element, "path", "searchParam", "drq-1, drq-2")


@rule("TriggerDefinition")
def _trigger(element: Element) -> Broken:
    if has(element, "data") and has_choice(element, "timing"):
        yield "", "A trigger has data or a timing, not both (trd-1). Remove one."
    yield from needs(element, "condition", "data", "trd-2")


@rule("Timing.repeat")
def _repeat(element: Element) -> Broken:
    yield from needs(element, "duration", "durationUnit", "tim-1")
    yield from needs(element, "period", "periodUnit", "tim-2")
    yield from needs(element, "periodMax", "period", "tim-6")
    yield from needs(element, "durationMax", "duration", "tim-7")
    yield from needs(element, "countMax", "count", "tim-8")
    yield from not_both(element, "timeOfDay", "when", "tim-10")
    for name, key in (("duration", "tim-4"), ("period", "tim-5")):
        if name in element and float(element[name]) < 0:
            yield name, f"“{name}” cannot be negative ({key})."
    meals = set(element.get("when", ())) & _MEALS
    if has(element, "offset") and (meals or not has(element, "when")):
        yield "offset", "An offset needs a “when” that is not a meal itself (tim-9)."
