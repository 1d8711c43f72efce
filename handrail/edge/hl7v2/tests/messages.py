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


def adt(event: str, hours: float = 0, **said: str) -> bytes:
    """An ADT message about Rosa Delgado's stay at Harborview."""
    pv1 = [""] * 53
    pv1[1] = "1"
    pv1[2] = said.get("patient_class", "I")
    pv1[3] = said.get("location", "4EAST^412^A^HARBORVIEW")
    pv1[7] = said.get("attending", "1234567893^OKAFOR^NGOZI^^^DR^MD^^NPI")
    pv1[19] = said.get("visit", "V1001^^^HARBORVIEW^VN")
    pv1[36] = said.get("disposition", "")
    pv1[37] = said.get("destination", "")
    for number in (43, 44, 45, 46):
        pv1[number] = said.get(f"pv1_{number}", "")
    pid = [""] * 31
    pid[1] = "1"
    pid[3] = said.get("mrn", "70021^^^HARBORVIEW^MR")
    pid[5] = said.get("name", "DELGADO^ROSA^M")
    pid[7] = said.get("birth", "19520314")
    pid[8] = said.get("sex", "F")
    pid[11] = said.get("address", "12 QUARRY LN^^MILLBROOK^MA^01002^USA^H")
    pid[13] = said.get("phone", "(413)555-0134^PRN^PH")
    pid[15] = said.get("language", "SPA^Spanish^HL70296")
    pid[16] = said.get("marital", "W")
    pid[18] = said.get("account", "A5001^^^HARBORVIEW^AN")
    pid[29] = said.get("died_at", "")
    pid[30] = said.get("died", "")
    control = said.get("control", f"{event}-{hours}")
    recorded = said.get("recorded", ts(hours))
    segments = [
        f"MSH|^~\\&|ADT1|HARBORVIEW|HANDRAIL|HARBOR|{recorded}||ADT^{event}|{control}|P|2.5.1",
        f"EVN|{event}|{recorded}||||{said.get('occurred', '')}",
        "PID" + "|".join(pid).join(["|", ""]).replace("||1|", "|1|", 1),
        *said.get("extra", "").split("\r"),
    ]
    if event not in {"A28", "A31", "A40"}:
        segments.append("PV1" + "|".join(pv1).join(["|", ""]).replace("||1|", "|1|", 1))
    segments.append(said.get("last", ""))
    return ("\r".join(segment for segment in segments if segment) + "\r").encode()


def planned(raw: bytes, look, received_at: datetime = RECEIVED) -> Plan:
    """What the message comes to."""
    digest = hashlib.sha256(raw).hexdigest()
    return plan(read(raw), Arrival(org=1, received_at=received_at, digest=digest, zone=ZONE), look)
