"""Index and clauses together against a plain reading of the standard, on any resources."""

import gzip
import operator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir.searching import times, ucum
from handrail.fhir.searching.asked import InvalidSearchError
from handrail.fhir.searching.clauses import Row
from handrail.fhir.searching.parameters import parameters
from handrail.fhir.searching.query import parse
from handrail.fhir.searching.texts import normalize, texts_of
from handrail.fhir.searching.walk import values
from handrail.fhir.text import parse as read_json
from tests.data import data

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
UCUM = ucum.SYSTEM


def finds(resource, *pairs):
    query = parse(resource["resourceType"], pairs, strict=True)
    return query.matches(Row(resource["id"], NOW, resource))


def read(resource, code):
    known = parameters(resource["resourceType"])[code]
    return list(values(resource, known))


# The plain reading.


def naive_date(value, prefix, asked):
    span, (low, high) = times.of(value), times.interval(asked)
    if span is None:
        return False
    starts, ends = span
    if prefix == "ap":
        wider = min(high - low, low - times.FIRST, times.LAST - high)
        return starts < high + wider and ends > low - wider
    within = starts >= low and ends <= high
    above, below = ends > high, starts < low
    answers = {
        "": within, "eq": within, "ne": starts < low or ends > high, "gt": above, "lt": below,
        "ge": above or starts >= low, "le": below or ends <= high,
        "sa": starts >= high, "eb": ends <= low,
    }  # fmt: skip
    return answers[prefix]


FACTORS = {"kg": Decimal(1000), "g": Decimal(1), "mg": Decimal("0.001"), "ug": Decimal("0.000001")}
SIGNS = {"gt": operator.gt, "lt": operator.lt, "ge": operator.ge, "le": operator.le}
SIGNS |= {"sa": operator.gt, "eb": operator.lt}


def naive_amount(quantity, prefix, number, system="", code=""):
    has, asked = quantity.get("value"), Decimal(number)
    if has is None:
        return False
    half = Decimal(5).scaleb(asked.as_tuple().exponent - 1)
    half = abs(asked) / 10 if prefix == "ap" else half
    factors = naive_factors(quantity, system, code)
    if factors is None:
        return False
    factor, mine = factors
    has, low, high = has * mine, (asked - half) * factor, (asked + half) * factor
    if prefix in SIGNS:
        return SIGNS[prefix](has, asked * factor)
    if prefix == "ap":
        return low <= has <= high
    return (low <= has < high) is (prefix != "ne")


def naive_factors(quantity, system, code):
    """Return what the asked and the stored number are multiplied with; None: another unit."""
    same = (quantity.get("system"), quantity.get("code")) == (system, code)
    if code in FACTORS and system == UCUM:
        known = quantity.get("system") == UCUM and quantity.get("code") in FACTORS
        return (FACTORS[code], FACTORS[quantity["code"]]) if known else None
    bare = code in {quantity.get("code"), quantity.get("unit")}
    return (1, 1) if not code or (same if system else bare) else None


def naive_text(value, asked, modifier=""):
    wanted = normalize(asked)
    for text in texts_of(value):
        found = normalize(text)
        ways = {
            "": any(one.startswith(wanted) for one in [found, *found.split(" ")]),
            "exact": text == asked,
            "contains": wanted in found,
        }
        if ways[modifier]:
            return True
    return False


# What is asked of.

DAYS = st.dates(datetime(1790, 1, 1).date(), datetime(2210, 1, 1).date())  # noqa: DTZ001 - days
NEAR_DAYS = st.dates(datetime(2019, 11, 1).date(), datetime(2021, 2, 1).date())  # noqa: DTZ001 - days
ZONES = st.sampled_from(["Z", "+05:00", "-11:30"])


@st.composite
def written_dates(draw):
    day = draw(st.one_of(NEAR_DAYS, NEAR_DAYS, DAYS)).isoformat()
    ways = [day, f"{day}T{draw(st.integers(0, 23)):02}:15:00{draw(ZONES)}"]
    return draw(st.sampled_from([*ways, day[:7], day[:4]]))


@st.composite
def periods(draw):
    ends = sorted([draw(written_dates()), draw(written_dates())])
    if times.interval(ends[0])[0] >= times.interval(ends[1])[1]:
        ends.reverse()
    kept = draw(st.sampled_from([("start", "end"), ("start",), ("end",)]))
    return {name: text for name, text in zip(("start", "end"), ends, strict=True) if name in kept}


NUMBERS = st.decimals(-1000, 1000, allow_nan=False, places=2) | st.sampled_from(
    [Decimal("5.4"), Decimal(5400), Decimal("0.0054"), Decimal(100), Decimal("99.5")]
)
UNITS = st.sampled_from([(UCUM, "mg"), (UCUM, "g"), (UCUM, "ug"), ("urn:x", "mg"), (UCUM, "drops")])
ASKED_NUMBERS = st.sampled_from(["5.4", "0.0054", "5400", "100", "100.0", "5", "-3.10", "99.50"])
PREFIXES = st.sampled_from(["", "eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap"])


@st.composite
def quantities(draw):
    system, code = draw(UNITS)
    found = {"value": draw(NUMBERS), "system": system, "code": code, "unit": draw(WORDS)}
    return {name: found[name] for name in found if draw(st.integers(0, 5)) or name == "value"}


WORDS = st.sampled_from(["mg", "Ash", "Núñez", "de la Cruz", "Featherstonehaugh-Smith", "O'Brien"])
TEXTS = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


def mine(resource_type, **parts):
    return {"resourceType": resource_type, "id": "x", **parts}


@given(periods() | written_dates(), PREFIXES, written_dates())
@settings(max_examples=300)
def test_dates_that_are_no_column(value, prefix, asked):
    part = {"abatementString": ""} if not value else {}
    part |= {"abatementPeriod" if isinstance(value, dict) else "abatementDateTime": value}
    expected = naive_date(value, prefix, asked)
    assert finds(mine("Condition", **part), ("abatement-date", prefix + asked)) is expected


@given(periods() | written_dates(), PREFIXES, written_dates())
@settings(max_examples=300)
def test_dates_that_are_a_column(value, prefix, asked):
    name = "effectivePeriod" if isinstance(value, dict) else "effectiveDateTime"
    expected = naive_date(value, prefix, asked)
    assert finds(mine("Observation", **{name: value}), ("date", prefix + asked)) is expected


@given(
    st.lists(periods(), min_size=1, max_size=3),
    PREFIXES,
    st.lists(written_dates(), min_size=1, max_size=3),
)
@settings(max_examples=300)
def test_several_dates_and_several_asked(spans, prefix, asked):
    stays = [{"location": {"reference": "Location/a"}, "period": span} for span in spans]
    expected = any(naive_date(span, prefix, one) for span in spans for one in asked)
    found = finds(
        mine("Encounter", location=stays),
        ("location-period", ",".join(prefix + one for one in asked)),
    )
    assert found is expected


@given(quantities(), PREFIXES, ASKED_NUMBERS, st.none() | UNITS, st.booleans())
@settings(max_examples=300)
def test_amounts(quantity, prefix, number, unit, bare):
    system, code = unit or ("", "")
    system = "" if bare else system
    asked = prefix + number + (f"|{system}|{code}" if unit else "")
    expected = naive_amount(quantity, prefix, number, system, code)
    assert finds(mine("Observation", valueQuantity=quantity), ("value-quantity", asked)) is expected
    inner = mine("Observation", component=[{"valueQuantity": quantity}])
    assert finds(inner, ("component-value-quantity", asked)) is expected
    assert finds(inner, ("combo-value-quantity", asked)) is expected


@given(
    st.lists(st.tuples(st.sampled_from("ab"), quantities()), min_size=1, max_size=3),
    st.sampled_from("ab"), PREFIXES, ASKED_NUMBERS,
)  # fmt: skip
@settings(max_examples=300)
def test_parts_hold_on_the_same_element(components, code, prefix, number):
    listed = [
        {"code": {"coding": [{"system": "urn:c", "code": one}]}, "valueQuantity": quantity}
        for one, quantity in components
    ]
    expected = any(
        one == code and naive_amount(quantity, prefix, number) for one, quantity in components
    )
    asked = f"urn:c|{code}${prefix}{number}"
    whole = mine("Observation", component=listed)
    assert finds(whole, ("component-code-value-quantity", asked)) is expected
    assert finds(whole, ("combo-code-value-quantity", asked)) is expected
    top = mine("Observation", **listed[0])
    first, quantity = components[0]
    expected = first == code and naive_amount(quantity, prefix, number)
    assert finds(top, ("code-value-quantity", f"{asked},urn:c|z$1")) is expected


@given(
    st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(["", "exact", "contains"]), st.data()
)
@settings(max_examples=250)
def test_texts(texts, modifier, chooser):
    text = chooser.draw(st.sampled_from(texts) | TEXTS)
    start = chooser.draw(st.integers(0, len(text) - 1))
    asked = text[start : start + chooser.draw(st.integers(1, 30))].strip()
    if not normalize(asked):
        return
    expected = any(naive_text(one, asked, modifier) for one in texts)
    name = "name" + (f":{modifier}" if modifier else "")
    people = mine("Patient", name=[{"text": one} for one in texts])
    assert finds(people, (name, asked)) is expected


PAIRS = st.tuples(st.sampled_from(["urn:a", "urn:b", ""]), st.sampled_from(["x", "y", ""]))


@given(
    st.lists(PAIRS, max_size=3),
    st.lists(PAIRS, min_size=1, max_size=2),
    st.booleans(),
    st.booleans(),
)
def test_codes(has, asked, any_system, negated):
    codings = [
        {key: part for key, part in (("system", system), ("code", code)) if part}
        for system, code in has
    ]
    asked = [one for one in asked if any(one) and (one[1] or not any_system)]
    if not asked:
        return
    texts = [code if any_system else f"{system}|{code}" for system, code in asked]
    expected = any(
        code == wanted and (any_system or system == where) if wanted else system == where
        for system, code in has
        for where, wanted in asked
    )
    resource = mine("Observation", category=[{"coding": codings}] if codings else [])
    name = "category:not" if negated else "category"
    assert finds(resource, (name, ",".join(texts))) is (expected is not negated)


@pytest.mark.parametrize("folder", ["us-core-8.0.0", "sdoh-clinicalcare-3.0.0", "plan-net-1.1.0"])
def test_examples_of_others_are_found_by_all_they_say(folder):
    """Every value of every parameter of every example leads back to the example."""
    asked = 0
    for file in sorted(data(f"fhir-ig-examples/{folder}").rglob("*.json")):
        resource = read_json(file.read_bytes())
        if "id" in resource and resource.get("resourceType") != "ImplementationGuide":
            asked += lead_back(resource)
    assert asked > 300


def test_synthetic_records_are_found_by_all_they_say():
    files = sorted(data("synthea/r4-2019-ma").glob("*.json.gz"))[::80]
    entries = [
        entry for file in files for entry in read_json(gzip.decompress(file.read_bytes()))["entry"]
    ]
    assert sum(lead_back(entry["resource"]) for entry in entries[::7]) > 300


def lead_back(resource):
    asked = 0
    for code, one in parameters(resource["resourceType"]).items():
        if one.uncovered or one.parts or code in {"_id", "_lastUpdated", "_text", "_content"}:
            continue
        for kind, value in values(resource, one):
            for text in said(one.kind, kind, value):
                assert finds(resource, (code, text)), (code, text)
                assert finds(resource, (f"{code}:missing", "false")), code
                asked += 1
    return asked


def escape(text):
    for mark in "\\,|$":
        text = text.replace(mark, "\\" + mark)
    return text


def said(parameter, kind, value):
    """Return questions that this value is an answer to."""
    by_parameter = {"date": of_date, "quantity": of_amount, "number": of_amount}
    by_parameter["string"] = lambda text: [escape(one) for one in texts_of(text) if normalize(one)]
    by_kind = {"Coding": of_code, "Identifier": of_code, "Reference": of_reference}
    by_kind["CodeableConcept"] = lambda whole: [
        text for coding in whole.get("coding", ()) for text in of_code(coding)
    ]
    way = by_parameter.get(parameter) or by_kind.get(kind)
    if way is None:
        return [escape(value)] if isinstance(value, str) else []
    return way(value)


def of_date(value):
    span = times.of(value)
    if span is None:
        return []
    before = min(span[1], times.interval("2190")[0]).date().isoformat()
    around = [f"ge{span[0].isoformat()}", f"lt{before}T23:59:59.999Z"]
    around.append(f"ap{span[0].date().isoformat()}")
    return [*around, value] if isinstance(value, str) else around


def of_amount(value):
    if not isinstance(value, dict):
        return [str(value)]
    unit = f"|{value.get('system', '')}|{value['code']}" if value.get("code") else ""
    return [f"{value['value']}{unit}"] if "value" in value else []


def of_code(value):
    code = value.get("code") or value.get("value")
    return [f"{escape(value.get('system', ''))}|{escape(code)}", escape(code)] if code else []


def of_reference(value):
    return [escape(value["reference"])] if "/" in value.get("reference", "") else []


def test_a_number_too_large_is_refused():
    with pytest.raises(InvalidSearchError):
        parse("Observation", [("value-quantity", "1e9999")])
    assert finds(
        mine("Observation", valueQuantity={"value": Decimal("1e400")}), ("value-quantity", "gt5")
    )
