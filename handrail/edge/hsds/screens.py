"""The pages of those who look after directories: send a file, look, load, read what was wrong."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from django.http import (
    HttpResponse,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from handrail import jobs
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Principal, Role
from handrail.edge.hsds import keeping
from handrail.edge.hsds.errors import DirectoryFileError
from handrail.edge.hsds.exporting import export_csv, export_json
from handrail.edge.hsds.jobs import KIND
from handrail.edge.hsds.looking import look, told
from handrail.edge.hsds.models import Load, State, Wrong
from handrail.fhir.errors import ForbiddenError, HandrailError
from handrail.look.said import say

_WHO: Final = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_HERE: Final = "/settings/directories"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SHOWN: Final = 50


@open_to(*_WHO)
@require_http_methods(["GET", "POST"])
def listed(request: MemberRequest) -> HttpResponse:
    """List what was loaded; take a file; say who may read."""
    problem = ""
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_done(request), status=303)
        except ForbiddenError:
            raise
        except HandrailError as error:
            problem = error.message
    return render(
        request, "hsds/directories.html", _known(request, problem), status=422 if problem else 200
    )


def _done(request: MemberRequest) -> str:
    """Do what the form asks for; return where to go then."""
    by = request.principal
    if "open" in request.POST:
        if not by.has(Role.ADMINISTRATOR):
            raise ForbiddenError(_("Only an administrator can open the directory to everybody."))
        keeping.set_open(by, opened=request.POST["open"] == "yes")
        say(request, _("Saved."))
        return _HERE
    file = request.FILES.get("file")
    if file is None:
        raise DirectoryFileError(_("Choose a file."))
    wanted = {
        "directory": request.POST.get("directory", ""),
        "mapping": request.POST.get("mapping", "")[:80],
        "full": request.POST.get("full") == "yes",
    }
    keeping.mapping_of(by, str(wanted["mapping"]))
    one = keeping.put_down(by, str(file.name), iter(file.chunks()), wanted)
    return f"{_HERE}/{one.id}"


def _known(request: MemberRequest, problem: str) -> dict[str, Any]:
    by = request.principal
    return {
        "loads": keeping.latest(by),
        "mappings": [("", _("None: the file is in the layout of HSDS")), *_named(by)],
        "given": {name: request.POST.get(name, "") for name in ("directory", "mapping", "full")},
        "opened": keeping.is_open(by.org),
        "may_open": by.has(Role.ADMINISTRATOR),
        "states": _states(),
        "problem": problem,
    }


def _named(by: Principal) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(keeping.mappings(by))]


def _states() -> dict[str, str]:
    return {
        State.LOOKED_AT: _("Not loaded yet"),
        State.WAITING: _("Being loaded"),
        State.DONE: _("Loaded"),
        State.FAILED: _("Not loaded"),
    }


@open_to(*_WHO)
@require_http_methods(["GET", "POST"])
def one(request: MemberRequest, load: str) -> HttpResponse:
    """Show one load: a look at the file before, what became of it afterwards."""
    by = request.principal
    found = keeping.found(by, load)
    if request.method == "POST":
        if request.POST.get("do") == "load" and found.state == State.LOOKED_AT:
            keeping.begin(by, found)
            jobs.enqueue(KIND, {"load": found.id}, by=by, key=found.id)
            say(request, _("It is being loaded. This page says what became of it."))
            return HttpResponseRedirect(f"{_HERE}/{found.id}", status=303)
        keeping.drop(by, found)
        say(request, _("The file is set aside. Nothing was loaded."))
        return HttpResponseRedirect(_HERE, status=303)
    known = {"load": found, "states": _states(), "services": [], "is_part": False, "problem": ""}
    if found.state == State.LOOKED_AT:
        known |= {"counted": [], "wrongs": [], "repairs": {}} | _looked(by, found)
    else:
        known["counted"] = _counted(found.counts)
        known["wrongs"] = keeping.wrongs(by, found, most=_SHOWN)
        known["repairs"] = _summed(found.repairs)
    return render(request, "hsds/load.html", known)


def _summed(repairs: dict[str, dict[str, int]]) -> Counter[str]:
    """Return what was repaired in all files, by what it was."""
    return sum((Counter(told) for told in repairs.values()), Counter())


def _looked(by: Principal, found: Load) -> dict[str, Any]:
    try:
        seen = look([keeping.path_of(found)], keeping.mapping_of(by, found.mapping))
    except HandrailError as error:
        return {"problem": error.message}
    words = {
        "phone": _("Phone"),
        "hours": _("Hours"),
        "languages": _("Languages"),
        "eligibility": _("Who may come"),
        "cost": _("Cost"),
    }
    services = [
        (one.get("name", ""), [(words[what], said) for what, said in told(one)])
        for one in seen.services
    ]
    return {
        "counted": _counted(seen.report.counts),
        "wrongs": seen.report.first,
        "services": services,
        "is_part": seen.is_part,
        "repairs": seen.repairs,
    }


def _counted(counts: Any) -> list[tuple[str, int]]:
    names = {
        "rows": _("Rows read"),
        "organizations": _("Organizations"),
        "services": _("Services"),
        "locations": _("Places"),
        "new": _("New"),
        "changed": _("Changed"),
        "unchanged": _("As before"),
        "ended": _("Made inactive, since they left the directory"),
        "refused": _("Rows of no use, kept beside"),
        "kept beside": _("Rows that belong to nothing, kept beside"),
        "wrong": _("Things to look at"),
    }
    return [(label, counts[name]) for name, label in names.items() if counts.get(name)]


@open_to(*_WHO)
@require_GET
def report(request: MemberRequest, load: str) -> HttpResponse:
    """Send everything that is wrong with a load, as a table."""
    by = request.principal
    found = keeping.found(by, load)
    sent = HttpResponse("".join(_table(by, found)), content_type="text/csv; charset=utf-8")
    sent.headers["Content-Disposition"] = 'attachment; filename="directory-report.csv"'
    sent.headers["Cache-Control"] = "no-store"
    return sent


def _table(by: Principal, found: Load) -> Iterator[str]:
    heads = ("file", "line", "table", "field", "what is wrong", "what was done", "row")
    yield "\ufeff" + _line(heads)
    after = 0
    while part := keeping.wrongs(by, found, after):
        yield "".join(_line(_cells(wrong)) for wrong in part)
        after = part[-1].number


def _cells(wrong: Wrong) -> tuple[str, ...]:
    return (
        wrong.file,
        str(wrong.line),
        wrong.table,
        wrong.field,
        wrong.wrong,
        wrong.done,
        wrong.row,
    )


def _line(cells: tuple[str, ...]) -> str:
    """Return a line of CSV in which no cell is taken for a formula."""
    target = io.StringIO()
    csv.writer(target).writerow(f"'{one}" if one.startswith(_FORMULA) else one for one in cells)
    return target.getvalue()


@open_to(*_WHO)
@require_GET
def export(request: MemberRequest) -> HttpResponse:
    """Send the directory as files of HSDS 3.0."""
    by = request.principal
    directory = request.GET.get("directory", "")[:40]
    if request.GET.get("format") == "json":
        made = b"".join(export_json(by, directory))
        return _file(made, "application/json", "services.json")
    target = io.BytesIO()
    export_csv(by, target, directory)
    return _file(target.getvalue(), "application/zip", "hsds.zip")


def _file(made: bytes, kind: str, name: str) -> HttpResponse:
    sent = HttpResponse(made, content_type=kind)
    sent.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    sent.headers["Cache-Control"] = "no-store"
    return sent


@open_to(*_WHO)
@require_http_methods(["GET", "POST"])
def mapping(request: MemberRequest) -> HttpResponse:
    """Show a mapping of columns and save it."""
    by, problem = request.principal, ""
    name = request.POST.get("name", request.GET.get("name", ""))[:80]
    text = request.POST.get("text", keeping.mappings(by).get(name, ""))
    if request.method == "POST":
        try:
            keeping.save_mapping(by, name, text)
        except HandrailError as error:
            problem = error.message
        else:
            say(request, _("Saved."))
            return HttpResponseRedirect(_HERE, status=303)
    known = {"name": name, "text": text, "problem": problem, "names": _named(by)}
    return render(request, "hsds/mapping.html", known, status=422 if problem else 200)
