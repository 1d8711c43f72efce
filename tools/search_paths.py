"""Follow the FHIRPath of a SearchParameter to FHIR types, for ``tools/generate_search.py``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Step:
    """One step of a path: the element, its filter, and whether it repeats."""

    name: str
    repeats: bool
    where: str = ""

    @property
    def text(self) -> str:
        """Return the step as ``Parameter.sources`` has it."""
        return f"{self.name}[{self.where}]" if self.where else self.name


@dataclass
class Source:
    """One element that a parameter reads."""

    type: str
    steps: list[Step]
    only: str = ""
    required: bool = False

    @property
    def text(self) -> str:
        """Return the source as ``Parameter.sources`` has it."""
        kind = f"{self.type}={self.only}" if self.only else self.type
        return " ".join([kind, *(step.text for step in self.steps)])


class Definitions:
    """The elements of every type, so that a path can be followed to its FHIR types."""

    def __init__(self, folder: Path) -> None:
        """Read the StructureDefinitions of resources and datatypes."""
        self.elements: dict[str, dict[str, Any]] = {}
        self.types: list[str] = []
        for name in ("profiles-resources.json", "profiles-types.json"):
            for entry in json.loads((folder / name).read_text())["entry"]:
                self._add(entry["resource"])

    def _add(self, definition: dict[str, Any]) -> None:
        if definition["resourceType"] != "StructureDefinition":
            return
        if definition["kind"] == "resource" and not definition["abstract"]:
            self.types.append(definition["id"])
        if definition["id"] == definition["type"]:
            for element in definition["snapshot"]["element"]:
                self.elements[element["path"]] = element

    def follow(self, path: str, name: str) -> list[tuple[str, dict[str, Any], str, str]]:
        """Return (JSON name, element, path, type) of the child ``name``: one for each choice."""
        element = self.elements.get(f"{path}.{name}")
        if element is not None:
            return [self._child(element, f"{path}.{name}", name)]
        for stem in (name, re.sub("[A-Z].*", "", name)):  # value[x] as value or as valueDateTime
            element = self.elements.get(f"{path}.{stem}[x]", {"type": []})
            codes = [kind["code"] for kind in element["type"]]
            choices = [
                (f"{stem}{code[0].upper()}{code[1:]}", element, code, code) for code in codes
            ]
            if choices:
                return [one for one in choices if name in (stem, one[0])]
        return []

    def _child(
        self, element: dict[str, Any], path: str, name: str
    ) -> tuple[str, dict[str, Any], str, str]:
        if "contentReference" in element:
            return name, element, element["contentReference"].removeprefix("#"), "BackboneElement"
        kind = element["type"][0]["code"]
        kind = "id" if kind.startswith("http://hl7.org/fhirpath/") else kind
        inner = kind in {"BackboneElement", "Element"}
        return name, element, path if inner else kind, kind


@dataclass
class Cursor:
    """Where an expression has come to."""

    path: str
    type: str
    steps: list[Step]
    only: str = ""
    required: bool = True


TOKEN = re.compile(
    r"\.?where\(resolve\(\) is (?P<is>\w+)\)"
    r"|\.?where\((?P<key>\w+)\s*=\s*'(?P<value>[^']*)'\)"
    r"|\.as\((?P<as>\w+)\)| as (?P<as2>\w+)"
    r"|\[(?P<index>\d)\]|\.?(?P<name>\w+)"
)


def sources(definitions: Definitions, base: str, expression: str) -> list[Source]:
    """Return what one alternative of ``expression`` reads in a ``base`` resource."""
    if "exists()" in expression:
        return [Source("exists", [Step("deceased", repeats=False)], required=True)]
    text = re.sub(r"[()]", "", expression) if " as " in expression else expression
    cursors = [Cursor(base, base, [])]
    own = base.partition(".")[0]
    for match in TOKEN.finditer(re.sub(rf"^(Resource|DomainResource|{own})\b\.?", "", text)):
        cursors = [moved for cursor in cursors for moved in moves(definitions, cursor, match)]
    return [
        Source(cursor.type, cursor.steps, cursor.only, cursor.required)
        for cursor in cursors
        if cursor.steps or text == base
    ]


def moves(definitions: Definitions, at: Cursor, match: re.Match[str]) -> list[Cursor]:
    """Return where one token of an expression leads from ``at``."""
    wanted = match["as"] or match["as2"]
    if wanted:
        return [at] if at.type == wanted else []
    if match["is"]:
        return [Cursor(at.path, at.type, at.steps, match["is"], required=False)]
    if match["key"] or match["index"]:
        where = f"{match['key']}={match['value']}" if match["key"] else match["index"]
        last = Step(at.steps[-1].name, at.steps[-1].repeats, where)
        return [Cursor(at.path, at.type, [*at.steps[:-1], last], required=False)]
    choices = definitions.follow(at.path, match["name"])
    return [
        Cursor(
            path,
            kind,
            [*at.steps, Step(name, element["max"] != "1")],
            required=at.required and element["min"] > 0 and len(choices) == 1,
        )
        for name, element, path, kind in choices
    ]
