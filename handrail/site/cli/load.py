"""``handrail load``: reads FHIR bundles, resources and NDJSON into the record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from handrail.site import opening
from handrail.site.cli import parser
from handrail.site.progress import Progress


def main(arguments: Sequence[str]) -> int:
    """Load; return 0 even when single resources were refused: they are reported."""
    options = parser("load")
    options.add_argument("path", nargs="+", type=Path, help="file or folder, gzipped or not")
    options.add_argument("--org", type=int, default=0, help="number of the organization")
    options.add_argument(
        "--shift-to-today",
        action="store_true",
        help="move all dates by whole days so that the newest event is today (synthetic data)",
    )
    options.add_argument("--json", action="store_true", help="print the summary as JSON")
    chosen = options.parse_args(arguments)
    with opening.opened():
        from handrail.edge.bulk_data.load import load

        with Progress("Loading", unit="files") as progress:
            summary = load(
                chosen.path,
                org=opening.organization(chosen.org),
                shift_to_today=chosen.shift_to_today,
                progress=lambda _what, done, total: progress.reach(done, total),
            )
    if chosen.json:
        print(json.dumps(summary.as_dict(), indent=2))  # noqa: T201 - the command line speaks
    else:
        print("\n".join(summary.lines()))  # noqa: T201 - the command line speaks
    return 0
