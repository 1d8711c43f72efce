"""Texts that mean harm, or came through a broken line: a clear answer, soon."""

from timeit import default_timer

import pytest

from handrail.fhir.errors import InvalidResourceError
from handrail.fhir.validation import faults, validate
from handrail.fhir.validation.complete import MOST
from handrail.fhir.validation.fast import certain
from handrail.fhir.validation.nesting import DEPTH, ROOM, is_deep

MILLION = 1_000_000


def nested(depth):
    """Return a Basic whose extensions make objects and lists nest ``depth`` levels deep."""
    turns = (depth - 3) // 2
    return (
        b'{"resourceType":"Basic","code":{"text":"a"},"extension":['
        + b'{"url":"a","extension":[' * turns
        + b'{"url":"a","valueCode":"b"}'
        + b"]}" * turns
        + b"]}"
    )


CASES = [
    (b"", "not JSON"),
    (b"  ", "not JSON"),
    (b"null", "JSON object"),
    (b"[]", "JSON object"),
    (b'"Patient"', "JSON object"),
    (b"{}", "resourceType is missing"),
    (b'{"resourceType":null}', "resourceType is missing"),
    (b'{"resourceType":"Patient"', "not JSON"),
    (b'{"resourceType":"Patient"}}', "not JSON"),
    (b'{"resourceType":"Patient","birthDate":NaN}', "not JSON"),
    (b'{"resourceType":"Patient","birthDate":Infinity}', "not JSON"),
    (b"{'resourceType':'Patient'}", "not JSON"),
    (b'\xef\xbb\xbf{"resourceType":"Patient"}', "byte order mark"),
    (b'{"resourceType":\n"Pati\xffent"}', "not UTF-8 at byte 22 \\(line 2\\)"),
    ('{"resourceType":"Patient"}'.encode("utf-16"), "not UTF-8"),
    (b'{"resourceType":"Patient","language":"\\ud800"}', "not JSON"),
    (b'{"resourceType":"Patient","\\ud800":1}', "not JSON"),
    (b"PK\x03\x04" + bytes(64), "not"),
    (b"[" * MILLION, "nest deeper"),
    (b'{"resourceType":' * MILLION, "nest deeper"),
    (b'{"resourceType":"Patient","contact":' + b"[" * MILLION + b"]" * MILLION + b"}", "deeper"),
    (nested(501), "nest deeper"),
    (nested(DEPTH + 1), "nest deeper"),
    (b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * MILLION + b"}", "outside"),
    (b'{"resourceType":"Patient","multipleBirthInteger":1e2}', "whole number"),
    (
        b'{"resourceType":"Basic","code":{"id":"a"},"extension":[{"url":"a","valueDecimal":1e999}]}',
        "too large",
    ),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_the_answer_is_clear_and_soon(case):
    text, words = CASES[case]
    began = default_timer()
    assert not certain(text)
    with pytest.raises(InvalidResourceError, match=words) as caught:
        validate(text)
    assert default_timer() - began < 2
    for fault in caught.value.faults:
        assert f"{fault.path}{fault.text}".encode()
        assert len(fault.text) < 1000


def test_what_nests_as_deep_as_allowed_passes():
    for depth in (9, 31, ROOM - 1, ROOM + 1, DEPTH - 1):
        validate(nested(depth))


def test_brackets_in_texts_do_not_count_as_nesting():
    hidden = b'{"a":"' + b"[" * 100 + b'","b":"\\"' + b"{" * 100 + b'\\\\"}'
    assert not is_deep(hidden)
    deep = b'{"a":"]' + b'","b":[' * 70 + b"]" * 70 + b"}"
    assert is_deep(b'{"a":"]]]]","b":' + b"[" * 70 + b"]" * 70 + b"}")
    assert is_deep(b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1))
    assert not is_deep(b"[" * DEPTH + b"]" * DEPTH)
    assert not certain(deep)


def test_the_list_of_faults_is_bounded():
    text = b'{"resourceType":"Patient","name":[' + b",".join([b'{"x":1}'] * 5000) + b"]}"
    found = faults(text)
    assert len(found) == MOST + 1
    assert "more than" in found[-1].text


def test_many_equal_members_do_not_take_long():
    text = b'{"resourceType":"Patient",' + b",".join([b'"gender":"male"'] * 200_000) + b"}"
    began = default_timer()
    assert [each.path for each in faults(text)] == ["Patient.gender"]
    assert default_timer() - began < 3


def test_sql_and_html_in_texts_are_texts():
    validate(
        b'{"resourceType":"Patient","name":[{"text":"<script>alert(1)</script>'
        b"'; DROP TABLE patient; --\"}]}"
    )


def test_long_texts_that_almost_match_do_not_backtrack():
    code = b"a " * 100_000 + b" "
    text = b'{"resourceType":"Patient","language":"' + code + b'"}'
    began = default_timer()
    assert faults(text)
    assert not certain(text)
    div = b"<div>" + b"</div" * 100_000
    assert faults(
        b'{"resourceType":"Basic","code":{"text":"a"},"text":{"status":"generated","div":"'
        + div
        + b'"}}'
    )
    assert default_timer() - began < 2


def test_spaces_in_binary_data_take_no_longer_than_their_length():
    spaces = b" " * 4_000_000
    for end in (b"!", b"=!", b"==" + spaces + b"!"):
        raw = b'{"resourceType":"Patient","photo":[{"data":"AA%b%b"}]}' % (spaces, end)
        began = default_timer()
        with pytest.raises(InvalidResourceError):
            validate(raw, "Patient")
        assert default_timer() - began < 30
    for data in (b"AA = = ", b"A A A=", b"AAAA", b"AAA = "):
        photo = b'{"contentType":"image/png","data":"%b"}' % data
        validate(b'{"resourceType":"Patient","photo":[%b]}' % photo, "Patient")
