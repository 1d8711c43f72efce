"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.consents.screens import account, agreeing, sharing

urlpatterns = [
    path("patients/<str:patient>/sharing", sharing.sharing, name="sharing"),
    path("patients/<str:patient>/sharing/new", agreeing.new, name="sharing-new"),
    path("patients/<str:patient>/sharing/account", account.account, name="sharing-account"),
    path(
        "patients/<str:patient>/sharing/account.csv",
        account.account_csv,
        name="sharing-account-csv",
    ),
    path(
        "patients/<str:patient>/sharing/<str:consent>/revoke", sharing.revoke, name="sharing-revoke"
    ),
    path(
        "patients/<str:patient>/sharing/<str:consent>/source", sharing.source, name="sharing-source"
    ),
]
