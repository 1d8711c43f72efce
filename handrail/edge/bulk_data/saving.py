"""``handrail export``: an export into an operator's folder, by the same work as ``$export``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from handrail import jobs
from handrail.access.principal import Principal
from handrail.edge.bulk_data import clearing, files, requests
from handrail.edge.bulk_data.asking import Wanted
from handrail.edge.bulk_data.errors import AskedWrongError
from handrail.edge.bulk_data.models import BulkRequest, State
from handrail.fhir.errors import HandrailError
from handrail.record import as_of

_LOOK: Final = 0.2  # seconds between two looks at the work


class ExportFailedError(HandrailError):
    """The export did not come to its end."""

    status = 500
    code = "exception"


def save(
    by: Principal, wanted: Wanted, folder: Path, progress: Callable[[int], None]
) -> dict[str, int]:
    """Export into a folder, which must be empty or not there; return how many of each type.

    Raises:
        AskedWrongError: there is something in the folder.
        ExportFailedError: it failed; the message says why.
    """
    if folder.exists() and any(folder.iterdir()):
        raise AskedWrongError(f"There is something in {folder}. Name an empty folder.")
    cut = as_of.cut_now(by)
    request = requests.put_down(
        by, "export", url="", base="", asked=wanted.as_json(), link=cut.link, at=cut.at
    )
    try:
        done = _finished(by, request, progress)
        folder.mkdir(parents=True, exist_ok=True)
        return _copied(done, folder)
    finally:
        clearing.clear(request.org, request.id)


def _finished(by: Principal, request: BulkRequest, progress: Callable[[int], None]) -> BulkRequest:
    while True:
        jobs.run_due()
        seen = requests.find(by, request.id)
        progress(int(seen.progress.get("done", 0)))
        if seen.state == State.FAILED:
            raise ExportFailedError(seen.error)
        if seen.state == State.DONE:
            return seen
        time.sleep(_LOOK)


def _copied(request: BulkRequest, folder: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    source = files.folder_of("export", request.org, request.id)
    for file in request.files:
        deleted = file["list"] == "deleted"
        name = f"deleted.{file['name']}" if deleted else file["name"]
        with files.open_private(folder / name) as target:
            for piece in files.pieces(source / file["stored"], file["bytes"]):
                target.write(piece)
        counts[file["type"]] = counts.get(file["type"], 0) + file["count"]
    return counts
