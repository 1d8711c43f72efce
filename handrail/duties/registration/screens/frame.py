"""What every page of a patient shows around this room's own."""

from __future__ import annotations

from typing import Any

from handrail.access.marks import MemberRequest
from handrail.duties.registration.resources import PatientView
from handrail.room import patient_frame


def frame(request: MemberRequest, view: PatientView) -> dict[str, Any]:
    """Return the head, the alerts and the tabs for a patient's page."""
    return patient_frame(request, view.id, f"/patients/{view.id}/people") | {"view": view}
