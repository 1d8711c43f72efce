"""From chosen keys to answers of an item with options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handrail.fhir.forms.form import Item, Option
from handrail.fhir.forms.typed import UnclearError, words
from handrail.fhir.forms.weighing import weighed


def chosen(item: Item, keys: Sequence[str], other: Sequence[str]) -> list[dict[str, Any]]:
    """Return the answers that ``keys`` (or the options' words) and ``other`` words stand for.

    Raises:
        UnclearError: a key is none of the options.
    """
    found = [_option(item, key) for key in dict.fromkeys(keys) if key.strip()]
    free = [text for text in (words(one) for one in other) if text]
    alone = [one for one in found if isinstance(one, Option) and one.exclusive]
    if alone and len(found) + len(free) > 1:
        raise UnclearError(f"“{alone[0].text}” cannot be chosen together with another answer.")
    answers = [weighed(item, dict(one.value)) if isinstance(one, Option) else one for one in found]
    answers += [_free(item, text) for text in free]
    if len(answers) > 1 and not item.repeats:
        raise UnclearError("Choose one answer only.")
    return answers


def _option(item: Item, key: str) -> Option | dict[str, Any]:
    found = item.option(key) or _by_words(item, key)
    if found:
        return found
    if item.kind == "open-choice":
        return _free(item, words(key))
    raise UnclearError(f"“{key}” is none of the answers to choose from.")


def _by_words(item: Item, text: str) -> Option | None:
    wanted = text.strip().casefold()
    return next(
        (
            one
            for one in item.options
            if wanted in {one.text.casefold(), *(word.casefold() for _, word in one.translations)}
        ),
        None,
    )


def _free(item: Item, text: str) -> dict[str, Any]:
    if item.kind != "open-choice":
        raise UnclearError(f"“{text}” is none of the answers to choose from.")
    return {"valueString": text}
