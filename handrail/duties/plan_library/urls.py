"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.plan_library.screens import changing, importing, library

urlpatterns = [
    path("plans/library", library.shelf, name="plan-library"),
    path("plans/library/import", importing.bring_in, name="plan-import"),
    path("plans/library/<str:plan>", library.one, name="plan-definition"),
    path("plans/library/<str:plan>/change", changing.change, name="plan-change"),
    path("plans/library/<str:plan>/compare", library.compare, name="plan-compare"),
    path("plans/library/<str:plan>/json", library.download, name="plan-json"),
    path("plans/library/<str:plan>/state", library.switch, name="plan-state"),
    path("plans/library/<str:plan>/shipped", library.go_back, name="plan-shipped"),
]
