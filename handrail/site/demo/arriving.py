"""What waits in the queue when the demo begins: a fax, an e-mail, a form, a system's request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Final

import orjson

from handrail.duties.incoming_referrals.resources import FORM, Asked
from handrail.edge.fax import receiving as fax
from handrail.edge.mail import receiving as mail
from handrail.fhir.arrival import Arrival, Part, arrived
from handrail.fhir.referring.names import TASK_CODE
from handrail.fhir.resource import Resource, reference
from handrail.site.demo.days import Days, identity, stamp

_FAX: Final = (
    "Larkspur Family Practice",
    "Fax 202-555-0172",
    "",
    "To: Harborlight Care Partners",
    "",
    "Please see whether you can take Mr. Anton Reuter,",
    "born March 9, 1948. Two falls since October, lives",
    "alone at 31 Rope Walk, Mossbrook. Phone 202-555-0173.",
    "",
    "Asked for: somebody who visits, grab bars, meals.",
    "",
    "Dr. Irina Faro",
)
_MAIL: Final = """\
From: Noor Castle <noor.castle@larkspurfamily.example>
To: referrals@harborlightcare.example
Subject: A patient of ours
Message-ID: <demo-1@larkspurfamily.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Good morning,

Odile Baptiste (born 1962-05-30) has had diabetes for a year. She throws the insulin away when the
fridge is off, and the fridge is off when the bill is not paid. Could one of you call her? Evenings
are best, in Haitian Creole: 202-555-0174.

Noor Castle, dietitian
"""
_FORM: Final = Asked(
    what="Food, and somebody to talk to about the rent",
    note="I work nights. Please call after two.",
    given="Celia",
    family="Prado",
    birth_date="1989-11-17",
    phone="202-555-0175",
    language="es",
    herself=True,
    consented=True,
)


def waiting(days: Days, about: str) -> Iterator[Resource]:
    """Yield what nobody has sorted yet. ``about`` is whom the other system asks for (an id)."""
    early = days.worked(-1, 16, 5)
    yield from fax.understand(_pdf(_FAX), "2025550172_1.pdf", stamp(early))
    yield from mail.understand(_MAIL.encode(), "1.eml", stamp(days.recent))
    yield from arrived(
        Arrival(
            channel="form",
            key=identity("form", "prado"),
            at=stamp(days.at(0, 8, 12)),
            parts=(Part(media=FORM, title="Form", data=orjson.dumps(asdict(_FORM))),),
        )
    )
    yield from _asked(about, stamp(days.worked(-1, 15, 20)))


def _asked(about: str, at: str) -> Iterable[Resource]:
    request, patient = identity("theirs", "request"), reference(f"Patient/{about}")
    sender = {"display": "Mossbrook Regional Hospital, social work"}
    asked: Resource = {
        "resourceType": "ServiceRequest",
        "id": request,
        "status": "active",
        "intent": "order",
        "code": {"text": "Somebody who goes with her to the first appointments"},
        "subject": patient,
        "requester": sender,
        "authoredOn": at,
    }
    fulfill = {"system": TASK_CODE, "code": "fulfill", "display": "Fulfill the focal request"}
    task: Resource = {
        "resourceType": "Task",
        "id": identity("theirs", "task"),
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": {"coding": [fulfill]},
        "focus": reference(f"ServiceRequest/{request}"),
        "for": patient,
        "authoredOn": at,
        "requester": sender,
        "owner": {"display": "Harborlight Care Partners"},
    }
    return asked, task


def _pdf(lines: Iterable[str]) -> bytes:
    """Return one page with these lines (plain letters only), as a fax machine hands it over."""
    text = "".join(f"({line}) Tj T*\n" for line in lines)
    drawn = f"BT /F1 13 Tf 72 720 Td 20 TL\n{text}ET".encode("ascii")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources 6 0 R>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
        b"<</Font<</F1 5 0 R>>>>",
    ]
    page, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(page))
        page += b"%d 0 obj%b endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(page)
    size = len(parts) + 1
    page += b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table)
    return page + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
