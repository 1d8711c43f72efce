"""Is this text a valid FHIR R4 resource? One fast answer, and one complete list of faults.

``validate`` answers in microseconds by decoding the text with the generated types; only what that
refuses is walked by ``faults``, which decides and names every fault. Nothing changes the text.
"""

from __future__ import annotations

from handrail.fhir.errors import Fault, InvalidResourceError
from handrail.fhir.validation.complete import faults
from handrail.fhir.validation.fast import certain

__all__ = ["faults", "validate"]


def validate(text: bytes, resource_type: str | None = None, *, conditional: bool = False) -> None:
    """Raise InvalidResourceError with every fault unless ``text`` is a valid R4 resource.

    ``resource_type`` is the type it must have, if that is known. ``conditional`` allows
    references such as ``Practitioner?identifier=...`` (transactions and bulk loads have them).
    """
    if certain(text, resource_type, conditional=conditional):
        return
    found = faults(text, resource_type, conditional=conditional)
    wrong = [fault for fault in found if fault.severity in {"error", "fatal"}]
    if wrong:
        raise InvalidResourceError(_message(wrong), found)


def _message(wrong: list[Fault]) -> str:
    first = wrong[0]
    more = f" There are {len(wrong) - 1} more faults." if len(wrong) > 2 else ""  # noqa: PLR2004 - one more has its own words
    more = " There is one more fault." if len(wrong) == 2 else more  # noqa: PLR2004 - see above
    where = f"{first.path}: " if first.path else ""
    return f"{where}{first.text}{more}"
