"""One HL7 v2 message as text in, segments out: tolerant, and honest about what it tolerated.

python-hl7 takes the segments apart; this module first repairs what real feeds do to messages: line
ends other than CR, lines broken in the middle of a segment, wrong encoding characters, a character
set that is not the declared one. Every repair is an issue, in words that carry no patient data.
Only the segments that Handrail reads are taken apart, so that memory stays bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import hl7

from handrail.edge.hl7v2.errors import UnreadableError

NULL = '""'
READ = frozenset({"MSH", "EVN", "PID", "PD1", "NK1", "PV1", "PV2", "DG1", "MRG", "ROL"})
ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
MAX_SEGMENT = 65_536
MAX_SEGMENTS = 500
STANDARD = "^~\\&"

_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPE = re.compile(r"\\(\.br|[FSTREHN]|X[0-9A-Fa-f]{2,})\\")
_LITERAL_CR = re.compile(r'(?:\\r)+"?$')
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "ASCII": "ascii",
    "8859/1": "latin-1",
    "8859/2": "iso8859-2",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One repetition of one field."""

    node: Any
    separators: str

    def get(self, component: int = 1, sub: int = 1) -> str:
        """Return the text of a component (1-based), unescaped; empty when it is not there."""
        return clean(_leaf(_leaf_list(self.node), component, sub), self.separators)

    def __bool__(self) -> bool:
        """Tell whether anything is said in this repetition."""
        return any(part not in {"", NULL} for part in _flat(self.node))


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields are numbered as HL7 numbers them."""

    name: str
    node: Any
    separators: str

    def repetitions(self, number: int) -> list[Field]:
        """Return the repetitions of a field that say something."""
        if number >= len(self.node) or not any(self.node[number]):
            return []
        every = (Field(node, self.separators) for node in self.node[number])
        return [one for one in every if one]

    def get(self, number: int, component: int = 1, sub: int = 1) -> str:
        """Return the text of the first repetition of a field."""
        first = next(iter(self.repetitions(number)), None)
        return first.get(component, sub) if first else ""

    def deletes(self, number: int) -> bool:
        """Tell whether the sender says that the field is empty now: the HL7 null."""
        return number < len(self.node) and str(self.node[number]).strip() == NULL


@dataclass(frozen=True)
class Message:
    """A message taken apart. ``issues``: the faults that were tolerated, without patient data."""

    segments: Sequence[Segment]
    issues: list[str] = field(default_factory=list)

    def first(self, name: str) -> Segment | None:
        """Return the first segment of this name."""
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[Segment]:
        """Yield the segments of this name in their order."""
        return (segment for segment in self.segments if segment.name == name)

    @cached_property
    def event(self) -> str:
        """Return the trigger event; MSH-9 rules, EVN-1 only fills a gap."""
        header, event = self.segments[0], self.first("EVN")
        return header.get(9, 2) or (event.get(1) if event else "")


def read(raw: bytes) -> Message:
    """Take a message apart, or raise :class:`UnreadableError` with what is wrong."""
    issues: list[str] = []
    text = decode(raw, issues)
    lines = segment_lines(text, issues)
    if not lines or not lines[0].startswith("MSH"):
        raise UnreadableError("The message does not begin with an MSH segment.", "100")
    separator, encoding = separators_of(lines[0], issues)
    wanted = [_repaired(line, separator, encoding) for line in lines if line[:3] in READ]
    if len(wanted) > MAX_SEGMENTS or any(len(line) > MAX_SEGMENT for line in wanted):
        raise UnreadableError("A segment is longer, or there are more, than Handrail reads.", "102")
    try:
        parsed = hl7.parse("\r".join(wanted))
    except (ValueError, IndexError, AssertionError, hl7.exceptions.HL7Exception) as error:
        raise UnreadableError("The segments cannot be taken apart.", "102") from error
    marks = separator + encoding
    return Message([Segment(str(s[0])[:3], s, marks) for s in parsed], issues)


def decode(raw: bytes, issues: list[str]) -> str:
    """Return the text: by the character set of MSH-18, then UTF-8, then Windows-1252."""
    declared = declared_charset(raw)
    named = _CHARSETS.get(declared.upper(), "")
    if declared and not named:
        issues.append("MSH-18 names a character set that is not known here.")
    try:
        return raw.decode("utf-8-sig" if named in {"", "utf-8", "ascii"} else named)
    except UnicodeDecodeError:
        issues.append("The message is not in the character set it declares; read as Windows-1252.")
        return raw.decode("cp1252", errors="replace")


def declared_charset(raw: bytes) -> str:
    """Return the first repetition of MSH-18 as it is written."""
    head = re.split(rb"[\r\n]", raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:2048], maxsplit=1)[0]
    fields = head.split(head[3:4]) if len(head) > len("MSH|") else []
    text = fields[17].decode("ascii", "replace") if len(fields) > 17 else ""  # noqa: PLR2004 MSH-18
    return text.split("~")[0].strip()


def segment_lines(text: str, issues: list[str]) -> list[str]:
    """Return one line a segment: broken lines are joined, batch envelopes left out."""
    every = [line.strip(" \t\x00\x0b\x1c\ufeff") for line in _LINE_END.split(text)]
    every = [line for line in every if line]
    separator = every[0][3:4] if every else "|"
    begins = re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(separator)}|$)")
    lines: list[str] = []
    for line in every:
        if begins.match(line):
            lines.append(_LITERAL_CR.sub("", line))
        elif lines:
            lines[-1] += _LITERAL_CR.sub("", line)
            issues.append(f"A line without a segment name was joined to {lines[-1][:3]}.")
        else:
            raise UnreadableError("The message does not begin with a segment name.", "100")
    return [line for line in lines if not line.startswith(ENVELOPE)]


def separators_of(header: str, issues: list[str]) -> tuple[str, str]:
    """Return the field separator and the encoding characters that the message really uses."""
    separator = header[3:4]
    if not separator or separator.isalnum() or separator.isspace() or separator in STANDARD:
        raise UnreadableError("MSH-1 is not a field separator.", "102")
    fields = header.split(separator)
    declared = fields[1] if len(fields) > 1 else ""
    kind = fields[8] if len(fields) > 8 else ""  # noqa: PLR2004 MSH-9
    used = kind[3:4]
    usual = len(STANDARD)
    sound = (
        len(declared) >= usual and len(set(declared)) == len(declared) and separator not in declared
    )
    if declared == STANDARD or (sound and used in {"", declared[0]} and not declared.isalnum()):
        return separator, declared
    issues.append("MSH-2 does not hold the encoding characters in use; read as the usual ones.")
    return separator, STANDARD


def _repaired(line: str, separator: str, encoding: str) -> str:
    if not line.startswith("MSH"):
        return line
    fields = line.split(separator)
    return separator.join([fields[0], encoding[:4], *fields[2:]])


def _leaf_list(node: Any) -> list[Any]:
    """Return the components of a repetition, whatever depth python-hl7 gave it."""
    return [node] if isinstance(node, str) else list(node)


def _leaf(components: list[Any], component: int, sub: int) -> str:
    if component > len(components):
        return ""
    subs = _leaf_list(components[component - 1])
    return str(subs[sub - 1]) if sub <= len(subs) else ""


def _flat(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node.strip()
    else:
        for part in node:
            yield from _flat(part)


def clean(text: str, separators: str) -> str:
    """Return ``text`` unescaped (HL7 v2.5.1, 2.7), trimmed, without control characters or null."""
    if text.strip() == NULL:
        return ""
    if "\\" in text:
        text = _ESCAPE.sub(lambda found: _unescaped(found.group(1), separators), text)
    return _CONTROL.sub("", text).strip()


def _unescaped(code: str, separators: str) -> str:
    """Return what an escape sequence stands for; highlighting stands for nothing."""
    if code.startswith("X"):
        return bytes.fromhex(code[1 : 1 + (len(code) - 1) // 2 * 2]).decode("utf-8", "replace")
    places = {"F": 0, "S": 1, "R": 2, "E": 3, "T": 4}
    if code in places:
        return separators[places[code]]
    return " " if code == ".br" else ""
