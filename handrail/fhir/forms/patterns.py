r"""Regular expressions in linear time: no questionnaire can make the server think for ever.

Known: characters, ``.``, ``\d \w \s`` and their opposites, escapes, ``[…]``, groups, ``|``,
``* + ? {n,m}`` (lazy or not) and ``^ $``. Not known: looking around, back references, ``\b``,
flags. All ways through a pattern are followed at once (Thompson 1968), so that time grows with the
length of the text only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

Test = Callable[[str], bool]
MOST_STEPS: Final = 4_000
"""How large a pattern may become, its repetitions written out."""
_LONGEST: Final = 1_000
_DEEPEST: Final = 50


class UnsafePatternError(ValueError):
    """The pattern has something that is not checked here, or is no pattern."""


_CLASSES: Final[dict[str, Test]] = {
    "d": lambda one: "0" <= one <= "9",
    "w": lambda one: one == "_" or (one.isascii() and one.isalnum()),
    "s": str.isspace,
}
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}

Step = tuple[str, Test | tuple[int, ...] | None]
"""``take`` a character that passes a test, ``go`` to one of several steps, ``start``, ``end``."""


Spend = Callable[[int], None]
_PATIENCE: Final = 1_000_000
"""How many steps one text may take; about two seconds."""


class _Patience:
    """Counts the steps of one text."""

    def __init__(self) -> None:
        self.left = _PATIENCE

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise UnsafePatternError("the pattern takes too long on this text")


class Pattern:
    """A regular expression, ready to be asked."""

    def __init__(self, steps: list[Step]) -> None:
        """Keep the steps; behind the last of them the text has passed."""
        self._steps = steps

    def is_whole(self, text: str, spend: Spend | None = None) -> bool:
        """Tell whether the whole of ``text`` fits; ``spend`` is told how many steps that takes.

        Raises:
            UnsafePatternError: it takes too long, and nobody else counts.
        """
        return self._run(text, spend or _Patience().spend, anywhere=False)

    def is_in(self, text: str, spend: Spend | None = None) -> bool:
        """Tell whether a part of ``text`` fits; otherwise as :meth:`is_whole`."""
        return self._run(text, spend or _Patience().spend, anywhere=True)

    def _run(self, text: str, spend: Spend, *, anywhere: bool) -> bool:
        done = len(self._steps)
        states = self._reached([0], 0, len(text))
        for at, letter in enumerate(text):
            spend(1 + len(states))
            if anywhere and done in states:
                return True
            following = [one + 1 for one in states if self._takes(one, letter)]
            if anywhere:
                following.append(0)
            states = self._reached(following, at + 1, len(text))
        return done in states

    def _takes(self, step: int, letter: str) -> bool:
        if step == len(self._steps):
            return False
        kind, test = self._steps[step]
        return kind == "take" and callable(test) and test(letter)

    def _reached(self, starts: Iterable[int], at: int, length: int) -> set[int]:
        """Return the steps that are reached without taking a character."""
        seen: set[int] = set()
        waiting = list(starts)
        while waiting:
            step = waiting.pop()
            if step in seen:
                continue
            seen.add(step)
            if step < len(self._steps):
                kind, to = self._steps[step]
                if kind == "go" and isinstance(to, tuple):
                    waiting += [step + one for one in to]
                elif (kind == "start" and at == 0) or (kind == "end" and at == length):
                    waiting.append(step + 1)
        return seen


@lru_cache(maxsize=512)
def pattern(text: str) -> Pattern:
    """Return the pattern that ``text`` is.

    Raises:
        UnsafePatternError: it is none, or uses what is not known here.
    """
    if len(text) > _LONGEST:
        raise UnsafePatternError(f"the pattern is longer than {_LONGEST} characters")
    return Pattern(_Reader(text).all())


class _Reader:
    """Reads a pattern from left to right into steps with relative jumps."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def all(self) -> list[Step]:
        steps = self._either()
        if self.at < len(self.text):
            raise UnsafePatternError("a bracket is closed that was not opened")
        return steps

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _skip(self, what: str) -> bool:
        if self.text.startswith(what, self.at):
            self.at += len(what)
            return True
        return False

    def _either(self) -> list[Step]:
        steps = self._row()
        while self._skip("|"):
            other = self._row()
            steps = [
                ("go", (1, len(steps) + 2)),
                *steps,
                ("go", (len(other) + 1,)),
                *other,
            ]
        return _bounded(steps)

    def _row(self) -> list[Step]:
        steps: list[Step] = []
        while self._next() and self._next() not in "|)":
            steps = _bounded([*steps, *self._repeated(self._one())])
        return steps

    def _one(self) -> list[Step]:
        letter = self._next()
        self.at += 1
        if letter == "(":
            return self._group()
        if letter in "*+?":
            raise UnsafePatternError("there is nothing to repeat")
        if letter in "^$":
            return [("start" if letter == "^" else "end", None)]
        return [("take", self._test(letter))]

    def _test(self, letter: str) -> Test:
        if letter == ".":
            return lambda one: one not in "\n\r"
        if letter == "[":
            return self._set()
        if letter == "\\":
            return self._escaped()
        return letter.__eq__

    def _group(self) -> list[Step]:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnsafePatternError("the pattern nests too deep")
        named = re.compile(r"\?P?<[A-Za-z]\w*>").match(self.text, self.at)
        if named:
            self.at = named.end()
        elif self._next() == "?" and not self._skip("?:"):
            raise UnsafePatternError("looking around and flags are not known here")
        steps = self._either()
        if not self._skip(")"):
            raise UnsafePatternError("a bracket is not closed")
        self.depth -= 1
        return steps

    def _repeated(self, steps: list[Step]) -> list[Step]:
        low, high = self._times()
        if (low, high) == (1, 1):
            return steps
        self._skip("?")
        if self._next() and self._next() in "*+":
            raise UnsafePatternError("a repetition is repeated")
        found = _bounded(steps, low) * low
        if high is None:
            return [*found, ("go", (1, len(steps) + 2)), *steps, ("go", (-len(steps) - 1,))]
        rest: list[Step] = []
        for _ in range(high - low):
            rest = _bounded([("go", (1, len(steps) + len(rest) + 1)), *steps, *rest])
        return _bounded([*found, *rest])

    def _times(self) -> tuple[int, int | None]:
        for mark, times in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._skip(mark):
                return times
        found = re.compile(r"(?a)\{([0-9]{1,4})(,([0-9]{1,4})?)?\}").match(self.text, self.at)
        if not found:
            return 1, 1
        self.at = found.end()
        low = int(found[1])
        high = (int(found[3]) if found[3] else None) if found[2] else low
        if high is not None and high < low:
            raise UnsafePatternError("a repetition ends before it begins")
        return low, high

    def _escaped(self) -> Test:
        letter = self._next()
        self.at += 1
        if letter.lower() in _CLASSES:
            test = _CLASSES[letter.lower()]
            return test if letter.islower() else lambda one: not test(one)
        return self._meant(letter).__eq__

    def _meant(self, letter: str) -> str:
        """Return the character that an escape stands for."""
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter in {"u", "x"}:
            size = 4 if letter == "u" else 2
            digits = self.text[self.at : self.at + size]
            self.at += size
            if not re.fullmatch(f"[0-9A-Fa-f]{{{size}}}", digits):
                raise UnsafePatternError("an escape is not complete")
            return chr(int(digits, 16))
        if not letter or (letter.isascii() and letter.isalnum()):
            raise UnsafePatternError(f"“\\{letter}” is not known here")
        return letter

    def _set(self) -> Test:
        opposite = self._skip("^")
        tests: list[Test] = []
        first = True
        while first or self._next() != "]":
            if not self._next():
                raise UnsafePatternError("a bracket is not closed")
            tests.append(self._member())
            first = False
        self.at += 1
        if opposite:
            return lambda one: not any(test(one) for test in tests)
        return lambda one: any(test(one) for test in tests)

    def _member(self) -> Test:
        start = self._letter()
        if callable(start):
            return start
        if self._next() == "-" and self.text[self.at + 1 : self.at + 2] not in {"]", ""}:
            self.at += 1
            end = self._letter()
            if callable(end) or end < start:
                raise UnsafePatternError("a range of characters ends before it begins")
            return lambda one: start <= one <= end
        return start.__eq__

    def _letter(self) -> str | Test:
        letter = self._next()
        self.at += 1
        if letter != "\\":
            return letter
        if self._next().lower() in _CLASSES:
            return self._escaped()
        escaped = self._next()
        self.at += 1
        return self._meant(escaped)


def _bounded(steps: list[Step], times: int = 1) -> list[Step]:
    if len(steps) * times > MOST_STEPS:
        raise UnsafePatternError("the pattern repeats too much")
    return steps
