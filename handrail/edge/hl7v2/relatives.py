"""NK1 as RelatedPerson: next of kin and contacts. Pure.

Source: HL7 v2.5.1, 3.4.5 (NK1). A contact that a later message does not name is kept: feeds leave
contacts out for many reasons, and whom the team may talk to is a matter of consent, not of NK1.
"""

from __future__ import annotations

import re
from typing import Any

from handrail.edge.hl7v2 import datatypes, tables
from handrail.edge.hl7v2.message import Field, Segment
from handrail.edge.hl7v2.patients import Reading
from handrail.edge.hl7v2.times import fhir_date

Value = dict[str, Any]


def relative(nk1: Segment, reading: Reading) -> tuple[str, dict[str, Any]] | None:
    """Return a key that names this contact among the patient's, and the fields; None: no name."""
    names = [name for xpn in nk1.repetitions(2) if (name := datatypes.human_name(xpn))]
    if not names:
        return None
    phones = [datatypes.telecom(xtn, "home") for xtn in nk1.repetitions(5)]
    phones += [datatypes.telecom(xtn, "work") for xtn in nk1.repetitions(6)]
    fields: dict[str, Any] = {
        "name": names,
        "telecom": [phone for phone in phones if phone],
        "address": [one for xad in nk1.repetitions(4) if (one := datatypes.address(xad))],
        "relationship": _relationship(nk1),
        "gender": tables.GENDER.get(nk1.get(15).upper()[:1], ""),
        "birthDate": fhir_date(nk1.get(16)[:8]),
        "period.start": fhir_date(nk1.get(8)[:8]),
        "period.end": fhir_date(nk1.get(9)[:8]),
    }
    if fields["period.start"] > fields["period.end"] != "":
        reading.issues.append("NK1-9 (end) lies before NK1-8 (start); the end was left out.")
        fields["period.end"] = ""
    return _key(names[0], nk1), {name: value for name, value in fields.items() if value}


def _key(name: Value, nk1: Segment) -> str:
    words = [*name.get("given", [])[:1], name.get("family", ""), nk1.get(3)]
    return re.sub(r"\W+", " ", " ".join(words)).strip().lower()


def _relationship(nk1: Segment) -> list[Value]:
    return [coded for number in (3, 7) for cwe in nk1.repetitions(number) if (coded := _role(cwe))]


def _role(cwe: Field) -> Value | None:
    """Return table 0063 as v3-RoleCode, table 0131 as itself, anything else as its text."""
    code, text = cwe.get(1).upper(), cwe.get(2) or cwe.get(1)
    relation = tables.RELATION.get(code)
    if relation:
        coding = {"system": f"{tables.TERMINOLOGY}/v3-RoleCode", "code": relation[0]}
        return {"coding": [{**coding, "display": relation[1]}], "text": cwe.get(2) or relation[1]}
    role = tables.CONTACT_ROLE.get(code, "")
    code, role = (role, tables.CONTACT_ROLE[role]) if role in tables.CONTACT_ROLE else (code, role)
    if role:
        coding = {"system": f"{tables.V2}0131", "code": code, "display": role}
        return {"coding": [coding], "text": cwe.get(2) or role}
    return {"text": text} if text else None
