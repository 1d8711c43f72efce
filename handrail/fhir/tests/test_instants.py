"""Instants of addresses and answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from handrail.fhir import instants

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T09:00:00Z",
        "2026-11-20T09:00:00",
        "2026-11-20T10:00:00+01:00",
        "2026-11-20T10:00:00 01:00",
    ],
)
def test_an_instant_is_read_in_utc(text):
    assert instants.asked(text) == NINE
    assert instants.asked(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01T00:00:00+01:00", "2026-13-01T00:00:00Z"])
def test_what_is_none_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the text itself
        instants.asked(text)


def test_an_instant_is_written_in_utc():
    there = NINE.astimezone(timezone(timedelta(hours=-5)))
    assert instants.written(there) == "2026-11-20T09:00:00.000Z"
