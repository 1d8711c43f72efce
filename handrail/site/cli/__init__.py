"""The command line: ``handrail COMMAND``. Each command is a module, imported when used."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType

COMMANDS = MappingProxyType(
    {
        "demo": "try Handrail with an invented caseload",
        "serve": "serve people, systems and hospital messages",
        "migrate": "bring the database up to date",
        "load": "read FHIR bundles, resources and NDJSON into the record",
        "export": "write the record, or a part of it, into files",
        "directory": "read directories of providers, and pull them from payers",
        "hsds": "read directories of services, and write them",
        "enroll": "propose or enroll the patients who fit a program",
        "user": "add people and change what they may do",
        "key": "give keys to other systems, list them, take them back",
        "app": "let SMART apps in, list them, end them",
        "connect": "pull panels from EHRs, and be opened from them",
        "jobs": "list the work that waits or failed, and try it again",
        "rebuild": "make the tables of the screens again from the record",
        "verify": "prove that the record is whole",
        "doctor": "look at this installation and say what is wrong",
        "backup": "write the whole database to a file",
        "restore": "read the whole database back from a file",
    }
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0 done, 1 refused or failed, 2 wrong usage."""
    given = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handrail.site.settings")
    if not given or given[0] in {"-h", "--help", "help"}:
        print(usage())  # noqa: T201 - the command line speaks
        return 0 if given else 2
    if given[0] not in COMMANDS:
        print(f"handrail: there is no command '{given[0]}'.\n\n{usage()}", file=sys.stderr)  # noqa: T201 - the command line speaks
        return 2
    return _run(given[0], given[1:])


def usage() -> str:
    """Return what ``handrail --help`` says."""
    lines = [f"  {name:<9} {text}" for name, text in COMMANDS.items()]
    return "\n".join(["handrail COMMAND [--help]", "", *lines])


def parser(command: str) -> argparse.ArgumentParser:
    """Return the argument parser for a command, with its sentence."""
    return argparse.ArgumentParser(prog=f"handrail {command}", description=f"{COMMANDS[command]}.")


def add_organization(options: argparse.ArgumentParser) -> None:
    """Add ``--organization``, by which a command is told whose record it is about."""
    options.add_argument(
        "--organization",
        "-o",
        default="",
        metavar="NAME",
        help="the organization's short name or number; not needed where there is one",
    )


def _run(name: str, arguments: Sequence[str]) -> int:
    from handrail.fhir.errors import HandrailError

    try:
        return int(import_module(f"handrail.site.cli.{name}").main(list(arguments)))
    except HandrailError as error:
        print(f"handrail {name}: {error.message}", file=sys.stderr)  # noqa: T201 - the command line speaks
    except KeyboardInterrupt:
        print(f"handrail {name}: interrupted.", file=sys.stderr)  # noqa: T201 - the command line speaks
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 1
