"""The options and units of an item."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from handrail.fhir.forms import extensions as ext
from handrail.fhir.forms.form import Option, Unit
from handrail.fhir.forms.value_sets import Coding

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def options_of(raw: Mapping[str, Any], known: Iterable[Coding] | None) -> tuple[Option, ...]:
    """Return the options of an item; ``known`` is the codings of its value set."""
    given: list[Mapping[str, Any]] = [*raw.get("answerOption", ())]
    given += [{"valueCoding": one} for one in known or ()]
    values = [ext.with_type(one) for one in given]
    plain = Counter(_plain(value) for value in values)
    found: dict[str, Option] = {}
    for one, value in zip(given, values, strict=True):
        key = _plain(value)
        if not _SAFE.fullmatch(key) or plain[key] > 1:
            key = _hashed(value)
        if value:
            found.setdefault(key, _option(key, one, value))
    return tuple(found.values())


def _plain(value: Mapping[str, Any]) -> str:
    inner = ext.value_of(value)
    return str(inner.get("code", "")) if isinstance(inner, Mapping) else str(inner)


def _hashed(value: Mapping[str, Any]) -> str:
    inner = ext.value_of(value)
    if isinstance(inner, Mapping):
        names = ("system", "code") if inner.get("code") else ("reference", "display")
        inner = [inner.get(name, "") for name in names]
    return f"o-{hashlib.sha256(msgspec.json.encode(inner)).hexdigest()[:16]}"


def _option(key: str, raw: Mapping[str, Any], value: Mapping[str, Any]) -> Option:
    inner = ext.value_of(value)
    text, words = str(inner), ext.translations(raw, "valueString")
    if isinstance(inner, Mapping):
        text = inner.get("display") or inner.get("code") or inner.get("reference") or key
        words = ext.translations(inner, "display")
    return Option(
        key=key,
        value=_bare(value),
        text=str(text),
        weight=weight_of(raw, inner),
        exclusive=ext.first_of(raw, ext.EXCLUSIVE) is True,
        prefix=str(ext.first_of(raw, ext.OPTION_PREFIX) or ""),
        selected=raw.get("initialSelected") is True,
        translations=words,
    )


def _bare(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer without what describes the option: translations, weights, prefixes."""
    return {
        key: {name: part for name, part in one.items() if name not in {"extension", "_display"}}
        if isinstance(one, Mapping)
        else one
        for key, one in value.items()
    }


def weight_of(*elements: Any) -> Decimal | None:
    """Return the weight that one of ``elements`` (option, coding) carries."""
    for element in elements:
        if isinstance(element, Mapping):
            found = ext.first_of(element, *ext.WEIGHTS)
            if isinstance(found, (int, float, Decimal)) and not isinstance(found, bool):
                return Decimal(str(found))
    return None


def units_of(raw: Mapping[str, Any]) -> tuple[Unit, ...]:
    """Return the units an answer is given in: one that is fixed, or several to choose from."""
    given = [*ext.all_of(raw, ext.UNIT_OPTION)] or [*ext.all_of(raw, ext.UNIT)]
    return tuple(
        Unit(
            str(one.get("display") or one.get("code") or ""),
            str(one.get("system", "")),
            str(one.get("code", "")),
        )
        for one in given
        if isinstance(one, Mapping) and (one.get("display") or one.get("code"))
    )
