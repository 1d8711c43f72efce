"""``handrail demo``: serves an invented caseload, which is made on the first run and then kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from handrail.site import environment, opening
from handrail.site.cli import parser
from handrail.site.cli.serve import add_ports, for_organization, greeting, ports_of
from handrail.site.progress import Progress
from handrail.site.serving import Ports, serve


def main(arguments: Sequence[str]) -> int:
    """Make the demo caseload if the database is empty, serve it, and say how to sign in."""
    options = parser("demo")
    add_ports(options)
    chosen = options.parse_args(arguments)
    ports = ports_of(chosen)
    ports.check()
    with opening.opened() as cluster:
        sign_ins = _made_or_kept(environment.data_folder() / "demo-sign-ins.json")
        ports = for_organization(ports, chosen.organization)
        serve(ports, cluster, lambda: print(welcome(ports, sign_ins), flush=True))  # noqa: T201 - the command line speaks
    opening.say("Handrail has stopped. The demo is kept; the same command continues it.")
    return 0


def _made_or_kept(noted: Path) -> list[Sequence[str]]:
    """Return the sign-ins of the demo; make it, whole or not at all, if the database is empty."""
    from django.db import transaction

    from handrail.access.models import Organization

    if Organization.objects.exists():
        if noted.exists():
            return list(json.loads(noted.read_text(encoding="utf-8")))
        opening.say("The database is in use already, so no demo caseload was added to it.")
        return []
    from handrail.site.demo import create

    with Progress("Creating the demo caseload", unit="changes") as progress, transaction.atomic():
        sign_ins = [list(map(str, sign_in)) for sign_in in create(progress)]
    noted.touch(mode=0o600)
    noted.write_text(json.dumps(sign_ins), encoding="utf-8")
    return list(sign_ins)


def welcome(ports: Ports, sign_ins: Iterable[Sequence[str]]) -> str:
    """Return the address and the sign-ins (user name, password, who that is)."""
    rows = ["  ".join(part.ljust(16) for part in sign_in).rstrip() for sign_in in sign_ins]
    heading = ["", "Sign in as:", *(f"  {row}" for row in rows)] if rows else []
    return "\n".join(["", greeting(ports), *heading, ""])
