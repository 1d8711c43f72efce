"""What real feeds do to messages, repaired and reported."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.edge.hl7v2.errors import UnreadableError
from handrail.edge.hl7v2.header import header_of, split
from handrail.edge.hl7v2.message import read
from handrail.edge.hl7v2.tests.messages import adt

GOOD = adt("A01")


def family(raw: bytes) -> str:
    return read(raw).first("PID").get(5)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n", b"\n\n"])
def test_any_line_end_will_do(end):
    assert family(GOOD.replace(b"\r", end)) == "DELGADO"


def test_a_line_broken_in_the_middle_is_joined_and_reported():
    message = read(GOOD.replace(b"DELGADO^RO", b"DELGADO^\nRO"))
    assert message.first("PID").get(5, 2) == "ROSA"
    assert message.issues == ["A line without a segment name was joined to PID."]


def test_a_byte_order_mark_is_no_matter():
    assert family(b"\xef\xbb\xbf" + GOOD) == "DELGADO"


@pytest.mark.parametrize("wrong", [b"MSH|^~\\\\&|", b"MSH|^~&|", b"MSH||", b"MSH|~^\\&|"])
def test_wrong_encoding_characters_are_read_as_the_usual_ones(wrong):
    message = read(GOOD.replace(b"MSH|^~\\&|", wrong))
    assert message.first("PID").get(5, 2) == "ROSA"
    assert "MSH-2" in message.issues[0]


def test_other_separators_are_honoured():
    other = GOOD.replace(b"^", b"@").replace(b"|", b"#")
    assert read(other).first("PID").get(5, 2) == "ROSA"


def test_latin_1_declared_and_undeclared():
    latin = adt("A01", name="NUÑEZ^JOSÉ").decode().encode("latin-1")
    message = read(latin)
    assert message.first("PID").get(5) == "NUÑEZ"
    assert "character set" in message.issues[0]
    declared = latin.replace(b"|P|2.5.1", b"|P|2.5.1||||||8859/1")
    assert read(declared).issues == []
    assert family(adt("A01", name="NUÑEZ^JOSÉ")) == "NUÑEZ"


def test_escapes_and_control_characters():
    message = read(adt("A01", name="O\\T\\NEIL \\F\\ \\X41\\\\H\\x\\N\\\x01^A"))
    assert message.first("PID").get(5) == "O&NEIL | Ax"


@pytest.mark.parametrize("raw", [b"", b"hello", b"PID|1", b"MSH", b"MSHX", b"\x00\xff", b"MSHaaaa"])
def test_what_is_no_message_says_so(raw):
    with pytest.raises(UnreadableError):
        read(raw)


@given(st.binary(max_size=400))
def test_random_bytes_never_raise_anything_else(noise):
    for raw in (noise, GOOD[:60] + noise, b"MSH" + noise):
        header_of(raw)
        split(raw)
        try:
            read(raw)
        except UnreadableError as error:
            assert error.message  # noqa: PT017 - either answer is fine, another error is not


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))
@settings(max_examples=60)
def test_a_message_with_a_hole_never_raises_anything_else(start, end):
    try:
        read(GOOD[:start] + GOOD[end:])
    except UnreadableError as error:
        assert "DELGADO" not in error.message  # noqa: PT017 - as above


def test_a_huge_attachment_is_not_taken_apart():
    raw = GOOD + b"OBX|1|ED|PDF||" + b"A" * 5_000_000 + b"\r"
    assert {segment.name for segment in read(raw).segments} == {"MSH", "EVN", "PID", "PV1"}


def test_several_messages_in_one_frame_are_taken_one_by_one():
    assert split(GOOD + adt("A03")) == [GOOD, adt("A03")]
    assert split(GOOD) == [GOOD]
