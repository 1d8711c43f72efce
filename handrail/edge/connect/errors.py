"""What goes wrong with another server, in words for whoever has to put it right."""

from __future__ import annotations

from typing import ClassVar

from handrail.jobs import JobError


class PeerError(JobError):
    """The other server did not do what was asked; ``answered`` is its status, 0 without one."""

    status: ClassVar[int] = 502
    code: ClassVar[str] = "transient"
    answered: int = 0


class LaunchError(PeerError):
    """Handrail could not be opened from the EHR."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"
