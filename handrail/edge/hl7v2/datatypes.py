"""HL7 v2 data types (CX, XPN, XAD, XTN, XCN, CWE, HD, PL) as FHIR data types. Pure.

Source: HL7 v2.5.1, 2.A; http://hl7.org/fhir/R4/datatypes.html.
"""

from __future__ import annotations

import re
from typing import Any

from handrail.edge.hl7v2 import tables
from handrail.edge.hl7v2.message import Field, Segment

Value = dict[str, Any]
_OID = re.compile(r"(?:urn:oid:)?([0-2](?:\.(?:0|[1-9]\d*))+)")
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_MANY_DIGITS = 5


def authority(namespace: str, universal: str = "", kind: str = "") -> str:
    """Return the identifier system of an assigning authority (HD): its OID, else its name."""
    for text in (universal, namespace):
        oid = _OID.fullmatch(text)
        if oid and (kind in {"", "ISO"} or text == namespace) and "." in oid[1][2:]:
            return f"urn:oid:{oid[1]}"
    if kind.upper() in {"URI", "URL"} and ":" in universal:
        return universal
    name = re.sub(r"[^a-z0-9.-]+", "-", (namespace or universal).lower()).strip("-")
    return f"urn:handrail:authority:{name}" if name else ""


def sender_authority(header: Segment) -> str:
    """Return the system for identifiers that name no authority: the sending facility's."""
    facility = authority(header.get(4, 1), header.get(4, 2), header.get(4, 3))
    return facility or authority(header.get(3, 1)) or "urn:handrail:authority:unknown"


def identifier(cx: Field, sender: str, issues: list[str], kind: str = "") -> Value:
    """Return a CX as an Identifier; ``sender`` is the system where it names none."""
    value, code = cx.get(1), cx.get(5).upper() or kind
    space, universal = cx.get(4, 1), cx.get(4, 2)
    if not cx.get(5) and not universal and space.upper() in tables.IDENTIFIER_TYPES - {""}:
        issues.append("An identifier's type stands in the place of its assigning authority.")
        code, space = space.upper(), ""
    system = authority(space, universal, cx.get(4, 3)) or sender
    if code == "SS" or (not code and space.upper() == "USSSA"):
        code, system = "SS", tables.SSN
    made: Value = {"system": system, "value": value}
    if code:
        made = {"type": {"coding": [{"system": f"{tables.V2}0203", "code": code}]}, **made}
    return made


def type_of(made: Value) -> str:
    """Return the table 0203 code of an Identifier made here."""
    return str(made["type"]["coding"][0]["code"]) if "type" in made else ""


def human_name(xpn: Field) -> Value | None:
    """Return an XPN as a HumanName; None when it says no name."""
    family = xpn.get(1) or xpn.get(1, 3)
    given = [part for part in (xpn.get(2), *xpn.get(3).split()) if part]
    if not family and not given:
        return None
    made: Value = {"use": tables.NAME_USE.get(xpn.get(7).upper(), "official")}
    if family:
        made["family"] = family
    if given:
        made["given"] = given
    if xpn.get(5):
        made["prefix"] = [xpn.get(5)]
    suffix = [part for part in (xpn.get(4), xpn.get(6)) if part]
    if suffix:
        made["suffix"] = suffix
    return made


def person(xcn: Field) -> Value | None:
    """Return an XCN as a Reference that says who; an NPI goes with it."""
    display = " ".join(p for p in (xcn.get(6), xcn.get(3), xcn.get(2), xcn.get(7)) if p)
    made: Value = {"display": display} if display else {}
    if xcn.get(1) and "NPI" in {xcn.get(9, 1), xcn.get(13), xcn.get(9, 2)}:
        made["identifier"] = {"system": tables.NPI, "value": xcn.get(1)}
    return made or None


def address(xad: Field) -> Value | None:
    """Return an XAD as an Address; None when it says nothing."""
    street = " ".join(part for part in (xad.get(1, 1), xad.get(1, 2)) if part)
    line = [part for part in (street, xad.get(2)) if part]
    parts = {"city": 3, "district": 9, "state": 4, "postalCode": 5, "country": 6}
    said = {name: xad.get(number) for name, number in parts.items() if xad.get(number)}
    if not line and not said.keys() - {"country"}:
        return None
    use = tables.ADDRESS_USE.get(xad.get(7).upper(), "home")
    made: Value = {"type": "postal"} if xad.get(7).upper() == "M" else {}
    if use == "billing":
        made["type"] = "postal"
    if use in {"home", "work", "temp", "old", "billing"}:
        made = {"use": use, **made}
    return {**made, **({"line": line} if line else {}), **said}


def telecom(xtn: Field, use: str) -> Value | None:
    """Return an XTN as a ContactPoint; ``use`` is what the field it stands in means."""
    equipment = xtn.get(3).upper()
    system = tables.PHONE_SYSTEM.get(equipment, "phone")
    value = xtn.get(4) if "@" in xtn.get(4) else ""
    if "@" in xtn.get(1):
        value = xtn.get(1)
    if value:
        return {"system": "email", "value": value}
    number = xtn.get(1) or xtn.get(12) or _number(xtn)
    if sum(letter.isdigit() for letter in number) < _MANY_DIGITS:
        return None
    said = "mobile" if equipment == "CP" else tables.PHONE_USE.get(xtn.get(2).upper(), use)
    return {"system": "phone" if system == "email" else system, "value": number, "use": said}


def _number(xtn: Field) -> str:
    country, area, local, extension = (xtn.get(number) for number in (5, 6, 7, 8))
    number = "-".join(part for part in (area, local) if part)
    number = f"+{country.lstrip('+')} {number}" if country and number else number
    return f"{number} x{extension}" if number and extension else number


def concept(cwe: Field, system: str = "", text: str = "") -> Value | None:
    """Return a CWE as a CodeableConcept: coded where its system is known, always as text."""
    code, said = cwe.get(1), cwe.get(2) or cwe.get(9) or text
    named = tables.SYSTEMS.get(cwe.get(3).upper(), system)
    if not code and not said:
        return None
    made: Value = {}
    if code and named and " " not in code:
        made["coding"] = [{"system": named, "code": code}]
    made["text"] = said or code
    return made


def language(cwe: Field) -> Value | None:
    """Return PID-15 as a concept with a BCP 47 tag where the language is known."""
    code, name = cwe.get(1), cwe.get(2)
    tag = next(
        (tables.LANGUAGES[w.upper()] for w in (code, name) if w.upper() in tables.LANGUAGES), ""
    )
    if not tag and _TAG.fullmatch(code.lower()) and len(code.split("-")[0]) == 2:  # noqa: PLR2004 ISO 639-1
        head, _, region = code.partition("-")
        tag = f"{head.lower()}-{region.upper()}" if region else head.lower()
    if not tag and not (code or name):
        return None
    made: Value = {"text": name or code}
    return {"coding": [{"system": tables.LANGUAGE, "code": tag}], **made} if tag else made


def place(pl: Field) -> str:
    """Return a PL as a line for people: point of care, room and bed, building, facility."""
    spot = " ".join(part for part in (pl.get(1), pl.get(2)) if part)
    spot = f"{spot}-{pl.get(3)}" if spot and pl.get(3) else spot or pl.get(3)
    parts = [spot, pl.get(7), pl.get(4, 1) or pl.get(9)]
    return ", ".join(dict.fromkeys(part for part in parts if part))
