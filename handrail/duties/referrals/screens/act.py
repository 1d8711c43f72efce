"""What is done to a referral: every form is a plain POST that answers with a redirect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Principal
from handrail.duties.referrals.actions import closing, following
from handrail.duties.referrals.actions.beginning import WITHOUT, ask_more, send_draft
from handrail.duties.referrals.actions.beside import see_beside
from handrail.duties.referrals.actions.seeing import ReferralView, referral
from handrail.duties.referrals.screens import doing, forms, offering, one, saying, stale
from handrail.duties.referrals.screens.basis import NOTHING
from handrail.duties.referrals.screens.forms import MistypedError
from handrail.fhir.errors import BusinessRuleError, NotFoundError, VersionConflictError
from handrail.look.said import say
from handrail.look.typed import next_of, whole

Done = tuple[int, str]
"""The transaction that takes it back (0: none), and what was done in a sentence."""
Verb = Callable[[Principal, str, QueryDict], Done]


def _record(by: Principal, task: str, form: QueryDict) -> Done:
    return saying.heard(by, task, form), _("Recorded what they say.")


def _chase(by: Principal, task: str, form: QueryDict) -> Done:
    chased = following.Chased(
        how=form.get("how", ""),
        note=forms.text(form, "chase_note", forms.LONGEST),
        look_by=forms.day(form, "look_by"),
        supplied=form.get("supplied") == "yes",
    )
    done = following.chase(by, task, chased, whole(form.get("if_match", "")) or 0)
    return done.transaction if chased.how in following.BY_HAND else 0, _("Asked again.")


def _elsewhere(by: Principal, task: str, form: QueryDict) -> Done:
    """Send it to another address or number of the same receiver."""
    channel = form.get("to_channel", "")
    chased = following.Chased(
        how=channel,
        channel=channel,
        address=forms.needed(form, "to_address", _("Give the number or the address.")),
        look_by="",
    )
    done = following.chase(by, task, chased, whole(form.get("if_match", "")) or 0)
    return done.transaction if channel in following.BY_HAND else 0, _("Sent there.")


def _cancel(by: Principal, task: str, form: QueryDict) -> Done:
    reason = forms.needed(form, "cancel", _("Say why, in a line."))
    if form.get("then") == "give-up":
        return following.give_up(by, task, reason).transaction, _("Given up. Decide the next step.")
    following.ask_to_cancel(by, task, reason)
    return 0, _("They are asked to cancel it.")


def _send(by: Principal, task: str, form: QueryDict) -> Done:
    typed = forms.identity(form.get("consent", ""))
    if not typed:
        raise MistypedError("consent", _("Say on which basis they learn who it is."))
    sent = send_draft(by, task, WITHOUT if typed == NOTHING else typed)
    if sent.refused:
        raise MistypedError("consent", sent.refused)
    return 0, _("Sent.")


def _ask(by: Principal, task: str, form: QueryDict) -> Done:
    view = referral(by, task)
    found = _candidates(by, view)
    wanted = offering.chosen(form, "who", "via-", found)
    hand = offering.typed_by_hand(form, ("own_name", "own_channel", "own_address"))
    wanted += [hand] if hand else []
    if not wanted:
        raise MistypedError("who", _("Choose who is asked."))
    sent = ask_more(by, view, wanted)
    refused = (each.refused for each in sent if each.refused)
    kept = " ".join(_("Kept as draft: %(why)s") % {"why": why} for why in refused)
    n = sum(not each.refused for each in sent)
    asked = ngettext("%(n)s more is asked.", "%(n)s more are asked.", n) % {"n": n}
    return 0, f"{asked} {kept}".strip()


def _candidates(by: Principal, view: ReferralView) -> list[offering.Offered]:
    return doing.candidates(by, view, see_beside(by, view.task.patient))


def _review(by: Principal, task: str, form: QueryDict) -> Done:
    view = referral(by, task)
    review = closing.Review(
        reason=form.get("closing", ""),
        note=forms.text(form, "note", forms.LONGEST),
        evidence=forms.reference(form.get("evidence", "")),
        if_match=whole(form.get("if_match", "")) or 0,
    )
    done = closing.review_referral(by, view.request.id, review)
    return done.transaction, _("Closed.")


def _met(by: Principal, task: str, form: QueryDict) -> Done:
    view = referral(by, task)
    told = closing.Met(
        answer=form.get("answer", ""),
        told_by=forms.reference(form.get("told_by", "")),
        note=forms.text(form, "note", forms.LONGEST),
        how=form.get("how", "phone"),
    )
    done = closing.record_need_met(by, view.request.id, told)
    return done.transaction, _("Recorded what they say.")


VERBS: Final[Mapping[str, Verb]] = {
    "record": _record,
    "chase": _chase,
    "elsewhere": _elsewhere,
    "cancel": _cancel,
    "send": _send,
    "ask": _ask,
    "review": _review,
    "met": _met,
}
_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "record": saying.FIELDS,
    "chase": {"note": "chase_note"},
    "elsewhere": {"address": "to_address", "channel": "to_channel", "how": "to_channel"},
    "cancel": {"reason": "cancel"},
    "review": {"reason": "closing"},
    "ask": {"receivers-0-address": "own_address", "receivers-0-reference": "who"},
}
"""The field on the page for what an action calls otherwise, by verb."""
_FIRST: Final[Mapping[str, str]] = {
    "record": "what",
    "chase": "how",
    "elsewhere": "to_address",
    "review": "closing",
    "met": "answer",
    "ask": "who",
}
"""The field of what names none."""
_PANELS: Final = {"ask": doing.decide, "review": doing.close, "met": doing.ask}


@open_to(*CARE)
def act(request: MemberRequest, task: str, verb: str) -> HttpResponse:
    """Do one thing to a referral, then go to the next."""
    if request.method != "POST" and verb == "review":
        return one.review_page(request, task)
    if request.method != "POST" or verb not in VERBS:
        raise NotFoundError(_("There is nothing here that you may see."))
    try:
        transaction, said = VERBS[verb](request.principal, task, request.POST)
    except VersionConflictError:
        return stale.page(request, task, verb)
    except BusinessRuleError as error:
        return _again(request, task, verb, error)
    say(request, said, transaction)
    return HttpResponseRedirect(next_of(request, f"/referrals/{task}"), status=303)


def _again(request: MemberRequest, task: str, verb: str, error: BusinessRuleError) -> HttpResponse:
    """Show the form again with what is wrong; what was typed is kept."""
    errors = saying.faults_of(error, _FIRST.get(verb, verb), _FIELDS.get(verb, {}))
    if forms.is_live(request):
        request.META["handrail.errors"] = tuple(errors)
        request.META["handrail.next"] = next_of(request, "/")
        panel = forms.identity(request.POST.get("panel", "")) or task
        drawn = _PANELS.get(verb, doing.hear)(request, request.principal, panel)
        return HttpResponse(drawn, status=422)
    if verb == "review":
        return one.review_page(request, task, errors)
    return one.page(request, task, errors)
