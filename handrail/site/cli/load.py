"""``handrail load``: reads FHIR bundles, resources and NDJSON into the record."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.site import opening


def main(arguments: Sequence[str]) -> int:
    """Load; the adapter knows the options."""
    asks = {"-h", "--help"} & set(arguments)
    if asks:
        opening.set_up()
        return _load(arguments)
    with opening.opened():
        return _load(arguments)


def _load(arguments: Sequence[str]) -> int:
    from handrail.edge.bulk_data import load

    return load.main(list(arguments))
