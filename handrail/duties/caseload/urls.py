"""The addresses of the caseload."""

from __future__ import annotations

from django.urls import path

from handrail.duties.caseload.screens import enrolment, giving, listing, programs

urlpatterns = [
    path("caseload", listing.caseload, name="caseload"),
    path("caseload/no-next-step", listing.no_next_step, name="no-next-step"),
    path("caseload/sweep", listing.sweep, name="caseload-sweep"),
    path("caseload/check-in/<str:episode>", listing.check_in, name="check-in"),
    path("caseload/assign", giving.assign, name="assign"),
    path("caseload/give", giving.give, name="give"),
    path("caseload/programs", programs.programs, name="programs"),
    path("caseload/enroll", programs.enroll, name="enroll"),
    path("caseload/enrolments/<str:episode>", enrolment.enrolment, name="enrolment"),
    path("caseload/enrolments/<str:episode>/<str:verb>", enrolment.decide, name="enrolment-verb"),
]
