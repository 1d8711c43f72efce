"""``handrail serve``: serves people, systems and hospital messages."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace

from handrail.site import environment, opening
from handrail.site.cli import add_organization, parser
from handrail.site.serving import Ports, serve


def add_ports(options: argparse.ArgumentParser) -> None:
    """Add the options that say where to listen."""
    options.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    options.add_argument(
        "--port", type=_port, default=environment.port(), help="the port of pages and FHIR"
    )
    options.add_argument(
        "--mllp-port", type=_port, default=None, help="listen for HL7 v2 messages on this port"
    )
    options.add_argument(
        "--mllp-host", default="127.0.0.1", help="the address to listen for HL7 v2 messages on"
    )
    add_organization(options)


def _port(text: str) -> int:
    """Return the number of a port, for argparse."""
    if not text.isdecimal() or not 0 < int(text[:6]) < 65536:  # noqa: PLR2004 - ports have 16 bits
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no port. Write one from 1 to 65535.")
    return int(text[:6])


def ports_of(chosen: argparse.Namespace) -> Ports:
    """Return where to listen."""
    os.environ["PORT"] = str(chosen.port)  # --port goes before it, also in addresses we send
    return Ports(chosen.host, chosen.port, chosen.mllp_port, chosen.mllp_host)


def for_organization(ports: Ports, name: str) -> Ports:
    """Return the ports with the organization that gets the hospitals' messages, if any come."""
    from handrail.site import organization

    if ports.mllp is None:
        return ports
    return replace(ports, org=organization.chosen(name).id)


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop."""
    options = parser("serve")
    add_ports(options)
    chosen = options.parse_args(arguments)
    ports = ports_of(chosen)
    ports.check()
    with opening.opened() as cluster:
        ports = for_organization(ports, chosen.organization)
        serve(ports, cluster, lambda: opening.say(greeting(ports)))
    opening.say("Handrail has stopped.")
    return 0


def greeting(ports: Ports) -> str:
    """Return what is said when people may come."""
    messages = f", HL7 v2 messages on port {ports.mllp}" if ports.mllp is not None else ""
    return f"Handrail is ready: {ports.address}{messages}. Ctrl-C stops it."
