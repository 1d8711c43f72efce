"""FHIR JSON text in and out without loss: decimals keep every digit they came with.

Source: http://hl7.org/fhir/R4/json.html (precision of decimals is significant).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from handrail.fhir.errors import Fault, UnreadableError

_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def parse(text: bytes | str) -> dict[str, Any]:
    """Return the resource in ``text``; decimals become :class:`~decimal.Decimal`."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(
            "This is not a JSON object.",
            [Fault("", f"This is not a JSON object: {error}.", "structure")],
        ) from error


def write(resource: dict[str, Any]) -> bytes:
    """Return ``resource`` as compact JSON text in UTF-8, in the order it has."""
    return _encoder.encode(resource)


def compact(text: bytes) -> bytes:
    """Return ``text`` without insignificant white space; every value keeps its characters."""
    return msgspec.json.format(text, indent=-1)
