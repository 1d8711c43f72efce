"""``handrail key``: keys by which other systems read and write, with scopes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from handrail.site import opening
from handrail.site.cli import add_organization, parser


def main(arguments: Sequence[str]) -> int:
    """Add, list or revoke keys."""
    chosen = _options().parse_args(arguments)
    with opening.opened():
        from handrail.access import keys
        from handrail.site import organization

        by = organization.operator(organization.chosen(chosen.organization))
        if chosen.verb == "add":
            made = keys.add(
                by, chosen.name, chosen.scope, expires_days=chosen.days, patients=chosen.patient
            )
            until = f"{made.key.expires_at:%Y-%m-%d}"
            said = f"Key {made.key.id}, until {until}. Secret, shown this once: {made.secret}"
        elif chosen.verb == "revoke":
            said = f"Key {keys.revoke(by, chosen.key).id} is revoked."
        else:
            said = "\n".join(
                f"{key.id}  {key.name:<24} {' '.join(key.scopes)}  until {key.expires_at:%Y-%m-%d}"
                f"{' (revoked)' if key.revoked_at else ''}"
                for key in keys.listed(by)
            )
    print(said or "There are no keys.")  # noqa: T201 - the command line speaks
    return 0


def _options() -> argparse.ArgumentParser:
    options = parser("key")
    verbs = options.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="make a key; its secret is shown once")
    add.add_argument("name", help="what it is for, as people will read it in the trail")
    add.add_argument(
        "--scope", action="append", required=True, help="SMART v2, such as system/Patient.rs"
    )
    add.add_argument("--days", type=int, default=365, help="after how many days it ends")
    add.add_argument("--patient", action="append", default=[], help="for patient/ scopes: the ids")
    revoke = verbs.add_parser("revoke", help="end a key")
    revoke.add_argument("key", help="its id or its name")
    for sub in (add, revoke, verbs.add_parser("list", help="list the keys")):
        add_organization(sub)
    return options
