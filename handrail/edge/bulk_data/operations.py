"""``$export`` and ``$import`` as the FHIR API offers them, their status and their files.

Source: http://hl7.org/fhir/uv/bulkdata/STU2/export.html (asynchronous request pattern).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import unreachable
from handrail.access.principal import Principal, Reach
from handrail.edge.bulk_data import clearing, files, requests
from handrail.edge.bulk_data.asking import NDJSON, Wanted, wanted
from handrail.edge.bulk_data.errors import AskedWrongError, TooManyRequestsError
from handrail.edge.bulk_data.exporting import members
from handrail.edge.bulk_data.importing import start_import
from handrail.edge.bulk_data.manifest import expires, manifest
from handrail.edge.bulk_data.models import BulkRequest, State
from handrail.edge.bulk_data.steps import require_types
from handrail.fhir import text
from handrail.fhir.errors import BusinessRuleError, HandrailError, NotFoundError
from handrail.fhir.outcome import operation_outcome
from handrail.operation import Answer, Asked, Operation
from handrail.record import as_of, store

JSON: Final = "application/json"
_LONGEST_WAIT: Final = 30  # seconds between two looks at the status
_PATIENCE: Final = 0.5  # seconds that must pass at least


class FailedError(HandrailError):
    """The work that was asked for has failed."""

    status = 500
    code = "exception"


def export(asked: Asked) -> Answer:
    """Begin an export."""
    found = wanted(asked)
    by = asked.by
    require_types(by, (*found.types, *(kind for kind, _ in found.filters)))
    if found.level:
        require_types(by, ("Patient",))
    if found.level == "Group":
        _refuse_strangers(found, members(store.read(f"Group/{found.group}", by=by).resource))
    _refuse_unknown(found, by)
    cut = as_of.cut_now(by)
    url = _url_of(asked)
    request = requests.put_down(
        by, "export", url=url, base=asked.base, asked=found.as_json(), link=cut.link, at=cut.at
    )
    return accepted(asked, request)


def _refuse_strangers(found: Wanted, within: list[str]) -> None:
    strangers = set(found.patients) - set(within)
    if strangers:
        raise BusinessRuleError(f"{len(strangers)} of the patients are not in the Group.")


def _refuse_unknown(found: Wanted, by: Principal) -> None:
    """Refuse patients who are not there, or whom ``by`` does not reach, without telling which."""
    unknown = unreachable(by, found.patients)
    if found.patients and by.reach is Reach.ALL:
        wanted_ones = [("Patient", identity) for identity in found.patients]
        known = store.current_versions(wanted_ones, by=by)
        unknown = frozenset(one for one in found.patients if f"Patient/{one}" not in known)
    if unknown:
        raise NotFoundError(f"{len(unknown)} of the patients are not there for you to see.")


def _url_of(asked: Asked) -> str:
    path = "/".join(part for part in (asked.base, asked.resource_type, asked.id) if part)
    query = f"?{urlencode(asked.pairs)}" if asked.method != "POST" and asked.pairs else ""
    return f"{path}/$export{query}"


def accepted(asked: Asked, request: BulkRequest) -> Answer:
    """Return the answer to a kick-off: where to ask how far it is."""
    where = f"{asked.base}/$bulk-status?{urlencode({'job': request.id})}"
    return Answer(status=202, headers=[("Content-Location", where), ("Retry-After", "1")])


def status(asked: Asked) -> Answer:
    """Tell how far a request is, or end it (DELETE)."""
    request = requests.find(asked.by, asked.value("job"))
    if asked.method == "DELETE":
        clearing.clear(request.org, request.id)
        return Answer(status=202)
    if request.state == State.FAILED:
        raise FailedError(request.error)
    if request.state == State.DONE:
        said = text.write(manifest(request))
        return Answer(body=said, content_type=JSON, headers=expires(request))
    return _running(request)


def _running(request: BulkRequest) -> Answer:
    age = (requests.now() - request.requested_at).total_seconds()
    wait = ("Retry-After", str(min(max(int(age / 10), 1), _LONGEST_WAIT)))
    since = requests.polled(request)
    if since is not None and since < _PATIENCE:
        error = TooManyRequestsError("You ask too often. Wait as Retry-After says.")
        said = text.write(operation_outcome(error))
        return Answer(status=error.status, body=said, headers=[wait])
    return Answer(status=202, headers=[wait, ("X-Progress", _progress(request.progress))])


def _progress(progress: Mapping[str, object]) -> str:
    planned = progress.get("steps")
    steps = len(planned) if isinstance(planned, list) else 0
    if not steps:
        return f"{progress.get('done', 0)} resources" if progress else "waiting"
    return f"{progress.get('done', 0)} resources, {progress.get('step', 0)} of {steps} steps"


def file(asked: Asked) -> Answer:
    """Send a finished file."""
    request = requests.find(asked.by, asked.value("job"))
    found = [one for one in request.files if one["name"] == asked.value("name")]
    if request.state != State.DONE or not found:
        raise NotFoundError("There is no such file. The manifest lists those there are.")
    one, by = found[0], asked.by
    if one["list"] == "output":
        require_types(by, (one["type"],))
    names = ("range", "if-range", "accept-encoding")
    path = files.folder_of(request.kind, request.org, request.id) / one["stored"]
    sent = files.sent(
        path, one["bytes"], f"{request.id}-{one['name']}", {n: asked.header(n) for n in names}
    )
    with acting(by):
        detail = f"{request.id}/{one['name']}: {one['count']} resources"
        what = f"{request.kind} file"
        audit.note(by, audit.Event(action="R", what=what, purpose="HOPERAT", detail=detail))
    return Answer(status=sent.status, headers=sent.headers, stream=sent.stream, content_type=NDJSON)


def bring_in(asked: Asked) -> Answer:
    """Begin an import."""
    if "respond-async" not in asked.header("Prefer"):
        raise AskedWrongError("An import takes a while: send the header Prefer: respond-async.")
    return accepted(asked, start_import(asked))


_EXPORT: Final = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
_OWN: Final = "urn:handrail:operation"
OPERATIONS: Final = (
    Operation(
        name="export",
        definition=f"{_EXPORT}/export",
        does="Writes all resources into NDJSON files.",
        answer=export,
        on_system=True,
    ),
    Operation(
        name="export",
        definition=f"{_EXPORT}/patient-export",
        does="Writes all patients' resources into NDJSON files.",
        answer=export,
        types=frozenset({"Patient"}),
        on_type=True,
    ),
    Operation(
        name="export",
        definition=f"{_EXPORT}/group-export",
        does="Writes the resources of a Group's patients into NDJSON files.",
        answer=export,
        types=frozenset({"Group"}),
        on_instance=True,
    ),
    Operation(
        name="import",
        definition=f"{_OWN}:import",
        does="Reads NDJSON files into the record.",
        answer=bring_in,
        on_system=True,
        affects_state=True,
    ),
    Operation(
        name="bulk-status",
        definition=f"{_OWN}:bulk-status",
        does="Tells how far an export or import is; DELETE ends it.",
        answer=status,
        on_system=True,
        deletes=True,
    ),
    Operation(
        name="bulk-file",
        definition=f"{_OWN}:bulk-file",
        does="Sends a file of an export or import.",
        answer=file,
        on_system=True,
    ),
)
