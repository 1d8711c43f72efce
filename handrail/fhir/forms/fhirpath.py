"""FHIRPath expressions worked out with fhirpathpy.

Source: http://hl7.org/fhirpath/N1/ and
http://hl7.org/fhir/uv/sdc/STU3/expressions.html (what ``%resource``, ``%context``… mean).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from handrail.fhir.errors import HandrailError
from handrail.fhir.forms.expressions import UnworkableError, parsed
from handrail.fhir.forms.form import Form
from handrail.fhir.forms.functions import Effort, data_of, known_functions, table

MOST_STEPS: Final = 3_000_000
"""How many steps the expressions of one questionnaire may take."""
Values = list[Any]


class Engine:
    """Works out expressions for one evaluation."""

    def __init__(self, form: Form, at: str = "") -> None:
        """Begin; ``at`` is the instant that ``now()`` says."""
        self.effort = Effort(MOST_STEPS)
        self._at = at
        self._kept: dict[tuple[int, ...], Values] = {}
        self._weights = _weights(form)

    def forget(self) -> None:
        """Forget what was found in a response that has changed."""
        self._kept.clear()

    def run(self, text: str, focus: Any, variables: Mapping[str, Any]) -> Values:
        """Return what ``text`` gives of ``focus``.

        Raises:
            UnworkableError: it cannot be worked out; the message says why.
            TooLargeError: it takes too long.
        """
        from fhirpathpy.engine import do_eval
        from fhirpathpy.models import models

        asked = parsed(text)
        for name in asked.functions - known_functions():
            raise UnworkableError(f"The function “{name}()” is not known here.")
        context = {
            "dataRoot": [focus],
            "vars": {"context": focus, "ucum": "http://unitsofmeasure.org", **variables},
            "model": models["r4"],
            "userInvocationTable": table(),
            "effort": self.effort,
            "at": self._at,
            "weights": self._weights,
            "kept": self._kept,
        }
        try:
            found: Values = do_eval(context, [focus], asked.tree)
        except HandrailError:
            raise
        except Exception as error:
            raise UnworkableError(_said(error, text)) from error
        return [one for one in found if not _is_shadow(one)]


def node(element: Any, path: str) -> Any:
    """Return ``element`` as a node of the type at ``path``, so that choices are found in it."""
    from fhirpathpy.engine.nodes import ResourceNode

    return ResourceNode.create_node(element, path)


def plain(values: Values) -> Values:
    """Return values without the engine's wrappings: numbers, texts, dates as text, elements."""
    return [_plain(one) for one in values]


def _plain(value: Any) -> Any:
    from fhirpathpy.engine.nodes import FP_Quantity, FP_Type

    inner = data_of(value)
    if isinstance(inner, FP_Quantity):
        return {"value": inner.value, "unit": str(inner.unit).strip("'")}
    return str(inner) if isinstance(inner, FP_Type) else inner


def _is_shadow(value: Any) -> bool:
    """Tell whether this is the extension of a primitive only (``_text``), no value."""
    inner = data_of(value)
    return isinstance(inner, dict) and [*inner] == ["extension"]


def _said(error: Exception, text: str) -> str:
    why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return f"“{text[:80]}” cannot be worked out: {why}."


def _weights(form: Form) -> dict[tuple[str, str], Decimal]:
    """Return what codes count, where all items that offer them agree."""
    found: dict[tuple[str, str], Decimal | None] = {}
    for item in form.walk():
        for option in item.options:
            if option.weight is not None and option.coding[1]:
                known = found.setdefault(option.coding, option.weight)
                found[option.coding] = option.weight if known == option.weight else None
    return {coding: weight for coding, weight in found.items() if weight is not None}
