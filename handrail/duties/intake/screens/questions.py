"""From a form and its answers to what the page shows: one line for each occurrence of an item."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from handrail.duties.intake.resources import (
    CARRIED,
    DECLINED,
    absent_reason,
    extension_of,
    value_of,
)
from handrail.duties.intake.rules.merging import Clash
from handrail.duties.intake.rules.pages import Page
from handrail.fhir.forms import Evaluated, Fault, Form, Item, Option, Spot, spots_of
from handrail.fhir.resource import target_of
from handrail.look.dates import day

LONG: Final = 12
"""More options than this become a list to choose from."""
_LISTS: Final = frozenset({"drop-down", "autocomplete", "lookup"})
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose. ``digit`` is the key that chooses it; empty: there are too many."""

    key: str
    text: str
    aside: str
    digit: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What somebody else answered, what I did, and the value that answers mine again."""

    theirs: str
    mine: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the page: a heading, a text, or a question."""

    id: str
    place: str
    shape: str
    depth: int
    shown: bool
    text: str
    aside: str = ""
    text_lang: str = ""
    prefix: str = ""
    help: str = ""
    why: str = ""
    media: str = ""
    choices: tuple[Choice, ...] = ()
    many: bool = False
    other: str = ""
    has_other: bool = False
    values: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    hint: str = ""
    kind: str = ""
    required: bool = False
    declined: str = ""
    fault: str = ""
    old: str = ""
    row: int = 0
    clash: Beside | None = None
    link: str = field(default="")

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"a:{self.place}"

    @property
    def settled(self) -> bool:
        """Tell whether something is chosen, typed or declined."""
        return bool(self.declined or self.values or any(c.checked for c in self.choices))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Beside the answers: the languages, what could not be taken, what two people differ on."""

    asking: str
    own: str
    faults: Mapping[str, Fault] = field(default_factory=dict)
    clashes: Mapping[str, Clash] = field(default_factory=dict)


def lines(
    form: Form, now: Evaluated, page: Page, shown: Shown, tallied: Collection[str] = ()
) -> list[Line]:
    """Return every line of a page, also those that are not asked now (empty), in order.

    ``tallied`` are codes of scores that stand under the form anyway: their own line is left out.
    """
    spots = spots_of(form, now.response)
    made = _Lines(form, now, spots, shown, tallied)
    numbered = enumerate(spots.values(), 1)
    return [made.line(n, spot) for n, spot in numbered if spot.item.link_id in page.links]


@dataclass(slots=True)
class _Lines:
    form: Form
    now: Evaluated
    spots: Mapping[str, Spot]
    shown: Shown
    tallied: Collection[str] = ()

    def line(self, number: int, spot: Spot) -> Line:
        """Return the line of one occurrence."""
        item = spot.item
        text, aside, lang = self._words(item)
        line = Line(
            id=f"q{number}",
            place=spot.place,
            shape=shape_of(item, read_only=spot.place in self.now.read_only),
            depth=min(_depth(spot), 3),
            shown=spot.place in self.now.shown and not self._is_tallied(item),
            text=text,
            aside=aside,
            text_lang=lang,
            prefix=item.prefix_in(self.shown.asking),
            help=item.help_in(self.shown.asking),
            media=item.media,
            why=self._why(spot),
            kind=item.kind,
            row=spot.row,
            link=item.link_id,
        )
        return self._answered(line, spot) if line.shown and item.takes_answers else line

    def _is_tallied(self, item: Item) -> bool:
        return item.calculated and any(code in self.tallied for _, code in item.codes)

    def _words(self, item: Item) -> tuple[str, str, str]:
        """Return the words in the language of asking, those of the coordinator, and which it is."""
        asked, translated = item.words(self.shown.asking)
        own = item.words(self.shown.own)[0]
        lang = self.shown.asking if translated else (self.form.language or "en")
        return asked, own if own != asked else "", lang

    def _answered(self, line: Line, spot: Spot) -> Line:
        item = spot.item
        fault = self.shown.faults.get(spot.place)
        typed = fault.typed if fault and fault.typed else None
        values = [words_of(item, one, "") for one in spot.answers]
        return replace(
            line,
            choices=self._choices(spot),
            many=item.repeats and not spot.row,
            has_other=item.kind == "open-choice",
            other=next(
                (str(one["valueString"]) for one in spot.answers if "valueString" in one), ""
            )
            if item.options
            else "",
            values=tuple(typed if typed is not None else values),
            units=tuple((unit.key, unit.text) for unit in item.units),
            unit=_unit(spot),
            hint=hint_of(item),
            required=item.required,
            declined=absent_reason(spot.said),
            fault=fault.message if fault else "",
            old=_old(spot),
            clash=self._clash(spot),
        )

    def _choices(self, spot: Spot) -> tuple[Choice, ...]:
        item = spot.item
        chosen = {option.key for one in spot.answers if (option := item.chosen(one))}
        if item.kind == "boolean":
            said = [value_of(one) for one in spot.answers]
            return (
                Choice("true", _("Yes"), "", "1", checked=True in said),
                Choice("false", _("No"), "", "2", checked=False in said),
            )
        digits = digits_of(item.options)
        return tuple(
            Choice(option.key, *self._option_words(item, option), digit, option.key in chosen)
            for option, digit in zip(item.options, digits, strict=True)
        )

    def _option_words(self, item: Item, option: Option) -> tuple[str, str]:
        asked = item.option_words(option, self.shown.asking)[0]
        own = item.option_words(option, self.shown.own)[0]
        return asked, own if own != asked else ""

    def _why(self, spot: Spot) -> str:
        """Return why a question is asked that is not always asked."""
        item = spot.item
        if item.enable_expression:
            return _("Asked because of the answers above.")
        asked = dict.fromkeys(one.question for one in item.enable_when)
        said = [words for question in asked if (words := self._because(question))]
        return _("Asked because: %(what)s") % {"what": "; ".join(said)} if said else ""

    def _because(self, link_id: str) -> str:
        for spot in self.spots.values():
            if spot.item.link_id == link_id and spot.answers:
                said = ", ".join(words_of(spot.item, one, self.shown.own) for one in spot.answers)
                return f"{spot.item.words(self.shown.own)[0]} {said}."
        return ""

    def _clash(self, spot: Spot) -> Beside | None:
        clash = self.shown.clashes.get(spot.place)
        if clash is None:
            return None
        theirs, mine = (said_in(one, self.shown.asking) for one in (clash.theirs, clash.mine))
        return Beside(theirs, mine, key_of(clash.mine))


def shape_of(item: Item, *, read_only: bool) -> str:
    """Return how an item is drawn."""
    if not item.takes_answers:
        return {"group": "heading", "display": "text"}.get(item.kind, "unsupported")
    if read_only:
        return "worked-out"
    if item.kind == "boolean" or item.options:
        long = len(item.options) > LONG or item.control in _LISTS
        return "list" if long and not item.repeats else "choices"
    return "area" if item.kind == "text" else "field"


def digits_of(options: Sequence[Option]) -> list[str]:
    """Return the key of each option: its weight where each has its own digit, else its place."""
    weights = [option.weight for option in options]
    whole = [w for w in weights if w is not None and w == int(w) and 0 <= w < _DIGITS]
    if options and len(whole) == len(options) == len(set(whole)):
        return [str(int(weight)) for weight in whole]
    return [str(place) if place < _DIGITS else "" for place in range(1, len(options) + 1)]


def words_of(item: Item, answer: Mapping[str, Any], language: str) -> str:
    """Return one answer as people read it (``language``), or type it (empty)."""
    value = value_of(answer)
    option = item.chosen(answer)
    if option and language:
        return item.option_words(option, language)[0]
    if isinstance(value, bool):
        return (_("Yes") if value else _("No")) if language else str(value).lower()
    if isinstance(value, Mapping):
        if "value" in value:
            unit = f" {value.get('unit', '')}".rstrip() if language else ""
            return f"{plain(value['value'])}{unit}"
        return str(value.get("display") or value.get("code") or value.get("text") or "")
    return "" if value is None else plain(value)


def plain(value: Any) -> str:
    """Return a number without empty decimal places, anything else as text."""
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


def said_in(spot: Spot, language: str) -> str:
    """Return all that is answered to a question, in words."""
    if absent_reason(spot.said):
        return _("Declined") if absent_reason(spot.said) == DECLINED else _("Does not know")
    return ", ".join(words_of(spot.item, one, language or "en") for one in spot.answers)


def key_of(spot: Spot) -> str:
    """Return the value of the field that gives the same answer again."""
    if absent_reason(spot.said):
        return f"!{absent_reason(spot.said)}"
    option = spot.item.chosen(spot.answers[0]) if spot.answers else None
    if option:
        return option.key
    return words_of(spot.item, spot.answers[0], "") if spot.answers else ""


def _depth(spot: Spot) -> int:
    return sum(1 for _above in _around(spot))


def _around(spot: Spot) -> Iterator[Spot]:
    above = spot.above
    while above is not None:
        yield above
        above = above.above


def _unit(spot: Spot) -> str:
    quantity = value_of(spot.answers[0]) if spot.answers else None
    if isinstance(quantity, Mapping):
        return str(quantity.get("code") or quantity.get("unit") or "")
    return ""


def hint_of(item: Item) -> str:
    """Return in words what can be typed."""
    if item.entry_format:
        return item.entry_format
    least, most = item.minimum, item.maximum
    if least is not None or most is not None:
        return _between(least, most)
    return ""


def _between(least: Any, most: Any) -> str:
    if least is None:
        return _("at most %(most)s") % {"most": plain(most)}
    if most is None:
        return _("%(least)s or more") % {"least": plain(least)}
    return _("%(least)s to %(most)s") % {"least": plain(least), "most": plain(most)}


def _old(spot: Spot) -> str:
    """Return when an answer was given that nobody confirmed yet, and where it comes from."""
    since = extension_of(spot.said, CARRIED)
    if since is None:
        return ""
    at = str(since.get("display", ""))
    elsewhere = not target_of(since).startswith("QuestionnaireResponse/")
    try:
        when = day(datetime.fromisoformat(at).date())
    except ValueError:
        when = at
    if elsewhere:
        return _("From the record, %(day)s.") % {"day": when} if when else _("From the record.")
    return _("Old answer, %(day)s.") % {"day": when} if when else _("Old answer.")
