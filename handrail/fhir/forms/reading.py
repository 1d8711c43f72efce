"""From a FHIR R4 Questionnaire to a :class:`Form`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from handrail.fhir.errors import Fault, InvalidResourceError
from handrail.fhir.forms import extensions as ext
from handrail.fhir.forms.errors import UnreadableFormError
from handrail.fhir.forms.form import Condition, Expression, Form, Item
from handrail.fhir.forms.options import options_of, units_of
from handrail.fhir.forms.value_sets import Codings, ValueSets
from handrail.fhir.resource import Resource
from handrail.fhir.text import write
from handrail.fhir.validation import validate

MOST_ITEMS: Final = 10_000
"""How many items one questionnaire may have."""
_HELP: Final = frozenset({"help"})
_FHIRPATH: Final = "text/fhirpath"


def read_form(
    questionnaire: Resource, *, value_sets: Mapping[str, Sequence[Resource]] | None = None
) -> Form:
    """Read a Questionnaire.

    ``value_sets`` gives the codings of value sets, by canonical, that are not contained.

    Raises:
        UnreadableFormError: it is no valid R4 Questionnaire; the faults say where and why.
    """
    _refuse_invalid(questionnaire)
    codings = ValueSets(questionnaire, value_sets or {})
    items = tuple(_item(one, codings) for one in questionnaire.get("item", ()))
    index, parents = _indexed(items)
    _refuse_ambiguous(index)
    url, version = questionnaire.get("url", ""), questionnaire.get("version", "")
    return Form(
        url=url,
        version=version,
        title=questionnaire.get("title") or questionnaire.get("name") or "",
        items=items,
        code=_pairs(questionnaire.get("code", ())),
        languages=_languages(questionnaire),
        language=questionnaire.get("language", ""),
        digest=_digest(items),
        variables=_expressions(questionnaire, ext.VARIABLE),
        constraints=_constraints(questionnaire),
        title_translations=ext.translations(questionnaire, "title"),
        canonical=f"{url}|{version}" if url and version else url,
        questionnaire=questionnaire,
        index=index,
        parents=parents,
    )


def _refuse_invalid(questionnaire: Resource) -> None:
    if not isinstance(questionnaire, dict):
        raise UnreadableFormError("This is not a FHIR resource.")
    try:
        validate(write(questionnaire), "Questionnaire")
    except InvalidResourceError as error:
        raise UnreadableFormError(
            f"This questionnaire does not follow FHIR R4. {error.message}", error.faults
        ) from error
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnreadableFormError("This questionnaire holds something that JSON cannot.") from error


def _indexed(items: tuple[Item, ...]) -> tuple[dict[str, Item], dict[str, str]]:
    index: dict[str, Item] = {}
    parents: dict[str, str] = {}
    waiting: list[tuple[Item, str]] = [(one, "") for one in reversed(items)]
    while waiting:
        item, above = waiting.pop()
        index[item.link_id] = item
        parents[item.link_id] = above
        waiting += [(one, item.link_id) for one in reversed(item.items)]
        if len(index) > MOST_ITEMS:
            raise UnreadableFormError(
                f"This questionnaire has more than {MOST_ITEMS} items. Divide it into several."
            )
    return index, parents


_ROW: Final = re.compile(r"(?P<group>.*)\.[0-9]+(?:/.*)?", re.DOTALL)


def _refuse_ambiguous(index: Mapping[str, Item]) -> None:
    """Refuse linkIds that read like the address of another item (see ``places``)."""
    for link_id in index:
        found = _ROW.fullmatch(link_id)
        group = index.get(found["group"]) if found else None
        clash = group is not None and group.has_rows
        stem, mark, _ = link_id.rpartition("!")
        if clash or (mark and stem in index):
            text = f"The linkId “{link_id[:60]}” reads like a row or a mark of another item."
            raise UnreadableFormError(
                f"{text} Rename it.", [Fault("Questionnaire.item.linkId", text)]
            )


def _item(raw: Mapping[str, Any], codings: ValueSets) -> Item:
    below = raw.get("item", ())
    helping = (
        None if raw["type"] == "display" else next((one for one in below if _is_help(one)), None)
    )
    known = codings.of(raw.get("answerValueSet", "")) if "answerValueSet" in raw else None
    return Item(
        link_id=raw["linkId"],
        kind=raw["type"],
        text=raw.get("text", ""),
        prefix=raw.get("prefix", ""),
        help=(helping or {}).get("text", ""),
        required=bool(raw.get("required")),
        repeats=bool(raw.get("repeats")),
        read_only=bool(raw.get("readOnly")),
        hidden=bool(ext.first_of(raw, ext.HIDDEN)),
        units=units_of(raw),
        control=_code(raw, ext.CONTROL),
        category=_code(raw, ext.DISPLAY_CATEGORY),
        codes=_pairs(raw.get("code", ())),
        options=options_of(raw, known),
        items=tuple(_item(one, codings) for one in below if one is not helping),
        media=_media(raw),
        enable_when=_conditions(raw),
        enable_any=raw.get("enableBehavior") == "any",
        translations=ext.translations(raw, "text"),
        prefix_translations=ext.translations(raw, "prefix"),
        help_translations=ext.translations(helping or {}, "text"),
        definition=raw,
        **_limits(raw),
        **_worked_out(raw),
    )


def _is_help(raw: Mapping[str, Any]) -> bool:
    return raw["type"] == "display" and _code(raw, ext.CONTROL) in _HELP and bool(raw.get("text"))


def _limits(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "max_length": raw.get("maxLength"),
        "min_length": _whole(ext.first_of(raw, ext.MIN_LENGTH)),
        "minimum": ext.first_of(raw, ext.MINIMUM),
        "maximum": ext.first_of(raw, ext.MAXIMUM),
        "decimals": _whole(ext.first_of(raw, ext.DECIMALS)),
        "min_occurs": _whole(ext.first_of(raw, ext.MIN_OCCURS)) or 0,
        "max_occurs": _whole(ext.first_of(raw, ext.MAX_OCCURS)),
        "regex": _text(ext.first_of(raw, ext.REGEX)),
        "entry_format": _text(ext.first_of(raw, ext.ENTRY_FORMAT)),
        "support_links": tuple(
            one for one in ext.all_of(raw, ext.SUPPORT_LINK) if isinstance(one, str)
        ),
    }


def _worked_out(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "enable_expression": next(iter(_expressions(raw, ext.ENABLE)), None),
        "calculation": next(iter(_expressions(raw, ext.CALCULATED)), None),
        "initial_expression": next(iter(_expressions(raw, ext.INITIAL)), None),
        "initial": tuple(ext.with_type(one) for one in raw.get("initial", ())),
        "variables": _expressions(raw, ext.VARIABLE),
        "constraints": _constraints(raw),
    }


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _code(raw: Mapping[str, Any], url: str) -> str:
    value = ext.first_of(raw, url)
    if isinstance(value, str):
        return value
    codes = value.get("coding", ()) if isinstance(value, dict) else ()
    return next((str(one["code"]) for one in codes if one.get("code")), "")


def _pairs(codings: Codings) -> tuple[tuple[str, str], ...]:
    return tuple((str(one.get("system", "")), str(one.get("code", ""))) for one in codings)


def _media(raw: Mapping[str, Any]) -> str:
    value = ext.first_of(raw, ext.MEDIA)
    return _text(value.get("title")) if isinstance(value, dict) else ""


def _conditions(raw: Mapping[str, Any]) -> tuple[Condition, ...]:
    return tuple(
        Condition(one["question"], one["operator"], ext.with_type(one, "answer"))
        for one in raw.get("enableWhen", ())
    )


def _expressions(raw: Mapping[str, Any], url: str) -> tuple[Expression, ...]:
    return tuple(
        Expression(one["expression"], _text(one.get("name")))
        for one in ext.all_of(raw, url)
        if isinstance(one, dict) and one.get("language") == _FHIRPATH and one.get("expression")
    )


def _constraints(raw: Mapping[str, Any]) -> tuple[Expression, ...]:
    found = []
    for one in raw.get("extension", ()):
        if one.get("url") in {ext.CONSTRAINT, ext.TARGET_CONSTRAINT}:
            parts = {part["url"]: ext.value_of(part) for part in one.get("extension", ())}
            asked = parts.get("expression")
            asked = asked.get("expression") if isinstance(asked, dict) else asked
            if isinstance(asked, str):
                words, name = _text(parts.get("human")), _text(parts.get("key"))
                found.append(Expression(asked, name, words, parts.get("severity") == "warning"))
    return tuple(found)


def _languages(questionnaire: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages something is written in, the one of the questionnaire first."""
    found = dict.fromkeys([questionnaire["language"]] if "language" in questionnaire else [])
    waiting: list[Any] = [questionnaire]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("url") == ext.TRANSLATION:
                parts = {part["url"]: ext.value_of(part) for part in one.get("extension", ())}
                found |= dict.fromkeys(
                    [parts["lang"]] if isinstance(parts.get("lang"), str) else []
                )
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return tuple(found)


def _digest(items: tuple[Item, ...]) -> str:
    """Return what changes when an answer would mean something else."""
    text = msgspec.json.encode([_meaning(one) for one in items])
    return hashlib.sha256(text).hexdigest()[:32]


def _meaning(item: Item) -> list[Any]:
    return [
        item.link_id,
        item.kind,
        item.text,
        item.repeats,
        [one.value for one in item.options],
        [one.text for one in item.units],
        [_meaning(one) for one in item.items],
    ]
