"""What this adapter refuses."""

from __future__ import annotations

from typing import ClassVar

from handrail.fhir.errors import HandrailError


class DirectoryFileError(HandrailError):
    """A file is none of those that are read here. Nothing was kept."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "structure"


class DirectoryServerError(HandrailError):
    """A directory's server answers what cannot be used. What came before is kept."""

    status: ClassVar[int] = 502
    code: ClassVar[str] = "exception"
