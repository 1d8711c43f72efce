"""FHIRPath in plans: when a step applies, and values that depend on the person.

An expression sees the person as its focus, and ``%patient`` (also ``%subject``), ``%conditions``,
``%practitioner``, ``%encounter`` and ``%organization`` where they are known. It is worked out with
the bounded functions of :mod:`handrail.fhir.forms`, and ends with an error rather than never.

Source: http://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar, Final

from handrail.fhir.errors import HandrailError
from handrail.fhir.forms.expressions import UnworkableError, parsed
from handrail.fhir.forms.fhirpath import plain
from handrail.fhir.forms.functions import Effort, known_functions, table

FHIRPATH: Final = "text/fhirpath"
MOST_STEPS: Final = 300_000
"""How many steps one expression may take."""


class CannotTellError(HandrailError):
    """An expression could not be evaluated; the message says why."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not-supported"


def why_not(language: str, expression: str) -> str:
    """Return why an expression is not evaluated here; empty: it is."""
    if language != FHIRPATH:
        return f"It is written in {language[:40] or 'no language'}, not FHIRPath."
    if not expression:
        return "It has no expression."
    try:
        unknown = sorted(parsed(expression).functions - known_functions())
    except UnworkableError as error:
        return error.message
    return f"The function “{unknown[0][:40]}()” is not known here." if unknown else ""


def evaluated(
    expression: str, focus: Mapping[str, Any], known: Mapping[str, Any], at: str = ""
) -> list[Any]:
    """Return what a FHIRPath expression gives.

    Args:
        expression: one that :func:`why_not` has nothing against.
        focus: what it is asked of.
        known: the environment variables, without the percent sign.
        at: the instant that ``now()`` says.

    Raises:
        CannotTellError: the engine cannot evaluate it, or a variable is not known.
    """
    focus, known = deepcopy((dict(focus), dict(known)))
    try:
        return _given(expression, focus, known, at)
    except Exception as error:
        message = f"“{expression[:80]}” could not be worked out."
        raise CannotTellError(message) from error


def holds(
    expression: str, focus: Mapping[str, Any], known: Mapping[str, Any], at: str = ""
) -> bool:
    """Tell whether an expression is true; nothing counts as false, as FHIR says for conditions.

    Raises:
        CannotTellError: it cannot be told.
    """
    found = evaluated(expression, focus, known, at)
    return bool(found) and all(one is not False for one in found)


def _given(expression: str, focus: Any, known: dict[str, Any], at: str) -> list[Any]:
    from fhirpathpy.engine import do_eval
    from fhirpathpy.models import models

    context = {
        "dataRoot": [focus],
        "vars": {"context": focus, "ucum": "http://unitsofmeasure.org", **known},
        "model": models["r4"],
        "userInvocationTable": table(),
        "effort": Effort(MOST_STEPS),
        "at": at,
        "weights": {},
        "kept": {},
    }
    return plain(do_eval(context, [focus], parsed(expression).tree))
