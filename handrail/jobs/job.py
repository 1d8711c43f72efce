"""A job as the one who does it sees it, and what they may say about it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from handrail.access.again import again
from handrail.access.principal import Principal
from handrail.fhir.errors import HandrailError


class JobError(HandrailError):
    """The job could not be done this time. The message is kept and shown: no patient data in it."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "transient"


class GiveUpError(JobError):
    """The job cannot be done, and trying again would not help."""


class Interrupted(Exception):  # noqa: N818 - nothing is wrong: the process is about to end
    """The job stopped because :attr:`Job.stopping` said so; it goes on later, at no cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job, being done.

    ``attempt`` counts from 1. ``stop`` is set when the process is about to end: a long job looks at
    :attr:`stopping` between two pieces of work, and raises :class:`Interrupted`.
    """

    id: int
    org: int
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    enqueued_by: Mapping[str, Any] = field(repr=False)
    lease: str = field(default="", repr=False)
    stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def by(self) -> Principal:
        """Return who enqueued the job, as they may act now.

        Raises:
            GiveUpError: their key was revoked, or they do not work here any more.
        """
        try:
            return again(self.org, self.enqueued_by)
        except HandrailError as error:
            raise GiveUpError(error.message) from error

    @property
    def stopping(self) -> bool:
        """Tell whether the process is about to end."""
        return self.stop.is_set()
