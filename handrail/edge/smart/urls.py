"""The addresses of apps. Those below ``/fhir`` are Django's too (handrail.site.wsgi)."""

from __future__ import annotations

from django.urls import path

from handrail.edge.smart.screens import discovery, doors, launching, registry

urlpatterns = [
    path(".well-known/smart-configuration", discovery.smart),
    path("fhir/.well-known/smart-configuration", discovery.smart),
    path(".well-known/openid-configuration", discovery.openid),
    path("fhir/.well-known/openid-configuration", discovery.openid),
    path(".well-known/jwks.json", discovery.keys),
    path("oauth/authorize", doors.authorize, name="oauth-authorize"),
    path("oauth/consent/<str:number>", doors.consent, name="oauth-consent"),
    path("oauth/token", doors.token, name="oauth-token"),
    path("oauth/revoke", doors.revoke, name="oauth-revoke"),
    path("oauth/introspect", doors.introspect, name="oauth-introspect"),
    path("patients/<str:patient>/apps", launching.apps, name="patient-apps"),
    path("settings/apps", registry.apps, name="apps"),
    path("settings/apps/<str:app>", registry.granted, name="app-grants"),
    path("settings/my-apps", registry.my_apps, name="my-apps"),
]
