"""Text messages out: to a gateway by HTTPS where the operator has one, else into a folder.

The gateway gets ``{"to", "text", "reference"}`` as JSON and answers 2xx when it has taken it;
``reference`` is the same when a message is sent again, so that it can tell.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from handrail.access.outbound import AddressRefusedError, UnreachableError, asking
from handrail.sending import Channel, NotSentError, Parcel, RefusedAddressError, dialled, drop

_PATIENCE: Final = 20.0  # seconds
_LONGEST: Final = 100_000  # bytes of its answer, which nobody reads
_NEVER: Final = frozenset({400, 404, 410, 422})
"""What a gateway answers that will never take this message to this number."""


def send(parcel: Parcel) -> str:
    """Send a text message; return what it is known by.

    Raises:
        NotSentError: the gateway did not take it now, or the folder cannot be written.
        RefusedAddressError: this is no number, or the gateway never sends there.
    """
    if dialled(parcel.to) != parcel.to or not parcel.to:
        raise RefusedAddressError("This is no phone number with its country code, as in +1509….")
    if settings.HANDRAIL_SMS_URL:
        return _by_gateway(parcel)
    folder = Path(settings.HANDRAIL_DATA) / "outgoing" / str(parcel.org) / "sms"
    return drop(folder, parcel, {"txt": f"To: {parcel.to}\n\n{parcel.text}\n".encode()})


def _by_gateway(parcel: Parcel) -> str:
    key = sha256(f"{parcel.org}/{parcel.reference}".encode()).hexdigest()[:32]
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    if settings.HANDRAIL_SMS_TOKEN:
        headers["Authorization"] = f"Bearer {settings.HANDRAIL_SMS_TOKEN}"
    body = orjson.dumps({"to": parcel.to, "text": parcel.text, "reference": key})
    host = urlsplit(settings.HANDRAIL_SMS_URL).netloc  # the operator has named it
    try:
        with asking(
            "POST",
            settings.HANDRAIL_SMS_URL,
            headers=headers,
            body=body,
            named={host, host.partition(":")[0]},
            within=_PATIENCE,
        ) as reply:
            status, fine = reply.status, reply.fine
            reply.read(_LONGEST)
    except (UnreachableError, AddressRefusedError) as error:
        raise NotSentError("The gateway for text messages does not answer.") from error
    if status in _NEVER:
        raise RefusedAddressError(f"The gateway does not send to this number ({status}).")
    if not fine:
        raise NotSentError(f"The gateway did not take the message now ({status}).")
    return key


def ready() -> bool:
    """Tell that there is a way: the folder is always there."""
    return True


SMS: Final = Channel(name="sms", send=send, ready=ready)
