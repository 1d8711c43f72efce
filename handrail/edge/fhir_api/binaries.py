"""Binary in its own format: what was sent as an image or a document, and is asked for as one.

With a media type of FHIR it is a resource like any other. Content goes out as a download, so that
no browser shows what somebody else stored.

Source: http://hl7.org/fhir/R4/binary.html#rest.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any

from handrail.edge.fhir_api.errors import NotAcceptableError
from handrail.edge.fhir_api.request import JSON, XML, Request, accept, media_of
from handrail.edge.fhir_api.response import Response, about
from handrail.fhir import text
from handrail.record.stored import Stored

_MEDIA = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
_ON_INSTANCE = 2  # type and id


def is_content(request: Request) -> bool:
    """Tell whether the body is content for a Binary, not a resource."""
    media = media_of(request.headers)
    return (
        request.path[0] == "Binary"
        and not request.nested
        and media not in JSON
        and media not in XML
        and _MEDIA.fullmatch(media) is not None
    )


def enveloped(request: Request, identity: str = "") -> bytes:
    """Return the Binary resource that holds the content that was sent."""
    made: dict[str, Any] = {"resourceType": "Binary"} | ({"id": identity} if identity else {})
    context = request.header("X-Security-Context")
    if context:
        made["securityContext"] = {"reference": context.removeprefix(f"{request.base}/")}
    made["contentType"] = media_of(request.headers)
    made["data"] = b64encode(request.read()).decode()
    return text.write(made)


def may_be_content(request: Request) -> bool:
    """Tell whether a Binary is read, which may be asked for in its own format."""
    return request.path[:1] == ("Binary",) and len(request.path) == _ON_INSTANCE


def content(request: Request, stored: Stored) -> Response | None:
    """Return the content of a Binary, if the client wants that and not the resource.

    Raises:
        NotAcceptableError: it wants neither FHIR nor the format that this Binary has.
    """
    if request.nested:
        return None
    try:
        accept(request.headers, request.pairs)
    except NotAcceptableError:
        binary = stored.resource
        media = str(binary.get("contentType", "")).lower()
        wanted = request.header("Accept").lower().partition(";")[0].split(",")
        families = {media, media.partition("/")[0] + "/*"}
        if not families & {one.strip() for one in wanted} or not _MEDIA.fullmatch(media):
            raise
        headers = [*about(stored), ("Content-Disposition", "attachment")]
        raw = b64decode(str(binary.get("data", "")))
        return Response(200, raw, headers, content_type=media)
    return None
