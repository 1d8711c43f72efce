"""The work of ``$export``: step by step from one cut of the record into files, resumable.

Every few thousand resources it is written down how far the work is. A run that is cut short goes on
from there; what it had written behind that point is in files that nobody looks at.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from django.conf import settings

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.principal import Principal, Reach
from handrail.edge.bulk_data import files, requests
from handrail.edge.bulk_data.asking import Wanted
from handrail.edge.bulk_data.elements import Elements
from handrail.edge.bulk_data.models import BulkRequest
from handrail.edge.bulk_data.steps import PROOF, REFERENCE, Step, may_export, steps
from handrail.fhir import text
from handrail.fhir.searching.query import parse
from handrail.jobs import GiveUpError, Interrupted, Job, handler
from handrail.record import as_of, store
from handrail.record.as_of import Cut, Piece, Since
from handrail.record.prepare import SEVERAL
from handrail.record.provenance import provenances
from handrail.record.store import Stored

KIND: Final = "bulk-export"
ATTEMPTS: Final = 8
ROWS: Final = 20_000  # resources that are read with one statement, about
WRITTEN_DOWN: Final = 3.0  # seconds between two notes of how far the work is
FEW: Final = 100  # patients that are read at first; more if they have little
MANY: Final = 5_000
PAGE: Final = 1000
MOST_NAMED: Final = 10_000  # patients whom the audit row names one by one


def kept_for() -> timedelta:
    """Return how long files are kept."""
    return timedelta(hours=settings.HANDRAIL_EXPORT_HOURS)


@handler(KIND, attempts=ATTEMPTS)
def export(job: Job) -> None:
    """Do one export, or go on with it."""
    request = requests.begun(job.org, str(job.payload["request"]))
    if request is None:
        return
    try:
        Export(request, job.by, job).run()
    except requests.Superseded:
        return
    except GiveUpError as error:
        requests.fail(request, error.message, kept_for())
        raise
    except Interrupted:
        raise
    except Exception:
        if job.attempt >= ATTEMPTS:
            requests.fail(request, "The export failed. Ask again, or ask for less.", kept_for())
        raise


@dataclass
class Export:
    """One run of an export."""

    request: BulkRequest
    by: Principal
    job: Job
    folder: Path = field(init=False)
    wanted: Wanted = field(init=False)
    cut: Cut = field(init=False)
    since: Since | None = field(init=False)
    out: files.Output = field(init=False)
    elements: Elements = field(init=False)
    patients: list[str] | None = field(default=None, init=False)
    references: set[str] = field(default_factory=set, init=False)
    noted: float = field(default_factory=time.monotonic, init=False)

    def __post_init__(self) -> None:
        """Read what was asked for and where the work stands."""
        request = self.request
        self.folder = files.folder_of("export", request.org, request.id)
        self.wanted = Wanted.from_json(request.asked)
        self.cut = Cut(request.org, request.link, request.at)
        self.out = files.Output(self.folder, request.run, list(request.files))
        self.elements = Elements(self.wanted.elements)
        at = self.wanted.since_at
        self.since = Since(at=at, link=requests.link_at(self.by, at)) if at else None

    def run(self) -> None:
        """Export what is left, and say so."""
        files.make(self.folder)
        self.patients = self._patients()
        self._recall_references()
        planned = self._planned()
        try:
            for number in range(self.request.progress.get("step", 0), len(planned)):
                self._step(planned[number], number)
        finally:
            self.out.close()
        self._finish()

    def _planned(self) -> list[Step]:
        kept = self.request.progress.get("steps")
        if kept is not None:
            return [Step(**one) for one in kept]
        kinds = [kind for kind in as_of.types_in(self.by) if kind != PROOF or not self.wanted.level]
        made = steps(self.wanted, kinds, self.by, listed=self.patients is not None)
        progress = {"steps": [one.as_json() for one in made], "step": 0, "done": 0}
        requests.move_on(self.request, progress=progress)
        return made

    def _patients(self) -> list[str] | None:
        """Return the patients, if they are listed; None: all of them, or none in particular."""
        listed = self.folder / "patients"
        if listed.exists():
            return listed.read_text().split()
        chosen: Iterable[str] | None = None
        if self.wanted.level == "Group":
            chosen = self._members()
        if self.wanted.patients:
            within = set(self.wanted.patients)
            chosen = within if chosen is None else within & set(chosen)
        if self.wanted.level and self.by.reach is not Reach.ALL:
            seen = set(as_of.patients_seen(self.cut, by=self.by))
            chosen = seen if chosen is None else seen & set(chosen)
        if chosen is None:
            return None
        made = listed.with_name(f"patients.{self.request.run}")
        with files.open_private(made) as file:
            file.write("\n".join(sorted(chosen)).encode())
        made.rename(listed)
        return sorted(chosen)

    def _members(self) -> list[str]:
        piece = Piece(resource_type="Group", ids=[self.wanted.group])
        lines = list(as_of.texts(piece, self.cut, by=self.by))
        return members(text.parse(bytes(lines[0]))) if lines else []

    def _step(self, step: Step, number: int) -> None:
        """Do one step, from where it was left."""
        progress = self.request.progress
        here = progress.get("here") if progress.get("step") == number else None
        for lines in self._pulls(step, number, here):
            self._take(step, lines)
        self._note(number + 1, None)

    def _pulls(self, step: Step, number: int, here: Any) -> Iterator[Iterable[bytes]]:
        """Yield the lines of a step, statement by statement.

        Steps that cannot go on within (a filter, what is referred to) begin anew.
        """
        if step.how == "filter":
            yield from self._of_ids(step, self._found(step.kind))
        elif step.how == "associated":
            yield from self._associated(step)
        elif step.how == "proof":
            yield from self._proofs(number, here or (self.since.link if self.since else 0))
        elif step.how == "patients":
            yield from self._by_patients(step, number, here or 0)
        else:
            yield from self._scan(step, number, here or "")

    def _scan(self, step: Step, number: int, after: str) -> Iterator[Iterable[bytes]]:
        while True:
            piece = Piece(
                resource_type=step.kind,
                of_patients=bool(self.wanted.level),
                after=after,
                limit=ROWS,
                since=self.since,
                deleted=step.deleted,
            )
            counted = _Counted(as_of.texts(piece, self.cut, by=self.by))
            yield counted
            if counted.number < ROWS:
                return
            after = _id_of(counted.last, deleted=step.deleted)
            self._note(number, after)

    def _by_patients(self, step: Step, number: int, offset: int) -> Iterator[Iterable[bytes]]:
        patients, size = self.patients or [], FEW
        while offset < len(patients):
            piece = Piece(
                resource_type=step.kind,
                patients=patients[offset : offset + size],
                since=self.since,
                deleted=step.deleted,
            )
            counted = _Counted(as_of.texts(piece, self.cut, by=self.by))
            yield counted
            offset += size
            size = min(size * 2, MANY) if counted.number < ROWS // 2 else max(size // 2, 1)
            self._note(number, offset)

    def _proofs(self, number: int, after: int | None) -> Iterator[Iterable[bytes]]:
        """Yield the Provenance of what is exported, made from the record's transactions."""
        while after is not None:
            after, versions = as_of.written(
                self.cut, by=self.by, after=after, patients=self.patients
            )
            shown = [one for one in versions if self._is_exported(one)]
            yield [one.body + b"\n" for one in provenances(shown, by=self.by)]
            if after is not None:
                self._note(number, after)

    def _is_exported(self, one: Stored) -> bool:
        since = self.since
        if since is not None and not since.link and one.updated_at <= since.at:
            return False
        if self.wanted.level and (not one.patient or one.patient == SEVERAL):
            return False
        return may_export(self.by, one.resource_type)

    def _found(self, kind: str) -> list[str]:
        """Return the ids that any of the type's filters finds now; the cut decides later."""
        found: dict[str, None] = {}
        for query in (query for named, query in self.wanted.filters if named == kind):
            pairs = [pair for pair in parse_qsl(query) if pair[0].partition(":")[0] not in _RESULTS]
            asked, after = parse(kind, [*pairs, ("_count", str(PAGE))]), None
            while True:
                page = store.search(asked, by=self.by, after=after)
                found |= dict.fromkeys(one.id for one in page.entries)
                after = page.after
                if after is None:
                    break
        return sorted(found)

    def _of_ids(self, step: Step, ids: Sequence[str]) -> Iterator[Iterable[bytes]]:
        filtered = step.how == "filter"
        for begin in range(0, len(ids), MANY):
            piece = Piece(
                resource_type=step.kind,
                ids=ids[begin : begin + MANY],
                patients=self.patients if filtered else None,
                of_patients=bool(self.wanted.level) and filtered,
                since=self.since,
            )
            yield as_of.texts(piece, self.cut, by=self.by)

    def _associated(self, step: Step) -> Iterator[Iterable[bytes]]:
        """Yield what is referred to; what is found in that in turn, as often as it takes."""
        written: set[str] = set()
        while True:
            ids = {one.partition("/")[2] for one in self.references if _is(one, step.kind)}
            fresh = sorted(ids - written)
            if not fresh:
                return
            written.update(fresh)
            yield from self._of_ids(step, fresh)

    def _take(self, step: Step, lines: Iterable[bytes]) -> None:
        """Write lines down, gathered."""
        gathered: list[bytes] = []
        size = 0
        for line in lines:
            gathered.append(bytes(line))
            size += len(line)
            if size > files.BUFFER:
                self._put(step, gathered)
                gathered, size = [], 0
        if gathered:
            self._put(step, gathered)

    def _put(self, step: Step, lines: list[bytes]) -> None:
        self.request.progress["done"] = self.request.progress.get("done", 0) + len(lines)
        if step.deleted:
            self.out.write("Bundle", *_deletions(step.kind, lines), listed="deleted")
            return
        block = b"".join(lines)
        if self.wanted.level:
            self.references.update(found.decode() for found in REFERENCE.findall(block))
        if self.wanted.elements:
            block = self.elements.of(step.kind, lines)
        self.out.write(step.kind, block, len(lines))

    def _note(self, number: int, here: Any) -> None:
        """Write down how far the work is, now and then; stop if the process is to end."""
        if not self.job.stopping and time.monotonic() - self.noted < WRITTEN_DOWN:
            return
        self._write_down(number, here)
        if self.job.stopping:
            raise Interrupted

    def _write_down(self, number: int, here: Any) -> None:
        self.out.settle()
        self._keep_references()
        progress = {**self.request.progress, "step": number, "here": here}
        requests.move_on(self.request, progress=progress, files=self.out.files)
        self.noted = time.monotonic()

    def _keep_references(self) -> None:
        made = self.folder / f"references.{self.request.run}"
        made.unlink(missing_ok=True)
        with files.open_private(made) as file:
            file.write("\n".join(self.references).encode())
        made.rename(self.folder / "references")

    def _recall_references(self) -> None:
        kept = self.folder / "references"
        if kept.exists():
            self.references.update(kept.read_text().split())

    def _finish(self) -> None:
        self.out.settle()
        with acting(self.by, durable=True):
            audit.note(self.by, self._event())
            last = {**self.request.progress, "here": None}
            requests.finish(self.request, kept_for(), files=self.out.files, progress=last)

    def _event(self) -> audit.Event:
        """Return the trail of the whole: whose data it was, and how much."""
        listed = self.patients
        if listed is None:
            number = sum(f["count"] for f in self.out.files if f["type"] == "Patient")
        else:
            number = len(listed)
        named = listed if listed is not None and len(listed) <= MOST_NAMED else None
        total = sum(file["count"] for file in self.out.files)
        return audit.Event(
            action="R",
            what="export",
            reference=self.wanted.level,
            patients=named,
            purpose="HOPERAT",
            detail=f"{self.request.id}: {total} resources of {number} patients",
        )


_RESULTS: Final = frozenset(
    {"_count", "_sort", "_include", "_revinclude", "_summary", "_elements", "_total"}
)


@dataclass
class _Counted:
    """Lines that are counted as they pass."""

    lines: Iterable[bytes]
    number: int = 0
    last: bytes = b""

    def __iter__(self) -> Iterator[bytes]:
        """Yield them."""
        for line in self.lines:
            self.number += 1
            self.last = line
            yield line


def _is(reference: str, kind: str) -> bool:
    return reference.partition("/")[0] == kind


def _id_of(line: bytes, *, deleted: bool) -> str:
    """Return the id of a text as the record writes it: type first, then the id."""
    if deleted:
        return bytes(line)[:-1].decode()
    return bytes(line).split(b'"', 8)[7].decode()


def _deletions(kind: str, lines: Sequence[bytes]) -> tuple[bytes, int]:
    """Return the Bundles that say what was deleted, a thousand in each, and how many they are."""
    bundles = []
    for begin in range(0, len(lines), PAGE):
        entries = [
            {"request": {"method": "DELETE", "url": f"{kind}/{line[:-1].decode()}"}}
            for line in lines[begin : begin + PAGE]
        ]
        whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        bundles.append(text.write(whole) + b"\n")
    return b"".join(bundles), len(bundles)


def members(group: dict[str, Any]) -> list[str]:
    """Return the ids of the patients who are in a Group now."""
    found = []
    for member in group.get("member") or []:
        reference = str((member.get("entity") or {}).get("reference", ""))
        kind, _, identity = reference.partition("/")
        if kind == "Patient" and identity and not member.get("inactive"):
            found.append(identity)
    return found
