"""Every address of the house: each part keeps its own list. ``/fhir`` is answered before Django."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("handrail.access.urls")),
    path("", include("handrail.jobs.urls")),
    path("", include("handrail.desk.urls")),
    path("", include("handrail.duties.registration.urls")),
    path("", include("handrail.duties.caseload.urls")),
    path("", include("handrail.duties.transitions.urls")),
    path("", include("handrail.duties.check_ins.urls")),
    path("", include("handrail.duties.intake.urls")),
    path("", include("handrail.duties.needs.urls")),
    path("", include("handrail.duties.plan_library.urls")),
    path("", include("handrail.duties.care_plans.urls")),
    path("", include("handrail.duties.care_team.urls")),
    path("", include("handrail.duties.referrals.urls")),
    path("", include("handrail.duties.incoming_referrals.urls")),
    path("", include("handrail.duties.community_resources.urls")),
    path("", include("handrail.duties.provider_network.urls")),
    path("", include("handrail.duties.consents.urls")),
    path("", include("handrail.edge.hl7v2.urls")),
    path("", include("handrail.edge.smart.urls")),
    path("", include("handrail.edge.connect.urls")),
    path("", include("handrail.edge.ccda.urls")),
    path("", include("handrail.edge.mail.urls")),
    path("", include("handrail.edge.sms.urls")),
    path("", include("handrail.edge.fax.urls")),
    path("", include("handrail.edge.hsds.urls")),
    path("", include("handrail.edge.plan_net.urls")),
]
handler400 = "handrail.site.faults.bad_request"
handler403 = "handrail.site.faults.forbidden"
handler404 = "handrail.site.faults.not_found"
handler500 = "handrail.site.faults.broken"
