"""The map of what follows from what, printed from the code (``make docs``).

``docs/reactions.md`` is its output; a test compares the two.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from handrail.fhir.change import When
from handrail.record.registry import registry
from handrail.room import house


def lines() -> Iterator[str]:
    """Yield the page, line by line."""
    yield "# What follows from what"
    yield ""
    yield "Printed from the code by `make docs`. A reaction proposes; only people decide (ADR 3)."
    yield ""
    yield "## Reactions: when a change is committed"
    yield ""
    for resource_type in sorted(registry.reactions):
        for room, reaction in registry.reactions[resource_type]:
            name = f"{room}.{reaction.decide.__name__}"
            yield f"- **{_trigger(reaction.when)}** → `{name}`: {_first_line(reaction.decide)}"
    yield ""
    yield "## Sweeps: when time alone makes something due"
    yield ""
    for room, sweep in registry.sweeps:
        every = f"every {int(sweep.every.total_seconds() // 60)} min"
        yield f"- **{every}** → `{room}.{sweep.name}`: {_first_line(sweep.decide)}"
    yield ""
    yield "## Kinds of work, and what does them"
    yield ""
    for kind in sorted(house.task_kinds.values(), key=lambda kind: kind.code):
        yield f"- `{kind.code}` {kind.label} (done by: {kind.does}; queue: {kind.queue})"
    yield ""
    yield "## Projections: which tables follow which resources"
    yield ""
    for resource_type in sorted(registry.projections):
        tables = (p.into._meta.db_table for p in registry.projections[resource_type])  # noqa: SLF001 - Django's documented model API
        yield f"- {resource_type} → {', '.join(f'`{table}`' for table in dict.fromkeys(tables))}"


def _trigger(when: When) -> str:
    parts = [when.resource_type]
    for word, values in (
        ("class", when.class_),
        ("code", when.code),
        ("category", when.category),
        ("leaves", when.leaves),
        ("becomes", when.becomes),
    ):
        if values:
            parts.append(f"{word} {' or '.join(values)}")
    if when.existing:
        parts.append("when it was there before")
    return ", ".join(parts) if len(parts) > 1 else f"{parts[0]}, any change"


def _first_line(function: object) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


if __name__ == "__main__":
    import os

    from handrail.site import opening

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handrail.site.settings")
    opening.set_up()
    print("\n".join(lines()))  # noqa: T201 - this is what it is for
