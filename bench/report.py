"""What was measured, against its target and its floor: as a table, and as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Measure:
    """One figure. ``at_most`` or ``at_least`` is its target, if it has one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    floor: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Return the target in words; empty if there is none."""
        if self.at_most is not None:
            return f"<= {number(self.at_most)}"
        return f">= {number(self.at_least)}" if self.at_least is not None else ""

    @property
    def met(self) -> bool | None:
        """Tell whether the target was met; None if there is none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None

    @property
    def ratio(self) -> float | None:
        """Return how many times worse than the floor it is; None without a floor."""
        if not self.floor or not self.value:
            return None
        better_is_more = self.at_least is not None or self.unit.endswith("/s")
        return self.floor / self.value if better_is_more else self.value / self.floor


@dataclass(slots=True)
class Report:
    """Everything one run measured, and what it had to leave out, with the reason."""

    measures: list[Measure] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)

    def add(self, measure: Measure) -> Measure:
        """Take a figure in, and say it at once."""
        self.measures.append(measure)
        print(f"  {measure.name}: {number(measure.value)} {measure.unit}", flush=True)
        return measure

    def skip(self, section: str, reason: str) -> None:
        """Note what was not measured, and why."""
        self.skipped[section] = reason
        print(f"  {section} is left out: {reason}", flush=True)

    def value(self, name: str) -> float | None:
        """Return the figure of that name, if it was measured."""
        return next((one.value for one in self.measures if one.name == name), None)

    def lines(self) -> Iterable[str]:
        """Yield the table."""
        rows: list[tuple[str, ...]] = [
            ("what", "measured", "unit", "target", "floor", "ratio", "met")
        ]
        rows += [_row(measure) for measure in self.measures]
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        for row in rows:
            yield "  ".join(part.ljust(w) for part, w in zip(row, widths, strict=True)).rstrip()
        others, slowed = self._most("cores_used_by_others"), self._most("slowed")
        if slowed > 1:
            yield (
                f"Others used up to {others:.1f} cores meanwhile; the same work then took up to"
                f" {slowed:.1f} times the CPU of a quiet moment."
            )
        for section, reason in self.skipped.items():
            yield f"Left out: {section}. {reason}"

    def _most(self, name: str) -> float:
        """Return the greatest value of that name in any detail."""
        every = (one.detail.get(name, 0.0) for one in self.measures)
        return max((max(one) if isinstance(one, list) else one for one in every), default=0.0)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        measures = [
            asdict(one) | {"target": one.target, "met": one.met, "ratio": one.ratio}
            for one in self.measures
        ]
        known = {"machine": self.machine, "measures": measures, "skipped": self.skipped}
        path.write_text(json.dumps(known, indent=2, default=str) + "\n", encoding="utf-8")


def _row(one: Measure) -> tuple[str, ...]:
    said = {True: "yes", False: "no", None: ""}[one.met]
    ratio = f"{one.ratio:.1f}" if one.ratio else ""
    floor = number(one.floor) if one.floor else ""
    return (one.name, number(one.value), one.unit, one.target, floor, ratio, said)


def number(value: float | None) -> str:
    """Return a figure with about three digits that mean something."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which ``part`` of the values are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
