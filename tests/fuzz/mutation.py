"""Spoils documents: values of wrong types, names twice, nesting, numbers and characters nobody has.

``choose(n)`` returns a whole number from 0 to before n; whoever calls says where chance is from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Choose = Callable[[int], int]

DEEP = 600
_SPOILT: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    0.1,
    1e308,
    "",
    " ",
    "x",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udc00\ud800",
    "\u202e\ufeff",
    "é" * 3,
    "1" * 5000,
    "9999-12-31T23:59:59.999999999+14:00",
    "0001-01-01",
    "2026-02-30",
    "-9999999999999999999",
    "1e999999999",
    "NaN",
    "Patient/p1",
    "Patient/none",
    "Patient/p1/_history/99999999999999",
    "Patient?identifier=a|b",
    "Patient?name:contains=a,b,c&_has:Observation:patient:code=x",
    "Patient?_id=p1&_filter=" + "(" * 300,
    "urn:uuid:00000000-0000-4000-8000-000000000000",
    "urn:uuid:",
    "#",
    "#x",
    "//",
    "http://[::1",
    "http://localhost/fhir/Patient/p1",
    "javascript:alert(1)",
    "'; drop table record_version; --",
    "%00",
    "%",
    "../../../etc/passwd",
    "$everything",
    "Patient/$match",
    "Patient.name[999999999999]",
    "Patient.where(" * 50,
    "GET",
    "PATCH",
    "HEAD",
    "DELETE",
    'W/"999999999999999999"',
    'W/"0"',
    "*",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": ""},
    {"resourceType": "Patient"},
    {"resourceType": {"a": 1}},
    {"reference": "Patient/p1"},
    {"reference": "Patient?x=y"},
    [1, "a", None, {"b": []}],
)
_RAW = (
    "1e400",
    "-0.0",
    "1E-999999",
    "0." + "1" * 400,
    "9" * 500,
    "NaN",
    "-",
    '"\\ud800"',
    '"\\u0000"',
    '"\x00"',
    "[" * DEEP + "]" * DEEP,
    '{"a":' * DEEP + "1" + "}" * DEEP,
    '{"a":1,"a":{"a":2}}',
    "",
    "tru",
    "/* */",
)
_HOLE = "@@hole@@"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a document."""
    yield path
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*path, key))


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def spoilt(document: Any, choose: Choose) -> bytes:
    """Return the text of a document that is wrong in one to four places."""
    made = json.loads(json.dumps(document))
    holes: list[str] = []
    for _ in range(1 + choose(4)):
        possible = [path for path in places(made) if path]
        if not possible:
            break
        path = possible[choose(len(possible))]
        _spoil(_at(made, path[:-1]), path[-1], choose, holes)
    text = json.dumps(made)
    for hole in holes:
        text = text.replace(f'"{_HOLE}"', hole, 1)
    if choose(8) == 0:
        text = _twice(text, choose)
    return text.encode("utf-8", "surrogatepass")


def _spoil(holder: Any, key: Any, choose: Choose, holes: list[str]) -> None:
    what = choose(8)
    if what == 0:
        del holder[key]
    elif what == 1:
        holder[key] = [holder[key], deepcopy(holder[key])]
    elif what == 2:
        holder[key] = {"x": holder[key]}
    elif what == 3 and isinstance(holder, dict):
        holder[f"_{key}"] = deepcopy(_SPOILT[choose(len(_SPOILT))])
    elif what == 4:
        holder[key] = _HOLE
        holes.append(_RAW[choose(len(_RAW))])
    elif what == 5 and isinstance(holder[key], list) and holder[key]:
        holder[key] = [deepcopy(one) for one in holder[key] * 30]
    else:
        holder[key] = deepcopy(_SPOILT[choose(len(_SPOILT))])


def _twice(text: str, choose: Choose) -> str:
    """Return the text with a piece of it missing, or there twice."""
    start = choose(len(text) + 1)
    end = start + choose(40)
    return text[:end] + text[start:] if choose(2) else text[:start] + text[end:]


def spoilt_text(words: tuple[str, ...], choose: Choose) -> str:
    """Return words one after the other, some of them odd."""
    odd = (*words, *(one for one in _SPOILT if isinstance(one, str)))
    return "".join(odd[choose(len(odd))] for _ in range(1 + choose(8)))
