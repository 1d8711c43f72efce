"""``handrail app``: SMART apps and systems that Handrail lets in."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handrail.fhir.errors import BusinessRuleError
from handrail.site import opening
from handrail.site.cli import add_organization, parser

if TYPE_CHECKING:
    from handrail.access.models import App


def main(arguments: Sequence[str]) -> int:
    """Add, list or revoke apps."""
    chosen = _options().parse_args(arguments)
    with opening.opened():
        from handrail.access import applications
        from handrail.site import organization

        by = organization.operator(organization.chosen(chosen.organization))
        if chosen.verb == "add":
            made = applications.register(by, _new(chosen))
            said = f"App {made.app.id} is registered: that is its client id."
            if made.secret:
                said += f" Secret, shown this once: {made.secret}"
        elif chosen.verb == "revoke":
            said = f"App {applications.revoke(by, chosen.app).id} is ended, and all it was granted."
        else:
            said = "\n".join(map(_line, applications.listed(by)))
    print(said or "There are no apps.")  # noqa: T201 - the command line speaks
    return 0


def _line(app: App) -> str:
    ended = " (ended)" if app.revoked_at else ""
    return f"{app.id}  {app.name:<24} {app.kind:<7} {' '.join(app.scopes)}{ended}"


def _new(chosen: argparse.Namespace) -> Any:
    from handrail.access.applications import NewApp

    return NewApp(
        name=chosen.name,
        kind=chosen.kind,
        scopes=tuple(chosen.scope),
        redirect_uris=tuple(chosen.redirect),
        launch_url=chosen.launch,
        jwks=_key_set(chosen.jwks),
        jwks_url=chosen.jwks_url,
        minutes=chosen.minutes,
    )


def _key_set(path: str) -> dict[str, Any] | None:
    if not path:
        return None
    try:
        found: dict[str, Any] = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BusinessRuleError(f"{path} cannot be read as a JWKS: {error}") from error
    return found


def _options() -> argparse.ArgumentParser:
    options = parser("app")
    verbs = options.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="register an app; a secret is shown once")
    add.add_argument("name", help="its name, as people will read it")
    add.add_argument(
        "--kind",
        choices=("public", "secret", "key"),
        default="public",
        help="how it proves itself: not at all (public), by a shared secret, by a private key",
    )
    add.add_argument(
        "--scope", action="append", required=True, help="what it may be given: patient/*.rs, …"
    )
    add.add_argument("--redirect", action="append", default=[], help="where codes may go, exactly")
    add.add_argument("--launch", default="", help="its address, if people open it from a patient")
    add.add_argument("--jwks-url", default="", help="where its public keys are")
    add.add_argument("--jwks", default="", help="or a file that holds them")
    add.add_argument("--minutes", type=int, default=30, help="how long an access token lives")
    revoke = verbs.add_parser("revoke", help="end an app and everything it was granted")
    revoke.add_argument("app", help="its client id or its name")
    for sub in (add, revoke, verbs.add_parser("list", help="list the apps")):
        add_organization(sub)
    return options
