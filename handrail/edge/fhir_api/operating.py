"""``[base]/$name``, ``[base]/[type]/$name``, ``[base]/[type]/[id]/$name``: what others offer.

GET gives the parameters in the address; POST in a Parameters resource, in a form, or as the one
resource the operation is about. See :mod:`handrail.operation`.

Source: http://hl7.org/fhir/R4/operations.html#executing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from handrail.edge.fhir_api.errors import (
    BadRequestError,
    MethodNotAllowedError,
    UnknownAddressError,
    UnsupportedMediaError,
)
from handrail.edge.fhir_api.request import (
    FORM,
    JSON,
    XML,
    Pairs,
    Request,
    is_id,
    media_of,
    pairs_of,
)
from handrail.edge.fhir_api.response import Response
from handrail.fhir import text
from handrail.fhir.errors import NotFoundError, TooLargeError
from handrail.fhir.r4 import MODULES
from handrail.operation import FHIR_JSON, Answer, Asked, Operation, find

MOST_NESTED = 16 * 1024 * 1024  # bytes of one operation's answer within a batch
MOST_PARAMETERS = 100_000  # of one operation, in its body
_ON_INSTANCE = 3  # type, id, name


def is_operation(path: tuple[str, ...]) -> bool:
    """Tell whether a path asks for an operation."""
    return bool(path) and path[-1][:1] == "$"


def methods(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the methods that an operation's path answers.

    Raises:
        UnknownAddressError: no such operation is offered there.
    """
    one = _found(path)
    possible = ("POST",) if one.affects_state else ("GET", "POST")
    return (*possible, "DELETE") if one.deletes else possible


def operate(request: Request) -> Response:
    """Ask the operation and return what it answers.

    Raises:
        UnknownAddressError: no such operation is offered there.
        MethodNotAllowedError: it changes something, and this was GET.
        UnsupportedMediaError: the body is neither FHIR nor a form.
    """
    one = _found(request.path)
    method = "GET" if request.method == "HEAD" else request.method
    possible = methods(request.path)
    if method not in possible:
        raise MethodNotAllowedError(request.method, (*possible, "OPTIONS"))
    kind, identity, _ = _parts(request.path)
    pairs, body, raw = _sent(request) if method == "POST" else (request.pairs, None, b"")
    asked = Asked(
        method=method,
        resource_type=kind,
        id=identity,
        pairs=pairs,
        body=body,
        raw=raw,
        base=request.base,
        headers=request.headers,
        by=request.by,
    )
    return _response(one.answer(asked), nested=request.nested)


def _parts(path: tuple[str, ...]) -> tuple[str, str, str]:
    """Return type, id and name of the operation."""
    *above, name = path
    kind, identity = (*above, "", "")[:2]
    return kind, identity, name[1:]


def _found(path: tuple[str, ...]) -> Operation:
    kind, identity, name = _parts(path)
    if kind and kind not in MODULES:
        raise UnknownAddressError(
            f"“{kind[:60]}” is no resource type of FHIR R4. /fhir/metadata lists what is here."
        )
    if identity and not is_id(identity):
        raise NotFoundError("This cannot be an id: letters, digits, - and . only, at most 64.")
    one = find(name, kind, identity) if len(path) <= _ON_INSTANCE else None
    if one is None:
        raise UnknownAddressError(
            f"There is no operation ${name[:60]} here. /fhir/metadata lists those there are."
        )
    return one


def _sent(request: Request) -> tuple[Pairs, dict[str, Any] | None, bytes]:
    """Return the parameters, the resource and the text that were sent."""
    media, raw = media_of(request.headers), request.read()
    if media == FORM:
        return [*request.pairs, *pairs_of(raw.decode("latin-1"))], None, raw
    if not raw.strip():
        return request.pairs, None, raw
    if media and media not in JSON and media not in XML:
        raise UnsupportedMediaError(
            "Send Parameters as application/fhir+json or +xml, or simple ones as a form."
        )
    body = text.parse(raw)
    if body.get("resourceType") == "Parameters":
        _refuse_misshapen(body)
    return request.pairs, body, raw


def _refuse_misshapen(parameters: dict[str, Any]) -> None:
    """Refuse Parameters that are no list of named ones, so that no operation has to look."""
    listed = parameters.get("parameter", [])
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed
    ):
        raise BadRequestError("parameter of Parameters is a list of parameters with a name each.")
    if len(listed) > MOST_PARAMETERS:
        raise TooLargeError(f"An operation has at most {MOST_PARAMETERS:,} parameters here.")


def _response(answer: Answer, *, nested: bool) -> Response:
    body = answer.body
    if nested and answer.stream is not None:
        body = _gathered(answer.stream)
    failed = answer.status >= 400  # noqa: PLR2004 - what HTTP counts as an error
    return Response(
        answer.status,
        body,
        list(answer.headers),
        outcome=body if failed and answer.content_type == FHIR_JSON else b"",
        stream=None if nested else answer.stream,
        content_type=answer.content_type,
    )


def _gathered(stream: Iterable[bytes]) -> bytes:
    """Return a stream in one piece, for an entry of a batch."""
    whole = bytearray()
    for piece in stream:
        whole += piece
        if len(whole) > MOST_NESTED:
            raise TooLargeError("This answer is too long for a batch. Ask the operation by itself.")
    return bytes(whole)
