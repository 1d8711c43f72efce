"""The addresses of apps. Those below ``/fhir`` are Django's too (handrail.site.wsgi)."""

from __future__ import annotations

from django.urls import path

from handrail.edge.smart.screens import authorize, discovery, launching, registry, tokens

urlpatterns = [
    path(".well-known/smart-configuration", discovery.smart),
    path("fhir/.well-known/smart-configuration", discovery.smart),
    path(".well-known/openid-configuration", discovery.openid),
    path("fhir/.well-known/openid-configuration", discovery.openid),
    path(".well-known/jwks.json", discovery.keys),
    path("oauth/authorize", authorize.authorize, name="oauth-authorize"),
    path("oauth/consent/<str:number>", authorize.consent, name="oauth-consent"),
    path("oauth/token", tokens.token, name="oauth-token"),
    path("oauth/revoke", tokens.revoke, name="oauth-revoke"),
    path("oauth/introspect", tokens.introspect, name="oauth-introspect"),
    path("patients/<str:patient>/apps", launching.apps, name="patient-apps"),
    path("settings/apps", registry.apps, name="apps"),
    path("settings/apps/<str:app>", registry.granted, name="app-grants"),
    path("settings/my-apps", registry.my_apps, name="my-apps"),
]
