"""A questionnaire as it is asked: items with their options, words and rules.

Source: http://hl7.org/fhir/R4/questionnaire.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

Words = tuple[tuple[str, str], ...]
"""Translations: (language tag, text)."""

ANSWERED: Final = frozenset(
    "boolean decimal integer date dateTime time string text url choice open-choice quantity".split()  # noqa: SIM905 - reads better
)
"""The kinds of item that can be answered here."""
KINDS: Final = ANSWERED | {"group", "display"}
"""The kinds of item that are supported here."""
CHOSEN: Final = frozenset({"choice", "open-choice"})


def in_language(words: Words, language: str) -> str:
    """Return the words in ``language`` (or its main language), or an empty string."""
    for wanted in (language, language.partition("-")[0]):
        for tag, text in words:
            if wanted and tag.lower() == wanted.lower():
                return text
    main = language.partition("-")[0].lower()
    return next((text for tag, text in words if main and tag.partition("-")[0].lower() == main), "")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose.

    ``key`` names it within its item and is safe in HTML; ``value`` is the answer element
    (``{"valueCoding": {…}}``); ``weight`` is what it counts in a score, if it counts.
    """

    key: str
    value: Mapping[str, Any]
    text: str
    weight: Decimal | None = None
    exclusive: bool = False
    prefix: str = ""
    selected: bool = False
    translations: Words = ()

    @property
    def coding(self) -> tuple[str, str]:
        """System and code; empty when the option is no coding."""
        coding = self.value.get("valueCoding") or {}
        return str(coding.get("system", "")), str(coding.get("code", ""))


@dataclass(frozen=True, slots=True)
class Condition:
    """One ``enableWhen``: the question, the operator and the answer it is compared with."""

    question: str
    operator: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """A FHIRPath expression; ``name`` for a variable, ``words`` for what a constraint says."""

    text: str
    name: str = ""
    words: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure; ``code`` is UCUM's where ``system`` says so."""

    text: str
    system: str = ""
    code: str = ""

    @property
    def key(self) -> str:
        """What names the unit in a form."""
        return self.code or self.text


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a questionnaire."""

    link_id: str
    kind: str
    text: str = ""
    prefix: str = ""
    help: str = ""
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    hidden: bool = False
    max_length: int | None = None
    min_length: int | None = None
    minimum: Any = None
    maximum: Any = None
    decimals: int | None = None
    min_occurs: int = 0
    max_occurs: int | None = None
    units: tuple[Unit, ...] = ()
    control: str = ""
    category: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    options: tuple[Option, ...] = ()
    items: tuple[Item, ...] = ()
    media: str = ""
    regex: str = ""
    entry_format: str = ""
    support_links: tuple[str, ...] = ()
    enable_when: tuple[Condition, ...] = ()
    enable_any: bool = False
    enable_expression: Expression | None = None
    calculation: Expression | None = None
    initial_expression: Expression | None = None
    initial: tuple[Mapping[str, Any], ...] = ()
    variables: tuple[Expression, ...] = ()
    constraints: tuple[Expression, ...] = ()
    translations: Words = ()
    prefix_translations: Words = ()
    help_translations: Words = ()
    definition: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def calculated(self) -> bool:
        """Tell whether the answer is worked out."""
        return self.calculation is not None

    @property
    def is_supported(self) -> bool:
        """Tell whether this kind of item is asked here; if not, its text is shown with a note."""
        return self.kind in KINDS

    @property
    def takes_answers(self) -> bool:
        """Tell whether the item is a question that is asked here."""
        return self.kind in ANSWERED

    @property
    def has_rows(self) -> bool:
        """Tell whether the item repeats together with what is under it."""
        return self.repeats and bool(self.items) and self.kind != "display"

    @property
    def unit(self) -> str:
        """The first unit's words, or an empty string."""
        return self.units[0].text if self.units else ""

    def words(self, language: str) -> tuple[str, bool]:
        """Return the text in ``language``, and whether it is a translation; else as written."""
        found = in_language(self.translations, language)
        return found or self.text, bool(found)

    def prefix_in(self, language: str) -> str:
        """Return the prefix in ``language``, else as written."""
        return in_language(self.prefix_translations, language) or self.prefix

    def help_in(self, language: str) -> str:
        """Return the help in ``language``, else as written."""
        return in_language(self.help_translations, language) or self.help

    def option_words(self, option: Option, language: str) -> tuple[str, bool]:
        """Return an option's text in ``language``, and whether it is a translation."""
        found = in_language(option.translations, language)
        return found or option.text, bool(found)

    def option(self, key: str) -> Option | None:
        """Return the option with this key."""
        return next((one for one in self.options if one.key == key), None)

    def chosen(self, answer: Mapping[str, Any]) -> Option | None:
        """Return the option that an answer element is; codings are compared by system and code."""
        coding = answer.get("valueCoding")
        if coding is not None:
            return self._coded(coding)
        value = {key: one for key, one in answer.items() if key.startswith("value")}
        return next((one for one in self.options if dict(one.value) == value), None)

    def _coded(self, coding: Mapping[str, Any]) -> Option | None:
        system, code = str(coding.get("system", "")), str(coding.get("code", ""))
        if not code:
            text = coding.get("display")
            return next(
                (one for one in self.options if not one.coding[1] and one.text == text), None
            )
        exact = next((one for one in self.options if one.coding == (system, code)), None)
        if exact or system:
            return exact
        return next((one for one in self.options if one.coding[1] == code), None)

    def walk(self) -> Iterator[Item]:
        """Yield the item and all below it, in order."""
        yield self
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Form:
    """A questionnaire, read. ``digest`` changes when an answer would mean something else."""

    url: str
    version: str
    title: str
    items: tuple[Item, ...]
    code: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    language: str = ""
    digest: str = ""
    variables: tuple[Expression, ...] = ()
    constraints: tuple[Expression, ...] = ()
    title_translations: Words = ()
    canonical: str = ""
    questionnaire: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    index: Mapping[str, Item] = field(default_factory=dict, repr=False, compare=False)
    parents: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def find(self, link_id: str) -> Item:
        """Return the item with this linkId.

        Raises:
            KeyError: there is none.
        """
        return self.index[link_id]

    def walk(self) -> Iterator[Item]:
        """Yield every item, in order."""
        for item in self.items:
            yield from item.walk()

    def title_in(self, language: str) -> str:
        """Return the title in ``language``, else as written."""
        return in_language(self.title_translations, language) or self.title
