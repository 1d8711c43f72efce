"""The addresses of this room."""

from __future__ import annotations

from django.urls import path

from handrail.duties.referrals.screens import begin
from handrail.duties.referrals.screens.receiver import member, opening, page

urlpatterns = [
    path("answer", opening.answer_by_code, name="answer-by-code"),
    path("a/<str:token>", page.answer_page, name="answer"),
    path("a/<str:token>/open", opening.open_page, name="answer-open"),
    path("a/<str:token>/close", opening.close_page, name="answer-close"),
    path("a/<str:token>/papers.pdf", page.packet_pdf, name="answer-papers"),
    path("referrals/code", member.find_by_code, name="find-by-code"),
    path("referrals/<str:task>/link", member.link_of_referral, name="referral-link"),
    path("patients/<str:patient>/referrals/new", begin.new, name="new-referral"),
]
