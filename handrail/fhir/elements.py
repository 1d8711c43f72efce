"""The elements of every R4 type, in the order of the standard: types, cardinality, what is summary.

Read from ``elements.txt``, which tools/generate_elements.py makes from the official definitions.
One line a type: its name, a tab, its elements as ``name:flags:type``. Flags: ``*`` repeats, ``!``
mandatory, ``+`` part of the summary, ``?`` modifier, ``@`` an attribute in XML. ``value[x]`` lists
its types with ``|``. ``~E`` and the like stand for what many types have.

Source: http://hl7.org/fhir/R4/ (StructureDefinition snapshots).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

PRIMITIVES: Final = frozenset(
    {
        "base64Binary",
        "boolean",
        "canonical",
        "code",
        "date",
        "dateTime",
        "decimal",
        "id",
        "instant",
        "integer",
        "markdown",
        "oid",
        "positiveInt",
        "string",
        "time",
        "unsignedInt",
        "uri",
        "url",
        "uuid",
        "xhtml",
    }
)
"""Types that are one value."""


@dataclass(frozen=True, slots=True)
class ElementOf:
    """One element of a type, as JSON names it (``deceasedBoolean``).

    ``type`` is a data type, ``Resource``, or the path of a structure within the type
    (``Patient.contact``). ``choice`` is the name without the type (``deceased``), if it is one;
    ``flags`` as in the file.
    """

    name: str
    type: str
    choice: str
    flags: str

    @property
    def many(self) -> bool:
        """Tell whether it repeats."""
        return "*" in self.flags

    @property
    def mandatory(self) -> bool:
        """Tell whether it has to be there."""
        return "!" in self.flags

    @property
    def summary(self) -> bool:
        """Tell whether the standard counts it to the summary."""
        return "+" in self.flags

    @property
    def modifier(self) -> bool:
        """Tell whether it can change what the rest means."""
        return "?" in self.flags

    @property
    def attribute(self) -> bool:
        """Tell whether it is an attribute in XML."""
        return "@" in self.flags

    @property
    def primitive(self) -> bool:
        """Tell whether it is one value."""
        return self.type in PRIMITIVES


@cache
def _table() -> Mapping[str, str]:
    lines = (files("handrail.fhir") / "elements.txt").read_text().splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def is_known(kind: str) -> bool:
    """Tell whether there is a type, or a structure within one, of this name."""
    return kind in _table() and kind[:1] != "~"


@cache
def elements(kind: str) -> Mapping[str, ElementOf]:
    """Return the elements of a type by their JSON name, in order; nothing for an unknown type."""
    table = _table()
    said = table.get(kind, "")
    for short, long in table.items():
        if short[:1] != "~":
            break
        said = said.replace(short, long)
    return {one.name: one for listed in said.split() for one in _elements(listed)}


def _elements(listed: str) -> list[ElementOf]:
    name, flags, types = listed.split(":")
    if not name.endswith("[x]"):
        return [ElementOf(name, types, "", flags)]
    stem = name[:-3]
    return [
        ElementOf(f"{stem}{one[0].upper()}{one[1:]}", one, stem, flags) for one in types.split("|")
    ]
