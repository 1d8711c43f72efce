"""``GET [base]/openapi.json``: the same as an OpenAPI description, for tools that read those.

What is alike for every type stands once, with the type as a part of the path; the searches of each
type have a path of their own, with their parameters.

Source: https://spec.openapis.org/oas/v3.1.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from handrail.edge.fhir_api.metadata import AUDIT, READ_ONLY, installed, kinds, searched
from handrail.edge.fhir_api.patch import JSON_PATCH
from handrail.edge.fhir_api.request import FORM
from handrail.edge.fhir_api.response import Response
from handrail.fhir import text
from handrail.operation import Operation, offered

FHIR = "application/fhir+json"
TYPE = "application/json"
_Json = dict[str, Any]
_RESULTS = {
    "_count": "How many matches a page has.",
    "_sort": "What to sort by, with a minus for descending.",
    "_include": "Bring what is referred to: Task:patient.",
    "_revinclude": "Bring what refers to it: Provenance:target.",
    "_summary": "true, text, data, count or false.",
    "_elements": "Only these elements, with commas.",
    "_total": "none, estimate or accurate.",
}
_HEADERS = {
    "If-Match": 'Only if this is still the version: W/"3".',
    "If-None-Match": "Only if it is another version, or there is none (*).",
    "If-Modified-Since": "Only if it changed since.",
    "If-None-Exist": "Only if nothing fits this search.",
    "Prefer": "return=minimal, representation or OperationOutcome; handling=strict.",
}


def openapi(base: str) -> Response:
    """Return the description, for everybody."""
    return Response(200, _written(base, tuple(offered)), content_type=TYPE)


@lru_cache(maxsize=8)
def _written(base: str, _offered: tuple[Operation, ...]) -> bytes:
    return text.write(described(base))


def described(base: str) -> _Json:
    """Return the description as it is now."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Handrail FHIR API",
            "version": installed(),
            "summary": "FHIR R4 (4.0.1). /metadata says the same in FHIR's own words.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "paths": _general() | _searches() | _operations(),
        "components": _components(),
    }


def _components() -> _Json:
    parameters = {
        "type": _path("type", {"type": "string", "enum": kinds()}),
        "id": _path("id", {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"}),
        "version": _path("version", {"type": "string", "pattern": "^[0-9]{1,9}$"}),
    }
    parameters |= {name: _named(name, "query", said) for name, said in _RESULTS.items()}
    parameters |= {name: _named(name, "header", said) for name, said in _HEADERS.items()}
    return {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "parameters": parameters,
        "schemas": {
            "Resource": {
                "type": "object",
                "required": ["resourceType"],
                "properties": {
                    "resourceType": {"type": "string"},
                    "id": {"type": "string"},
                    "meta": {"type": "object"},
                },
            },
            "Patch": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["op", "path"],
                    "properties": {
                        "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                        "path": {"type": "string"},
                        "from": {"type": "string"},
                        "value": {},
                    },
                },
            },
        },
        "responses": {
            "Resource": {"description": "Done.", "content": _content("Resource")},
            "Refusal": {
                "description": "An OperationOutcome that says what is wrong and what to do.",
                "content": _content("Resource"),
            },
        },
    }


def _path(name: str, schema: _Json) -> _Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _named(name: str, place: str, said: str) -> _Json:
    return {"name": name, "in": place, "description": said, "schema": {"type": "string"}}


def _content(schema: str) -> _Json:
    return {FHIR: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _refs(*names: str) -> list[_Json]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _does(said: str, *parameters: str, body: _Json | None = None, public: bool = False) -> _Json:
    """Return one operation of OpenAPI."""
    found: _Json = {
        "summary": said,
        "parameters": _refs(*parameters),
        "responses": {
            "200": {"$ref": "#/components/responses/Resource"},
            "default": {"$ref": "#/components/responses/Refusal"},
        },
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": body}
    return found | ({"security": []} if public else {})


def _general() -> _Json:
    resource, form = _content("Resource"), {FORM: {"schema": {"type": "object"}}}
    patch = {JSON_PATCH: {"schema": {"$ref": "#/components/schemas/Patch"}}} | resource
    history = ("_count", "_summary", "_elements")
    write = ("If-Match", "Prefer")
    return {
        "/metadata": {"get": _does("What this server can do.", public=True)},
        "/openapi.json": {"get": _does("This description.", public=True)},
        "/": {
            "get": _searched("Search in several types."),
            "post": _does("A Bundle: a batch or a transaction.", "Prefer", body=resource),
        },
        "/_search": {"post": _does("Search in several types.", body=form)},
        "/_history": {"get": _does("The history of everything.", *history)},
        "/{type}": {
            "get": _does("Search.", "type", *_RESULTS),
            "post": _does("Create.", "type", "If-None-Exist", "Prefer", body=resource),
            "put": _does("Update what fits the query.", "type", *write, body=resource),
            "patch": _does("Patch what fits the query.", "type", *write, body=patch),
            "delete": _does("Delete what fits the query.", "type", *write),
        },
        "/{type}/_search": {"post": _does("Search.", "type", body=form)},
        "/{type}/_history": {"get": _does("The history of a type.", "type", *history)},
        "/{type}/{id}": {
            "get": _does(
                "Read.", "type", "id", "_elements", "_summary", "If-None-Match", "If-Modified-Since"
            ),
            "put": _does("Update, or create.", "type", "id", *write, body=resource),
            "patch": _does("Patch.", "type", "id", *write, body=patch),
            "delete": _does("Delete; the history is kept.", "type", "id", *write),
        },
        "/{type}/{id}/_history": {"get": _does("The history.", "type", "id", *history)},
        "/{type}/{id}/_history/{version}": {
            "get": _does("Read one version.", "type", "id", "version")
        },
    }


def _searched(said: str) -> _Json:
    found = _does(said, *_RESULTS)
    found["parameters"].append(_named("_type", "query", "The types, with commas."))
    return found


def _searches() -> _Json:
    return {f"/{kind}": {"get": _search(kind)} for kind in kinds()}


def _search(kind: str) -> _Json:
    found = _does(f"Search for {kind}.", *_RESULTS)
    if kind in READ_ONLY:
        listed = dict.items(AUDIT)
    else:
        listed = {code: one.kind for code, one in searched(kind).items()}.items()
    found["parameters"] += [_named(code, "query", type_) for code, type_ in listed]
    return found


def _operations() -> _Json:
    """Return the operations, each at the places where it can be asked."""
    found: _Json = {}
    for one in offered:
        for path, parameters in _places(one):
            found.setdefault(path, {}).update(_methods(one, parameters))
    return found


def _places(one: Operation) -> Iterable[tuple[str, tuple[str, ...]]]:
    if one.on_system:
        yield f"/${one.name}", ()
    for kind in sorted(one.types):
        above, parameters = ("/{type}", ("type",)) if kind == "*" else (f"/{kind}", ())
        if one.on_type:
            yield f"{above}/${one.name}", parameters
        if one.on_instance:
            yield f"{above}/{{id}}/${one.name}", (*parameters, "id")


def _methods(one: Operation, parameters: tuple[str, ...]) -> _Json:
    found = {"post": _does(one.does, *parameters, "Prefer", body=_content("Resource"))}
    if not one.affects_state:
        found["get"] = _does(one.does, *parameters)
    if one.deletes:
        found["delete"] = _does(one.does, *parameters)
    return found
