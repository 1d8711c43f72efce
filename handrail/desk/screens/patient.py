"""The patient: what is going on, and who does what? Made of what the rooms know."""

from __future__ import annotations

from typing import Any, LiteralString, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import cursor
from handrail.access.decide import allows, require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Principal, Role
from handrail.desk import actions, worklist
from handrail.desk.moments import Asked, Happened, folded, timeline
from handrail.desk.screens.panels import explained, kind_of
from handrail.desk.screens.work import next_of
from handrail.desk.words import FILTERS, GENDERS, MOMENTS, language
from handrail.fhir.errors import NotFoundError
from handrail.look import dates
from handrail.look.said import say
from handrail.room import drawn, patient_frame

PEOPLE = (Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN, Role.FRONT_DESK)
EXCERPT = 8


class Card(NamedTuple):
    """What the banner says of a patient."""

    id: str
    name: str
    birth_date: str
    deceased: bool
    deceased_on: str
    language: str
    interpreter: bool
    gender: str
    pronouns: str
    mrn: str
    replaced_by: str

    @property
    def aside(self) -> str:
        """Return what stands beside the name."""
        gender = _(GENDERS[self.gender]) if self.gender in GENDERS else ""
        return self.pronouns or gender

    @property
    def flags(self) -> list[tuple[str, str]]:
        """Return the chips beside the name: (text, kind)."""
        spoken = language(self.language)
        found = []
        if self.deceased:
            on = dates.birth(self.deceased_on) if self.deceased_on else ""
            found.append((_("Died %(day)s") % {"day": on} if on else _("Has died"), "od"))
        if self.interpreter:
            said = _("Needs interpreter: %(language)s") % {"language": spoken}
            found.append((said if spoken else _("Needs interpreter"), "td"))
        elif spoken:
            found.append((spoken, "nx"))
        return found


_CARD: LiteralString = """
select source, name, birth_date, deceased, deceased_on, language, interpreter, gender, pronouns,
  mrn, replaced_by from desk_patient_card where org = %s and source = %s"""


def card_of(principal: Principal, patient: str) -> Card:
    """Return the patient's card.

    Raises:
        NotRelatedError: no care relationship; the page then says who can grant it.
        NotFoundError: there is no such patient.
    """
    require(principal, "read", "Patient", patient)
    row = cursor().execute(_CARD, (principal.org, patient), prepare=True).fetchone()
    if row is None:
        raise NotFoundError(_("There is no such patient."))
    return Card(*row)


def head(request: HttpRequest, principal: Principal, patient: str) -> SafeString:
    """Return who it is, for the head of every page of a patient; the look is audited."""
    audit.read(principal, [f"Patient/{patient}"], None, patient)
    return _head(request, principal, card_of(principal, patient))


def _head(request: HttpRequest, principal: Principal, card: Card) -> SafeString:
    known = {"card": card, "banner": drawn(request, principal, "banner", card.id)}
    return mark_safe(render_to_string("desk/head.html", known))  # noqa: S308 - autoescaped


def frame(request: MemberRequest, card: Card, here: str) -> dict[str, Any]:
    """Return what every page of a patient shows: banner, alerts and tabs."""
    return patient_frame(request, card.id, here, [_head(request, request.principal, card)]) | {
        "card": card
    }


def excerpt(principal: Principal, patient: str) -> list[Happened]:
    """Return the latest lines of the timeline."""
    return folded(timeline(principal, patient, Asked(limit=2 * EXCERPT)))[:EXCERPT]


@open_to(*PEOPLE)
def patient(request: MemberRequest, patient: str) -> HttpResponse:
    """Show the patient."""
    principal = request.principal
    card = card_of(principal, patient)
    if card.replaced_by:
        audit.read(principal, [f"Patient/{patient}"], None, patient)
        known = {"card": card, "into": card.replaced_by}
        return render(request, "desk/merged.html", known)
    care = allows(principal, "read", "Task")
    todo = worklist.of_patient(principal, patient) if care else []
    known = frame(request, card, request.path) | {
        "todo": list(zip(explained(todo), map(kind_of, todo), strict=True)),
        "care": care,
        "may_note": allows(principal, "create", "DocumentReference"),
        "main": drawn(request, principal, "main", patient),
        "side": drawn(request, principal, "side", patient),
        "moments": excerpt(principal, patient) if care else [],
        "labels": MOMENTS,
        "filters": [(code, _(label)) for code, (label, _kinds) in FILTERS.items()],
        "typed": "",
        "error": "",
    }
    audit.read(principal, [f"Patient/{patient}"], None, patient)
    return render(request, "desk/patient.html", known)


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN)
def notes(request: MemberRequest, patient: str) -> HttpResponse:
    """Add a note to the record."""
    if request.method != "POST":
        return HttpResponseRedirect(f"/patients/{patient}", status=303)
    require(request.principal, "create", "DocumentReference", patient)
    try:
        done = actions.add_note(request.principal, patient, request.POST.get("text", ""))
    except actions.MissingWordError as error:
        say(request, error.message)
    else:
        say(request, _("Note saved."), done.transaction)
    where = next_of(request)
    return HttpResponseRedirect(where if where != "/" else f"/patients/{patient}", status=303)
