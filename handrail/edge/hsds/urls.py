"""The addresses of this adapter: the API, and the page of those who look after directories."""

from __future__ import annotations

from django.urls import path

from handrail.edge.hsds import api
from handrail.edge.hsds.screens import export, listed, mapping, one, report

urlpatterns = [
    path("hsds/", api.about, name="hsds"),
    path("hsds/services", api.services, name="hsds-services"),
    path("hsds/services/<str:identity>", api.service, name="hsds-service"),
    path("hsds/organizations", api.organizations, name="hsds-organizations"),
    path("hsds/organizations/<str:identity>", api.organization, name="hsds-organization"),
    path("hsds/service_at_locations", api.service_at_locations, name="hsds-at"),
    path("hsds/service_at_locations/<str:identity>", api.service_at_location, name="hsds-at-one"),
    path("hsds/taxonomies", api.taxonomies, name="hsds-taxonomies"),
    path("hsds/taxonomies/<str:identity>", api.taxonomy, name="hsds-taxonomy"),
    path("hsds/taxonomy_terms", api.taxonomy_terms, name="hsds-terms"),
    path("hsds/taxonomy_terms/<str:identity>", api.taxonomy_term, name="hsds-term"),
    path("settings/directories", listed, name="directories"),
    path("settings/directories/export", export, name="directories-export"),
    path("settings/directories/mapping", mapping, name="directories-mapping"),
    path("settings/directories/<str:load>", one, name="directory-load"),
    path("settings/directories/<str:load>/report", report, name="directory-report"),
]
