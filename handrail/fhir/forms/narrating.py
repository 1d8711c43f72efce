"""A response in words, as safe XHTML for ``QuestionnaireResponse.text``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape
from typing import Any

from handrail.fhir.forms.checking import shown
from handrail.fhir.forms.extensions import value_of
from handrail.fhir.forms.form import Form, Item
from handrail.fhir.forms.responses import why_absent
from handrail.fhir.forms.sheet import Spot, has_value, laid_out

_WHY = {"asked-declined": "declined", "asked-unknown": "not known"}


def narrative(
    form: Form,
    response: Mapping[str, Any],
    language: str = "",
    words: Mapping[str, str] | None = None,
) -> str:
    """Return the questions and answers as one XHTML ``div``, in ``language`` where translated.

    ``words`` translates the few words that are ours: ``declined``, ``not known``, ``yes``, ``no``.
    """
    sheet = laid_out(form, response)
    ours = words or {}
    rows = [row for spot in sheet.spots for row in _rows(spot, language, ours)]
    title = escape(form.title_in(language), quote=False)
    head = f"<p><b>{title}</b></p>" if title else ""
    body = f"<ul>{''.join(rows)}</ul>" if rows else ""
    lang = f' lang="{escape(language)}" xml:lang="{escape(language)}"' if language else ""
    return f'<div xmlns="http://www.w3.org/1999/xhtml"{lang}>{head}{body or "<p>-</p>"}</div>'


def _rows(spot: Spot, language: str, ours: Mapping[str, str]) -> Collection[str]:
    below = [row for one in spot.below for row in _rows(one, language, ours)]
    answers = _answers(spot, language, ours)
    if not answers and not below:
        return []
    question = escape(_question(spot.item, language), quote=False)
    said = f": {answers}" if answers else ""
    inner = f"<ul>{''.join(below)}</ul>" if below else ""
    return [f"<li>{question}{said}{inner}</li>"]


def _question(item: Item, language: str) -> str:
    return f"{item.prefix_in(language)} {item.words(language)[0]}".strip() or item.link_id


def _answers(spot: Spot, language: str, ours: Mapping[str, str]) -> str:
    given = [one for one in spot.answers if has_value(one)]
    texts = [answer_words(spot.item, one, language, ours) for one in given]
    why = why_absent(spot.said)
    if not texts and why:
        word = _WHY.get(why, "no answer")
        texts = [ours.get(word, word)]
    return ", ".join(f"<b>{escape(one, quote=False)}</b>" for one in texts)


def answer_words(
    item: Item,
    answer: Mapping[str, Any],
    language: str = "",
    ours: Mapping[str, str] | None = None,
) -> str:
    """Return one answer as people read it, in ``language`` where its option is translated."""
    option = item.chosen(answer)
    if option is not None and "valueBoolean" not in answer:
        return item.option_words(option, language)[0]
    text = shown(value_of(answer))
    return (ours or {}).get(text, text) if "valueBoolean" in answer else text
