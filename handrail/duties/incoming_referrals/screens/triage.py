"""The page on which a request of somebody else's is answered, and seen through."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.incoming_referrals.actions import triaging
from handrail.duties.incoming_referrals.screens import words
from handrail.fhir.errors import BusinessRuleError, VersionConflictError
from handrail.fhir.referring.moves import Moves
from handrail.fhir.referring.names import RECIPIENT
from handrail.fhir.referring.stages import OPEN, WORDS
from handrail.look.said import done
from handrail.look.typed import printable, version_seen
from handrail.record.known import known
from handrail.room import house, patient_frame

_LONGEST = 2000


@open_to(*CARE)
def triage(request: MemberRequest, identity: str) -> HttpResponse:
    """Show what is asked of us, and take the answer."""
    if request.method != "POST":
        return _page(request, identity)
    event, note = request.POST.get("event", ""), printable(request.POST.get("note", ""))[:_LONGEST]
    seen = version_seen(request)
    try:
        saved = triaging.say(request.principal, identity, event, note, if_match=seen)
    except VersionConflictError:
        text = _("Somebody answered before you. This is how it stands now.")
        return _page(request, identity, note=note, event=event, errors=[("note", text)], status=409)
    except BusinessRuleError as error:
        return _page(request, identity, note=note, event=event, errors=[("note", error.message)])
    over = event in {
        "decline",
        "outcome",
    }  # then it is nobody's work, and perhaps not theirs to see
    where = "/incoming?state=sorted" if over else f"/incoming/triage/{identity}"
    return done(request, _("Saved. The sender is told."), where, saved.transaction)


def _page(
    request: MemberRequest,
    identity: str,
    *,
    note: str = "",
    event: str = "",
    errors: Sequence[tuple[str, str]] = (),
    status: int = 422,
) -> HttpResponse:
    seen = triaging.see(request.principal, identity)
    facts = known(request.principal.org)
    moves = Moves.read(facts.rules, facts.as_of.date())
    able = {move.event for move in moves.possible(seen.task, RECIPIENT)}
    open_ = seen.stage in OPEN
    events = [(one, words.event(one)) for one in triaging.EVENTS if one in able and open_]
    shown = patient_frame(request, seen.patient) | {
        "seen": seen,
        "requester": str((seen.request.get("requester") or {}).get("display", "")),
        "more": " ".join(one["text"] for one in seen.request.get("note", ())),
        "notes": [(n["text"], n.get("time", "")) for n in seen.task.get("note", ())],
        "stage": _(WORDS[seen.stage]),
        "events": events,
        "note": note,
        "event": event,
        "errors": errors,
        "refer": house.way("refer", seen.patient, f"Task/{identity}"),
        "identity": identity,
    }
    return render(
        request, "incoming_referrals/triage.html", shown, status=status if errors else 200
    )
