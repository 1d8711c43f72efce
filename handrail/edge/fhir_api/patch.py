"""``PATCH [base]/[type]/[id]`` and ``[type]?query``: a resource changed in places.

The body is a JSON Patch (``application/json-patch+json``), a FHIRPath Patch (a Parameters resource)
or a JSON Merge Patch (``application/merge-patch+json``, or plain JSON that is no resource). In a
Bundle it is a Binary that holds a JSON Patch, or a Parameters resource.

Source: http://hl7.org/fhir/R4/http.html#patch.
"""

from __future__ import annotations

import binascii
from base64 import b64decode

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.edge.fhir_api.conditions import matched
from handrail.edge.fhir_api.criteria import condition_in
from handrail.edge.fhir_api.errors import BadRequestError, UnsupportedMediaError
from handrail.edge.fhir_api.request import JSON, XML, Request, media_of
from handrail.edge.fhir_api.response import Response
from handrail.edge.fhir_api.writing import answer, write
from handrail.fhir import text
from handrail.fhir.bundle import name_of
from handrail.fhir.errors import NotFoundError, VersionConflictError
from handrail.fhir.patching import fhirpath_patch, json_patch, merge_patch
from handrail.fhir.patching.errors import PatchError
from handrail.fhir.validation import validate
from handrail.record import store
from handrail.record.stored import Stored

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
FORMATS = (JSON_PATCH, MERGE_PATCH, "application/fhir+json", "application/fhir+xml")
_PLAIN_JSON = "application/json"
_ATTEMPTS = 3  # when others write the same resource meanwhile


def patch(request: Request) -> Response:
    """Change the resource in the address."""
    require(request.by, "update", request.path[0])
    return _patched(request, "/".join(request.path))


def patch_where(request: Request) -> Response:
    """Change the one resource that fits the query.

    Raises:
        NotFoundError: none fits.
    """
    kind = request.path[0]
    require(request.by, "update", kind)
    query = condition_in(request.pairs)
    with acting(request.by, durable=True):
        found = matched(kind, query, by=request.by)
        if not found:
            raise NotFoundError(f"No {kind} fits the condition; there is nothing to patch.")
        return _patched(request, found)


def _patched(request: Request, reference: str) -> Response:
    media, body, if_match = media_of(request.headers), request.read(), request.version("If-Match")
    for attempt in range(1, _ATTEMPTS + 1):
        stored = store.read(reference, by=request.by)
        try:
            raw = changed(stored, media, body, if_match)
            done, _ = write(request, raw, stored.id, "patch", stored.version)
        except VersionConflictError:
            if if_match is not None or attempt == _ATTEMPTS:
                raise
        else:
            return answer(request, 200, done)
    raise AssertionError("unreachable")


def changed(stored: Stored, media: str, body: bytes, if_match: int | None = None) -> bytes:
    """Return the text of the resource after the patch.

    Raises:
        VersionConflictError: it is not the version that the client had.
        UnsupportedMediaError: the patch is in a format that is not understood.
        UnreadablePatchError: the patch is none.
        PatchError: it does not fit the resource.
    """
    if if_match is not None and stored.version != if_match:
        raise VersionConflictError(
            f"{stored.reference} was changed meanwhile: you had version {if_match}, it is now"
            f" {stored.version}. Nothing was overwritten; look at both and patch again."
        )
    resource = text.parse(stored.body)
    after = text.write(_applied(resource, media, body))
    named = name_of(after)
    if (named.resource_type, named.id) != (stored.resource_type, stored.id):
        raise PatchError("A patch changes neither the type nor the id of a resource.")
    return after


def _applied(resource: dict[str, object], media: str, body: bytes) -> dict[str, object]:
    if media == JSON_PATCH or (media in JSON and body.lstrip()[:1] == b"["):
        return json_patch.apply(resource, body)
    if media and media not in (MERGE_PATCH, *JSON, *XML):
        raise UnsupportedMediaError(
            f"A patch is a JSON Patch ({JSON_PATCH}), a FHIRPath Patch (Parameters as"
            f" application/fhir+json) or a merge patch ({MERGE_PATCH})."
        )
    sent = text.parse(body)
    if media == MERGE_PATCH or (media == _PLAIN_JSON and "resourceType" not in sent):
        return merge_patch.apply(resource, sent)
    if sent.get("resourceType") == "Binary" and not media:
        return json_patch.apply(resource, _unpacked(sent))
    if sent.get("resourceType") != "Parameters":
        raise BadRequestError("A FHIRPath Patch is a Parameters resource.")
    validate(body)
    return fhirpath_patch.apply(resource, sent)


def _unpacked(binary: dict[str, object]) -> bytes:
    """Return the JSON Patch in a Binary."""
    if binary.get("contentType") != JSON_PATCH:
        raise UnsupportedMediaError(f"A patch in a Binary has the contentType {JSON_PATCH}.")
    try:
        return b64decode(str(binary.get("data", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError("The data of the Binary is not base64.") from error
