"""The organization's own affairs: teams, closures, hours, and who covers for whom."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access import audit, directory
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.models import Closure, Cover, Membership, Organization, Team
from handrail.access.principal import Principal, Role
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, NotFoundError
from handrail.fhir.resource import Resource


def name_team(by: Principal, name: str, identity: str = "") -> Team:
    """Make a team, or give an existing one another name.

    Raises:
        ForbiddenError: ``by`` does not manage teams.
        BusinessRuleError: the name is empty.
    """
    require(by, "manage_teams")
    if not name.strip():
        raise BusinessRuleError(_("A team needs a name."))
    with acting(by, durable=True):
        team, _made = Team.objects.update_or_create(
            org=by.org, id=identity or secrets.token_hex(16), defaults={"name": name.strip()}
        )
        directory.write(by, care_team_of(team))
        _note(by, "team", team.reference)
    return team


def care_team_of(team: Team) -> Resource:
    """Return the CareTeam resource of a pool: it has no subject."""
    return {
        "resourceType": "CareTeam",
        "id": team.id,
        "status": "active",
        "name": team.name,
    }


def close_on(by: Principal, day: date, name: str) -> Closure:
    """Say that the organization does not work on ``day``; deadlines in business days respect it.

    Raises:
        ForbiddenError: ``by`` does not manage closures.
    """
    require(by, "manage_closures")
    with acting(by, durable=True):
        closure, _made = Closure.objects.update_or_create(
            org=by.org, day=day, defaults={"name": name.strip() or _("Closed")}
        )
        _note(by, "closure", detail=day.isoformat())
    return closure


def open_on(by: Principal, day: date) -> None:
    """Take back a closure.

    Raises:
        ForbiddenError: ``by`` does not manage closures.
    """
    require(by, "manage_closures")
    with acting(by, durable=True):
        Closure.objects.filter(org=by.org, day=day).delete()
        _note(by, "closure taken back", detail=day.isoformat())


def cover_for(
    by: Principal, *, covering: str, covered: str, starts_at: datetime, ends_at: datetime
) -> Cover:
    """Have one person work for another until ``ends_at``; then it ends by itself.

    Somebody may hand their own work to a colleague; only a supervisor or an administrator may give
    anybody the work (and the patients) of somebody else.

    Raises:
        ForbiddenError: it is not one's own work, and ``by`` is neither.
        BusinessRuleError: the two are the same, not members, or the dates do not fit.
    """
    require(by, "cover")
    if covered != by.person and not by.has(Role.SUPERVISOR, Role.ADMINISTRATOR):
        raise ForbiddenError(
            _("You can hand over your own work. A supervisor can arrange cover for others.")
        )
    if covering == covered:
        raise BusinessRuleError(_("Choose two different people."))
    if ends_at <= max(starts_at, timezone.now()):
        raise BusinessRuleError(_("The cover has to end after it begins, and not in the past."))
    with acting(by, durable=True):
        ids = [person.partition("/")[2] for person in (covering, covered)]
        here = Membership.objects.filter(org=by.org, practitioner__in=ids, active=True).count()
        if here != len(ids):
            raise BusinessRuleError(_("Both have to be active members here."))
        cover = Cover.objects.create(
            org=by.org,
            id=secrets.token_hex(16),
            covering=covering,
            covered=covered,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        _note(by, "cover", covering, detail=f"for {covered} until {ends_at.isoformat()}")
    return cover


def end_cover(by: Principal, identity: str) -> None:
    """End a cover now.

    Raises:
        ForbiddenError: it is somebody else's, and ``by`` is neither supervisor nor administrator.
        NotFoundError: there is none of this id.
    """
    require(by, "cover")
    with acting(by, durable=True):
        cover = Cover.objects.filter(org=by.org, id=identity).first()
        if cover is None:
            raise NotFoundError(_("There is no such cover."))
        mine = by.person in {cover.covering, cover.covered}
        if not mine and not by.has(Role.SUPERVISOR, Role.ADMINISTRATOR):
            raise ForbiddenError(_("This cover is somebody else's. A supervisor can end it."))
        cover.ends_at = timezone.now()
        cover.save(force_update=True)
        _note(by, "cover ended", cover.covering, detail=f"for {cover.covered}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When and how the organization works; days, hours and minutes are whole numbers.

    ``phone`` is the number that people outside call.
    """

    time_zone: str
    opens_at: time
    closes_at: time
    contact_cadence_days: int
    break_glass_hours: int
    idle_minutes: int
    phone: str = ""


_LONGEST_PHONE = 40  # characters
_RANGES = {"contact_cadence_days": (1, 365), "break_glass_hours": (1, 24), "idle_minutes": (2, 60)}


def set_hours(by: Principal, hours: Hours) -> Organization:
    """Change when and how the organization works.

    Raises:
        ForbiddenError: ``by`` does not manage the settings.
        BusinessRuleError: a value is out of range, or the time zone is not known.
    """
    require(by, "manage_settings")
    if hours.time_zone not in available_timezones():
        raise BusinessRuleError(_("This time zone is not known. Write it like America/New_York."))
    if hours.opens_at >= hours.closes_at:
        raise BusinessRuleError(_("The day has to end after it begins."))
    chosen = {name: getattr(hours, name) for name in _RANGES}
    for name, (least, most) in _RANGES.items():
        if not least <= chosen[name] <= most:
            message = _("%(name)s has to be between %(least)s and %(most)s.")
            words = {"name": name.replace("_", " "), "least": least, "most": most}
            raise BusinessRuleError(message % words)
    phone = hours.phone.strip()
    if len(phone) > _LONGEST_PHONE or not phone.isprintable():
        raise BusinessRuleError(_("Write the phone number as people dial it."))
    chosen["phone"] = phone
    with acting(by, durable=True):
        organization = Organization.objects.get(id=by.org)
        organization.time_zone = str(ZoneInfo(hours.time_zone))
        organization.opens_at, organization.closes_at = hours.opens_at, hours.closes_at
        organization.settings = {**organization.settings, **chosen}
        organization.save()
        _note(by, "settings")
    return organization


def _note(by: Principal, what: str, reference: str = "", detail: str = "") -> None:
    event = audit.Event(
        action="U", what=what, reference=reference, purpose="HOPERAT", detail=detail
    )
    audit.note(by, event)
