"""FHIR JSON written as FHIR XML, without loss: digits of decimals, narrative, extensions of values.

Source: http://hl7.org/fhir/R4/xml.html. The order of elements is that of the definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html.entities import name2codepoint
from typing import Any, Final
from xml.parsers import expat

import msgspec

from handrail.fhir.elements import ElementOf, elements
from handrail.fhir.errors import Fault, InvalidResourceError

NAMESPACE: Final = "http://hl7.org/fhir"
XHTML: Final = "http://www.w3.org/1999/xhtml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STANDS_IN = "\ufffd"
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\n": "&#10;",
        "\r": "&#13;",
        "\t": "&#9;",
    }
)


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=_Number)


def to_xml(json: bytes) -> bytes:
    """Return the resource in the JSON text as XML.

    Raises:
        InvalidResourceError: it has elements that R4 does not know.
    """
    out = [_HEAD]
    _resource(_decoder.decode(json), out, f' xmlns="{NAMESPACE}"')
    return "".join(out).encode()


def _resource(resource: Mapping[str, Any], out: list[str], namespace: str = "") -> None:
    kind = str(resource.get("resourceType", ""))
    out.append(f"<{kind}{namespace}>")
    _members(kind, resource, out)
    out.append(f"</{kind}>")


@cache
def _ranks(kind: str) -> Mapping[str, int]:
    return {name: rank for rank, name in enumerate(elements(kind))}


def _members(kind: str, value: Mapping[str, Any], out: list[str]) -> None:
    """Write the elements of a structure in their order."""
    known, ranks = elements(kind), _ranks(kind)
    names = {name.removeprefix("_"): None for name in value if name != "resourceType"}
    for name in sorted(names, key=lambda name: ranks.get(name, -1)):
        element = known.get(name)
        if element is None:
            raise InvalidResourceError(
                "This cannot be written as XML.",
                [Fault(f"{kind}.{name}", f"R4 does not know {name[:60]} here.", "structure")],
            )
        if element.attribute:
            continue
        if element.primitive:
            for one, more in _values(value.get(name), value.get(f"_{name}")):
                _primitive(element, one, more, out)
        else:
            found = value[name]
            for one in found if isinstance(found, list) else (found,):
                _complex(element, one, out)


def _values(value: Any, more: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Yield values with what ``_name`` says of each."""
    if not (isinstance(value, list) or isinstance(more, list)):
        yield value, more or {}
        return
    values, extras = value or [], more or []
    for place in range(max(len(values), len(extras))):
        extra = extras[place] if place < len(extras) else None
        yield values[place] if place < len(values) else None, extra or {}


def _primitive(element: ElementOf, value: Any, more: Mapping[str, Any], out: list[str]) -> None:
    if element.type == "xhtml":
        out.append(_div(str(value)))
        return
    said = _attribute("id", more.get("id"))
    if value is not None:
        said += _attribute("value", str(value).lower() if isinstance(value, bool) else value)
    extensions = more.get("extension") or ()
    if not extensions:
        out.append(f"<{element.name}{said}/>")
        return
    out.append(f"<{element.name}{said}>")
    for one in extensions:
        _complex(elements("Element")["extension"], one, out)
    out.append(f"</{element.name}>")


def _complex(element: ElementOf, value: Mapping[str, Any], out: list[str]) -> None:
    if element.type == "Resource":
        out.append(f"<{element.name}>")
        _resource(value, out)
    else:
        attributes = _attribute("id", value.get("id"))
        if element.type == "Extension":
            attributes += _attribute("url", value.get("url"))
        out.append(f"<{element.name}{attributes}>")
        _members(element.type, value, out)
    out.append(f"</{element.name}>")


def _attribute(name: str, value: object) -> str:
    if value is None:
        return ""
    said = _UNWRITABLE.sub(_STANDS_IN, str(value)).translate(_ESCAPES)
    return f' {name}="{said}"'


def _div(text: str) -> str:
    """Return the narrative as it is, if it is well-formed; else as plain text in a div."""
    text = _UNWRITABLE.sub(_STANDS_IN, _ENTITY.sub(_number, text.strip()))
    if not text[: text.find(">")].count("xmlns="):
        text = text.replace("<div", f'<div xmlns="{XHTML}"', 1)
    try:
        expat.ParserCreate("UTF-8").Parse(text.encode(), True)
    except expat.ExpatError:
        text = f'<div xmlns="{XHTML}">{text.translate(_ESCAPES)}</div>'
    return text


def _number(found: re.Match[str]) -> str:
    """Return an entity that only HTML knows as a number."""
    code = None if found[1] in _XML_ENTITIES else name2codepoint.get(found[1])
    return f"&#{code};" if code else found[0]
