"""What the forms of the settings send, read strictly; a fault is a sentence."""

from __future__ import annotations

from datetime import date, datetime, time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from handrail.access.principal import Role
from handrail.fhir.errors import BusinessRuleError

_DIGITS = 15
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
ROLE_NAMES = {
    Role.COORDINATOR: gettext_lazy("Coordinator"),
    Role.SUPERVISOR: gettext_lazy("Supervisor"),
    Role.CLINICIAN: gettext_lazy("Clinician"),
    Role.FRONT_DESK: gettext_lazy("Front desk"),
    Role.ADMINISTRATOR: gettext_lazy("Administrator"),
    Role.AUDITOR: gettext_lazy("Auditor"),
}


def text(request: HttpRequest, name: str) -> str:
    """Return a field without the space around it."""
    return request.POST.get(name, "").strip()


def day(value: str) -> date:
    """Return the date in ``value`` (YYYY-MM-DD).

    Raises:
        BusinessRuleError: it is none.
    """
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise BusinessRuleError(_("Write the date as year-month-day, like 2026-03-31.")) from error
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise BusinessRuleError(_("Check the year of this date."))
    return found


def clock(value: str) -> time:
    """Return the time in ``value`` (HH:MM).

    Raises:
        BusinessRuleError: it is none.
    """
    try:
        return time.fromisoformat(value)
    except ValueError as error:
        raise BusinessRuleError(_("Write the time as hours:minutes, like 08:30.")) from error


def end_of(value: date) -> datetime:
    """Return the last moment of a day, in the organization's time zone."""
    return timezone.make_aware(datetime.combine(value, time.max))


def number(value: str) -> int:
    """Return the whole number in ``value``.

    Raises:
        BusinessRuleError: it is none, or absurd.
    """
    if not value.isascii() or not value.isdigit() or len(value) > _DIGITS:
        raise BusinessRuleError(_("Write a whole number."))
    return int(value)


def roles(request: HttpRequest) -> frozenset[Role]:
    """Return the roles that are ticked.

    Raises:
        BusinessRuleError: one is not known.
    """
    try:
        return frozenset(Role(value) for value in request.POST.getlist("roles"))
    except ValueError as error:
        raise BusinessRuleError(_("Choose roles from the list.")) from error


def go(where: str) -> HttpResponse:
    """Return the way on after a change."""
    return HttpResponseRedirect(where, status=303)
