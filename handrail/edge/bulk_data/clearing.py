"""Files go when their time is over, or when whoever asked for them is done with them."""

from __future__ import annotations

from handrail.edge.bulk_data import files, requests
from handrail.jobs import Job, handler

KINDS = ("export", "import")


def clear(org: int, identity: str) -> None:
    """End a request and remove its files."""
    requests.end(org, identity)
    for kind in KINDS:
        files.remove(files.folder_of(kind, org, identity))


@handler("bulk-clear")
def cleared(job: Job) -> None:
    """Do it when the time has come."""
    clear(job.org, str(job.payload["request"]))
