"""Remembers which questions so many resources answer that sorting them is not tried first.

A hint for the next search alone: an answer is the same with it and without.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Final

from handrail.fhir.searching.query import Query
from handrail.record.search.places import Order

_MANY: Final = 2_000
_known: OrderedDict[Hashable, None] = OrderedDict()
_lock = Lock()


def key(query: Query, org: int, order: Order) -> Hashable:
    """Return what a question is remembered by; no words, only hashes."""
    asked = (org, query.resource_type, order[0])
    try:
        return hash((asked, tuple(query.clauses)))
    except TypeError:  # a chain holds searches, which are no keys
        return hash((asked, repr(query.clauses)))


def is_common(question: Hashable) -> bool:
    """Tell whether very many answered when it was asked last."""
    return question in _known


def remember(question: Hashable) -> None:
    """Note that very many answer."""
    with _lock:
        _known[question] = None
        while len(_known) > _MANY:
            _known.popitem(last=False)


def forget(question: Hashable) -> None:
    """Note that the other way was no better."""
    with _lock:
        _known.pop(question, None)


def forget_all() -> None:
    """Begin anew."""
    with _lock:
        _known.clear()
