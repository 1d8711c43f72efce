"""Entries that may be one: the list, two of them side by side, and what is decided."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.duties.community_resources.actions import doubling
from handrail.duties.community_resources.actions.looking import Seen
from handrail.duties.community_resources.resources import spoken_at
from handrail.duties.community_resources.screens import words
from handrail.duties.community_resources.screens.detail import EDITORS, where
from handrail.duties.community_resources.screens.searching import READERS
from handrail.fhir.errors import BusinessRuleError, VersionConflictError
from handrail.look.said import done

LIST = "/resources/doubles"


@open_to(*READERS)
def doubles(request: MemberRequest) -> HttpResponse:
    """List the pairs of entries that may be one."""
    found = doubling.suspects(request.principal)
    pairs = [
        {
            "url": f"{LIST}/{pair.one}/{pair.other}",
            "one": found.entries[pair.one],
            "other": found.entries[pair.other],
            "why": ", ".join(words.one(words.SAME, one) for one in pair.reasons),
        }
        for pair in found.pairs
    ]
    return render(request, "community_resources/doubles.html", {"pairs": pairs})


@open_to(*EDITORS)
def double(request: MemberRequest, one: str, other: str) -> HttpResponse:
    """Lay two entries side by side, and write down whether they are one."""
    by = request.principal
    error = ""
    if request.method == "POST":
        try:
            return _decided(request, one, other)
        except (BusinessRuleError, VersionConflictError) as wrong:
            error = wrong.message
    first, second = doubling.side_by_side(by, one, other)
    known = {
        "one": first,
        "other": second,
        "rows": _rows(first, second),
        "action": f"{LIST}/{one}/{other}",
        "error": error,
        "may_edit": allows(by, "update", "HealthcareService"),
    }
    return render(request, "community_resources/double.html", known, status=409 if error else 200)


def _decided(request: MemberRequest, one: str, other: str) -> HttpResponse:
    by, verdict = request.principal, request.POST.get("verdict", "")
    if verdict == "apart":
        saved = doubling.tell_apart(by, one, other)
        return done(request, _("Kept as two entries."), LIST, saved.transaction)
    if verdict in {"keep-one", "keep-other"}:
        keep, drop = (one, other) if verdict == "keep-one" else (other, one)
        saved = doubling.merge(by, keep, drop)
        said = _("Merged. The other entry is off the directory and leads here.")
        return done(request, said, where(keep), saved.transaction)
    return HttpResponseRedirect(f"{LIST}/{one}/{other}", status=303)


def _rows(one: Seen, other: Seen) -> list[tuple[str, str, str]]:
    def said(seen: Seen, fact: str) -> str:
        service = seen.service
        if fact == "hours":
            return "; ".join(words.hours(seen.hours))
        if fact == "languages":
            return words.language_list(spoken_at(service, seen.places))
        return seen.facts[fact][0]

    rows = [(_("Who offers it"), one.organization, other.organization)]
    rows += [
        (words.one(words.FACTS, fact), said(one, fact), said(other, fact)) for fact in one.facts
    ]
    rows.append((_("From"), one.service.directory, other.service.directory))
    return rows
