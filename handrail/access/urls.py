"""Addresses of signing in and of the settings."""

from __future__ import annotations

from django.urls import path

from handrail.access import signin

urlpatterns = [
    path("sign-in", signin.sign_in, name="sign-in"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("organization", signin.choose_organization, name="choose-organization"),
    path("stay", signin.stay, name="stay"),
    path("break-glass", signin.open_record, name="break-glass"),
    path("settings/password", signin.change_password, name="change-password"),
]
