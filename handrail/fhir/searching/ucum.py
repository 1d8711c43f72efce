"""Units of measure (UCUM) brought to base units, so that 5.4 mg and 0.0054 g are the same amount.

Known are the SI units, their prefixes, and what health care measures in; what is not known here is
compared as it is written. Moles, international units and equivalents stay units of their own:
nobody means 6.02e23 by "mol".

Source: https://ucum.org/ucum (the Unified Code for Units of Measure, its tables of prefixes, base
units and derived units).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

SYSTEM: Final = "http://unitsofmeasure.org"
LONGEST: Final = 60
"""Characters of a unit that is read; a longer one is compared as it is written."""

_EXACT = Context(prec=34, traps=[])
_Powers = dict[str, int]

_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1,
    "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip

# What can take a prefix: a factor and base units.
_METRIC: dict[str, tuple[str, str]] = {
    "m": ("1", "m"), "s": ("1", "s"), "g": ("1", "g"), "rad": ("1", "rad"), "K": ("1", "K"),
    "C": ("1", "C"), "cd": ("1", "cd"), "mol": ("1", "mol"), "eq": ("1", "eq"),
    "osm": ("1", "osm"), "sr": ("1", "rad2"), "Hz": ("1", "s-1"), "N": ("1000", "g.m.s-2"),
    "Pa": ("1000", "g.m-1.s-2"), "J": ("1000", "g.m2.s-2"), "W": ("1000", "g.m2.s-3"),
    "A": ("1", "C.s-1"), "V": ("1000", "g.m2.s-2.C-1"), "F": ("0.001", "g-1.m-2.s2.C2"),
    "Ohm": ("1000", "g.m2.s-1.C-2"), "S": ("0.001", "g-1.m-2.s.C2"), "Wb": ("1000", "g.m2.s-1.C-1"),
    "T": ("1000", "g.s-1.C-1"), "H": ("1000", "g.m2.C-2"), "lm": ("1", "cd.rad2"),
    "lx": ("1", "cd.rad2.m-2"), "Bq": ("1", "s-1"), "Gy": ("1", "m2.s-2"), "Sv": ("1", "m2.s-2"),
    "L": ("0.001", "m3"), "l": ("0.001", "m3"), "t": ("1000000", "g"), "bar": ("1e8", "g.m-1.s-2"),
    "u": ("1.66053906660e-24", "g"), "eV": ("1.602176634e-16", "g.m2.s-2"),
    "cal": ("4184", "g.m2.s-2"), "cal_th": ("4184", "g.m2.s-2"), "cal_IT": ("4186.8", "g.m2.s-2"),
    "m[Hg]": ("133322387.415", "g.m-1.s-2"), "m[H2O]": ("9806650", "g.m-1.s-2"),
    "kat": ("1", "mol.s-1"), "U": ("1", "U"), "[iU]": ("1", "[iU]"), "[IU]": ("1", "[iU]"),
    "Ci": ("37e9", "s-1"), "dyn": ("0.01", "g.m.s-2"), "erg": ("0.0001", "g.m2.s-2"),
    "P": ("100", "g.m-1.s-1"), "St": ("0.0001", "m2.s-1"), "[Cal]": ("4184000", "g.m2.s-2"),
    "By": ("8", "bit"), "bit": ("1", "bit"),
}  # fmt: skip

# What takes no prefix.
_PLAIN: dict[str, tuple[str, str]] = {
    "10*": ("10", ""), "10^": ("10", ""), "%": ("0.01", ""), "[ppth]": ("1e-3", ""),
    "[ppm]": ("1e-6", ""), "[ppb]": ("1e-9", ""), "min": ("60", "s"), "h": ("3600", "s"),
    "d": ("86400", "s"), "wk": ("604800", "s"), "mo": ("2629800", "s"), "mo_j": ("2629800", "s"),
    "a": ("31557600", "s"), "a_j": ("31557600", "s"), "a_g": ("31556952", "s"),
    "[in_i]": ("0.0254", "m"), "[in_us]": ("0.0254000508001016", "m"), "[ft_i]": ("0.3048", "m"),
    "[yd_i]": ("0.9144", "m"), "[mi_i]": ("1609.344", "m"), "[nmi_i]": ("1852", "m"),
    "[sin_i]": ("0.00064516", "m2"), "[sft_i]": ("0.09290304", "m2"),
    "[cin_i]": ("0.000016387064", "m3"), "[lb_av]": ("453.59237", "g"),
    "[oz_av]": ("28.349523125", "g"), "[gr]": ("0.06479891", "g"),
    "[stone_av]": ("6350.29318", "g"),
    "[gal_us]": ("0.003785411784", "m3"), "[qt_us]": ("0.000946352946", "m3"),
    "[pt_us]": ("0.000473176473", "m3"), "[cup_us]": ("0.0002365882365", "m3"),
    "[foz_us]": ("0.0000295735295625", "m3"), "[tbs_us]": ("0.00001478676478125", "m3"),
    "[tsp_us]": ("0.00000492892159375", "m3"), "[in_i'Hg]": ("3386388.640341", "g.m-1.s-2"),
    "[psi]": ("6894757.2931683", "g.m-1.s-2"), "atm": ("101325000", "g.m-1.s-2"),
    "deg": ("0.017453292519943295769", "rad"), "[degRe]": ("1.25", "K"), "[drp]": ("5e-8", "m3"),
    "[Ch]": ("0.0003333333333333333", "m"), "[diop]": ("1", "m-1"), "[pH]": ("1", "[pH]"),
    "[arb'U]": ("1", "[arb'U]"), "[CFU]": ("1", "[CFU]"), "[PFU]": ("1", "[PFU]"),
    "[hpf]": ("1", "[hpf]"), "[lpf]": ("100", "[hpf]"), "[HPF]": ("1", "[hpf]"),
    "[LPF]": ("100", "[hpf]"), "[MET]": ("3.5", "[MET]"), "[USP'U]": ("1", "[USP'U]"),
}  # fmt: skip

# Scales with a zero of their own: (added before, factor). Only alone, as UCUM says.
_SCALES = {"Cel": ("273.15", "1"), "[degF]": ("459.67", "5/9")}

_PART = re.compile(
    r"(?P<note>\{[^{}]*\})|(?P<mark>[./()])"
    r"|(?P<unit>10[*^]|(?:[^\d\s./(){}\[\]+*^-]|\[[^\[\]]*\])+)(?P<power>[+-]?\d{1,2})?"
    r"|(?P<number>\d{1,12})"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as ``(value + added) * factor`` of ``base``; ``is_base``: the value as it is."""

    base: str
    factor: Decimal
    added: Decimal = Decimal(0)
    is_base: bool = False

    def canonical(self, value: Decimal) -> Decimal:
        """Return ``value`` of this unit in base units."""
        if self.added:
            value = _EXACT.add(value, self.added)
        return _EXACT.multiply(value, self.factor)


@lru_cache(maxsize=1024)
def unit(code: str) -> Unit | None:
    """Return the unit that ``code`` stands for; None when it is not known here."""
    if code in _SCALES:
        added, scale = _SCALES[code]
        return Unit("K", _decimal(Fraction(scale)), Decimal(added))
    if not code or len(code) > LONGEST:
        return None
    try:
        factor, powers = _Reader(code).read()
    except (ValueError, KeyError, ZeroDivisionError):
        return None
    return Unit(_written(powers), _decimal(factor), is_base=factor == 1)


def _decimal(factor: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(factor.numerator), Decimal(factor.denominator))


def _written(powers: _Powers) -> str:
    parts = sorted((base, power) for base, power in powers.items() if power)
    return ".".join(base + (str(power) if power != 1 else "") for base, power in parts) or "1"


class _Reader:
    """Reads an expression such as ``10*3/uL`` from left to right."""

    def __init__(self, code: str) -> None:
        self.parts: list[re.Match[str]] = []
        place = 0
        while place < len(code):
            found = _PART.match(code, place)
            if found is None:
                raise ValueError(code)
            self.parts.append(found)
            place = found.end()
        self.at = 0

    def read(self) -> tuple[Fraction, _Powers]:
        """Return factor and base units of the whole."""
        found = self._term(0)
        if self.at != len(self.parts):
            raise ValueError
        return found

    def _mark(self) -> str:
        return (self.parts[self.at]["mark"] or "") if self.at < len(self.parts) else ""

    def _term(self, depth: int) -> tuple[Fraction, _Powers]:
        factor, powers = Fraction(1), _Powers()
        sign = 1
        if self._mark() == "/":
            sign, self.at = -1, self.at + 1
        while True:
            one, of_one = self._component(depth)
            factor *= one**sign
            for base, power in of_one.items():
                powers[base] = powers.get(base, 0) + sign * power
            if self._mark() not in {".", "/"}:
                return factor, powers
            sign, self.at = (1 if self._mark() == "." else -1), self.at + 1

    def _component(self, depth: int) -> tuple[Fraction, _Powers]:
        if self.at >= len(self.parts) or depth > 4:  # noqa: PLR2004 - no unit nests deeper
            raise ValueError
        part = self.parts[self.at]
        self.at += 1
        found: tuple[Fraction, _Powers] = (Fraction(1), {})
        if part["mark"] == "(":
            found = self._term(depth + 1)
            if self._mark() != ")":
                raise ValueError
            self.at += 1
        elif part["unit"]:
            found = _atom(part["unit"], int(part["power"] or 1))
        elif part["number"]:
            found = (Fraction(part["number"]), {})
        elif part["mark"]:
            raise ValueError
        if not part["note"] and self.at < len(self.parts) and self.parts[self.at]["note"]:
            self.at += 1
        return found


def _atom(symbol: str, power: int) -> tuple[Fraction, _Powers]:
    known = _METRIC.get(symbol) or _PLAIN.get(symbol)
    scale = Fraction(1)
    if known is None:
        prefix = next((one for one in (symbol[:2], symbol[:1]) if _prefixed(one, symbol)), "")
        known, scale = _METRIC[symbol[len(prefix) :]], Fraction(10) ** _PREFIXES[prefix]
    factor, base = known
    powers = _Powers()
    for part in filter(None, base.split(".")):
        match = re.fullmatch(r"(\[.*\]|[A-Za-z]+)(-?\d+)?", part)
        if match is None:
            raise ValueError(base)
        powers[match[1]] = int(match[2] or 1) * power
    return (Fraction(factor) * scale) ** power, powers


def _prefixed(prefix: str, symbol: str) -> bool:
    return prefix in _PREFIXES and symbol[len(prefix) :] in _METRIC
