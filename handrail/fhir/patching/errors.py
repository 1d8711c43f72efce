"""What patches are refused for."""

from __future__ import annotations

from handrail.fhir.errors import HandrailError


class UnreadablePatchError(HandrailError):
    """The patch is none; nothing can be said about the resource."""

    status = 400
    code = "structure"


class PatchError(HandrailError):
    """The patch does not fit the resource: something is not where it says."""

    status = 422
    code = "processing"
