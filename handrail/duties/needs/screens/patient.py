"""The needs of one person: what to decide, what is open, what they can build on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.needs.actions import deciding
from handrail.duties.needs.actions.deciding import Choice, Saved, UndecidedError
from handrail.duties.needs.actions.seeing import Seen, see
from handrail.duties.needs.rules.deciding import Verdict
from handrail.duties.needs.rules.reviewing import Row
from handrail.duties.needs.screens import stale, words
from handrail.duties.needs.screens.forms import choice_of, choices_of, identity, typed
from handrail.fhir.errors import BusinessRuleError, NotFoundError, VersionConflictError
from handrail.look.said import say
from handrail.look.typed import next_of
from handrail.room import house, patient_frame

Errors = Sequence[tuple[str, str]]


@open_to(*CARE)
def needs(request: MemberRequest, patient: str) -> HttpResponse:
    """Show a person's needs and strengths; one save for all that was decided."""
    found = identity((request.POST if request.method == "POST" else request.GET).get("found", ""))
    if request.method != "POST":
        return _page(request, patient, found)
    try:
        choices = choices_of(request.POST)
        saved = deciding.decide(request.principal, patient, choices)
    except UndecidedError as error:
        return _page(request, patient, found, [(error.field, error.message)])
    except VersionConflictError:
        return stale.page(request, patient, f"/patients/{patient}/needs")
    except BusinessRuleError as error:
        return _page(request, patient, found, [("decide", error.message)])
    say(request, words.sentence(saved), saved.transaction)
    return HttpResponseRedirect(_after(request, patient, choices, saved), status=303)


def _after(request: MemberRequest, patient: str, choices: Sequence[Choice], saved: Saved) -> str:
    """Return where one goes on: to the plan, where a need was confirmed that wants help."""
    here = f"/patients/{patient}/needs"
    if not saved.counts.get(Verdict.CONFIRM):
        return next_of(request, here)
    seen = see(request.principal, patient)
    confirmed = {one.need for one in choices if one.verdict is Verdict.CONFIRM}
    wanted = any(row.need.id in confirmed for row in seen.review.of("open", "need"))
    return house.way("plan-from-needs", patient) if wanted else next_of(request, here)


def _page(request: MemberRequest, patient: str, found: str, errors: Errors = ()) -> HttpResponse:
    seen = see(request.principal, patient, found)
    rows = undecided(seen)
    known = patient_frame(request, patient, f"/patients/{patient}/needs") | {
        "seen": seen,
        "found": found,
        "rows": shown(rows, seen),
        "open": [row for row in seen.review.of("open", "need") if row not in rows],
        "strengths": [row for row in seen.review.of("open", "strength") if row not in rows],
        "gone": [*seen.review.of("refuted"), *seen.review.of("resolved")],
        "typed": typed(request.POST, [row.need.id for row in rows]),
        "errors": errors,
        "action": f"/patients/{patient}/needs",
        "source": source_of(patient),
        "plan": house.way("plan-from-needs", patient),
        "refer": house.way("refer", patient),
        **WORDS,
    }
    return render(request, "needs/needs.html", known, status=422 if errors else 200)


WORDS = {"area": words.area, "state": words.state, "wish": words.wish}


def source_of(patient: str) -> Callable[[str], str]:
    """Return what gives the address of a person's answers (an id); empty: no room shows them."""
    nowhere = house.way("", patient)

    def source(response: str) -> str:
        at = house.way("answers", patient, response)
        return "" if at == nowhere else at

    return source


def undecided(seen: Seen) -> list[Row]:
    """Return what waits for a decision, what was just found first."""
    return [
        row
        for row in seen.review.rows
        if row.need.state == "proposed" or (row.need.state == "open" and row.found and row.again)
    ]


def shown(rows: Sequence[Row], seen: Seen) -> list[dict[str, Any]]:
    """Return the rows of a form: each with its answers, and where the focus goes from it."""
    following = [*(f"do-{row.need.id}-1" for row in rows), "save-needs"][1:]
    mixed = len({row.found for row in rows}) > 1
    return [
        {
            "row": row,
            "options": words.options(row.need),
            "then": then,
            "ask_on": seen.ask_on.get(row.need.id),
            "mixed": mixed,
        }
        for row, then in zip(rows, following, strict=True)
    ]


@open_to(*CARE)
def need(request: MemberRequest, patient: str, need: str) -> HttpResponse:
    """Show one need with all that is known of it, and change it."""
    errors: Errors = ()
    if request.method == "POST":
        try:
            choice = choice_of(request.POST, need)
            chosen = [choice] if choice else []
            saved = deciding.decide(request.principal, patient, chosen)
        except UndecidedError as error:
            field = f"do-{need}" if error.field == "needs" else error.field
            errors = [(field, error.message)]
        except VersionConflictError:
            return stale.page(request, patient, request.path)
        except BusinessRuleError as error:
            errors = [(f"do-{need}", error.message)]
        else:
            say(request, words.sentence(saved), saved.transaction)
            where = next_of(request, f"/patients/{patient}/needs")
            return HttpResponseRedirect(where, status=303)
    return _one(request, patient, need, errors)


def _one(request: MemberRequest, patient: str, need: str, errors: Errors) -> HttpResponse:
    seen = see(request.principal, patient)
    row = seen.review.row(need)
    if row is None:
        raise NotFoundError(_("There is no such need of this patient."))
    known = one_need(request, row, seen) | {"patient": patient, "errors": errors}
    if request.headers.get("HX-Request") and request.POST.get("live") == "1":
        return render(request, "needs/ask.html", known, status=422)
    frame = patient_frame(request, patient, f"/patients/{patient}/needs")
    return render(request, "needs/need.html", frame | known, status=422 if errors else 200)


def one_need(request: HttpRequest, row: Row, seen: Seen) -> dict[str, Any]:
    """Return what the form about one need shows; what was typed and refused is kept."""
    need = row.need.id
    return {
        "row": row,
        "options": changes(row),
        "ask_on": seen.ask_on.get(need),
        "source": source_of(row.need.patient),
        "typed": typed(request.POST, [need])[need],
        "next": next_of(request, ""),
        **WORDS,
    }


def changes(row: Row) -> list[tuple[str, str]]:
    """Return what can be said of one need: (verdict, label)."""
    if row.need.state in {"refuted", "resolved"}:
        return [(Verdict.CONFIRM, _("It is so after all"))]
    if row.need.state == "proposed":
        return words.options(row.need)
    helps = [(code, words.wish(code)) for code in words.WISHES] if row.need.kind == "need" else []
    over = _("Over") if row.need.kind == "need" else _("No longer so")
    again = [(Verdict.CONFIRM.value, _("Still so"))] if row.again else []
    return [*again, *helps, (Verdict.RESOLVE, over), (Verdict.REFUTE, _("It was never so"))]
