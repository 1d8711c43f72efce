"""The fast layer never accepts what the complete layer refuses, whatever was done to a resource.

And both keep their promises about the definitions: tables written by hand match the types.
"""

import copy
import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir.errors import InvalidResourceError
from handrail.fhir.invariants import RESOURCE_RULES, RULES
from handrail.fhir.r4 import MODULES, structure
from handrail.fhir.r4.datatypes import Extension
from handrail.fhir.tests.test_validation import HARMLESS, KINDS, VALID, changed
from handrail.fhir.validation import faults, validate
from handrail.fhir.validation.fast import certain
from handrail.fhir.validation.nesting import RECURSIVE, ROOM
from handrail.fhir.validation.schema import members

ANYWHERE = [b'"extension":', b'"modifierExtension":', b'"assigner":']
SEEDS = [*VALID, *(changed(*each) for each in HARMLESS), *(changed(*e[:3]) for e in KINDS.values())]
NAMES = st.sampled_from(
    [each for kind in ("Observation", "Bundle") for each in members(structure(kind))]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.just(2**31),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["", " ", "final", "a b", "a  b", "2024-02-30", "2024-02-29", "#", "#m", "\n"]),
    st.sampled_from(["Patient/1", "Patient?a=b", "urn:uuid:1", "http://a.test/Patient/1", "m"]),
    st.sampled_from([{}, [], [None], [{}], {"text": "a"}, {"reference": "#m"}, {"url": "a"}]),
)


def places(value):
    """Return every object and list inside ``value``, itself included."""
    found = [value]
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list) and each:
            found += places(each)
    return found


@st.composite
def mutated(draw):
    """A resource with up to three members or items removed, replaced, doubled or added."""
    made = copy.deepcopy(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 3))):
        if not made:
            break
        where = draw(st.sampled_from(places(made)))
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        change = draw(st.sampled_from(["drop", "set", "copy", "add"]))
        if not keys or change == "add":
            put(where, draw(NAMES), copy.deepcopy(draw(VALUES)))
            continue
        key = draw(st.sampled_from(keys))
        if change == "drop":
            del where[key]
        elif change == "set":
            where[key] = copy.deepcopy(draw(VALUES))
        else:
            put(where, draw(NAMES), copy.deepcopy(where[key]))
    return made


def put(where, name, value):
    if isinstance(where, dict):
        where[name] = value
    else:
        where.append(value)


def agree(text):
    """Check that the fast answer, the complete answer and ``validate`` are one."""
    for conditional in (False, True):
        found = faults(text, conditional=conditional)
        if certain(text, conditional=conditional):
            assert found == []
        if found:
            with pytest.raises(InvalidResourceError) as caught:
                validate(text, conditional=conditional)
            assert list(caught.value.faults) == found
        else:
            validate(text, conditional=conditional)


@settings(max_examples=400, deadline=None)
@given(mutated(), st.booleans())
def test_the_layers_agree_on_mutated_resources(made, pretty):
    agree(json.dumps(made, indent=2 if pretty else None).encode())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_layers_agree_on_mutated_texts(data):
    text = bytearray(json.dumps(data.draw(st.sampled_from(SEEDS)), ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text) - 1))
        size = data.draw(st.integers(0, 12))
        start = data.draw(st.integers(0, len(text) - 1))
        if data.draw(st.booleans()):
            text[place:place] = text[start : start + size]
        else:
            text[place : place + size] = data.draw(
                st.sampled_from([b"", b" ", b'"', b"\\u0020", b"\\n", b"{", b"null", b"\xff", b"1"])
            )
        if not text:
            break
    agree(bytes(text))


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_the_layers_agree_on_each_seed(seed):
    agree(json.dumps(SEEDS[seed]).encode())


def test_rules_are_for_elements_that_exist():
    paths = set()
    for name in MODULES:
        paths |= {each.fhir_path for each in reachable(structure(name))}
    assert set(RULES) <= paths
    assert set(RESOURCE_RULES) <= set(MODULES)


@cache
def reachable(kind):
    found, queue = set(), [kind]
    while queue:
        one = queue.pop()
        if one not in found:
            found.add(one)
            queue += [each.structure for each in members(one).values() if each.structure]
    return frozenset(found)


@pytest.mark.parametrize("name", MODULES)
def test_the_table_of_recursive_members_is_complete(name):
    """Without them no type contains itself, and with the few turns allowed it stays in ROOM."""
    known = {*ANYWHERE, *RECURSIVE.get(name, ())}
    base = levels(structure(name), known, ())
    turn = max(levels(Extension, known, ()), base - 1) + 1
    assert base + 3 * min(turn, 13) <= ROOM


def levels(kind, known, inside):
    """Return how deep ``kind`` nests without the ``known`` members."""
    assert kind not in inside, f"{kind.__name__} contains itself"
    deepest = 1
    for each in members(kind).values():
        if each.structure is not None and f'"{each.name}":'.encode() not in known:
            below = levels(each.structure, known, (*inside, kind))
            deepest = max(deepest, below + 1 + each.many)
        elif each.many:
            deepest = max(deepest, 2)
    return deepest
