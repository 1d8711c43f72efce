"""The addresses of this adapter."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
