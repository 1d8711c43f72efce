"""What is submitted is taken apart without loss, in whatever order its members come."""

from __future__ import annotations

import pytest

from handrail.record.prepare import submit
from handrail.record.statements import Binaries, Texts, rows
from handrail.record.stored import Draft

META = b'"meta":{"versionId":"7","profile":["http://example.org/p"]}'
REST = b'"active":true,"gender":"other"'
USUAL = b'{"resourceType":"Patient","id":"p",%b,%b}' % (META, REST)


@pytest.mark.parametrize(
    "raw",
    [
        USUAL,
        b' { "id" : "p", %b, "resourceType":"Patient", %b }' % (META, REST),
        b'{"resourceType":"Patient",%b,"id":"p",%b}' % (META, REST),
        b'{"active":true,"resourceType":"Patient","gender":"other","id":"p",%b}' % META,
        b'{"resourceType":"Patient","id":"p",%b,%b}' % (REST, META),
    ],
)
def test_the_order_of_type_id_and_meta_says_nothing(raw):
    assert submit(Draft(raw=raw)) == submit(Draft(raw=USUAL))
    assert submit(Draft(raw=raw)).rest == REST
    assert submit(Draft(raw=raw)).meta == b'"profile":["http://example.org/p"]'


def test_a_resource_may_have_no_more_than_its_type():
    one = submit(Draft(raw=b'{"resourceType":"Patient"}'), identity="p")
    assert (one.id, one.meta, one.rest) == ("p", b"", b"")
    assert submit(Draft(raw=b'{"resourceType":"Patient","id":"q"}')).rest == b""


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize("values", [[], [b""], ['"é\\,{}"'.encode(), b"NULL", b"a\nb"]])
def test_arrays_arrive_as_they_were_sent(values):
    found = rows("SELECT %b::text[], %b::bytea[]", (Texts(values), Binaries(values)))
    assert found == [([value.decode() for value in values], values)]
