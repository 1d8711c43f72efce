"""A file that was sent in is loaded by a job, so that nobody waits before a page."""

from __future__ import annotations

from typing import Final

from handrail.edge.hsds import keeping
from handrail.edge.hsds.importing import Wanted, load
from handrail.edge.hsds.models import State
from handrail.edge.hsds.report import Report
from handrail.edge.hsds.sources import Source
from handrail.fhir.errors import HandrailError
from handrail.jobs import GiveUpError, Interrupted, Job, handler

KIND: Final = "hsds-load"


@handler(KIND, attempts=3)
def work(job: Job) -> None:
    """Load the file that the payload's ``load`` names."""
    by = keeping.loader(job.org)
    one = keeping.found(by, str(job.payload["load"]))
    path = keeping.path_of(one)
    if not path.is_file():
        keeping.end(by, one, State.FAILED, error="The file is not there any more.")
        raise GiveUpError("The file is not there any more.")

    def between() -> None:
        if job.stopping:
            raise Interrupted

    keeping.forget_wrongs(by, one)
    source = Source([path], keeping.mapping_of(by, one.mapping))
    report = Report(org=by.org, load=one.id)
    wanted = Wanted(directory=one.directory, full=one.full)
    try:
        load(source, wanted, report, by=by, between=between)
    except HandrailError as error:
        keeping.end(by, one, State.FAILED, error=error.message)
        raise GiveUpError("A directory could not be loaded; its page says why.") from error
    repairs = {name: dict(told) for name, told in source.repairs.items() if told}
    keeping.end(by, one, State.DONE, counts=dict(report.counts), repairs=repairs)
    path.unlink(missing_ok=True)
