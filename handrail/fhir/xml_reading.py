"""FHIR XML read as FHIR JSON, without loss, in bounded depth and memory.

A document type declaration is refused, so there are no entities to expand and nothing is fetched.
Narrative is kept character for character. What a value should be is left to the validation, which
sees the same resource as if it had come as JSON.

Source: http://hl7.org/fhir/R4/xml.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from xml.parsers import expat

import msgspec

from handrail.fhir.elements import ElementOf, elements
from handrail.fhir.errors import Fault, UnreadableError
from handrail.fhir.r4 import MODULES
from handrail.fhir.xml_writing import NAMESPACE, XHTML

DEEPEST: Final = 100  # elements within each other
_FAULTLESS: Final = "The body is not FHIR R4 in XML."
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})
_encoder = msgspec.json.Encoder()
_Members = dict[str, Any]


@dataclass(slots=True)
class _Frame:
    """An element that is open. ``kind`` is empty for a value, and around a resource."""

    name: str
    kind: str
    element: ElementOf | None = None
    members: _Members = field(default_factory=dict)
    value: str | None = None


def to_json(xml: bytes) -> bytes:
    """Return the resource in the XML text as JSON.

    Raises:
        UnreadableError: it is not well-formed, or no resource of R4; with the place.
    """
    return _Reader().read(xml)


class _Reader:
    """One document on its way in."""

    def __init__(self) -> None:
        """Make a parser that refuses document types."""
        self.parser = parser = expat.ParserCreate(namespace_separator="\n")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        self.frames: list[_Frame] = []
        self.within = 0  # how deep in a narrative
        self.begin = 0  # where the narrative began
        self.xml = b""
        self.done: _Members = {}

    def read(self, xml: bytes) -> bytes:
        """Return the JSON."""
        try:
            self.xml = _in_utf8(xml)
            self.parser.Parse(self.xml, True)
        except (expat.ExpatError, UnicodeError, LookupError) as error:
            raise UnreadableError(
                _FAULTLESS, [Fault("", f"{error}.".capitalize(), "structure")]
            ) from error
        return _encoder.encode(self.done)

    def _refuse(self, said: str) -> NoReturn:
        path = ".".join(frame.name for frame in self.frames)
        place = f"line {self.parser.CurrentLineNumber}"
        raise UnreadableError(_FAULTLESS, [Fault(path, f"{said} ({place})", "structure")])

    def _doctype(self, *_: object) -> None:
        self._refuse("A document type declaration is not allowed.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.within:
            self.within += 1
        if self.within + len(self.frames) >= DEEPEST:
            self._refuse(f"Elements are nested deeper than {DEEPEST}.")
        if self.within:
            return
        space, _, tag = name.rpartition("\n")
        if space == XHTML and tag == "div":
            self.within, self.begin = 1, self.parser.CurrentByteIndex
        elif space != NAMESPACE:
            self._refuse(f"{tag[:60]} is not in the namespace {NAMESPACE}.")
        self.frames.append(self._opened(tag, attributes))

    def _opened(self, tag: str, attributes: dict[str, str]) -> _Frame:
        """Return the frame of an element that begins."""
        above = self.frames[-1] if self.frames else None
        if above is None or (not above.kind and above.element and above.element.type == "Resource"):
            if tag not in MODULES:
                self._refuse(f"{tag[:60]} is no resource of R4.")
            if above is not None and above.members:
                self._refuse("There is one resource here, not several.")
            return _Frame(tag, tag, members={"resourceType": tag})
        element = elements(above.kind or "Element").get(tag)
        if element is None or element.attribute:
            self._refuse(f"R4 does not know {tag[:60]} here.")
        if (element.type == "xhtml") != bool(self.within):
            self._refuse(f"The div of a narrative is in the namespace {XHTML}.")
        return self._below(element, attributes)

    def _below(self, element: ElementOf, attributes: dict[str, str]) -> _Frame:
        if element.type in ("xhtml", "Resource"):
            return _Frame(element.name, "", element)
        frame = _Frame(element.name, "" if element.primitive else element.type, element)
        if element.primitive:
            frame.value = attributes.pop("value", None)
        known = elements(frame.kind or "Element")
        for name, value in attributes.items():
            if name in known and known[name].attribute:
                frame.members[name] = value
            elif "\n" not in name:  # schema locations and the like have a namespace
                self._refuse(f"R4 does not know the attribute {name[:60]} here.")
        return frame

    def _text(self, text: str) -> None:
        if not self.within and text.strip():
            self._refuse("Text stands in the attribute value.")

    def _end(self, _name: str) -> None:
        if self.within:
            self.within -= 1
            if self.within:
                return
            self._narrative()
        frame = self.frames.pop()
        if not self.frames:
            self.done = frame.members
            return
        above = self.frames[-1]
        element = frame.element
        if element is None:  # a resource within contained, resource, ...
            above.members.update(frame.members)
        elif element.primitive:
            _add_value(above.members, element, frame)
        else:
            _add(above.members, element, frame.members)

    def _narrative(self) -> None:
        """Take the div as it is written."""
        end = self.xml.index(b">", self.parser.CurrentByteIndex) + 1
        said = self.xml[self.begin : end].decode()
        if not said.startswith("<div") or not said.rstrip(" >").endswith("</div"):
            self._refuse("The div of a narrative needs text, and no prefix.")
        if "xmlns=" not in said[: said.index(">")]:
            said = said.replace("<div", f'<div xmlns="{XHTML}"', 1)
        self.frames[-1].value = said


def _in_utf8(xml: bytes) -> bytes:
    """Return the text in UTF-8, so that places in it can be counted."""
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff"):
        said = xml.decode("utf-16")
    else:
        declared = re.match(rb"""\s*<\?xml[^>]*encoding=["']([\w.-]+)["']""", xml[:200])
        said = xml.decode(declared[1].decode() if declared else "utf-8")
    said = said.removeprefix("\ufeff")
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", said, count=1).strip().encode()


def _add(members: _Members, element: ElementOf, value: Any) -> None:
    if not element.many:
        if element.name not in members:
            members[element.name] = value
        elif isinstance(members[element.name], list):
            members[element.name].append(value)
        else:  # the validation says that it is one too many
            members[element.name] = [members[element.name], value]
    else:
        members.setdefault(element.name, []).append(value)


def _add_value(members: _Members, element: ElementOf, frame: _Frame) -> None:
    """Add a value, and what is said of it as ``_name``."""
    value, more = _typed(element.type, frame.value), frame.members
    name, shadow = element.name, f"_{element.name}"
    if not element.many:
        if value is not None or not more:
            _add(members, element, value)
        if more:
            members[shadow] = more
        return
    count = len(members.get(name) or members.get(shadow) or ())
    if value is not None or name in members or not more:
        members.setdefault(name, [None] * count).append(value)
    if more or shadow in members:
        members.setdefault(shadow, [None] * count).append(more or None)


def _typed(kind: str, value: str | None) -> Any:
    """Return a value as JSON has it; what is none of its type stays text."""
    if value is None:
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind == "decimal" and _DECIMAL.fullmatch(value):
        return msgspec.Raw(value.encode())
    if kind in _INTEGERS and _INTEGER.fullmatch(value):
        return int(value)
    return value
