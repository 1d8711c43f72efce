"""Modifiers, chains, _has, _filter, lists, what comes along; and that nothing breaks the parser."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handrail.fhir.errors import HandrailError, UnsupportedError
from handrail.fhir.searching import hashing
from handrail.fhir.searching.asked import InvalidSearchError
from handrail.fhir.searching.clauses import (
    ChainClause,
    FactClause,
    HasClause,
    IdClause,
    Include,
    Row,
    TokenClause,
)
from handrail.fhir.searching.hashing import token
from handrail.fhir.searching.parameters import parameters, types
from handrail.fhir.searching.query import parse, parse_system
from handrail.fhir.searching.resolving import resolve

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def finds(resource, *pairs):
    query = parse(resource["resourceType"], pairs, strict=True)
    return query.matches(Row(resource["id"], NOW, resource))


LOINC = "http://loinc.org"
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o",
    "text": {"div": '<div xmlns="http://www.w3.org/1999/xhtml">A <b>dizzy</b> spell</div>'},
    "code": {"coding": [{"system": LOINC, "code": "8480-6", "display": "Systolic pressure"}]},
    "subject": {"reference": "Patient/p", "display": "Eve Ash"},
    "identifier": [
        {
            "type": {"coding": [{"system": "urn:t", "code": "MR"}]},
            "system": "urn:s",
            "value": "12",
        }
    ],
    "valueString": "pleasant and calm",
    "note": [{"text": "Measured sitting."}],
    "meta": {"profile": ["http://example.org/fhir/Profile/bp|2.1.0"]},
}
PLACE = {
    "resourceType": "Location",
    "id": "l",
    "position": {"latitude": 40.76, "longitude": -111.89},
}
PERSON = {
    "resourceType": "Patient",
    "id": "p",
    "name": [{"family": "Smith", "given": ["John"]}],
}
SEQUENCE = {
    "resourceType": "MolecularSequence",
    "id": "m",
    "referenceSeq": {
        "chromosome": {"coding": [{"code": "7"}]},
        "windowStart": 5,
        "windowEnd": 9,
    },
    "variant": [{"start": 100, "end": 300}, {"start": 100, "end": 150}, {"start": 120, "end": 320}],
}
URIS = {"resourceType": "ValueSet", "id": "v", "url": "http://example.org/fhir/ValueSet/a"}


@pytest.mark.parametrize(
    ("resource", "name", "value", "found"),
    [
        (OBSERVATION, "code:text", "systolic", True),
        (OBSERVATION, "code:text", "pressure", True),
        (OBSERVATION, "code:text", "tolic", False),
        (OBSERVATION, "subject:text", "eve a", True),
        (OBSERVATION, "subject:text", "bob", False),
        (OBSERVATION, "identifier:of-type", "urn:t|MR|12", True),
        (OBSERVATION, "identifier:of-type", "urn:t|XX|12", False),
        (OBSERVATION, "identifier:of-type", "urn:t|MR|13", False),
        (OBSERVATION, "value-string:contains", "leas", True),
        (OBSERVATION, "value-string:contains", "and c", True),
        (OBSERVATION, "value-string:contains", "nd", True),
        (OBSERVATION, "value-string:contains", "calmer", False),
        (OBSERVATION, "value-string:contains", "zzz,pleasant and calm", True),
        (OBSERVATION, "code-value-string", "8480-6$pleas", True),
        (OBSERVATION, "code-value-string", "8480-6$leas", False),
        (OBSERVATION, "code-value-string", "8480-7$pleas", False),
        (OBSERVATION, "code-value-string:missing", "false", True),
        (OBSERVATION, "code-value-quantity:missing", "true", True),
        (OBSERVATION, "_text", "dizzy spell", True),
        (OBSERVATION, "_text", "sitting", False),
        (OBSERVATION, "_text", "div", False),
        (OBSERVATION, "_content", "sitting", True),
        (OBSERVATION, "_content", "standing,sitt", True),
        (OBSERVATION, "_profile:below", "http://example.org/fhir", True),
        (OBSERVATION, "_profile:below", "http://example.org/fhir/Profile/bp|2", True),
        (OBSERVATION, "_profile:below", "http://example.org/fhir/Profile/bp|3", False),
        (OBSERVATION, "_id:not", "x", True),
        (OBSERVATION, "_id:missing", "true", False),
        (OBSERVATION, "_lastUpdated:missing", "false", True),
        (URIS, "url:below", "http://example.org/fhir/", True),
        (URIS, "url:below", "http://example.org/fh", False),
        (URIS, "url:above", "http://example.org/fhir/ValueSet/a/b", True),
        (URIS, "url:above", "http://example.org/fhir/ValueSet/ab", False),
        (SEQUENCE, "chromosome-variant-coordinate", "7$ge100$le200", True),
        (SEQUENCE, "chromosome-variant-coordinate", "7$ge110$le200", False),
        (SEQUENCE, "chromosome-variant-coordinate", "8$ge100$le200", False),
        (SEQUENCE, "chromosome-window-coordinate", "7$5$9", True),
        (PERSON, "phonetic", "smyth", True),
        (PERSON, "phonetic", "Jon Smith", True),
        (PERSON, "phonetic", "mary,jon", True),
        (PERSON, "phonetic", "mary", False),
        (PERSON, "phonetic:missing", "false", True),
        (PLACE, "near", "40.7|-111.9|10|km", True),
        (PLACE, "near", "40.7|-111.9", True),
        (PLACE, "near", "41.7|-111.9|10|[mi_i]", False),
        (PLACE, "near", "41.7|-111.9|110000|m", True),
        (OBSERVATION, "_filter", 'code eq 8480-6 and value-string co "sant"', True),
        (OBSERVATION, "_filter", 'not (code eq 8480-6) or value-string sw "calm"', False),
        (OBSERVATION, "_filter", 'value-string ew "calm"', True),
        (OBSERVATION, "_filter", 'value-string eq "Pleasant and  calm"', True),
        (OBSERVATION, "_filter", 'value-string ne "pleasant"', True),
        (OBSERVATION, "_filter", "date pr false and (code pr true)", True),
        (OBSERVATION, "_filter", "subject re Patient/p", True),
        (OBSERVATION, "_filter", "_lastUpdated ge 2026-11-20 and _lastUpdated po 2026", True),
        (OBSERVATION, "_filter", "_lastUpdated ne 2026-11-20", False),
        (OBSERVATION, "_filter", "not(_id eq o)", False),
    ],
)
def test_what_is_found(resource, name, value, found):
    assert finds(resource, (name, value)) is found


def clause(resource_type, name, value="x"):
    (found,) = parse(resource_type, [(name, value)]).clauses
    return found


def test_a_chain_follows_the_stored_parameter():
    found = clause("Condition", "patient.name", "eve")
    assert isinstance(found, ChainClause)
    assert found.key == hashing.referring("Condition", "subject")
    assert found.by_patient
    assert [one.resource_type for one in found.to] == ["Patient"]
    assert found.to[0].clauses == [
        TokenClause("name", (token("Patient", "name", hashing.STARTS, "eve"),))
    ]
    reference = hashing.reference("Condition", "subject", "Patient/23")
    assert found.key ^ hashing.named("Patient/23") == reference


@pytest.mark.parametrize(
    ("resource_type", "name", "leads_to"),
    [
        ("Condition", "subject:Patient.name", ["Patient"]),
        ("Observation", "subject.identifier", ["Device", "Group", "Location", "Patient"]),
        ("Observation", "performer.name", ["Organization", "Patient", "Practitioner"]),
        ("Task", "owner:PractitionerRole.practitioner.name:exact", ["PractitionerRole"]),
        ("Encounter", "service-provider.address-city:contains", ["Organization"]),
    ],
)
def test_a_chain_leads_to_the_types_that_know_the_parameter(resource_type, name, leads_to):
    found = clause(resource_type, name)
    assert {one.resource_type for one in found.to} >= set(leads_to)
    assert not found.by_patient or leads_to == ["Patient"]


def test_has_asks_who_refers_here():
    found = clause("Patient", "_has:Observation:patient:code", "1234-5")
    assert isinstance(found, HasClause)
    assert (found.key, found.by_patient) == (hashing.referring("Observation", "subject"), True)
    inner = clause("Patient", "_has:Encounter:subject:_has:Condition:encounter:code").by
    assert isinstance(inner.clauses[0], HasClause)
    chained = clause("Encounter", "subject:Patient._has:Group:member:_id", "g")
    assert isinstance(chained.to[0].clauses[0], HasClause)


@pytest.mark.parametrize(
    ("resource_type", "name", "value"),
    [
        ("Task", "focus.identifier", "x"),
        ("Condition", "subject:Practitioner.name", "x"),
        ("Condition", "patient.", "x"),
        ("Condition", "patient.nothing", "x"),
        ("QuestionnaireResponse", "questionnaire.title", "x"),
        ("Task", ".".join(["part-of"] * 6) + ".status", "x"),
        ("Patient", "_has:Observation:code:status", "x"),
        ("Patient", "_has:Observation:patient", "x"),
        ("Patient", "_has:Nothing:patient:x", "x"),
        ("Group", "_has:Observation:patient:code", "x"),
        ("Patient", "_has:" * 9 + "x", "x"),
        ("Patient", "_filter", "name"),
        ("Patient", "_filter", "name eq"),
        ("Patient", "_filter", "(name eq x"),
        ("Patient", "_filter", "name eq x)"),
        ("Patient", "_filter", "name xx x"),
        ("Patient", "_filter", 'name eq "x'),
        ("Patient", "_filter", "nothing eq x"),
        ("Patient", "_filter", "(" * 12 + "name eq x" + ")" * 12),
        ("Patient", "_filter", " and ".join(["name eq x"] * 41)),
        ("Patient", "_filter", "link." * 700 + "name eq x"),
        ("Patient", "_filter", "gender co male"),
        ("Patient", "_list", "$current-problems"),
        ("Patient", "_list:missing", "true"),
        ("Location", "near", "91|0"),
        ("Location", "near", "1|1|x"),
        ("Location", "near", "1|1|5|kg"),
        ("Location", "near", "1"),
        ("Observation", "value-quantity", "5|mg"),
        ("Observation", "value-quantity", "five"),
        ("Observation", "value-quantity", "5|http://unitsofmeasure.org|"),
        ("Observation", "code-value-quantity", "x"),
        ("Observation", "code-value-quantity", "x$"),
        ("Observation", "code-value-quantity", "x$5$6"),
        ("RiskAssessment", "probability", "0.5||mg"),
        ("Patient", "identifier:of-type", "a|b"),
        ("Patient", "_include:iterate", "Patient:name"),
        ("Patient", "_revinclude", "*"),
        ("Patient", "_elements", "a.b.c()"),
        ("Patient", "_sort", "x" * 50),
        ("Encounter", "location-period", ",".join(["ge2020"] * 150)),
    ],
)
def test_what_is_refused(resource_type, name, value):
    with pytest.raises((InvalidSearchError, UnsupportedError)):
        parse(resource_type, [(name, value)], strict=True)


def test_what_comes_along():
    asked = [
        ("_include:iterate", "Location:partof"),
        ("_include:recurse", "Encounter:*"),
        ("_revinclude", "Observation:subject:Patient"),
    ]
    query = parse("Encounter", asked)
    assert query.include == [
        Include("Location", "partof", iterate=True),
        Include("Encounter", "*", iterate=True),
    ]
    assert query.revinclude == [Include("Observation", "subject", "Patient")]


def test_every_order():
    keys = [(one.column, one.name) for one in parse("Task", [("_sort", "-status,due,_id")]).sort]
    assert keys == [("values", "status"), ("due", "due"), ("id", "_id")]


def test_a_search_of_the_whole_system_names_its_types():
    found = parse_system([("_type", "Patient,Task"), ("_id", "a")])
    assert [one.resource_type for one in found] == ["Patient", "Task"]
    assert found[0].clauses == [IdClause(("a",))]
    for wrong in ([], [("_type", "Nothing")], [("_type", ",".join(sorted(types())))]):
        with pytest.raises(InvalidSearchError):
            parse_system(wrong)


class Facts:
    """A record that knows a little."""

    def entries(self, _identity):
        return ["Patient/a", "Patient/b/_history/2", "Group/c"]

    def expansion(self, _value_set):
        return {(LOINC, "8480-6"), ("urn:x", "y")}

    def descendants(self, system, code):
        return {(system, code), (system, f"{code}.1")}

    def ancestors(self, system, code):
        return {(system, code), (system, code[:1])}

    def below(self, reference, _parameter):
        return {reference, f"{reference}-inner"}

    def above(self, reference, _parameter):
        return {reference, "Location/house"}

    def ids(self, query):
        self.asked = query
        return ["q"]


def resolved(resource_type, *pairs):
    query = resolve(parse(resource_type, pairs, strict=True), Facts())
    assert not any(isinstance(one, FactClause) for one in query.clauses)
    return query


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("code:in", "http://example.org/vs", True),
        ("code:not-in", "http://example.org/vs", False),
        ("code:below", f"{LOINC}|8480-6", True),
        ("code:below", f"{LOINC}|8480", False),
        ("code:above", f"{LOINC}|8480-6", True),
        ("_filter", "code in http://example.org/vs", True),
        ("_filter", f"not (code ss {LOINC}|8480-6)", False),
    ],
)
def test_facts_of_codes(name, value, found):
    query = resolved("Observation", (name, value))
    assert query.matches(Row("o", NOW, OBSERVATION)) is found


def test_facts_of_lists_and_places():
    assert resolved("Patient", ("_list", "l")).clauses == [IdClause(("a", "b"), name="_list")]
    inner = {"resourceType": "Encounter", "id": "e"}
    inner["location"] = [{"location": {"reference": "Location/ward-inner"}}]
    query = resolved("Encounter", ("location:below", "ward"))
    assert query.matches(Row("e", NOW, inner))
    assert not resolved("Encounter", ("location:above", "ward")).matches(Row("e", NOW, inner))
    with pytest.raises(InvalidSearchError):
        resolved("Observation", ("code:below", "8480-6"))


def test_a_chain_over_what_columns_cannot_decide_is_looked_up_first():
    query = resolved("Condition", ("patient.name", "a very long name indeed"))
    assert query.clauses[0].to[0].clauses == [IdClause(("q",))]
    by = resolved("Patient", ("_has:Observation:patient:code:text", "systolic")).clauses[0].by
    assert by.clauses == [IdClause(("q",))]
    inner = resolved("Condition", ("patient._list", "l")).clauses[0].to[0]
    assert inner.clauses == [IdClause(("a", "b"), name="_list")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('organization.name eq "x" or name co "mit"', True),
        ('organization.name eq "x" or name co "zzz"', False),
        ('organization.name eq "x" and name co "mit"', True),  # the chain is the record's business
        ('not (organization.name eq "x") and name co "mit"', True),
        ('not (_has:Group:member:_id eq x or not (name co "mit"))', True),
    ],
)
def test_chains_beside_what_columns_cannot_decide(text, found):
    query = resolved("Patient", ("_filter", text))
    assert query.confirms(Row("p", NOW, PERSON)) is found


# Nothing breaks the parser.

TYPES = st.sampled_from(["Patient", "Observation", "Task", "Encounter", "Location", "ValueSet"])
NAMES = st.sampled_from(sorted({code for kind in ("Patient", "Observation", "Task", "Location") for code in parameters(kind)}))  # fmt: skip  # noqa: E501 - a list
PIECES = st.sampled_from([
    ":", ".", "_has:", "Observation", "Patient", "subject", "patient", "name", "code", "contains",
    "missing", "not", "text", "in", "below", "of-type", "identifier", "iterate", "exact", "*",
    "_include", "_revinclude", "_sort", "_filter", "_list", "_type", "_count", "near", "due",
])  # fmt: skip
VALUES = st.sampled_from([
    "ge", "ap", "2026", "-11", "T10:00", "Z", "+05:00", "|", "$", ",", "\\", "5.4", "1e9", "mg",
    "http://unitsofmeasure.org", "Patient/1", "true", "false", "(", ")", '"', " and ", " or ",
    "not ", "name co ", "x", "é", "\x00", "\ud800", "%", "9999-12-31", "0001", "{", "/_history/",
])  # fmt: skip
ASKED_NAMES = (
    NAMES | st.lists(PIECES | NAMES, min_size=1, max_size=7).map("".join) | st.text(max_size=20)
)
ASKED_VALUES = st.lists(VALUES | st.text(max_size=5), max_size=8).map("".join)
FILTERS = st.lists(
    st.sampled_from(["name", "eq", "co", "x", "(", ")", "and", "or", "not", "birthdate", "ge", "2020", '"a b"', "organization.name"]),  # noqa: E501 - a list
    max_size=14,
).map(" ".join)  # fmt: skip


@given(TYPES, st.lists(st.tuples(ASKED_NAMES, ASKED_VALUES), max_size=4), st.booleans())
@settings(max_examples=400, deadline=timedelta(seconds=5))
@example("Patient", [("name:" + "contains" * 40, "x")], False)
@example("Observation", [("value-quantity", "1e999")], True)
@example("Observation", [("date", "ap9999-12-31")], True)
@example("Condition", [("abatement-date", "ne0001")], True)
def test_no_search_does_worse_than_be_refused(resource_type, pairs, strict):
    query, refusal = attempt(resource_type, pairs, strict=strict)
    if query is None:
        assert refusal.endswith((".", "?", ")"))
        assert len(refusal) < 5000
    elif resource_type == "Patient" and "_filter" not in dict(pairs):
        others = any(isinstance(one, ChainClause | HasClause | FactClause) for one in query.clauses)
        resource = {"resourceType": resource_type, "id": "x", "name": [{"text": "x"}]}
        assert others or query.matches(Row("x", NOW, resource)) in {True, False}


def attempt(resource_type, pairs, *, strict=False):
    try:
        return parse(resource_type, pairs, strict=strict), ""
    except HandrailError as error:
        return None, error.message


@given(FILTERS | ASKED_VALUES)
@settings(max_examples=300, deadline=timedelta(seconds=5))
def test_no_filter_does_worse_than_be_refused(text):
    query, refusal = attempt("Patient", [("_filter", text)])
    assert query or refusal


def test_every_parameter_of_every_type_is_answered():
    """Whatever the type, a fitting question is understood; nothing is left out unsaid."""
    values = {
        "token": "x", "string": "abc", "date": "ge2026-11-21", "reference": "http://x.org/a",
        "number": "5", "quantity": "5.4||mg", "uri": "http://x.org", "special": "1|1",
    }  # fmt: skip
    for resource_type in types():
        for code, one in parameters(resource_type).items():
            if one.uncovered:
                continue
            parts = [values[parameters(resource_type)[part].kind] for part, _ in one.parts]
            value = "$".join(parts) or values[one.kind]
            assert parse(resource_type, [(code, value)], strict=True).clauses, (resource_type, code)
