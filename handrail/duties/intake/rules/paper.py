"""A form as it stands on paper: numbered questions, boxes, lines, and branches told in words.

What a screen hides and shows by itself, paper says: "Only if your answer to question 3 is “Yes”",
and beside a box "Go on with question 7". Hidden and calculated items are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from handrail.duties.intake.rules.branching import Branches, jumps, only_if
from handrail.duties.intake.rules.paper_words import said
from handrail.fhir.forms.form import CHOSEN, Form, Item, Option

MOST_BOXES: Final = 30
"""Options that are printed as boxes; a longer list is a line to write on."""
_FEWEST_ROWS: Final = 3
_MOST_COLUMNS: Final = 6
_WIDEST_COLUMN: Final = 36  # characters
_WIDEST_ASIDE: Final = 88  # characters
_LINES: Final[Mapping[str, int]] = {"text": 3, "attachment": 0}


@dataclass(frozen=True, slots=True)
class Words:
    """A text, and whether it stands in the language that was asked for."""

    text: str
    in_language: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box to tick; ``go`` says where to go on when it is ticked, if not with what follows."""

    words: Words
    go: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing on the sheet.

    ``kind`` is heading, note, question or grid. ``number`` is what the question is called;
    ``lines`` is how many lines there are to write on, ``hint`` what goes there; ``unit`` stands
    behind. A grid has the questions (``rows``) that share the answers in ``boxes``. ``aside``: the
    boxes are few and short, and stand beside each other.
    """

    kind: str
    words: Words
    number: str = ""
    level: int = 2
    help: str = ""
    only: str = ""
    choose: str = ""
    boxes: tuple[Box, ...] = ()
    lines: int = 0
    hint: str = ""
    unit: str = ""
    after: str = ""
    aside: bool = False
    rows: tuple[Line, ...] = ()


def sheet(form: Form, language: str = "") -> tuple[Line, ...]:
    """Return what stands on paper, in order, in ``language`` where the form has it."""
    numbers = numbered(form)
    branches = Branches(form, numbers, language)
    return tuple(_gathered(_lines(form.items, branches, 2)))


def _gathered(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines; questions in a row with the same answers are gathered in a grid."""
    run: list[Line] = []
    for line in lines:
        if run and not (_fits_grid(line) and line.boxes == run[0].boxes):
            yield from _as_grid(run)
            run = []
        if _fits_grid(line):
            run.append(line)
        else:
            yield line
    yield from _as_grid(run)


def _fits_grid(line: Line) -> bool:
    widths = [len(box.words.text) for box in line.boxes]
    plain = not (line.only or line.help or line.choose or line.lines or line.after)
    narrow = 1 < len(widths) <= _MOST_COLUMNS and max(widths) <= _WIDEST_COLUMN
    return plain and narrow and not any(box.go for box in line.boxes)


def _as_grid(run: list[Line]) -> Iterator[Line]:
    if len(run) < _FEWEST_ROWS:
        yield from run
    else:
        yield Line(kind="grid", words=Words(""), boxes=run[0].boxes, rows=tuple(run))


def numbered(form: Form) -> dict[str, str]:
    """Return what each question is called on paper, by linkId.

    The form's own numbers (prefixes) where every question has one and no two the same; else 1, 2, 3
    through the whole form.
    """
    asked = [item for item in _shown(form.items) if item.takes_answers or not item.is_supported]
    asked = [item for item in asked if item.kind not in {"group", "display"}]
    own = [item.prefix.strip().rstrip(".):") for item in asked]
    if all(own) and len(set(own)) == len(own):
        return dict(zip((item.link_id for item in asked), own, strict=True))
    return {item.link_id: str(number) for number, item in enumerate(asked, 1)}


def _shown(items: Iterable[Item]) -> Iterator[Item]:
    """Yield what a person is asked, in order."""
    for item in items:
        if not _is_left_out(item):
            yield item
            yield from _shown(item.items)


def _is_left_out(item: Item) -> bool:
    return item.hidden or item.calculated or item.read_only


def _lines(items: Iterable[Item], branches: Branches, level: int) -> Iterator[Line]:
    for item in items:
        if _is_left_out(item):
            continue
        if item.kind == "group":
            yield from _group(item, branches, level)
        elif item.kind == "display":
            if item.text:
                yield Line(
                    kind="note", words=_words(item, branches.language), only=only_if(item, branches)
                )
        else:
            yield _question(item, branches)
            yield from _lines(item.items, branches, level)


def _group(item: Item, branches: Branches, level: int) -> Iterator[Line]:
    again = said(branches.language, "again") if item.repeats else ""
    condition = only_if(item, branches)
    if item.text or again or condition:
        yield Line(
            kind="heading",
            words=_words(item, branches.language),
            level=min(level, 4),
            help=item.help_in(branches.language),
            only=condition,
            after=again,
        )
    yield from _lines(item.items, branches, level + 1 if item.text else level)


def _words(item: Item, language: str) -> Words:
    text, translated = item.words(language)
    return Words(text, translated or not language)


def _question(item: Item, branches: Branches) -> Line:
    language = branches.language
    boxes = _boxes(item, branches)
    many = item.repeats and bool(boxes)
    write = _writing(item, boxes)
    return Line(
        kind="question",
        words=_words(item, language),
        number=branches.numbers.get(item.link_id, ""),
        help=item.help_in(language),
        only=only_if(item, branches),
        choose=said(language, "many") if many else "",
        boxes=boxes,
        lines=write,
        hint=_hint(item, language, other=bool(boxes) and write > 0),
        unit=item.unit,
        aside=sum(len(box.words.text) + len(box.go) + 4 for box in boxes) <= _WIDEST_ASIDE,
        after=said(language, "attach") if item.kind in {"attachment", "reference"} else "",
    )


def _boxes(item: Item, branches: Branches) -> tuple[Box, ...]:
    language = branches.language
    go = jumps(item, branches)
    if item.kind == "boolean":
        return tuple(
            Box(words=Words(said(language, key)), go=go.get(key, "")) for key in ("yes", "no")
        )
    if item.kind not in CHOSEN and not item.options:
        return ()
    if len(item.options) > MOST_BOXES:
        return ()
    return tuple(
        Box(words=_option(item, option, language), go=go.get(option.key, ""))
        for option in item.options
    )


def _option(item: Item, option: Option, language: str) -> Words:
    text, translated = item.option_words(option, language)
    return Words(text, translated or not language)


def _writing(item: Item, boxes: tuple[Box, ...]) -> int:
    """Return how many lines there are to write on."""
    if boxes and item.kind != "open-choice":
        return 0
    return _LINES.get(item.kind, 1) + (1 if item.repeats and not boxes else 0)


def _hint(item: Item, language: str, *, other: bool) -> str:
    if other:
        return said(language, "other")
    if item.kind in {"date", "dateTime"}:
        return said(language, "date")
    return said(language, "time") if item.kind == "time" else ""
