"""Two versions of a plan side by side: what each said, and what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.resource import Resource, reference_to, target_of

RELATED: Final = "http://hl7.org/fhir/StructureDefinition/goal-relationship"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a plan says, such as a goal.

    ``key`` is what it is; ``former`` what it replaces: a goal that a new version changed.
    """

    kind: str
    key: str
    words: str
    former: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in both versions; an empty side does not have it."""

    kind: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Tell whether the two sides say something else."""
        return self.before != self.after


def said(plan: Resource, parts: Iterable[Resource]) -> list[Line]:
    """Return what a plan says, as its parts were at that time."""
    known = {reference_to(part): part for part in parts}
    lines = [Line("title", "title", str(plan.get("title", "")))]
    for kind, refs in (
        ("need", plan.get("addresses", ())),
        ("goal", plan.get("goal", ())),
        ("step", [one.get("reference") or {} for one in plan.get("activity", ())]),
    ):
        for ref in refs:
            target = target_of(ref)
            words = _words(known.get(target), str(ref.get("display", "")))
            lines.append(Line(kind, target, words or target, _former(known.get(target))))
    return lines


def _former(part: Resource | None) -> str:
    """Return the goal that a goal replaces (FHIR extension goal-relationship)."""
    for one in (part or {}).get("extension", ()):
        if one.get("url") == RELATED:
            inner = {each.get("url"): each for each in one.get("extension", ())}
            return target_of((inner.get("target") or {}).get("valueReference"))
    return ""


def _words(part: Resource | None, display: str) -> str:
    if part is None:
        return display
    if part["resourceType"] == "Goal":
        return "; ".join(filter(None, [_text(part.get("description")), *_targets(part)]))
    if part["resourceType"] == "Task":
        return str(part.get("description") or _text(part.get("code")))
    return _text(part.get("code")) or str(part.get("description") or display)


def _text(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    first: Mapping[str, Any] = next(iter(concept.get("coding", ())), {})
    return str(concept.get("text") or first.get("display") or first.get("code") or "")


def _targets(goal: Resource) -> Iterable[str]:
    for target in goal.get("target", ()):
        quantity = target.get("detailQuantity") or {}
        span = target.get("detailRange") or {}
        ends = [_amount(span.get(end)) for end in ("low", "high")]
        detail = _amount(quantity) or " to ".join(filter(None, ends))
        detail = detail or str(target.get("detailString", ""))
        measure, due = _text(target.get("measure")), str(target.get("dueDate", ""))
        words = " ".join(filter(None, (measure, detail, f"by {due}" if due else "")))
        if words:
            yield words


def _amount(quantity: Mapping[str, Any] | None) -> str:
    if not quantity or quantity.get("value") is None:
        return ""
    unit = quantity.get("unit") or quantity.get("code") or ""
    return f"{quantity.get('comparator', '')}{quantity['value']} {unit}".strip()


def compared(before: Sequence[Line], after: Sequence[Line]) -> list[Row]:
    """Return both versions side by side: what was there before in its order, then what is new."""
    was = {(line.kind, line.key): line.words for line in before}
    now = {(line.kind, _same(line, was)): line.words for line in after}
    kinds = ["title", "need", "goal", "step"]
    keys = [*was, *(key for key in now if key not in was)]
    keys.sort(key=lambda key: kinds.index(key[0]))
    return [Row(kind, was.get((kind, key), ""), now.get((kind, key), "")) for kind, key in keys]


def _same(line: Line, was: Mapping[tuple[str, str], str]) -> str:
    """Return what a line is in the version before: itself, or what it replaces."""
    replaced = (line.kind, line.key) not in was and (line.kind, line.former) in was
    return line.former if replaced else line.key
