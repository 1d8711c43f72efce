"""Classes as text, for generate_fhir.py: lines no longer than 100 characters, and their imports."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

WIDTH = 100
PRIMITIVES = [
    "base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id",
    "instant", "integer", "markdown", "oid", "positiveInt", "string", "time", "unsignedInt",
    "uri", "url", "uuid", "xhtml",
]  # fmt: skip


@dataclass
class Shape:
    """One class to write."""

    name: str
    path: str
    base: str
    lines: list[str] = field(default_factory=list)
    choices: dict[str, tuple[bool, list[str]]] = field(default_factory=dict)
    bindings: dict[str, str] = field(default_factory=dict)
    hooks: list[str] = field(default_factory=list)
    """Lines of the check that runs when the structure is decoded."""
    tag: bool = False
    short: str = ""


def quoted(text: str) -> str:
    """Return ``text`` as a string of Python."""
    return json.dumps(text, ensure_ascii=False)


def _cut(text: str) -> str:
    """Return ``text`` short enough for a docstring of one line, whole words only."""
    room = WIDTH - 12
    return text if len(text) <= room else text[: text.rindex(" ", 0, room - 4)] + " ..."


def class_text(shape: Shape) -> str:
    """Return the class."""
    tag = f', tag_field="resourceType", tag="{shape.name}"' if shape.tag else ""
    lines = [f"class {shape.name}({shape.base}, kw_only=True{tag}):"]
    text = (shape.short or shape.path).rstrip(".").replace("\\", "/").replace('"', "'")
    lines.append(f'    """{_cut(text)}."""')
    lines.append("")
    if shape.base != "Reference":
        lines.append(f"    fhir_path: ClassVar[str] = {quoted(shape.path)}")
    if shape.choices:
        lines.append("    fhir_choices: ClassVar[Mapping[str, tuple[bool, tuple[str, ...]]]] = {")
        lines += [
            wrapped(f"{quoted(stem)}: ({required}, ({', '.join(map(quoted, names))},)),", 8)
            for stem, (required, names) in shape.choices.items()
        ]
        lines.append("    }")
    if shape.bindings:
        pairs = ", ".join(f"{quoted(name)}: {each}" for name, each in shape.bindings.items())
        lines.append(wrapped(f"fhir_bindings: ClassVar[Mapping[str, Concepts]] = {{{pairs}}}", 4))
    lines += [wrapped(line, 4) for line in shape.lines]
    if shape.hooks:
        lines += ["", "    def __post_init__(self) -> None:"]
        lines += [f"        {hook}" for hook in shape.hooks]
    return "\n".join(lines)


def wrapped(line: str, indent: int = 0) -> str:
    """Break one line after an opening bracket and at commas where it is too long."""
    pad = " " * indent
    if len(line) + indent <= WIDTH or not re.search(r"[\[({]", line):
        return pad + line
    start = re.search(r"Literal\[|frozenset\(\{|attrgetter\(|reference_to\(|\(", line)
    if start is None:
        return pad + line
    cut = start.end()
    head, rest = line[:cut], line[cut:]
    lines, current = [pad + head], ""
    for word in re.split(r"(?<=,) ", rest):
        if current and len(current) + len(word) + indent + 5 > WIDTH:
            lines.append(f"{pad}    {current}")
            current = word
        else:
            current = f"{current} {word}".strip()
    return "\n".join([*lines, f"{pad}    {current}"])


def imports(body: str, used: set[str]) -> str:
    """Return the imports that ``body`` needs; ``used`` are the datatypes it may name."""

    def wanted(*names: str) -> str:
        return ", ".join(name for name in names if re.search(rf"\b{name}\b", body))

    lines = ["from __future__ import annotations", ""]
    if "Mapping[" in body:
        lines.append("from collections.abc import Mapping")
    if "attrgetter(" in body:
        lines.append("from operator import attrgetter")
    lines.append(f"from typing import {wanted('Annotated', 'ClassVar', 'Literal')}")
    lines += ["", f"from msgspec import {wanted('UNSET', 'Raw', 'field')}", ""]
    primitives = wanted(
        *sorted([*(name[0].upper() + name[1:] for name in PRIMITIVES), "Many", "Unset"])
    )
    primitives += ", reference_to" if "reference_to(" in body else ""
    lines.append(_names("handrail.fhir.primitives", primitives))
    if "*MODULES" in body:
        lines.append("from handrail.fhir.r4 import MODULES")
    types = wanted(*sorted(used))
    if types:
        lines.append(_names("handrail.fhir.r4.datatypes", types))
    structure = wanted(
        "Concepts", "Structure", "bound", "check_extension", "check_observation",
        "check_period", "check_quantity", "obey", "one_of",
    )  # fmt: skip
    if structure:
        lines.append(_names("handrail.fhir.structure", structure))
    return "\n".join(lines)


def _names(module: str, names: str) -> str:
    line = f"from {module} import {names}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + _filled(names) + ",\n)"


def _filled(names: str) -> str:
    lines, current = [], ""
    for word in names.split(", "):
        if current and len(current) + len(word) + 7 > WIDTH:
            lines.append(f"    {current},")
            current = word
        else:
            current = f"{current}, {word}" if current else word
    return "\n".join([*lines, f"    {current}"])
