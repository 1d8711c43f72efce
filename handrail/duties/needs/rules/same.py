"""What the record knows already is not proposed again: recognised by code, domain and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from handrail.duties.needs.resources import ICD10, is_active, need_of
from handrail.duties.needs.rules.meaning import Meaning, NeedRule, plain
from handrail.fhir.resource import Resource, code_of, codings

_SHORTEST: Final = 4
"""Characters without the dot: Z59.4 stands for Z59.41, the chapter Z59 stands for nothing."""

Codes = frozenset[tuple[str, str]]


def synonyms(conditions: Iterable[Resource]) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return ICD-10-CM codes by the other codes that this record uses for the same thing."""
    found: dict[tuple[str, str], set[str]] = {}
    for condition in conditions:
        pairs = set(codings(condition.get("code")))
        diagnoses = {code for system, code in pairs if system == ICD10}
        for pair in pairs:
            if pair[0] != ICD10 and diagnoses:
                found.setdefault(pair, set()).update(diagnoses)
    return {pair: frozenset(codes) for pair, codes in found.items()}


def same_code(one: str, other: str) -> bool:
    """Tell whether two ICD-10-CM codes say the same, or one is the more exact of the other."""
    short, long = sorted((one.replace(".", "").upper(), other.replace(".", "").upper()), key=len)
    return len(short) >= _SHORTEST and long.startswith(short)


def is_same(
    rule: NeedRule, condition: Resource, more: Mapping[tuple[str, str], frozenset[str]]
) -> bool:
    """Tell whether a Condition says what this rule would propose.

    Args:
        rule: what would be proposed.
        condition: what the record has; any Condition, a need or a diagnosis.
        more: what :func:`synonyms` found.
    """
    if rule.icd10cm and _has_code(rule.icd10cm, condition, more):
        return True
    need = need_of(condition)
    if need is None or need.kind != rule.kind:
        return False
    if rule.id in need.rules:
        return True
    return need.domain == rule.domain and plain(need.text) == plain(rule.text)


def _has_code(
    wanted: str, condition: Resource, more: Mapping[tuple[str, str], frozenset[str]]
) -> bool:
    pairs = set(codings(condition.get("code")))
    codes = {code for system, code in pairs if system == ICD10}
    codes.update(*(more.get(pair, ()) for pair in pairs))
    return any(same_code(wanted, code) for code in codes)


def stands(condition: Resource) -> bool:
    """Tell whether a Condition is there: active, and neither refuted nor a mistake."""
    verified = code_of(condition.get("verificationStatus"))
    return is_active(condition) and verified not in {"refuted", "entered-in-error"}


def is_known(meaning: Meaning, conditions: Iterable[Resource]) -> bool:
    """Tell whether one of the patient's Conditions that stand says this already."""
    conditions = list(conditions)
    more = synonyms(conditions)
    return any(stands(one) and is_same(meaning.rule, one, more) for one in conditions)
