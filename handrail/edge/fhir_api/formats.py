"""JSON or XML: what comes in becomes JSON, what goes out becomes what was asked for.

Everything between speaks JSON. Source: http://hl7.org/fhir/R4/http.html#mime-type.
"""

from __future__ import annotations

from wsgiref.types import WSGIEnvironment

from handrail.edge.fhir_api.answering import refusal
from handrail.edge.fhir_api.body import body_of
from handrail.edge.fhir_api.request import XML, accept, media_of, pairs_of
from handrail.edge.fhir_api.response import TYPE, Response
from handrail.fhir.errors import HandrailError
from handrail.fhir.xml_reading import to_json
from handrail.fhir.xml_writing import to_xml

XML_TYPE = "application/fhir+xml; charset=utf-8"


def received(environ: WSGIEnvironment) -> bytes:
    """Return the body, as JSON if it came as XML.

    Raises:
        UnreadableError: it says it is XML of FHIR, and is not.
    """
    body = body_of(environ)
    if not body.strip() or media_of(environ) not in XML:
        return body
    return to_json(body)


def presented(environ: WSGIEnvironment, response: Response) -> Response:
    """Return the answer in XML, if the client asked for XML and it is FHIR."""
    if not _may_want_xml(environ) or not response.body or response.content_type != TYPE:
        return response
    try:
        if accept(environ, pairs_of(environ.get("QUERY_STRING", ""))) == "xml":
            response.body, response.content_type = to_xml(response.body), XML_TYPE
    except HandrailError as error:
        return response if response.outcome else refusal(error)
    return response


def _may_want_xml(environ: WSGIEnvironment) -> bool:
    return "xml" in environ.get("HTTP_ACCEPT", "") or "xml" in environ.get("QUERY_STRING", "")
