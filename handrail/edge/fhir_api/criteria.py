"""What a conditional update, patch or deletion asks for, without what only shapes the answer."""

from __future__ import annotations

from urllib.parse import urlencode

from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.request import Pairs

_SAYS_NOTHING = frozenset({"_format", "_pretty", "_summary", "_elements", "_count", "_sort"})


def condition_in(pairs: Pairs) -> str:
    """Return the query that has to fit one resource.

    Raises:
        BadRequestError: it asks for nothing, so that it would fit everything.
    """
    asked = [pair for pair in pairs if pair[0] not in _SAYS_NOTHING]
    if not asked:
        raise BadRequestError(
            "This needs an id, or a condition that fits one resource: Patient?identifier=a|b."
        )
    return urlencode(asked)
