"""``_filter``: comparisons joined by and, or, not and parentheses.

``name co "ash" and (birthdate ge 1970 or not (gender eq male))``. Paths may be chains; a filter
within a path (``name[…]``) is not known.

Source: http://hl7.org/fhir/R4/search_filter.html.
"""

from __future__ import annotations

import re
from typing import Final

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching.asked import InvalidSearchError
from handrail.fhir.searching.clauses import Clause, EitherClause
from handrail.fhir.searching.criteria import LONGEST_NAME, Budget, UnknownParameterError, criteria
from handrail.fhir.searching.parameters import parameters, types

LONGEST: Final = 4000
"""Characters of a filter."""
MOST_COMPARISONS: Final = 40
"""Comparisons in a filter."""
DEEPEST: Final = 10
"""Parentheses within each other."""

_PIECE = re.compile(r'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|([^\s()"]+))', re.DOTALL)
_PREFIXES = frozenset({"gt", "lt", "ge", "le", "ap", "sa", "eb"})
_ORDERED = frozenset({"date", "number", "quantity"})
_MODIFIERS = {"co": "contains", "in": "in", "ni": "not-in", "ss": "below", "sb": "above"}
_OF_TEXTS = {"eq": "=eq", "sw": "=sw", "ew": "=ew"}
_OPERATORS = frozenset({"eq", "ne", "po", "pr", "re", *_PREFIXES, *_MODIFIERS, *_OF_TEXTS})


def filtered(resource_type: str, text: str, budget: Budget) -> list[Clause]:
    """Return the clauses, all of which have to hold, of a filter.

    Raises:
        InvalidSearchError: the filter cannot be read.
        UnsupportedError: it asks what Handrail does not answer.
    """
    if len(text) > LONGEST:
        raise InvalidSearchError(f"_filter has at most {LONGEST} characters.")
    return _Filter(resource_type, text, budget).read()


class _Filter:
    """Reads a filter from left to right."""

    def __init__(self, resource_type: str, text: str, budget: Budget) -> None:
        self.resource_type, self.budget = resource_type, budget
        self.pieces: list[tuple[str, bool]] = []  # what, and whether it was quoted
        self.at, self.comparisons = 0, 0
        place = 0
        text = text.rstrip()
        while place < len(text):
            found = _PIECE.match(text, place)
            if found is None:
                raise self._wrong(text[place : place + 40])
            quoted = found[2] is not None
            self.pieces.append(
                (re.sub(r"\\(.)", r"\1", found[2]) if quoted else found[1] or found[3], quoted)
            )
            place = found.end()

    def read(self) -> list[Clause]:
        """Return what the whole filter comes to."""
        found = self._either(0)
        if self.at != len(self.pieces):
            raise self._wrong(self.pieces[self.at][0])
        return found

    def _wrong(self, near: str) -> InvalidSearchError:
        where = f"near “{near[:40]}”" if near else "at its end"
        return InvalidSearchError(
            f"_filter cannot be read {where}. Write comparisons as in name co “ash”, joined by and "
            "or or, in parentheses where both occur; texts stand in double quotes."
        )

    def _is(self, word: str) -> bool:
        return self.at < len(self.pieces) and self.pieces[self.at] == (word, False)

    def _next(self) -> str:
        if self.at >= len(self.pieces):
            raise self._wrong("")
        self.at += 1
        return self.pieces[self.at - 1][0]

    def _either(self, depth: int) -> list[Clause]:
        groups = [self._all(depth)]
        while self._is("or"):
            self.at += 1
            groups.append(self._all(depth))
        if len(groups) == 1:
            return groups[0]
        return [EitherClause("_filter", tuple(tuple(group) for group in groups))]

    def _all(self, depth: int) -> list[Clause]:
        found = self._one(depth)
        while self._is("and"):
            self.at += 1
            found = [*found, *self._one(depth)]
        return found

    def _one(self, depth: int) -> list[Clause]:
        negated = self._is("not")
        self.at += negated
        if self._is("("):
            if depth >= DEEPEST:
                raise InvalidSearchError(f"_filter: parentheses nest {DEEPEST} deep at most.")
            self.at += 1
            found = self._either(depth + 1)
            if self._next() != ")":
                raise self._wrong(self.pieces[self.at - 1][0])
        elif negated:
            raise self._wrong("not")
        else:
            found = self._comparison()
        return [EitherClause("_filter", (tuple(found),), negated=True)] if negated else found

    def _comparison(self) -> list[Clause]:
        self.comparisons += 1
        if self.comparisons > MOST_COMPARISONS:
            raise InvalidSearchError(f"_filter has at most {MOST_COMPARISONS} comparisons.")
        path, sign, value = self._next(), self._next(), self._next()
        if sign not in _OPERATORS or self.pieces[self.at - 1] in {("(", False), (")", False)}:
            raise self._wrong(sign)
        if len(path) > LONGEST_NAME:
            raise InvalidSearchError(f"_filter: a path has at most {LONGEST_NAME} characters.")
        if "[" in path or path.startswith("_filter"):
            raise UnsupportedError("_filter: a path is a parameter or a chain of them.")
        return self._asked(path, sign, re.sub(r"([\\,$])", r"\\\1", value))

    def _asked(self, path: str, sign: str, value: str) -> list[Clause]:
        kind = _kind(self.resource_type, path)
        ask = self._ask
        if sign == "pr":
            wanted = {"true": "false", "false": "true"}.get(value, value)
            return ask(f"{path}:missing", wanted)
        if sign == "po":
            apart = ((*ask(path, f"sa{value}"),), (*ask(path, f"eb{value}"),))
            there = ask(f"{path}:missing", "false")
            return [*there, EitherClause("_filter", apart, negated=True)]
        if sign in _PREFIXES or (kind in _ORDERED and sign in {"eq", "ne"}):
            return ask(path, f"{sign}{value}")
        if sign == "ne":
            same = self._asked(path, "eq", value)
            return [EitherClause("_filter", (tuple(same),), negated=True)]
        modifier = _MODIFIERS.get(sign) or (_OF_TEXTS.get(sign, "") if kind == "string" else "")
        if not modifier and sign not in {"eq", "re"}:
            raise UnsupportedError(
                f"_filter: {sign} can only be asked of texts, not of {path[:60]}."
            )
        return ask(f"{path}:{modifier}" if modifier else path, value)

    def _ask(self, name: str, value: str) -> list[Clause]:
        return criteria(self.resource_type, name, value, self.budget)


def _kind(resource_type: str, path: str) -> str:
    """Return the kind of the parameter that a path ends with.

    Raises:
        UnknownParameterError: the path leads nowhere.
    """
    if path.startswith("_has:"):
        _, other, _, *inner = [*path.split(":", 3), "", ""]
        return _kind(other, inner[0])
    head, _, rest = path.partition(".")
    code, _, modifier = head.partition(":")
    one = parameters(resource_type).get(code) if resource_type in types() else None
    if one is None:
        raise UnknownParameterError(f"_filter: {resource_type[:60]} has no parameter {code[:60]}.")
    if not rest:
        return one.kind
    targets = (modifier,) if modifier else (one.only,) if one.only else one.targets
    for target in targets:
        if target in types() and re.split("[:.]", rest)[0] in parameters(target):
            return _kind(target, rest)
    raise UnknownParameterError(f"_filter: say the type, as in {code[:60]}:Patient.{rest[:60]}.")
