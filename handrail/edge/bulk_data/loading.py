"""Folders of NDJSON that another adapter has put down, into the record: the job ``bulk-load``.

An adapter that fetches (``handrail connect``) knows nothing of this one: it writes files into a
folder of the data folder, enqueues this job, and names a job of its own that gets the counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings

from handrail.access.database import acting
from handrail.edge.bulk_data import files
from handrail.edge.bulk_data.report import Summary
from handrail.edge.bulk_data.sources import find
from handrail.edge.bulk_data.taking import Why, take
from handrail.jobs import GiveUpError, Interrupted, Job, enqueue, handler

KIND: Final = "bulk-load"


@handler(KIND)
def load(job: Job) -> None:
    """Load every file of a folder, in the order that lets references resolve.

    The payload: ``folder`` (below the data folder), ``reason`` and ``origin`` for the record, and
    ``then``, the kind of the job that gets ``about`` and ``files`` (what became of each).
    """
    payload = job.payload
    root = Path(settings.HANDRAIL_DATA)
    folder = (root / str(payload["folder"])).resolve()
    if root.resolve() not in folder.parents or not folder.is_dir():
        raise GiveUpError("The folder that is to be loaded is not there any more.")

    def between(_: Summary) -> None:
        if job.stopping:
            raise Interrupted

    why = Why(str(payload["reason"]), str(payload["origin"]))
    out = files.Output(folder, str(job.attempt), [])
    by = job.by
    try:
        told = [
            take(path, by=by, why=why, out=out, source=path.name, between=between)
            for path in find([folder])
        ]
    finally:
        out.settle()
        out.close()
    said: dict[str, Any] = {"about": payload["about"], "files": told}
    with acting(by, durable=True):
        enqueue(str(payload["then"]), said, by=by)
