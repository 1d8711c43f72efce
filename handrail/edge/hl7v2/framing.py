"""MLLP framing, release 1: ``0x0b`` message ``0x1c 0x0d``. Pure: bytes in, frames out.

Tolerant: the last ``0x0d`` may be missing or be followed by line ends, the first ``0x0b`` may be
missing before ``MSH``, several frames may come in one read and one frame in many. A frame that is
cut off by the start of the next one is dropped: it was never complete, so it is never answered and
its sender sends it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

START = 0x0B
END = 0x1C
TAIL = b"\x1c\x0d"
MAX_BYTES = 16 * 1024 * 1024
_HEAD_BYTES = 4096
_RESTART = b"\x0bMSH"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. ``too_large``: only its head was kept, for the answer."""

    payload: bytes
    too_large: bool = False


@dataclass(slots=True)
class Frames:
    """The frames of one connection, put together from what its socket gives."""

    limit: int = MAX_BYTES
    _buffer: bytearray = field(default_factory=bytearray)
    _scanned: int = 0
    _overflow: bytes = b""

    @property
    def pending(self) -> int:
        """Return how many bytes of an unfinished frame are held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take in ``data`` and yield every frame that is complete now."""
        self._buffer += data
        while (end := self._buffer.find(END, self._scanned)) >= 0:
            text = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._scanned = 0
            frame = self._frame(text)
            if frame:
                yield frame
        self._wait()

    def _frame(self, text: bytes) -> Frame | None:
        if self._overflow:
            head, self._overflow = self._overflow, b""
            return Frame(head, too_large=True)
        payload = _inside(text)
        if len(payload) > self.limit:
            return Frame(payload[:_HEAD_BYTES], too_large=True)
        return Frame(payload) if payload.strip() else None

    def _wait(self) -> None:
        """Forget what can no longer become part of a frame; keep memory bounded."""
        if self._overflow:
            self._buffer.clear()
        elif len(self._buffer) > self.limit:
            self._overflow = _inside(bytes(self._buffer[:_HEAD_BYTES])) or b"?"
            self._buffer.clear()
        self._scanned = len(self._buffer)


def _inside(text: bytes) -> bytes:
    """Return what is between the start byte and the end; nothing for noise between frames."""
    restart = text.rfind(_RESTART)
    if restart >= 0:
        return text[restart + 1 :]
    start = text.find(START)
    if start >= 0:
        return text[start + 1 :]
    bare = text.lstrip(b"\r\n\t \xef\xbb\xbf")
    return bare if bare.startswith(b"MSH") else b""


def framed(payload: bytes) -> bytes:
    """Return ``payload`` as one MLLP frame."""
    return bytes([START]) + payload + TAIL
