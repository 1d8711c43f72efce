"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.referrals.screens import act, begin, board, one, patient
from handrail.duties.referrals.screens.receiver import member, opening, page

urlpatterns = [
    path("answer", opening.answer_by_code, name="answer-by-code"),
    path("a/<str:token>", page.answer_page, name="answer"),
    path("a/<str:token>/open", opening.open_page, name="answer-open"),
    path("a/<str:token>/close", opening.close_page, name="answer-close"),
    path("a/<str:token>/papers.pdf", page.packet_pdf, name="answer-papers"),
    path("referrals/code", member.find_by_code, name="find-by-code"),
    path("referrals/<str:task>/link", member.link_of_referral, name="referral-link"),
    path("referrals", board.referrals, name="referrals"),
    path("referrals/numbers", board.counted, name="referrals-counted"),
    path("referrals/<str:task>", one.one, name="referral"),
    path("referrals/<str:task>/<str:verb>", act.act, name="referral-act"),
    path("patients/<str:patient>/referrals", patient.patient, name="patient-referrals"),
    path("patients/<str:patient>/referrals/new", begin.new, name="new-referral"),
]
