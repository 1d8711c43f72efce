from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir.forms.patterns import UnsafePatternError, pattern


@pytest.mark.parametrize(
    ("asked", "fits", "not_so"),
    [
        (r"\d{5}(-\d{4})?", ["12345", "12345-6789"], ["1234", "12345-", "a12345"]),
        (r"^[A-Z]{2,3}$", ["AB", "ABC"], ["A", "ABCD", "ab"]),
        (r"(\+1)?[ .-]?\(?[0-9]{3}\)?", ["+1 (555)", "555"], ["55"]),
        (r"[^\s@]+@[^\s@]+\.[a-z]+", ["a@b.org"], ["a b@c.org", "a@b"]),
        (r"a|bc|", ["a", "bc", ""], ["abc"]),
        (r"a*?b+", ["b", "aabb"], ["a"]),
        (r"[\w-]{1,}", ["a-b_9"], ["a b", ""]),
        (r"\u0041\x42\.", ["AB."], ["ABC"]),
        (r"[]a]+", ["]a"], ["b"]),
        (r"(?:ab){2}", ["abab"], ["ab"]),
        (r"a{,3}", ["a{,3}"], ["aaa"]),
    ],
)
def test_patterns(asked, fits, not_so) -> None:
    assert all(pattern(asked).is_whole(text) for text in fits)
    assert not any(pattern(asked).is_whole(text) for text in not_so)


@pytest.mark.parametrize(
    "asked",
    [
        "(?=a)",
        "(?i)a",
        r"(a)\1",
        r"\bword",
        "a**",
        "(a",
        "a)",
        "*a",
        "[a",
        "[z-a]",
        "a{3,2}",
        "a{9999}b{9999}",
        r"\q",
        "(" * 60,
        "(((a{50}){50}){50})",
        "x" * 2000,
        "\\",
    ],
)
def test_what_is_not_known_is_refused(asked) -> None:
    with pytest.raises(UnsafePatternError):
        pattern(asked)


@pytest.mark.parametrize("asked", ["(a+)+b", "(a|a)*b", "a*a*a*a*a*a*b", "(a?){50}a{50}c"])
def test_no_pattern_takes_long(asked) -> None:
    """Python's own would not come to an end with some of these."""
    assert not pattern(asked).is_whole("a" * 3_000)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$"]),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{1,}"])).map(
                lambda two: f"(?:{two[0]}){two[1]}"
            ),
        ),
        max_leaves=6,
    ),
    st.text("ab1_ \u00e9", max_size=6),
)
def test_they_say_what_pythons_say(asked, text) -> None:
    python = re.compile(asked.replace("$", r"\Z"), re.ASCII)
    assert pattern(asked).is_whole(text) is bool(python.fullmatch(text))
    assert pattern(asked).is_in(text) is bool(python.search(text))
