"""A feed that goes quiet on a working day is said above the worklist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handrail.edge.hl7v2.screens import is_silent
from handrail.fhir.calendar import Calendar

EASTERN = Calendar(ZoneInfo("America/New_York"))
FRIDAY_NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hours", "silent"),
    [
        (FRIDAY_NOON, 5, True),
        (FRIDAY_NOON, 3, False),
        (FRIDAY_NOON + timedelta(hours=8), 9, False),  # nobody is at work
        (FRIDAY_NOON + timedelta(days=1), 24, False),  # Saturday
        (FRIDAY_NOON + timedelta(days=6), 24, False),  # Thanksgiving is the 26th
    ],
)
def test_silence_counts_only_while_somebody_is_at_work(now, hours, silent):
    assert is_silent(now - timedelta(hours=hours), EASTERN, now) is silent
