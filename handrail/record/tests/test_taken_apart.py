"""What is submitted is taken apart without loss, in whatever order its members come."""

from __future__ import annotations

import pytest

from handrail.record.prepare import submit
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


def test_meta_of_what_is_contained_stays():
    meta = b'"meta":{"profile":["http://example.org/p"]}'
    said = b'"status":"final","code":{"text":"x"},"subject":{"reference":"#c"}'
    inner = b'%b,"contained":[{"resourceType":"Patient","id":"c",%b}]' % (said, meta)
    end = submit(Draft(raw=b'{"resourceType":"Observation","id":"o",%b,%b}' % (inner, meta)))
    begin = submit(Draft(raw=b'{"resourceType":"Observation","id":"o",%b,%b}' % (meta, inner)))
    none = submit(Draft(raw=b'{"resourceType":"Observation","id":"o",%b}' % inner))
    assert end == begin
    assert end.rest == none.rest == inner
    assert (end.meta, none.meta) == (b'"profile":["http://example.org/p"]', b"")
    only = submit(Draft(raw=b'{"resourceType":"Patient","id":"p",%b}' % meta))
    assert (only.rest, only.meta) == (b"", end.meta)


def test_a_resource_may_have_no_more_than_its_type():
    one = submit(Draft(raw=b'{"resourceType":"Patient"}'), identity="p")
    assert (one.id, one.meta, one.rest) == ("p", b"", b"")
    assert submit(Draft(raw=b'{"resourceType":"Patient","id":"q"}')).rest == b""
