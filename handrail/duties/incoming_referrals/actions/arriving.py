"""Putting a file that somebody holds into the queue: a scanned letter, a saved fax."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.incoming_referrals.actions.sorting import ROOM, widely
from handrail.fhir.arrival import Arrival, Part, arrived, digest, media_of
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.instants import written
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Draft

_LARGEST: Final = 20_000_000  # bytes


def add_file(by: Principal, raw: bytes, sender: str) -> str:
    """Put a file into the queue and return its reference; the same file again is the same one.

    Raises:
        BusinessRuleError: it is empty, too large, or neither PDF nor a picture.
    """
    require(by, "sort_incoming")
    media = media_of(raw)
    if not media:
        raise BusinessRuleError(_("Choose a PDF, TIFF, PNG or JPEG file."))
    if len(raw) > _LARGEST:
        raise BusinessRuleError(_("The file is larger than 20 MB. Scan it with fewer dots."))
    part = Part(media=media, title="Letter", data=raw)
    made = arrived(
        Arrival(
            channel="paper",
            key=digest(raw),
            at=written(known(by.org).as_of),
            sender=sender.strip(),
            parts=(part,),
        )
    )
    reference = f"DocumentReference/{made[-1]['id']}"
    house = widely(by)
    with acting(house, durable=True):
        if not store.several([reference], by=house):
            drafts = [Draft(one) for one in made]
            store.commit(drafts, by=house, reason="Letter added to the queue", room=ROOM)
    return reference
