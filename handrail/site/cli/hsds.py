"""``handrail hsds``: directories of services in and out, as HSDS 3.0 or as somebody's table."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.site import opening
from handrail.site.cli import add_organization, parser

if TYPE_CHECKING:
    from handrail.access.principal import Principal
    from handrail.edge.hsds.report import Report


def main(arguments: Sequence[str]) -> int:
    """Look at, import or export a directory, or list mappings; 1 if rows were refused."""
    chosen = _options().parse_args(arguments)
    with opening.opened():
        from handrail.site import organization

        by = organization.operator(organization.chosen(chosen.organization))
        verbs: dict[str, Callable[[Principal, argparse.Namespace], int]] = {
            "check": _check,
            "import": _import,
            "export": _export,
            "mappings": _mappings,
        }
        return verbs[chosen.verb](by, chosen)


def _check(by: Principal, chosen: argparse.Namespace) -> int:
    from handrail.edge.hsds import keeping
    from handrail.edge.hsds.looking import look

    seen = look(chosen.path, keeping.mapping_of(by, chosen.mapping))
    for service in seen.services:
        _say(f"  {service.get('name', '')}")
    return _tell(seen.report, as_json=chosen.json)


def _import(by: Principal, chosen: argparse.Namespace) -> int:
    from handrail.edge.hsds import keeping
    from handrail.edge.hsds.importing import Wanted, load
    from handrail.edge.hsds.report import Report
    from handrail.edge.hsds.sources import Source
    from handrail.site.progress import Progress

    source = Source(chosen.path, keeping.mapping_of(by, chosen.mapping))
    wanted = Wanted(directory=keeping.checked_directory(chosen.directory), full=chosen.full)
    one = keeping.noted(by, wanted.directory, chosen.path[0].name, full=chosen.full)
    report = Report(org=by.org, load=one.id)
    loader = keeping.loader(by.org)
    with Progress("Loading", unit="entries") as progress, keeping.ending(loader, one, report):
        load(
            source,
            wanted,
            report,
            by=loader,
            between=lambda: progress.reach(_done(report), _all(report)),
        )
    return _tell(report, as_json=chosen.json)


def _done(report: Report) -> int:
    return sum(report.counts[name] for name in ("new", "changed", "unchanged"))


def _all(report: Report) -> int:
    return sum(report.counts[name] for name in ("organizations", "locations", "services"))


def _export(by: Principal, chosen: argparse.Namespace) -> int:
    from handrail.edge.hsds.exporting import export_csv, export_json
    from handrail.site.progress import Progress

    with Progress("Exporting", unit="entries") as progress, chosen.file.open("xb") as target:

        def told(done: int) -> None:
            progress.reach(done, done)

        if chosen.file.suffix == ".json":
            target.writelines(export_json(by, chosen.directory, told))
        else:
            export_csv(by, target, chosen.directory, told)
    _say(f"Written: {chosen.file}")
    return 0


def _mappings(by: Principal, chosen: argparse.Namespace) -> int:
    from handrail.edge.hsds import keeping

    if chosen.file:
        keeping.save_mapping(by, chosen.file.stem, chosen.file.read_text("utf-8"))
    known = keeping.mappings(by)
    _say(known[chosen.show] if chosen.show in known else "\n".join(sorted(known)))
    return 0


def _tell(report: Report, *, as_json: bool) -> int:
    if as_json:
        _say(json.dumps(dict(report.counts), indent=2))
    else:
        for one in report.first:
            said = f"{one.file}, line {one.line}"
            _say(f"{said}: {' '.join(filter(None, (one.field, one.wrong)))} - {one.done}")
        if report.counts["wrong"] > len(report.first):
            _say(f"… and {report.counts['wrong'] - len(report.first)} more, see the page.")
        _say("\n".join(f"{number:>9}  {name}" for name, number in report.counts.items()))
    return 1 if report.counts["refused"] else 0


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the command line speaks


def _options() -> argparse.ArgumentParser:
    options = parser("hsds")
    verbs = options.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser("check", help="look at a file: what it would become; nothing is kept")
    load = verbs.add_parser("import", help="read a directory into the record")
    load.add_argument("directory", help="the directory's name, the same each time: county-211")
    load.add_argument(
        "--full", action="store_true", help="the whole directory: what is missing becomes inactive"
    )
    for sub in (check, load):
        sub.add_argument(
            "path", nargs="+", type=Path, help="CSV, JSON or ZIP files, or a folder of them"
        )
        sub.add_argument("--mapping", default="", help="the mapping by which a table is read")
        sub.add_argument("--json", action="store_true", help="say what was done as JSON")
    export = verbs.add_parser("export", help="write the directory as HSDS 3.0")
    export.add_argument("file", type=Path, help="a new file: .zip for tables, .json for services")
    export.add_argument("--directory", default="", help="only what came from this directory")
    mappings = verbs.add_parser("mappings", help="list the mappings, show or save one")
    mappings.add_argument("--show", default="", help="the name of the one to show")
    mappings.add_argument("--save", dest="file", type=Path, help="a file to save under its name")
    for sub in (check, load, export, mappings):
        add_organization(sub)
    return options
