"""``handrail directory``: reads provider directories, and pulls them from payers' servers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from handrail.site import opening
from handrail.site.cli import add_organization, parser
from handrail.site.progress import Progress


def main(arguments: Sequence[str]) -> int:
    """Read a file, or arrange a pull; 0 if everything went in, 1 if something was refused."""
    chosen = _options().parse_args(arguments)
    with opening.opened():
        if chosen.verb == "nppes":
            return _nppes(chosen)
        if chosen.verb == "nucc":
            return _nucc(chosen)
        return _pull(chosen)


def _options() -> argparse.ArgumentParser:
    options = parser("directory")
    verbs = options.add_subparsers(dest="verb", required=True, metavar="VERB")
    nppes = verbs.add_parser("nppes", help="read a CSV file of NPPES: CMS's full file, or a part")
    nppes.add_argument("path", type=Path, help="the file, gzipped or not")
    nppes.add_argument("--json", action="store_true", help="say what was done as JSON")
    nucc = verbs.add_parser("nucc", help="read the names of specialties from NUCC's CSV file")
    nucc.add_argument("path", type=Path, help="the file, gzipped or not")
    pull = verbs.add_parser("pull", help="pull a payer's Plan-Net server now and each day")
    pull.add_argument("address", nargs="?", default="", help="its FHIR address; none: list them")
    pull.add_argument("--name", default="", help="what the directory is called here")
    pull.add_argument("--stop", action="store_true", help="pull it no more")
    for one in (nppes, nucc, pull):
        add_organization(one)
    return options


def _nppes(chosen: argparse.Namespace) -> int:
    from django.conf import settings

    from handrail.access.principal import system
    from handrail.edge.plan_net.taking import Taking
    from handrail.site import organization

    org = organization.chosen(chosen.organization).id
    by = system(org, "load", "handrail directory nppes")
    folder = Path(settings.HANDRAIL_DATA) / "directory"
    with Progress("Reading", unit="rows") as progress:
        taking = Taking(by, chosen.path, folder)
        summary = taking.run(lambda rows: progress.reach(rows, rows))
    print(summary.as_json() if chosen.json else "\n".join(summary.lines()))  # noqa: T201 - the command line speaks
    return 1 if summary.refused else 0


def _nucc(chosen: argparse.Namespace) -> int:
    from handrail.access.principal import system
    from handrail.edge.plan_net import specialties
    from handrail.site import organization

    org = organization.chosen(chosen.organization).id
    by = system(org, "load", "handrail directory nucc")
    named, left_out = specialties.load(chosen.path, by)
    print(f"{named} specialties have names now. Rows without a code or a name: {left_out}.")  # noqa: T201 - the command line speaks
    return 0


def _pull(chosen: argparse.Namespace) -> int:
    from handrail.edge.plan_net import directories
    from handrail.site import organization

    by = organization.operator(organization.chosen(chosen.organization))
    if chosen.address and chosen.stop:
        directories.stop(by, chosen.address)
        said = f"{chosen.address} is pulled no more. What came from it stays."
    elif chosen.address:
        directories.add(by, chosen.address, chosen.name)
        said = f"{chosen.address} is pulled now, and each day for what changed."
    else:
        said = "\n".join(directories.lines(by)) or "No directory is pulled."
    print(said)  # noqa: T201 - the command line speaks
    return 0
