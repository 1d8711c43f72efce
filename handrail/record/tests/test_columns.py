"""Columns arrive in PostgreSQL as what they were made of."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from handrail.record import columns
from handrail.record.statements import rows

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(1899, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
FAR_AWAY = datetime(9998, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5)))


@pytest.mark.parametrize(
    ("make", "kind", "values"),
    [
        (columns.texts, "text", ["", "a,b", '"{}\\', "né 🙂", "NULL"]),
        (columns.octets, "bytea", [b"", b"\0\xff"]),
        (columns.flags, "bool", [True, False]),
        (columns.small, "int2", [-32768, 0, 32767]),
        (columns.integers, "int4", [-(2**31), 1, 2**31 - 1]),
        (columns.long, "int8", [-(2**63), None, 2**63 - 1]),
        (columns.decimals, "float8", [-0.1, None, 1e300]),
        (columns.moments, "timestamptz", [LONG_AGO, None, FAR_AWAY]),
    ],
)
@pytest.mark.parametrize("many", [0, 1, 9])
def test_what_arrives(make, kind, values, many):
    sent = values * many
    ((found,),) = rows(f"SELECT %b::{kind}[]", (make(sent),))
    assert found == sent


def test_what_is_encoded_already():
    assert rows("SELECT %b::text[]", (columns.encoded(["é".encode()]),)) == [(["é"],)]
