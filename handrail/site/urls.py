"""Every address of the house: each part keeps its own list. ``/fhir`` is answered before Django."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from handrail.site.environment import is_there

_PARTS = [
    "handrail.access.urls",
    "handrail.desk.urls",
    "handrail.duties.registration.urls",
    "handrail.duties.caseload.urls",
    "handrail.duties.transitions.urls",
    "handrail.duties.check_ins.urls",
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(part)) for part in _PARTS if is_there(part)
]
handler400 = "handrail.site.faults.bad_request"
handler403 = "handrail.site.faults.forbidden"
handler404 = "handrail.site.faults.not_found"
handler500 = "handrail.site.faults.broken"
