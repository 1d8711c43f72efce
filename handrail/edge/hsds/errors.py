"""What can be wrong with a directory's files as a whole."""

from __future__ import annotations

from typing import ClassVar

from handrail.fhir.errors import HandrailError


class DirectoryFileError(HandrailError):
    """A file cannot be read as a directory. The message says why, and nothing of it was taken."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "structure"


class DirectoryTooLargeError(HandrailError):
    """A file is larger, or unpacks to more, than is taken in one piece; nothing was taken."""

    status: ClassVar[int] = 413
    code: ClassVar[str] = "too-long"
