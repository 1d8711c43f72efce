"""From a form to what was meant; what cannot be understood is named by its field."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Final

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.moments import whole_day
from handrail.look.typed import printable

NAME: Final = 120
"""Characters of who said something."""
LONGEST: Final = 2000
"""Characters of a note."""
SHORT: Final = 200
"""Characters of a name, an address, a reason."""
_IDENTITY: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_REFERENCE: Final = re.compile(r"[A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64}")


class MistypedError(BusinessRuleError):
    """A field cannot be understood; ``field`` is its id."""

    def __init__(self, field: str, message: str) -> None:
        """Keep which field it is."""
        super().__init__(message)
        self.field = field


def text(form: QueryDict, name: str, longest: int = SHORT) -> str:
    """Return what was typed, without what does not print.

    Raises:
        MistypedError: it is too long to be kept.
    """
    typed = printable(form.get(name, "")).strip()
    if len(typed) > longest:
        raise MistypedError(name, _("At most %(n)s characters fit.") % {"n": longest})
    return typed


def needed(form: QueryDict, name: str, message: str, longest: int = SHORT) -> str:
    """Return what was typed.

    Raises:
        MistypedError: nothing was; ``message`` says what is missing.
    """
    typed = text(form, name, longest)
    if not typed:
        raise MistypedError(name, message)
    return typed


def day(form: QueryDict, name: str) -> str:
    """Return the day in a field (ISO 8601); empty if none was chosen.

    Raises:
        MistypedError: it is no day that somebody can mean.
    """
    typed = form.get(name, "").strip()
    if not typed:
        return ""
    found = whole_day(typed)
    if found is None:
        raise MistypedError(name, _("Choose a day, such as 2027-02-20."))
    return found.isoformat()


def moment(form: QueryDict, on: str, at: str) -> str:
    """Return the instant of a day and a time where we are; the day alone without a time.

    Raises:
        MistypedError: one of them cannot be understood.
    """
    chosen = day(form, on)
    typed = form.get(at, "").strip()
    if not typed:
        return chosen
    try:
        clock = time.fromisoformat(typed).replace(tzinfo=None, microsecond=0)
    except ValueError as error:
        raise MistypedError(at, _("Give a time, such as 14:30.")) from error
    if not chosen:
        raise MistypedError(on, _("Choose the day as well."))
    there = datetime.combine(date.fromisoformat(chosen), clock, timezone.get_current_timezone())
    return there.isoformat()


def identity(typed: str) -> str:
    """Return the id that was sent; empty if it is none."""
    return typed if _IDENTITY.fullmatch(typed) else ""


def reference(typed: str) -> str:
    """Return the reference that was sent ("Type/id"); empty if it is none."""
    return typed if _REFERENCE.fullmatch(typed) else ""


def references(typed: str) -> tuple[str, ...]:
    """Return the references in a text with commas between them."""
    found = (reference(one.strip()) for one in typed.split(",")[:50])
    return tuple(dict.fromkeys(one for one in found if one))


def is_live(request: HttpRequest) -> bool:
    """Tell whether the form stands in a panel beside a list, and htmx sent it."""
    return bool(request.headers.get("HX-Request")) and request.POST.get("live") == "1"
