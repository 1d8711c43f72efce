"""What an app asks for, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from handrail.access.scopes import WITHOUT_PATIENT, Scope, parsed
from handrail.edge.smart.context import OFFLINE, ONLINE

_VERBS: Final = (
    ("rs", gettext_lazy("read")),
    ("c", gettext_lazy("add")),
    ("u", gettext_lazy("change")),
    ("d", gettext_lazy("delete")),
)
_WHAT: Final = {
    "*": gettext_lazy("everything"),
    "AllergyIntolerance": gettext_lazy("allergies"),
    "Appointment": gettext_lazy("appointments"),
    "CarePlan": gettext_lazy("care plans"),
    "CareTeam": gettext_lazy("care teams"),
    "Communication": gettext_lazy("calls, visits and messages"),
    "Condition": gettext_lazy("diagnoses, needs and problems"),
    "Consent": gettext_lazy("consents"),
    "Coverage": gettext_lazy("insurance"),
    "DiagnosticReport": gettext_lazy("reports"),
    "DocumentReference": gettext_lazy("notes and documents"),
    "Encounter": gettext_lazy("stays and visits"),
    "Goal": gettext_lazy("goals"),
    "Immunization": gettext_lazy("vaccinations"),
    "MedicationRequest": gettext_lazy("prescriptions"),
    "MedicationStatement": gettext_lazy("medication"),
    "Observation": gettext_lazy("measurements and answers"),
    "Patient": gettext_lazy("name, birth date, address and phone"),
    "Practitioner": gettext_lazy("the people who work here"),
    "Procedure": gettext_lazy("procedures"),
    "Provenance": gettext_lazy("who wrote what"),
    "QuestionnaireResponse": gettext_lazy("questionnaires"),
    "RelatedPerson": gettext_lazy("family and other contacts"),
    "ServiceRequest": gettext_lazy("orders and referrals"),
    "Task": gettext_lazy("tasks"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what an app may do: ``may`` verbs, ``what``, ``whose``, and ``only`` which."""

    may: str
    what: str
    whose: str
    only: str


def lines(scopes: Iterable[str]) -> list[Line]:
    """Return what the scopes let an app do, a line each."""
    letters: dict[Scope, set[str]] = {}
    for one in filter(None, map(parsed, scopes)):
        letters.setdefault(replace(one, letters=""), set()).update(one.letters)
    return [
        _line(one, may)
        for one, may in letters.items()
        if not any(_opens(other, one) and may <= also for other, also in letters.items())
    ]


def _opens(wide: Scope, narrow: Scope) -> bool:
    """Tell whether one way in is wider than another, so that the narrow one need not be said."""
    types = {"*", narrow.resource_type}
    same = wide.context == narrow.context and wide.resource_type in types and not wide.asked
    return same and wide != narrow


def _line(one: Scope, may: set[str]) -> Line:
    verbs = [str(word) for letters, word in _VERBS if set(letters) & may]
    what = _WHAT.get(one.resource_type)
    if one.resource_type in WITHOUT_PATIENT:
        whose = _("of the organization")
    elif one.context == "patient":
        whose = _("of this patient")
    elif one.context == "user":
        whose = _("of every patient you may see")
    else:
        whose = _("of every patient")
    asked = [f"{name}: {value}" for name, value in parse_qsl(one.asked)]
    only = _("only where %(search)s") % {"search": ", ".join(asked)} if asked else ""
    return Line(", ".join(verbs), str(what) if what else one.resource_type, whose, only)


def learns_who(scopes: Iterable[str]) -> bool:
    """Tell whether the app learns who the person is."""
    return bool({"openid", "fhirUser", "profile"} & set(scopes))


def how_long(scopes: Sequence[str], minutes: int) -> str:
    """Return for how long the app may come back, in a sentence."""
    if "offline_access" in scopes:
        words = ngettext(
            "For %(days)s day, also while you are not signed in.",
            "For %(days)s days, also while you are not signed in.",
            OFFLINE.days,
        )
        return words % {"days": OFFLINE.days}
    if "online_access" in scopes:
        hours = int(ONLINE.total_seconds()) // 3600
        words = _("Until you sign out of Handrail, at most %(hours)s hours.")
        return words % {"hours": hours}
    return _("For %(minutes)s minutes.") % {"minutes": minutes}


def name_of(patient: Mapping[str, Any]) -> str:
    """Return the name of a Patient resource; its id if it has none."""
    for name in patient.get("name") or []:
        parts = [*(name.get("given") or []), name.get("family") or ""]
        said = name.get("text") or " ".join(part for part in parts if part)
        if said:
            return str(said)
    return str(patient.get("id", ""))
