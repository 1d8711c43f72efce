"""``handrail user``: organizations and the people who work in them."""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from handrail.fhir.errors import BusinessRuleError
from handrail.site import opening
from handrail.site.cli import add_organization, parser

if TYPE_CHECKING:
    from handrail.access.principal import Principal

Do = Callable[["Principal", argparse.Namespace], str]


def main(arguments: Sequence[str]) -> int:
    """Add, list, change or end people; or make an organization."""
    chosen = _options().parse_args(arguments)
    with opening.opened():
        if chosen.verb == "organization":
            print(_organization(chosen))  # noqa: T201 - the command line speaks
            return 0
        from handrail.site import organization

        by = organization.operator(organization.chosen(chosen.organization))
        verbs: dict[str, Do] = {
            "add": _add,
            "list": _list,
            "password": _password,
            "end": _end,
            "return": _return,
        }
        print(verbs[chosen.verb](by, chosen))  # noqa: T201 - the command line speaks
    return 0


def _options() -> argparse.ArgumentParser:
    options = parser("user")
    verbs = options.add_subparsers(dest="verb", required=True, metavar="VERB")
    made = verbs.add_parser("organization", help="make an organization")
    made.add_argument("name")
    made.add_argument("--short-name", default="", help="for commands; made from the name if absent")
    made.add_argument("--time-zone", default="America/New_York")
    every = {
        "add": "add somebody, or give an account a place in another organization",
        "list": "list who works here",
        "password": "give somebody a new password",
        "end": "end somebody's access; what they did stays",
        "return": "let somebody in again",
    }
    for verb, text in every.items():
        sub = verbs.add_parser(verb, help=text)
        add_organization(sub)
        if verb != "list":
            sub.add_argument("username")
        if verb == "add":
            sub.add_argument("--name", required=True, help="as colleagues and the record know them")
            sub.add_argument("--role", action="append", required=True, help="such as coordinator")
            sub.add_argument("--team", action="append", default=[], help="CareTeam/…")
    return options


def _organization(chosen: argparse.Namespace) -> str:
    from handrail.access import accounts
    from handrail.access.database import acting
    from handrail.access.models import Organization
    from handrail.access.principal import system
    from handrail.site.definitions import install

    last = Organization.objects.order_by("-id").values_list("id", flat=True).first() or 0
    slug = chosen.short_name or _slug(chosen.name)
    if Organization.objects.filter(slug=slug).exists():
        raise BusinessRuleError(f"There is an organization '{slug}'. Give another --short-name.")
    with acting(system(last + 1, "command-line", "Command line")):
        accounts.add_organization(last + 1, chosen.name, slug, time_zone=chosen.time_zone)
    install(last + 1)
    return f"Organization {last + 1}: {chosen.name} ({slug})."


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "organization"


def _add(by: Principal, chosen: argparse.Namespace) -> str:
    from handrail.access import accounts
    from handrail.access.principal import NOT_MEMBERS, Role

    known = {role.value for role in Role} - {role.value for role in NOT_MEMBERS}
    strange = set(chosen.role) - known
    if strange:
        raise BusinessRuleError(
            f"There is no role {', '.join(sorted(strange))}. There are: {', '.join(sorted(known))}."
        )
    new = accounts.NewMember(
        username=chosen.username,
        name=chosen.name,
        roles=frozenset(Role(role) for role in chosen.role),
        teams=tuple(chosen.team),
    )
    added = accounts.add(by, new)
    if not added.is_new_account:
        return f"{chosen.username} has a place here now, and keeps the password."
    return f"{chosen.username} was added. Password, shown this once: {added.password}"


def _list(by: Principal, chosen: argparse.Namespace) -> str:  # noqa: ARG001 - the shape of a verb
    from handrail.access import accounts

    rows = [
        f"{member.account.username:<20} {member.name:<28} {', '.join(member.roles)}"
        f"{'' if member.active else ' (ended)'}"
        for member in accounts.members(by)
    ]
    return "\n".join(rows) or "Nobody works here yet."


def _password(by: Principal, chosen: argparse.Namespace) -> str:
    from handrail.access import accounts

    password = accounts.set_password(by, chosen.username)
    return f"The password of {chosen.username}, shown this once: {password}"


def _end(by: Principal, chosen: argparse.Namespace) -> str:
    from handrail.access import accounts

    accounts.deactivate(by, chosen.username)
    return f"{chosen.username} has no access any more."


def _return(by: Principal, chosen: argparse.Namespace) -> str:
    from handrail.access import accounts

    accounts.reactivate(by, chosen.username)
    return f"{chosen.username} has access again."
