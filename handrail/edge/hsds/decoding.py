"""Bytes of somebody's file as lines of text: any usual encoding, any line end, streaming.

A file is UTF-8 (with or without its mark), UTF-16, or Windows-1252; a line that is not UTF-8 is
read as Windows-1252, whatever the others are. Zero bytes are taken out. Lines end with CR LF, LF,
or CR alone.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator
from typing import IO, Final

from handrail.edge.hsds.errors import DirectoryFileError

PIECE: Final = 256 * 1024  # bytes read at once
LONGEST: Final = 4 * 1024 * 1024  # bytes of one line
_HEAD: Final = 4096
_MANY: Final = 0.3  # of the first bytes: so many zeros make it UTF-16


def lines(stream: IO[bytes], repairs: Counter[str]) -> Iterator[str]:
    """Yield the lines of a file, without their ends.

    Args:
        stream: the file, from its beginning.
        repairs: counts what had to be repaired, by what it was.

    Raises:
        DirectoryFileError: a line is longer than any table has; it is no text.
    """
    head = stream.read(_HEAD)
    encoding, mark = _encoding(head)
    if encoding == "utf-8":
        yield from _by_line(head[mark:], stream, repairs)
        return
    repairs["read as UTF-16"] += 1
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest, piece = "", head[mark:]
    while piece:
        rest += decoder.decode(piece)
        *whole, rest = _split(rest, repairs, last=False)
        yield from (line.replace("\x00", "") for line in whole)
        _guard(len(rest))
        piece = stream.read(PIECE)
    yield from (line.replace("\x00", "") for line in _split(rest, repairs, last=True))


def _encoding(head: bytes) -> tuple[str, int]:
    """Return the encoding and how many bytes its mark takes."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return name, len(mark)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 2 * _MANY and min(even, odd) < max(even, odd) / 4:
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return "utf-8", 0


def _by_line(head: bytes, stream: IO[bytes], repairs: Counter[str]) -> Iterator[str]:
    rest, piece = b"", head
    while piece:
        rest += piece
        held = rest.endswith(b"\r")  # its LF may be in the next piece
        found = rest[: -1 if held else None].splitlines(keepends=True)
        tail = found.pop() if found and not found[-1].endswith((b"\n", b"\r")) else b""
        rest = tail + (b"\r" if held else b"")
        for line in found:
            yield _text(line, repairs)
        _guard(len(rest))
        piece = stream.read(PIECE)
    if rest:
        yield _text(rest, repairs)


def _text(line: bytes, repairs: Counter[str]) -> str:
    if line.endswith(b"\r"):
        repairs["lines that end with CR alone"] += 1
    line = line.rstrip(b"\r\n")
    if b"\x00" in line:
        repairs["lines with zero bytes, taken out"] += 1
        line = line.replace(b"\x00", b"")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        repairs["lines read as Windows-1252"] += 1
        return line.decode("cp1252", "replace")


def _split(text: str, repairs: Counter[str], *, last: bool) -> list[str]:
    """Return lines of a text; the last one is not ended yet."""
    if not last and text.endswith("\r"):
        return [*_split(text[:-1], repairs, last=True), "\r"] if text[:-1] else ["\r"]
    parts = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return parts[:-1] if last and not parts[-1] else parts


def _guard(length: int) -> None:
    if length > LONGEST:
        message = "A line of the file is longer than any table has. Is it a CSV file? Nothing was"
        raise DirectoryFileError(f"{message} taken.")
