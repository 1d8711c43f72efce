"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.community_resources.screens import detail, doubles, entry, printed, searching

urlpatterns = [
    path("resources", searching.resources, name="resources"),
    path("resources/new", entry.new, name="new-resource"),
    path("resources/list", printed.printed, name="resource-list"),
    path("resources/doubles", doubles.doubles, name="resource-doubles"),
    path("resources/doubles/<str:one>/<str:other>", doubles.double, name="resource-double"),
    path("resources/<str:service>", detail.resource, name="resource"),
    path("resources/<str:service>/confirm", detail.confirm, name="confirm-resource"),
    path("resources/<str:service>/room", detail.room, name="resource-room"),
    path("resources/<str:service>/off", detail.off, name="resource-off"),
    path("resources/<str:service>/change", entry.change, name="change-resource"),
]
