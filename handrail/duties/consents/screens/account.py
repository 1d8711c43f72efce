"""The accounting of disclosures: what has left, on a page and as a file for the person."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.consents import actions
from handrail.duties.consents.actions import Account, Entry
from handrail.duties.consents.screens import words
from handrail.duties.consents.screens.sharing import where
from handrail.record.known import known as facts_of
from handrail.room import patient_frame

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@open_to(*CARE)
def account(request: MemberRequest, patient: str) -> HttpResponse:
    """Show what has left of a person's record; what was left out is for people here."""
    seen = actions.see_account(request.principal, patient)
    rules = facts_of(request.principal.org).rules
    known = patient_frame(request, patient, where(patient)) | {
        "seen": seen,
        "owed": [one for one in seen.entries if one.owed],
        "others": [one for one in seen.entries if not one.owed],
        "purpose": lambda code: words.listed([code] if code else [], words.PURPOSES),
        "medium": lambda code: words.listed([code] if code else [], words.MEDIA),
        "basis": lambda code: words.listed([code], words.BASES),
        "category": lambda code: words.category(code, rules),
    }
    return render(request, "consents/account.html", known)


@open_to(*CARE)
def account_csv(request: MemberRequest, patient: str) -> HttpResponse:
    """Send what has left as a table: what the person is owed, and with ``all=1`` the rest too."""
    seen = actions.see_account(request.principal, patient)
    every = request.GET.get("all") == "1"
    made = StringIO()
    writer = csv.writer(made)
    writer.writerow([_("Date"), _("To"), _("Address"), _("What"), _("What for"), _("Basis")])
    writer.writerows(_rows(seen, every=every))
    answer = HttpResponse("\ufeff" + made.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="disclosures.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _rows(seen: Account, *, every: bool) -> Iterator[list[str]]:
    for one in seen.entries:
        if one.owed or every:
            yield [_cell(text) for text in _texts(one)]


def _texts(one: Entry) -> list[str]:
    told = one.told
    purpose = words.listed([told.purpose] if told.purpose else [], words.PURPOSES)
    basis = words.listed([told.basis], words.BASES)
    return [told.at[:10], told.name, told.address, told.what, purpose, basis]


def _cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
