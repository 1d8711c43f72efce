"""``handrail rebuild``: makes the tables of the screens again from the record."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.site import opening
from handrail.site.cli import parser
from handrail.site.progress import Progress


def main(arguments: Sequence[str]) -> int:
    """Rebuild the search rows and the projections, or some of them."""
    options = parser("rebuild")
    options.add_argument("table", nargs="*", help="only these tables; none given means all")
    chosen = options.parse_args(arguments)
    with opening.opened():
        from handrail.record.rebuild import rebuild

        with Progress("Rebuilding", unit="resources") as progress:
            rebuild(lambda _what, done, total: progress.reach(done, total), chosen.table)
    return 0
