"""Conditions: which resource ``Type?query`` names, if it names one.

Source: http://hl7.org/fhir/R4/http.html#ccreate, #cond-update and #trules.
"""

from __future__ import annotations

from hashlib import sha256

from handrail.access.narrowing import is_narrow
from handrail.access.principal import Principal
from handrail.edge.fhir_api.errors import BadRequestError, NoMatchError, SeveralMatchesError
from handrail.edge.fhir_api.request import Pairs, pairs_of
from handrail.fhir.searching.parameters import types
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.statements import run

_SEVERAL = "The condition on {kind} fits several resources. Ask with an identifier that fits one."


def matched(kind: str, query: str, *, by: Principal) -> str:
    """Return the reference of the one resource that fits, or an empty string.

    Until the transaction ends nobody else can ask for the same condition: of two conditional
    creates at once, the second finds what the first made.

    Raises:
        SeveralMatchesError: several fit.
        BadRequestError: it asks for nothing.
    """
    pairs = pairs_of(query.partition("?")[2] if "?" in query else query)
    if not pairs:
        raise BadRequestError("A condition asks for something: identifier=system|value.")
    _hold(by.org, kind, query)
    simple = _by_identifier(pairs) and not is_narrow(by, kind, "search")
    found = _identified(kind, pairs, by) if simple else _searched(kind, pairs, by)
    if len(found) > 1:
        raise SeveralMatchesError(_SEVERAL.format(kind=kind))
    return found[0] if found else ""


def referred(query: str, *, by: Principal) -> str:
    """Return the literal reference that a conditional one (``Type?query``) stands for.

    Raises:
        NoMatchError: nothing fits.
        SeveralMatchesError: several fit.
    """
    kind = query.partition("?")[0]
    if kind not in types():
        raise NoMatchError(f"The conditional reference to {kind[:60]} names no resource type.")
    found = matched(kind, query, by=by)
    if not found:
        raise NoMatchError(
            f"The conditional reference {kind}?… fits no resource. Send that resource first."
        )
    return found


def _hold(org: int, kind: str, query: str) -> None:
    number = int.from_bytes(sha256(f"{org}|{kind}|{query}".encode()).digest()[:8], signed=True)
    run("SELECT pg_advisory_xact_lock(%s)", (number,))


def _by_identifier(pairs: Pairs) -> bool:
    return len(pairs) == 1 and pairs[0][0] == "identifier" and not set(pairs[0][1]) & {",", "\\"}


def _identified(kind: str, pairs: Pairs, by: Principal) -> list[str]:
    system, bar, value = pairs[0][1].rpartition("|")
    if (bar and not system) or not value:
        return _searched(kind, pairs, by)
    return store.identified(kind, system, value, by=by)


def _searched(kind: str, pairs: Pairs, by: Principal) -> list[str]:
    found = store.search(parse(kind, [*pairs, ("_count", "2")], strict=True), by=by)
    return [stored.reference for stored in found.entries]
