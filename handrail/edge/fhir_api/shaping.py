"""``_summary`` and ``_elements`` on what is read, searched for and answered by operations."""

from __future__ import annotations

from handrail.edge.fhir_api.errors import BadRequestError
from handrail.edge.fhir_api.operating import is_operation
from handrail.edge.fhir_api.request import Pairs, Request
from handrail.edge.fhir_api.response import TYPE, Response
from handrail.fhir.shortening import SUMMARIES, Shape, shape_of, shorten

_ASKS = frozenset({"_summary", "_elements"})


def shaped(request: Request, response: Response) -> Response:
    """Return the answer with shortened resources, if that is asked for.

    Raises:
        BadRequestError: ``_summary`` is none of those there are.
    """
    asked = [pair for pair in request.understood or request.pairs if pair[0] in _ASKS]
    if not asked or not _may_be_short(request):
        return response
    shape = _shape(asked)
    if response.body and not response.outcome and response.content_type == TYPE:
        response.body = shorten(response.body, shape)
    return response


def _may_be_short(request: Request) -> bool:
    """Tell whether this reads; what is written is answered as it is stored."""
    if request.method in ("GET", "HEAD"):
        return True
    return request.path[-1:] == ("_search",) or is_operation(request.path)


def _shape(asked: Pairs) -> Shape:
    summary = next((value for name, value in asked if name == "_summary"), "")
    if summary and summary not in SUMMARIES:
        raise BadRequestError(f"_summary is one of {', '.join(sorted(SUMMARIES))}.")
    return shape_of(summary, [value for name, value in asked if name == "_elements"])
