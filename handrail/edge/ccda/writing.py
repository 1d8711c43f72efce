"""Elements of CDA: data types as XML, with null flavours where nothing is known.

Everything is escaped by the writer of XML; characters that XML has no way to write are replaced.
Source: HL7 CDA R2, data types of HL7 version 3 (AD, CD, ED, II, IVL_TS, PN, TEL, TS).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree as ET  # writes only; nothing is parsed here

HL7: Final = "urn:hl7-org:v3"
NAMESPACES: Final = {
    "xmlns": HL7,
    "xmlns:sdtc": "urn:hl7-org:sdtc",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
SYSTEMS: Final[Mapping[str, tuple[str, str]]] = {
    "http://loinc.org": ("2.16.840.1.113883.6.1", "LOINC"),
    "http://snomed.info/sct": ("2.16.840.1.113883.6.96", "SNOMED CT"),
    "http://hl7.org/fhir/sid/icd-10-cm": ("2.16.840.1.113883.6.90", "ICD-10-CM"),
    "http://www.nlm.nih.gov/research/umls/rxnorm": ("2.16.840.1.113883.6.88", "RxNorm"),
    "http://www.ama-assn.org/go/cpt": ("2.16.840.1.113883.6.12", "CPT"),
    "http://nucc.org/provider-taxonomy": ("2.16.840.1.113883.6.101", "NUCC taxonomy"),
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode": ("2.16.840.1.113883.5.111", "RoleCode"),
    "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus": (
        "2.16.840.1.113883.5.2",
        "MaritalStatus",
    ),
    "urn:oid:2.16.840.1.113883.6.238": ("2.16.840.1.113883.6.238", "Race & Ethnicity - CDC"),
}
"""Code systems by their FHIR address: OID and name. Source: http://hl7.org/fhir/R4/terminologies-systems.html."""
LOINC, SNOMED = SYSTEMS["http://loinc.org"], SYSTEMS["http://snomed.info/sct"]
NPI: Final = "2.16.840.1.113883.4.6"
_OIDS: Final = {
    "http://hl7.org/fhir/sid/us-npi": NPI,
    "http://hl7.org/fhir/sid/us-ssn": "",
    "urn:oid:2.16.840.1.113883.4.1": "",
}
_OWN: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:handrail:cda")
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Child = ET.Element | str | None
Children = Child | Iterable[Child]


def el(tag: str, *children: Children, **attributes: str | None) -> ET.Element:
    """Return an element. ``xsi_type`` writes ``xsi:type``; what is None is left out."""
    named = {
        name.replace("xsi_type", "xsi:type"): clean(value)
        for name, value in attributes.items()
        if value is not None
    }
    made = ET.Element(tag, named)
    for child in _flat(children):
        _put(made, child)
    return made


def _flat(children: Iterable[Children]) -> Iterable[ET.Element | str]:
    for child in children:
        if isinstance(child, ET.Element | str):
            yield child
        elif child is not None:
            yield from (one for one in child if one is not None)


def _put(made: ET.Element, child: ET.Element | str) -> None:
    if isinstance(child, str):
        made.text = (made.text or "") + clean(child)
    else:
        made.append(child)


def clean(text: str) -> str:
    """Return ``text`` without what XML cannot write."""
    return _UNWRITABLE.sub("\ufffd", text)


def written(document: ET.Element) -> bytes:
    """Return a document as UTF-8 text."""
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + ET.tostring(document, encoding="unicode").encode("utf-8", "replace")


def template(root: str, extension: str = "") -> ET.Element:
    """Return a templateId."""
    return el("templateId", root=root, extension=extension or None)


def own_id(reference: str) -> ET.Element:
    """Return the id of something in the record: stable, and unique in the world."""
    return el("id", root=own_root(reference))


def own_root(reference: str) -> str:
    """Return the UUID that stands for ``Type/id``."""
    return str(uuid.uuid5(_OWN, reference))


def ids(resource: Mapping[str, Any], reference: str) -> list[ET.Element]:
    """Return our id and those that are known elsewhere, but never a social security number."""
    found = [own_id(reference)]
    for one in resource.get("identifier", ()):
        system, value = str(one.get("system", "")), str(one.get("value", ""))
        root = _OIDS.get(system, system.removeprefix("urn:oid:"))
        if value and root and re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", root):
            found.append(el("id", root=root, extension=value))
        elif value and root and system:
            found.append(el("id", root=str(uuid.uuid5(_OWN, system)), extension=value))
    return found


def code(tag: str, value: str, system: tuple[str, str], words: str = "", **more: Any) -> ET.Element:
    """Return a coded element. ``more``: ``xsi_type``, ``children``."""
    return el(
        tag,
        more.get("children", ()),
        xsi_type=more.get("xsi_type"),
        code=value,
        codeSystem=system[0],
        codeSystemName=system[1],
        displayName=words or None,
    )


def concept(
    tag: str,
    codeable: Mapping[str, Any] | None,
    prefer: Sequence[str] = (),
    **more: Any,
) -> ET.Element:
    """Return a CodeableConcept: one code of the preferred systems, the others as translations.

    Without a code of those systems the element has the null flavour OTH or UNK, and the words.
    ``more``: ``xsi_type``, ``narrative`` (the ID of the narrative that says the same).
    """
    codings = [one for one in (codeable or {}).get("coding", ()) if _known(one)]
    first = next((one for one in codings if not prefer or one["system"] in prefer), None)
    words = words_of(codeable)
    narrative = more.get("narrative", "")
    children = [said_in("originalText", words, narrative)] if words or narrative else []
    children += [_coded("translation", one) for one in codings if one is not first]
    if first is not None:
        return _coded(tag, first, children, more.get("xsi_type"))
    flavour = "OTH" if codings or words else "UNK"
    return el(tag, children, xsi_type=more.get("xsi_type"), nullFlavor=flavour)


def _known(coding: Mapping[str, Any]) -> bool:
    return bool(coding.get("code")) and coding.get("system") in SYSTEMS


def _coded(
    tag: str,
    coding: Mapping[str, Any],
    children: Sequence[ET.Element] = (),
    xsi_type: str | None = None,
) -> ET.Element:
    system = SYSTEMS[coding["system"]]
    words = str(coding.get("display", ""))
    return code(tag, str(coding["code"]), system, words, children=children, xsi_type=xsi_type)


def said_in(tag: str, words: str, narrative: str) -> ET.Element:
    """Return words, and a pointer to the narrative that says the same, if there is one."""
    return el(tag, words, el("reference", value=f"#{narrative}") if narrative else None)


def words_of(codeable: Mapping[str, Any] | None) -> str:
    """Return the words of a CodeableConcept; empty if it has none."""
    first: Mapping[str, Any] = next(iter((codeable or {}).get("coding", ())), {})
    said = (codeable or {}).get("text") or first.get("display") or first.get("code")
    return str(said or "")


def stamp(moment: str) -> str:
    """Return a FHIR date or instant as CDA writes it: ``20261122101500-0500``; empty for none."""
    if "T" not in moment:
        return moment.replace("-", "")
    at = datetime.fromisoformat(moment.replace(":60", ":59", 1))
    return f"{at:%Y%m%d%H%M%S%z}"


def time(tag: str, moment: str, *, day: bool = False) -> ET.Element:
    """Return a moment, or the null flavour UNK. ``day``: to the day only."""
    said = stamp(moment)[:8] if day else stamp(moment)
    return el(tag, value=said) if said else el(tag, nullFlavor="UNK")


def span(tag: str, begins: str, ends: str = "", **more: str) -> ET.Element:
    """Return a time from, and until if it has ended."""
    high = time("high", ends) if ends else None
    return el(tag, time("low", begins), high, **more)


def entry_reference(reference: str, type_code: str) -> ET.Element:
    """Return a pointer to an entry elsewhere in the document (template Entry Reference).

    An empty ``reference`` points to nothing, and says so.
    """
    return el(
        "entryRelationship",
        el(
            "act",
            template("2.16.840.1.113883.10.20.22.4.122"),
            own_id(reference) if reference else el("id", nullFlavor="NI"),
            el("code", nullFlavor="NP"),
            el("statusCode", code="completed"),
            classCode="ACT",
            moodCode="EVN",
        ),
        typeCode=type_code,
    )


def table(heads: Sequence[str], lines: Iterable[tuple[str, Sequence[str]]]) -> ET.Element:
    """Return a table of the narrative. ``lines``: the ID of the first cell's text, the cells."""
    body = [
        el("tr", el("td", cells[0], ID=mark), [el("td", one) for one in cells[1:]])
        for mark, cells in lines
    ]
    return el("table", el("thead", el("tr", [el("th", one) for one in heads])), el("tbody", body))


def section(
    templates: Sequence[ET.Element],
    coded: tuple[str, str],
    title: str,
    text: ET.Element | None,
    entries: Sequence[ET.Element],
) -> ET.Element:
    """Return a section in its component. Without entries it says that there is no information."""
    shown = text if text is not None else el("paragraph", "No information.")
    made = el(
        "section",
        templates,
        code("code", coded[0], LOINC, coded[1]),
        el("title", title),
        el("text", shown),
        [el("entry", one, typeCode="DRIV") for one in entries],
        nullFlavor=None if entries else "NI",
    )
    return el("component", made)
