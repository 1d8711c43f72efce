"""Faxes out: a PDF and a small text file with the number, in a folder a fax server looks into.

The text file comes last: when it is there, so are the pages. Without a fax server somebody prints
the pages and dials the number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.conf import settings

from handrail.sending import Channel, Parcel, RefusedAddressError, dialled, drop


def send(parcel: Parcel) -> str:
    """Put a fax into the folder; return the name of its files.

    Raises:
        NotSentError: the folder cannot be written.
        RefusedAddressError: this is no number, or there are no pages.
    """
    if dialled(parcel.to) != parcel.to or not parcel.to:
        raise RefusedAddressError("This is no fax number with its country code, as in +1509….")
    if not parcel.pages:
        raise RefusedAddressError("There are no pages to fax.")
    folder = Path(settings.HANDRAIL_DATA) / "outgoing" / str(parcel.org) / "fax"
    number = f"{parcel.to}\n".encode()
    return drop(folder, parcel, {"pdf": parcel.pages, "txt": number})


def ready() -> bool:
    """Tell that there is a way: the folder is always there."""
    return True


FAX: Final = Channel(name="fax", send=send, ready=ready, takes_pages=True)
