"""Nothing that the OpenAPI description allows, and nothing beside it, makes the server fail.

Schemathesis makes the requests from ``/fhir/openapi.json``, a few of every kind, the same ones
each time. Longer: ``HANDRAIL_SCHEMATHESIS=200 pytest tests/conformance/test_schemathesis.py``.
"""

from __future__ import annotations

import os
import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from handrail.edge.fhir_api.wsgi import application

with warnings.catch_warnings():  # of its own dependencies
    warnings.simplefilter("ignore")
    import schemathesis

EACH = int(os.environ.get("HANDRAIL_SCHEMATHESIS", "8"))  # requests of a kind
TYPICAL = ("AuditEvent", "Observation", "Patient", "Provenance", "Task")
"""The types whose own searches are asked; all types are asked by the general paths."""
PLACES = {"a", "b"}  # ids that exist


def _asked():
    schema = schemathesis.openapi.from_wsgi("/fhir/openapi.json", application)
    operations = [found.ok() for found in schema.get_all_operations()]
    first = [one.path.strip("/").partition("/")[0] for one in operations]
    return [
        one
        for one, kind in zip(operations, first, strict=True)
        if "{" in one.path or "$" in one.path or kind in TYPICAL or not kind[:1].isupper()
    ]


@pytest.fixture(scope="module", autouse=True)
def _something_is_there(client):
    for one in PLACES:
        made = client.put(f"/Patient/{one}", {"resourceType": "Patient", "id": one})
        assert made.status in (200, 201)


@pytest.mark.parametrize("operation", [pytest.param(one, id=one.label) for one in _asked()])
def test_no_request_makes_the_server_fail(operation, secret) -> None:
    strategy = operation.as_strategy()

    @settings(
        max_examples=EACH,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data) -> None:
        case = data.draw(strategy)
        if case.path_parameters and "id" in case.path_parameters and data.draw(st.booleans()):
            case.path_parameters["id"] = data.draw(st.sampled_from(sorted(PLACES)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = case.call(headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code < 500, answer.text[:500]
        if answer.status_code >= 400 and case.method != "HEAD":
            assert answer.json()["resourceType"] == "OperationOutcome"

    ask()
