"""``handrail connect``: connections to EHRs, from which panels are pulled by Bulk Data."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from handrail.site import opening
from handrail.site.cli import add_organization, parser

if TYPE_CHECKING:
    from handrail.access.principal import Principal
    from handrail.edge.connect.models import Connection

_LOOK = 0.5  # seconds between two looks at a pull


def main(arguments: Sequence[str]) -> int:
    """Add, list, test, pull or remove connections; 1 if a pull failed."""
    chosen = _options().parse_args(arguments)
    with opening.opened():
        from handrail.edge.connect import connections
        from handrail.site import organization

        by = organization.operator(organization.chosen(chosen.organization))
        said, status = "", 0
        if chosen.verb == "add":
            said = _added(by, chosen)
        elif chosen.verb == "list":
            said = "\n".join(_line(one) for one in connections.listed(by))
        elif chosen.verb == "test":
            said = connections.test(by, chosen.name)
        elif chosen.verb == "remove":
            connections.remove(by, chosen.name)
            said = f"{chosen.name} is removed, with its key. What was pulled stays."
        else:
            said, status = _pulled(by, chosen.name, wait=not chosen.no_wait)
    print(said or "There are no connections.")  # noqa: T201 - the command line speaks
    return status


def _options() -> argparse.ArgumentParser:
    options = parser("connect")
    verbs = options.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="make a connection and its keys, or change one")
    add.add_argument("name", help="a short name, such as mercy")
    add.add_argument("--base", help="the base address of the EHR's FHIR API")
    add.add_argument("--client-id", help="our id there, for pulls (Backend Services)")
    add.add_argument("--launch-client-id", help="our id there when it opens Handrail, if another")
    add.add_argument("--group", help="the id of the Group whose members are pulled")
    add.add_argument("--scope", help="what to ask for, if not system/*.rs")
    add.add_argument("--types", help="the resource types to pull, with commas; all if absent")
    add.add_argument("--referrals", action=argparse.BooleanOptionalAction, help="send and get them")
    add.add_argument("--every", type=int, metavar="HOURS", help="pull by itself; 0 for not")
    pull = verbs.add_parser("pull", help="pull what changed since the last time")
    pull.add_argument("--no-wait", action="store_true", help="leave it to the running server")
    test = verbs.add_parser("test", help="see whether the EHR knows us")
    remove = verbs.add_parser("remove", help="forget a connection and its key")
    for sub in (pull, test, remove):
        sub.add_argument("name")
    for sub in (add, pull, test, remove, verbs.add_parser("list", help="list the connections")):
        add_organization(sub)
    return options


def _added(by: Principal, chosen: argparse.Namespace) -> str:
    from handrail.edge.connect import connections, exchanging, pulling

    terms = connections.Terms(
        base=chosen.base,
        client_id=chosen.client_id,
        launch_client_id=chosen.launch_client_id,
        scope=chosen.scope,
        group=chosen.group,
        types=chosen.types,
        every_hours=chosen.every,
        referrals=chosen.referrals,
    )
    one = connections.add(by, chosen.name, terms)
    if chosen.every and one.client_id:
        pulling.begin(one)
    if chosen.referrals and one.client_id:
        exchanging.begin(one)
    here = f"/connect/{one.id}"
    return f"""Connection {one.name} to {one.base}. Give the EHR these public keys:
{json.dumps(one.jwks)}
or the address where they are, on this server: {here}/jwks.json
It opens Handrail at {here}/launch and answers to {here}/landed."""


def _line(one: Connection) -> str:
    when = f"pulled {one.pulled_at:%Y-%m-%d %H:%M} UTC" if one.pulled_at else "never pulled"
    now = f", now: {one.run['stage']}" if one.run else ""
    wrong = f", failed: {one.error}" if one.error else ""
    return f"{one.name:<20} {one.base}  {when}{now}{wrong}"


def _pulled(by: Principal, name: str, *, wait: bool) -> tuple[str, int]:
    """Begin a pull, and see it through."""
    from handrail import jobs
    from handrail.edge.connect import connections, pulling

    before = connections.named(by, name)
    pulling.begin(before)
    if not wait:
        return f"{name} is being pulled.", 0
    while True:
        jobs.run_due()
        one = connections.named(by, name)
        pulling.look_after(one)
        if one.error:
            return f"The pull failed. {one.error} It is tried again by itself.", 1
        if not one.run and one.pulled_at != before.pulled_at:
            return _told(one), 1 if one.last["refused"] else 0
        time.sleep(_LOOK)


def _told(one: Connection) -> str:
    last = one.last
    return (
        f"{one.name}: {last['read']} resources read, {last['unchanged']} of them known,"
        f" {last['refused']} refused, {last['deleted']} deleted. {last['faults']} files of errors"
        " at the EHR."
    )
