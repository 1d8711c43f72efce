"""``$import``: files of NDJSON from other servers, or from the uploads folder, into the record.

It is the mirror of ``$export``, after the proposal of the SMART team: a kick-off that names the
files, a status to ask, and outcomes in files. What was stored before is recognised, so that an
import that was cut short begins anew with the file it was at.

Source: https://github.com/smart-on-fhir/bulk-import (import manifest).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from handrail.access import audit, outbound
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.narrowing import is_narrow
from handrail.access.principal import Principal, Reach
from handrail.edge.bulk_data import files, requests
from handrail.edge.bulk_data.asking import NDJSON
from handrail.edge.bulk_data.errors import AskedWrongError
from handrail.edge.bulk_data.exporting import kept_for
from handrail.edge.bulk_data.models import BulkRequest
from handrail.edge.bulk_data.report import Summary
from handrail.edge.bulk_data.taking import Why, take
from handrail.fhir.errors import ForbiddenError, HandrailError
from handrail.fhir.r4 import MODULES
from handrail.jobs import GiveUpError, Interrupted, Job, JobError, handler
from handrail.operation import Asked

KIND: Final = "bulk-import"
ATTEMPTS: Final = 8
MOST_FILES: Final = 10_000
LARGEST: Final = 4_000_000_000  # bytes of one file, unpacked
_UPLOAD: Final = re.compile(r"upload:([A-Za-z0-9_][A-Za-z0-9_.\-]{0,127})")
_FORMATS: Final = frozenset({"", NDJSON, "application/ndjson", "ndjson"})


class FetchError(JobError):
    """A file could not be fetched."""


def start_import(asked: Asked) -> BulkRequest:
    """Write down what a kick-off wants.

    Raises:
        AskedWrongError: it cannot be understood.
        ForbiddenError: this access does not write what is to come.
        AddressRefusedError: a file is where this server does not fetch.
    """
    said = _plain(asked)
    if str(said.get("inputFormat", "")) not in _FORMATS:
        raise AskedWrongError(f"inputFormat is {NDJSON}; nothing else is read.")
    storage = said.get("storageDetail") or {}
    if isinstance(storage, dict) and storage.get("type", "https") not in {"https", "file"}:
        raise AskedWrongError("storageDetail.type is https, for files at other servers, or file.")
    inputs = [_input(one) for one in _listed(said.get("input"))]
    if not 0 < len(inputs) <= MOST_FILES:
        raise AskedWrongError(f"input names the files, each with type and url; 1 to {MOST_FILES}.")
    for one in inputs:
        _allow(asked.by, one)
    return requests.put_down(
        asked.by,
        "import",
        url=f"{asked.base}/$import",
        base=asked.base,
        asked={"source": str(said.get("inputSource", ""))[:500], "inputs": inputs},
        at=requests.now(),
    )


def _plain(asked: Asked) -> dict[str, Any]:
    """Return what was sent as plain members, whether it came as Parameters or as they are."""
    body = asked.body or {}
    if body.get("resourceType") != "Parameters":
        return body
    return _members(body.get("parameter"))


def _members(parameters: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in _listed(parameters):
        name = str(one.get("name", ""))
        value = _members(one["part"]) if "part" in one else _value(one)
        if name == "input":
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _value(parameter: dict[str, Any]) -> Any:
    return next((value for name, value in parameter.items() if name.startswith("value")), "")


def _listed(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _input(said: dict[str, Any]) -> dict[str, str]:
    kind, url = str(said.get("type", "")), str(said.get("url", ""))
    if kind not in MODULES:
        raise AskedWrongError(f"input.type is a resource type of FHIR R4, not “{kind[:60]}”.")
    if not url or len(url) > 2000:  # noqa: PLR2004 - as long as addresses get
        raise AskedWrongError("input.url is the address of a file, or upload:NAME.")
    return {"type": kind, "url": url}


def _allow(by: Principal, wanted: dict[str, str]) -> None:
    """Refuse what may not be written, and what is not fetched, before anything begins."""
    for verb in ("create", "update"):
        require(by, verb, wanted["type"])
        if is_narrow(by, wanted["type"], verb) or by.reach is not Reach.ALL:
            raise ForbiddenError("An import needs an access that writes for all patients.")
    upload = _UPLOAD.fullmatch(wanted["url"])
    if upload is None:
        try:
            outbound.check(wanted["url"], settings.HANDRAIL_IMPORT_HOSTS)
        except outbound.UnreachableError as error:
            raise AskedWrongError(error.message) from error
    elif not uploaded(by.org, upload[1]).is_file():
        raise AskedWrongError(f"There is no file {upload[1]} in the uploads folder.")


def uploaded(org: int, name: str) -> Path:
    """Return where an operator puts a file that is to be imported."""
    return Path(settings.HANDRAIL_DATA) / "uploads" / str(org) / name


@handler(KIND, attempts=ATTEMPTS)
def bring_in(job: Job) -> None:
    """Do one import, or go on with it."""
    request = requests.begun(job.org, str(job.payload["request"]))
    if request is None:
        return
    try:
        _Import(request, job.by, job).run()
    except requests.Superseded:
        return
    except GiveUpError as error:
        requests.fail(request, error.message, kept_for())
        raise
    except Interrupted:
        raise
    except Exception as error:
        if job.attempt >= ATTEMPTS:
            why = error.message if isinstance(error, JobError) else "The import failed."
            requests.fail(request, why, kept_for())
        raise


@dataclass
class _Import:
    """One run of an import. ``progress`` holds what became of each file that is done."""

    request: BulkRequest
    by: Principal
    job: Job
    folder: Path = field(init=False)
    out: files.Output = field(init=False)

    def __post_init__(self) -> None:
        self.folder = files.folder_of("import", self.request.org, self.request.id)
        self.out = files.Output(self.folder, self.request.run, list(self.request.files))

    def run(self) -> None:
        """Bring in what is left, and say so."""
        files.make(self.folder)
        inputs = self.request.asked["inputs"]
        done: list[dict[str, Any]] = list(self.request.progress.get("inputs", ()))
        try:
            for wanted in inputs[len(done) :]:
                done.append(self._one(wanted, sum(one["read"] for one in done)))
                self.out.settle()
                requests.move_on(self.request, progress=self._progress(done), files=self.out.files)
        finally:
            self.out.close()
        self._finish(done)

    def _progress(self, done: list[dict[str, Any]]) -> dict[str, Any]:
        return {"inputs": done, "done": sum(one["read"] for one in done)}

    def _one(self, wanted: dict[str, str], before: int) -> dict[str, Any]:
        """Bring in one file."""
        path = self.folder / f"input.{self.request.run}.ndjson"
        upload = _UPLOAD.fullmatch(wanted["url"])
        if upload is None:
            self._fetch(wanted["url"], path)
        else:
            path = uploaded(self.request.org, upload[1])

        def between(summary: Summary) -> None:
            if self.job.stopping:
                raise Interrupted
            progress = {**self.request.progress, "done": before + summary.read}
            requests.move_on(self.request, progress=progress)

        try:
            said = take(
                path,
                by=self.by,
                why=Why("Bulk import", f"import/{self.request.id}"),
                out=self.out,
                source=wanted["url"],
                between=between,
            )
        finally:
            if upload is None:
                path.unlink(missing_ok=True)
        return {"type": wanted["type"], **said}

    def _fetch(self, url: str, path: Path) -> None:
        path.unlink(missing_ok=True)
        size = 0
        headers = {"Accept": NDJSON, "Accept-Encoding": "gzip"}
        try:
            with (
                outbound.asking(
                    "GET", url, headers=headers, named=settings.HANDRAIL_IMPORT_HOSTS
                ) as reply,
                files.open_private(path) as file,
            ):
                if not reply.fine:
                    raise FetchError(f"A file could not be fetched: status {reply.status}.")
                for piece in reply.pieces():
                    size += file.write(piece)
                    if size > LARGEST:
                        raise GiveUpError(f"A file has more than {LARGEST} bytes. Split it.")
        except HandrailError as error:
            path.unlink(missing_ok=True)
            if isinstance(error, JobError):
                raise
            raise FetchError(error.message) from error

    def _finish(self, done: list[dict[str, Any]]) -> None:
        self.out.settle()
        with acting(self.by, durable=True):
            total = sum(one["read"] for one in done)
            refused = sum(one["refused"] for one in done)
            detail = f"{self.request.id}: {total} resources read, {refused} refused"
            event = audit.Event(action="C", what="import", purpose="HOPERAT", detail=detail)
            audit.note(self.by, event)
            requests.finish(
                self.request, kept_for(), files=self.out.files, progress=self._progress(done)
            )
