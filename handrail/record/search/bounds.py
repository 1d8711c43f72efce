"""How much one search may cost, and the refusal of what would cost more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

import psycopg

from handrail.fhir.errors import HandrailError
from handrail.record.statements import rows, run

PAGE: Final = 50
"""Entries of a page when none are asked for."""
MOST: Final = 1_000
"""Entries of a page at most, and resources that may be included with them."""
FEW: Final = 2_000
"""Matches that are sorted where no index has them in order."""
MANY: Final = 200_000
"""Matches, or rows of a type, that are looked at before a search is refused."""
NEAR: Final = 1_000
"""Resources in the middle of a chain that are followed one by one."""
CANDIDATES: Final = 20_000
"""Resources that are read for one page where the search row cannot decide alone."""
SORTED: Final = 5_000
"""Matches that can be sorted by what only the resource itself says."""
CHANGED: Final = 1_000
"""Resources that may change while somebody goes from page to page."""
SECONDS: Final = 10
"""Seconds that one statement may take."""

_NARROWER = "Ask for one patient (patient=…), for a code or an identifier, or for a shorter time."


class TooCostlyError(HandrailError):
    """The search would have to look at more than one request may."""

    status: ClassVar[int] = 403
    code: ClassVar[str] = "too-costly"


def too_costly(why: str) -> TooCostlyError:
    """Return the refusal, with how to ask better."""
    return TooCostlyError(f"{why} {_NARROWER}")


class SearchAgainError(HandrailError):
    """Too much changed since the first page."""

    status: ClassVar[int] = 410
    code: ClassVar[str] = "expired"


_SETTINGS: Final = (
    "statement_timeout",
    "enable_seqscan",
    "max_parallel_workers_per_gather",
)
_READ: Final = "SELECT " + ", ".join(f"current_setting('{name}')" for name in _SETTINGS)
_SET: Final = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in _SETTINGS)


@contextmanager
def limited() -> Iterator[None]:
    """Bound the statements inside to :data:`SECONDS`, in the present transaction.

    They look in an index and on one core, even where PostgreSQL would rather read a whole table.

    Raises:
        TooCostlyError: one of them took longer.
    """
    before = rows(_READ)[0]
    run(_SET, (f"{SECONDS}s", "off", "0"))
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise too_costly(f"This search took longer than {SECONDS} seconds.") from error
    except HandrailError:  # a refusal of ours: the transaction may go on, with its own settings
        run(_SET, before)
        raise
    else:
        run(_SET, before)
