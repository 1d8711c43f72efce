"""Faxes in: what a fax server or a scanner puts into the folder, page images or PDF.

The name of the file may begin with the number it came from (``+12025550123_...``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from handrail.fhir.arrival import Arrival, Part, arrived, digest, media_of
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource

_NUMBER: Final = re.compile(r"\+?[0-9]{7,15}")


class UnreadableFaxError(HandrailError):
    """The file is no picture and no PDF."""

    status = 422
    code = "invalid"


def understand(raw: bytes, name: str, at: str) -> Iterable[Resource]:
    """Return the fax as resources.

    Raises:
        UnreadableFaxError: the file is neither PDF, TIFF, PNG nor JPEG.
    """
    media = media_of(raw)
    if not media:
        raise UnreadableFaxError(
            "The file is neither PDF, TIFF, PNG nor JPEG. It was kept as it came."
        )
    number = _NUMBER.match(name)
    return arrived(
        Arrival(
            channel="fax",
            key=digest(raw),
            at=at,
            sender=number.group() if number else "",
            parts=(Part(media=media, title="Fax", data=raw),),
        )
    )
