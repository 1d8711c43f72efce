"""Accounts of people: made, listed, given a new password, ended. For the command line and screens.

The Practitioner resource of a member belongs to the record, which this package may not import: it
is handed to :mod:`handrail.access.directory`, where the record has left its way to write it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from handrail.access import audit, directory, office
from handrail.access.database import acting, authenticating, current
from handrail.access.decide import require
from handrail.access.models import Membership, Organization
from handrail.access.principal import NOT_MEMBERS, Principal, Role
from handrail.fhir.errors import BusinessRuleError, Fault, NotFoundError
from handrail.fhir.resource import Resource

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Somebody who is to work here. An empty password: one is made up and shown once."""

    username: str
    name: str
    roles: frozenset[Role]
    teams: tuple[str, ...] = ()
    password: str = field(default="", repr=False)
    practitioner: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """What came of it; ``password`` is not kept anywhere else."""

    membership: Membership
    password: str = field(repr=False)
    is_new_account: bool = True


def add_organization(org: int, name: str, slug: str, **chosen: object) -> Organization:
    """Make an organization, inside ``acting(system(org, …))``; ``chosen`` are its fields.

    It begins with an intake pool: the team that gets work nobody owns yet (P1).
    """
    made = Organization.objects.create(id=org, name=name, slug=slug, **chosen)
    if not made.intake_pool:
        made.intake_pool = office.name_team(current(), _("Intake"), "intake").reference
        made.save(update_fields=["intake_pool"])
    return made


def add(by: Principal, new: NewMember) -> Added:
    """Make a member, and the account if there is none of that name yet.

    An account that exists already keeps its password, and gains a place in this organization.

    Raises:
        ForbiddenError: ``by`` does not manage accounts.
        BusinessRuleError: no role, a weak password, or the account is a member already.
    """
    require(by, "manage_users")
    if not new.roles or new.roles & NOT_MEMBERS:
        raise BusinessRuleError(_("A member needs at least one role that people can have."))
    with acting(by, durable=True):
        account = User.objects.filter(username=new.username).first()
        password = "" if account else new.password or made_up_password()
        if account is None:
            check_password(password, new.username)
            account = User.objects.create_user(new.username, password=password)
        elif Membership.objects.filter(org=by.org, account=account).exists():
            raise BusinessRuleError(
                _("This account is a member already. Change its roles instead.")
            )
        membership = Membership.objects.create(
            org=by.org,
            practitioner=new.practitioner or secrets.token_hex(16),
            account=account,
            name=new.name,
            roles=sorted(new.roles),
            teams=list(new.teams),
        )
        _note(by, membership, "member added")
        directory.write(by, practitioner_of(membership))
    return Added(membership, password, bool(password))


def practitioner_of(membership: Membership) -> Resource:
    """Return the Practitioner resource for a member."""
    given, _space, family = membership.name.rpartition(" ")
    name = {"text": membership.name, "family": family}
    return {
        "resourceType": "Practitioner",
        "id": membership.practitioner,
        "active": membership.active,
        "name": [{**name, "given": given.split()} if given else name],
    }


def members(by: Principal) -> list[Membership]:
    """Return the members of the organization, active ones first, by name."""
    with acting(by):
        found = Membership.objects.filter(org=by.org).select_related("account")
        return list(found.order_by("-active", "name"))


def member(by: Principal, username: str) -> Membership:
    """Return one member by the name they sign in with.

    Raises:
        NotFoundError: there is no such member here.
    """
    with acting(by):
        found = (
            Membership.objects.select_related("account")
            .filter(org=by.org, account__username=username)
            .first()
        )
    if found is None:
        raise NotFoundError(_("There is no member with this name here."))
    return found


def change(
    by: Principal, username: str, *, name: str, roles: Iterable[Role], teams: Iterable[str]
) -> Membership:
    """Change a member's name, roles and teams; it holds from their next request.

    Raises:
        ForbiddenError: ``by`` does not manage accounts.
        BusinessRuleError: nobody would be left to manage accounts, or a role is missing.
    """
    require(by, "manage_users")
    wanted = frozenset(roles)
    if not wanted or wanted & NOT_MEMBERS:
        raise BusinessRuleError(_("A member needs at least one role that people can have."))
    with acting(by, durable=True):
        membership = member(by, username)
        membership.name, membership.roles = name, sorted(wanted)
        membership.teams = sorted(set(teams))
        membership.save(force_update=True)
        _keep_an_administrator(by)
        _note(by, membership, "member changed")
        directory.write(by, practitioner_of(membership))
    return membership


def deactivate(by: Principal, username: str) -> Membership:
    """End a member's access here; it holds from their next request. What they did stays.

    Raises:
        ForbiddenError: ``by`` does not manage accounts.
        BusinessRuleError: they are the last administrator.
    """
    return _set_active(by, username, active=False)


def reactivate(by: Principal, username: str) -> Membership:
    """Let a former member in again."""
    return _set_active(by, username, active=True)


def _set_active(by: Principal, username: str, *, active: bool) -> Membership:
    require(by, "manage_users")
    with acting(by, durable=True):
        membership = member(by, username)
        membership.active = active
        membership.save(force_update=True)
        _keep_an_administrator(by)
        _note(by, membership, "member active" if active else "member deactivated")
        directory.write(by, practitioner_of(membership))
    return membership


def _keep_an_administrator(by: Principal) -> None:
    left = Membership.objects.filter(
        org=by.org, active=True, roles__contains=[Role.ADMINISTRATOR.value]
    )
    if by.account is not None and not left.exists():
        raise BusinessRuleError(_("Somebody has to be administrator. Make another one first."))


def set_password(by: Principal, username: str, password: str = "") -> str:
    """Give a member a new password (made up if none is given) and end their sessions.

    Raises:
        ForbiddenError: ``by`` does not manage accounts.
        BusinessRuleError: the password is weak, or the account belongs to other organizations too.
    """
    require(by, "manage_users")
    with acting(by, durable=True):
        membership = member(by, username)
        if by.account is not None:
            _refuse_shared(membership)
        password = password or made_up_password()
        check_password(password, username)
        account = membership.account
        account.set_password(password)
        account.save(update_fields=["password"])
        _note(by, membership, "password given")
    return password


def _refuse_shared(membership: Membership) -> None:
    """One organization's administrator may not take over an account that another relies on."""
    with authenticating(account=membership.account_id):
        places = Membership.objects.filter(account_id=membership.account_id, active=True).count()
    if places > 1:
        message = _(
            "This account works for several organizations. Its owner changes the password under"
            " Settings, or the operator does with: handrail user password"
        )
        raise BusinessRuleError(message)


def check_password(password: str, username: str) -> None:
    """Refuse a weak password, saying why.

    Raises:
        BusinessRuleError: it is weak; each fault is a sentence.
    """
    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        faults = [Fault("password", text) for text in error.messages]
        raise BusinessRuleError(" ".join(error.messages), faults) from error


def made_up_password() -> str:
    """Return a password that can be read out: five groups of four, about 98 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _letter in range(4)) for _group in range(5))
    return "-".join(groups)


def end_old_sessions() -> int:
    """Delete sessions that ended; the clock calls it once a day."""
    from django.utils import timezone

    deleted, _kinds = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return deleted


def _note(by: Principal, membership: Membership, what: str) -> None:
    event = audit.Event(action="U", what=what, reference=membership.person, purpose="HOPERAT")
    audit.note(by, event)
