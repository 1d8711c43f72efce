"""``handrail export``: writes the record, or a part of it, into files of NDJSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from handrail.site import opening
from handrail.site.cli import add_organization, parser


def main(arguments: Sequence[str]) -> int:
    """Export into a folder, and say how many resources of which type."""
    options = parser("export")
    options.add_argument("folder", type=Path, help="an empty folder, or one that is not there yet")
    options.add_argument("--group", default="", help="the id of a Group: only its patients")
    options.add_argument("--type", default="", help="only these resource types, with commas")
    options.add_argument("--since", default="", help="only what changed since, as 2026-11-22")
    add_organization(options)
    chosen = options.parse_args(arguments)
    with opening.opened():
        from handrail.edge.bulk_data.asking import told
        from handrail.edge.bulk_data.saving import save
        from handrail.site import organization
        from handrail.site.progress import Progress

        by = organization.operator(organization.chosen(chosen.organization))
        wanted = told(group=chosen.group, types=chosen.type, since=chosen.since)
        with Progress("Exporting", unit="resources") as progress:
            counts = save(by, wanted, chosen.folder, lambda done: progress.reach(done, done))
    lines = [f"{number:>9}  {kind}" for kind, number in sorted(counts.items())]
    print("\n".join([f"{sum(counts.values())} resources.", *lines]))  # noqa: T201 - the command line speaks
    return 0
