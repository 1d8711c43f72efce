"""Notices that search rows were made by an older Handrail, and makes them anew.

What kind the rows are of stands as a comment on their table: backups carry it, and no row-level
security hides it. It is looked at whenever tables are brought up to date, so an upgrade or the
restore of an old backup needs no thought of anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import LiteralString

from handrail.fhir.searching.extract import KIND
from handrail.record.rebuild import rebuild
from handrail.record.statements import rows, run

_PRESENT: LiteralString = f"Search rows of kind {KIND}"


def outdated() -> bool:
    """Return whether the search rows are of another kind than this Handrail makes."""
    return bool(rows("SELECT obj_description('record_current'::regclass)")[0][0] != _PRESENT)


def renew(tell: Callable[[str], None]) -> bool:
    """Make search rows and the screens' tables anew if they are of another kind.

    If it is cut short, the next call begins again.

    Args:
        tell: is told, in one line, if there is something to do and when it is done.

    Returns:
        True if something was done.
    """
    if not outdated():
        return False
    done = rebuild(_tell_once(tell))
    run(f"COMMENT ON TABLE record_current IS '{_PRESENT}'")
    if done:
        tell(f"Made {done:,} search rows anew.")
    return bool(done)


def _tell_once(tell: Callable[[str], None]) -> Callable[[str, int, int], None]:
    """Return a listener that tells of the first batch only."""
    told: list[int] = []

    def reach(_what: str, _done: int, total: int) -> None:
        if not told and total:
            tell("Search rows are of an older kind. Making them anew, this once…")
        told.append(total)

    return reach
