"""FHIRPath in plans: when a step applies, and values that depend on the person.

An expression sees the person as its focus, and ``%patient`` (also ``%subject``), ``%conditions``,
``%practitioner``, ``%encounter`` and ``%organization`` where they are known. Expressions that could
run for very long are not evaluated.

Source: http://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, ClassVar, Final

from handrail.fhir.errors import HandrailError
from handrail.fhir.fhirpath import ONE_AT_A_TIME

FHIRPATH: Final = "text/fhirpath"
_LONGEST: Final = 500
_MOST_LOOPS: Final = 3
_LOOPS: Final = re.compile(r"\b(?:select|where|all|exists)\s*\(")
_REFUSED: Final = re.compile(
    r"\b(?:repeat|matches|replaceMatches|power|combine|aggregate|split|toChars|trace|resolve"
    r"|memberOf|conformsTo)\s*\("
)


class CannotTellError(HandrailError):
    """An expression could not be evaluated; the message says why."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not-supported"


def why_not(language: str, expression: str) -> str:
    """Return why an expression is not evaluated here; empty: it is."""
    refused = _REFUSED.search(expression)
    said = (
        (language != FHIRPATH, f"It is written in {language[:40] or 'no language'}, not FHIRPath."),
        (not expression, "It has no expression."),
        (len(expression) > _LONGEST, f"It is longer than {_LONGEST} characters."),
        (refused, f"It uses {refused.group().rstrip('( ') if refused else ''}()."),
        (
            len(_LOOPS.findall(expression)) > _MOST_LOOPS,
            f"It has more than {_MOST_LOOPS} of select, where, all and exists.",
        ),
    )
    return next((why for wrong, why in said if wrong), "")


def evaluated(expression: str, focus: Mapping[str, Any], known: Mapping[str, Any]) -> list[Any]:
    """Return what a FHIRPath expression gives.

    Args:
        expression: one that :func:`why_not` has nothing against.
        focus: what it is asked of.
        known: the environment variables, without the percent sign.

    Raises:
        CannotTellError: the engine cannot evaluate it, or a variable is not known.
    """
    focus, known = deepcopy((dict(focus), dict(known)))
    with ONE_AT_A_TIME:
        try:
            return _given(expression, focus, known)
        except Exception as error:
            message = f"“{expression[:80]}” could not be evaluated."
            raise CannotTellError(message) from error


def holds(expression: str, focus: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Tell whether an expression is true; nothing counts as false, as FHIR says for conditions.

    Raises:
        CannotTellError: it cannot be told.
    """
    found = evaluated(expression, focus, known)
    return bool(found) and all(one is not False for one in found)


def _given(expression: str, focus: Mapping[str, Any], known: dict[str, Any]) -> list[Any]:
    from fhirpathpy import apply_parsed_path
    from fhirpathpy.models import models

    found: list[Any] = apply_parsed_path(focus, _parsed(expression), known, models["r4"])
    return found


@lru_cache(maxsize=512)
def _parsed(expression: str) -> Any:
    from fhirpathpy.parser import parse

    return parse(expression)
