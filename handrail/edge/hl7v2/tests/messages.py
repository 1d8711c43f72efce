"""Invented hospital messages."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from handrail.edge.hl7v2.message import read
from handrail.edge.hl7v2.planning import Arrival, Plan, plan

ZONE = ZoneInfo("America/New_York")
RECEIVED = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
START = datetime(2026, 11, 18, 8, 0, tzinfo=ZONE)


def ts(hours: float) -> str:
    """HL7 time, ``hours`` after the story begins."""
    return f"{START + timedelta(hours=hours):%Y%m%d%H%M%S}"


PV1 = {
    2: ("patient_class", "I"),
    3: ("location", "4EAST^412^A^HARBORVIEW"),
    7: ("attending", "1234567893^OKAFOR^NGOZI^^^DR^MD^^NPI"),
    19: ("visit", "V1001^^^HARBORVIEW^VN"),
    36: ("disposition", ""),
    37: ("destination", ""),
    43: ("pv1_43", ""),
    44: ("pv1_44", ""),
    45: ("pv1_45", ""),
    46: ("pv1_46", ""),
}
PID = {
    3: ("mrn", "70021^^^HARBORVIEW^MR"),
    5: ("name", "DELGADO^ROSA^M"),
    7: ("birth", "19520314"),
    8: ("sex", "F"),
    11: ("address", "12 QUARRY LN^^MILLBROOK^MA^01002^USA^H"),
    13: ("phone", "(413)555-0134^PRN^PH"),
    15: ("language", "SPA^Spanish^HL70296"),
    16: ("marital", "W"),
    18: ("account", "A5001^^^HARBORVIEW^AN"),
    29: ("died_at", ""),
    30: ("died", ""),
}


def segment(name: str, last: int, places: dict[int, tuple[str, str]], said: dict[str, str]) -> str:
    """A segment with what is said, else the usual."""
    fields = [name, "1", *[""] * (last - 1)]
    for number, (word, usual) in places.items():
        fields[number] = said.get(word, usual)
    return "|".join(fields)


def adt(event: str, hours: float = 0, **said: str) -> bytes:
    """An ADT message about Rosa Delgado's stay at Harborview."""
    pv1 = segment("PV1", 53, PV1, said)
    pid = segment("PID", 31, PID, said)
    control = said.get("control", f"{event}-{hours}")
    recorded = said.get("recorded", ts(hours))
    segments = [
        f"MSH|^~\\&|ADT1|HARBORVIEW|HANDRAIL|HARBOR|{recorded}||ADT^{event}|{control}|P|2.5.1",
        f"EVN|{event}|{recorded}||||{said.get('occurred', '')}",
        pid,
        *said.get("extra", "").split("\r"),
    ]
    if event not in {"A28", "A31", "A40"}:
        segments.append(pv1)
    segments.append(said.get("last", ""))
    return ("\r".join(line for line in segments if line) + "\r").encode()


def planned(raw: bytes, look, received_at: datetime = RECEIVED) -> Plan:
    """What the message comes to."""
    digest = hashlib.sha256(raw).hexdigest()
    return plan(read(raw), Arrival(org=1, received_at=received_at, digest=digest, zone=ZONE), look)
