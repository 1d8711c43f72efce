"""MLLP frames, cut and glued in every way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handrail.edge.hl7v2.framing import Frames, framed

BODY = st.binary(min_size=1, max_size=60).map(
    lambda body: b"MSH|" + body.replace(b"\x0b", b"-").replace(b"\x1c", b"-")
)


def fed(data: bytes, cuts: list[int], **more) -> list[bytes]:
    frames, found, last = Frames(**more), [], 0
    for cut in [*sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]:
        found += [frame.payload for frame in frames.feed(data[last:cut])]
        last = cut
    return found


@given(st.lists(BODY, max_size=5), st.lists(st.integers(0, 500), max_size=8))
def test_frames_survive_any_cutting(bodies, cuts):
    data = b"".join(framed(body) for body in bodies)
    assert fed(data, cuts) == bodies


@given(st.lists(BODY, max_size=4), st.sampled_from([b"\x1c", b"\x1c\r\n", b"\x1c\n"]))
def test_a_sloppy_end_is_tolerated(bodies, end):
    data = b"".join(b"\x0b" + body + end for body in bodies)
    assert fed(data, []) == bodies


@given(BODY, BODY, st.integers(4, 30))
def test_a_frame_cut_off_by_the_next_is_dropped(first, second, cut):
    data = (b"\x0b" + first)[:cut] + framed(second)
    assert fed(data, [3]) == [second]


@given(BODY)
def test_an_unfinished_frame_is_nothing(body):
    assert fed(b"\x0b" + body, [2, 5]) == []


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_noise_never_raises(noise, cuts):
    fed(noise, cuts)
    assert fed(noise + framed(b"MSH|x"), cuts)[-1:] == [b"MSH|x"]


def test_a_missing_start_is_tolerated():
    assert fed(b"MSH|a\r\x1c\rMSH|b\r\x1c\r", [4]) == [b"MSH|a\r", b"MSH|b\r"]


def test_too_large_is_told_and_memory_stays_small():
    frames, found = Frames(limit=1000), []
    for _ in range(100):
        found += frames.feed(
            b"\x0bMSH|^~\\&|A|B" if not found and not frames.pending else b"x" * 500
        )
        assert frames.pending <= 1500
    found += frames.feed(b"\x1c\r" + framed(b"MSH|next"))
    assert [(frame.too_large, frame.payload[:7]) for frame in found] == [
        (True, b"MSH|^~\\"),
        (False, b"MSH|nex"),
    ]
