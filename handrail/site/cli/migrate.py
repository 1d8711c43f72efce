"""``handrail migrate``: brings the database up to date."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.site import opening
from handrail.site.cli import parser


def main(arguments: Sequence[str]) -> int:
    """Migrate the tables, and force row-level security on every one of them."""
    parser("migrate").parse_args(arguments)
    with opening.opened(migrate=False):
        opening.bring_up_to_date()
    opening.say("The database is up to date.")
    return 0
