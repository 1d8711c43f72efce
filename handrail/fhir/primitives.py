"""The primitive types of FHIR R4 as msgspec annotations, with one regular expression each.

Both layers of the validator use these, so that they cannot disagree about a format. Calendar days
are exact: 2023-02-30 and 2023-02-29 are refused.

Source: http://hl7.org/fhir/R4/datatypes.html#primitive (regular expressions restated here).
"""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeVar

from msgspec import Meta, UnsetType

T = TypeVar("T")
Unset = UnsetType
Many = Annotated[list[T], Meta(min_length=1)]

ID: Final = r"[A-Za-z0-9\-.]{1,64}"
_UUID: Final = r"urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_OID: Final = r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"
_YEAR: Final = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP: Final = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_MONTH_AND_DAY: Final = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DAY: Final = rf"(?:{_YEAR}-{_MONTH_AND_DAY}|(?!0000){_LEAP}-02-29)"
_MONTH: Final = rf"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE: Final = r"(?:Z|[+\-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"


def _whole(pattern: str) -> str:
    """Return ``pattern`` for the whole text and ASCII classes only."""
    return rf"(?a)\A(?:{pattern})\Z"


PATTERNS: Final[dict[str, str]] = {
    "base64Binary": _whole(r"[A-Za-z0-9+/\s]*(?:=\s*){0,2}"),
    "canonical": _whole(r"\S+"),
    "code": _whole(r"\S+(?:\s\S+)*"),
    "date": _whole(rf"{_DAY}|{_MONTH}"),
    "dateTime": _whole(rf"{_DAY}(?:T{_CLOCK}{_ZONE})?|{_MONTH}"),
    "id": _whole(ID),
    "instant": _whole(rf"{_DAY}T{_CLOCK}{_ZONE}"),
    "oid": _whole(_OID),
    "time": _whole(_CLOCK),
    "uri": _whole(r"\S+"),
    "url": _whole(r"\S+"),
    "uuid": _whole(_UUID),
    "xhtml": _whole(r"\s*<div[\s>][\s\S]*</div>\s*|\s*<div(?:\s[^<>]*)?/>\s*"),
}

Base64Binary = Annotated[
    str, Meta(title="base64Binary", min_length=1, pattern=PATTERNS["base64Binary"])
]
Boolean = Annotated[bool, Meta(title="boolean")]
Canonical = Annotated[str, Meta(title="canonical", pattern=PATTERNS["canonical"])]
Code = Annotated[str, Meta(title="code", pattern=PATTERNS["code"])]
Date = Annotated[str, Meta(title="date", pattern=PATTERNS["date"])]
DateTime = Annotated[str, Meta(title="dateTime", pattern=PATTERNS["dateTime"])]
Decimal = Annotated[float, Meta(title="decimal")]
Id = Annotated[str, Meta(title="id", pattern=PATTERNS["id"])]
Instant = Annotated[str, Meta(title="instant", pattern=PATTERNS["instant"])]
Integer = Annotated[int, Meta(title="integer", ge=-(2**31), le=2**31 - 1)]
Markdown = Annotated[str, Meta(title="markdown", min_length=1)]
Oid = Annotated[str, Meta(title="oid", pattern=PATTERNS["oid"])]
PositiveInt = Annotated[int, Meta(title="positiveInt", ge=1, le=2**31 - 1)]
String = Annotated[str, Meta(title="string", min_length=1)]
Time = Annotated[str, Meta(title="time", pattern=PATTERNS["time"])]
UnsignedInt = Annotated[int, Meta(title="unsignedInt", ge=0, le=2**31 - 1)]
Uri = Annotated[str, Meta(title="uri", pattern=PATTERNS["uri"])]
Url = Annotated[str, Meta(title="url", pattern=PATTERNS["url"])]
Uuid = Annotated[str, Meta(title="uuid", pattern=PATTERNS["uuid"])]
Xhtml = Annotated[str, Meta(title="xhtml", pattern=PATTERNS["xhtml"])]

EXAMPLES: Final[dict[str, str]] = {
    "base64Binary": "letters, digits, + and / with = at the end",
    "canonical": "an address without spaces, such as http://example.org/ValueSet/a|1.0",
    "code": "a word, or words with one space between them",
    "date": "a real calendar date: 2024, 2024-05 or 2024-05-31",
    "dateTime": "a real date (2024, 2024-05 or 2024-05-31), or date, time and zone as in "
    "2024-05-31T08:30:00-04:00",
    "id": "1 to 64 letters, digits, hyphens and full stops",
    "instant": "a real date with time and zone, such as 2024-05-31T08:30:00Z",
    "oid": "an OID, such as urn:oid:1.2.3",
    "time": "a time of day with seconds, such as 08:30:00",
    "uri": "an address without spaces, such as http://example.org/a",
    "url": "an address without spaces, such as http://example.org/a",
    "uuid": "a UUID, such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "xhtml": "XHTML in one <div>",
}

LOCAL: Final = re.compile(rf"(?a)#(?:{ID})?\Z")
UUID_OR_OID: Final = re.compile(_whole(rf"{_UUID}|{_OID}"))
RELATIVE: Final = re.compile(_whole(rf"([A-Za-z]+)/{ID}(?:/_history/{ID})?"))
CONDITIONAL: Final = re.compile(r"(?a)\A([A-Za-z]+)\?\S+\Z")
ABSOLUTE: Final = re.compile(r"(?a)\A[A-Za-z][A-Za-z0-9+.\-]*:\S+\Z")
ABSOLUTE_REST: Final = re.compile(
    rf"(?a)\Ahttps?://[^\s?#]+/([A-Z][A-Za-z]+)/{ID}(?:/_history/{ID})?\Z"
)


def reference_to(*targets: str) -> Meta:
    """Return the form of a literal reference to one of ``targets``.

    It takes the common forms only: ``Type/id`` and ``http(s)://.../Type/id`` with an optional
    version, ``urn:uuid:``, ``urn:oid:``, ``#contained`` and ``Type?query``. The complete layer
    judges what this refuses.
    """
    kinds = "|".join(sorted(targets))
    rest = rf"(?:https?://[^\s?#]+/)?(?:{kinds})(?:/{ID}(?:/_history/{ID})?|\?\S+)"
    return Meta(title="reference", pattern=_whole(rf"{_UUID}|{rest}|#(?:{ID})?|{_OID}"))
