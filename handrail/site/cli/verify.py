"""``handrail verify``: proves that the record is whole."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.site import opening
from handrail.site.cli import parser


def main(arguments: Sequence[str]) -> int:
    """Check the hash chain and the invariants; 1 if anything is wrong, with what it is."""
    parser("verify").parse_args(arguments)
    with opening.opened():
        from handrail.record.verify import verify

        opening.say("Verifying…")
        found = verify()
    for fault in found.wrong:
        print(fault)  # noqa: T201 - the command line speaks
    ending = f"{len(found.wrong):,} faults." if found.wrong else "The record is whole."
    print(f"{found.transactions:,} transactions, {found.versions:,} versions. {ending}")  # noqa: T201 - the command line speaks
    return 1 if found.wrong else 0
