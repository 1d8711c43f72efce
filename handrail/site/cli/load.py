"""``handrail load``: reads FHIR bundles, resources and NDJSON into the record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from handrail.site import opening
from handrail.site.cli import add_organization, parser
from handrail.site.progress import Progress


def main(arguments: Sequence[str]) -> int:
    """Load files and folders; 0 if everything went in, 1 if something was refused."""
    options = parser("load")
    options.add_argument(
        "path", nargs="+", type=Path, help="a file or a folder: JSON or NDJSON, gzipped or not"
    )
    options.add_argument(
        "--shift-to-today",
        action="store_true",
        help="move invented histories by whole days, so that the newest event is today",
    )
    options.add_argument("--json", action="store_true", help="say what was done as JSON")
    add_organization(options)
    chosen = options.parse_args(arguments)
    with opening.opened():
        from handrail.edge.bulk_data.load import load
        from handrail.site import organization

        with Progress("Loading", unit="files") as progress:
            summary = load(
                chosen.path,
                org=organization.chosen(chosen.organization).id,
                shift_to_today=chosen.shift_to_today,
                progress=lambda _what, done, total: progress.reach(done, total),
            )
    print(json.dumps(summary.as_dict(), indent=2) if chosen.json else "\n".join(summary.lines()))  # noqa: T201 - the command line speaks
    return 1 if summary.refused else 0
