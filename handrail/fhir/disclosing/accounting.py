"""What has left: each dispatch says on which basis, for what and to which address it went.

45 CFR 164.528(b): the date, who received it and where, what, and what for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.disclosing.basis import Basis
from handrail.fhir.disclosing.packing import LeftOut, Packet
from handrail.fhir.dispatch import DISPATCH
from handrail.fhir.resource import Resource, code_of, concept, id_of, reference, target_of

DISCLOSED: Final = "urn:handrail:disclosed"
LEFT_OUT: Final = "urn:handrail:left-out"
_SENT: Final = frozenset({"in-progress", "completed", "stopped"})
_NAMELESS: Final = frozenset({"ask", "reminder", "code", "cancel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One sending, as the accounting tells it.

    Attributes:
        id: the Communication.
        patient: id of the person.
        at: when it went (ISO 8601).
        recipient: reference of who received it; name and address as they were then.
        what: what was sent, in words.
        purpose: what for: ``treatment``, ``coordination``, ``service``; empty: not written down.
        basis: ``treatment``, ``consent``, ``none`` (it named nobody), or empty: not written down.
        consent: the Consent it rests on.
        medium: how it went.
        named: it said who the person is.
        part2: records of a substance use disorder program were in it.
    """

    id: str
    patient: str
    at: str
    recipient: str
    name: str
    address: str
    what: str
    purpose: str
    basis: str
    consent: str
    medium: str
    named: bool
    part2: bool


def told(
    communication: Resource,
    *,
    basis: Basis | None,
    purpose: str,
    address: str,
    what: str,
    sent: Packet | None = None,
) -> Resource:
    """Return a dispatch that says what it discloses; A copy of ``communication``.

    Args:
        communication: the dispatch (category ``urn:handrail:dispatch``).
        basis: what it rests on; None: it says nothing that names the person.
        purpose: ``treatment``, ``coordination`` or ``service``.
        address: where it goes: an e-mail address, a number, a postal address.
        what: what is in it, in words, without health facts: "Request and packet (5 parts)".
        sent: the packet that goes, if one does.
    """
    stands = basis is not None and basis.stands
    parts: list[dict[str, Any]] = [
        {"url": "basis", "valueCode": basis.kind if basis and stands else "none"},
        {"url": "purpose", "valueCode": purpose},
        {"url": "what", "valueString": what},
    ]
    parts += [{"url": "address", "valueString": address}] if address else []
    if basis and stands and basis.consent:
        parts.append({"url": "consent", "valueReference": reference(basis.consent)})
    if basis and sent and basis.part2:
        parts.append({"url": "part2", "valueBoolean": len(sent.notices) > 1})
    others = [one for one in communication.get("extension", ()) if one.get("url") != DISCLOSED]
    return {**communication, "extension": [*others, {"url": DISCLOSED, "extension": parts}]}


def left_behind(communication: Mapping[str, Any], sent: Packet) -> Resource | None:
    """Return the note of what was left out of a dispatch, for people here; None if nothing was.

    It is a Basic of its own, which no receiver reads: the dispatch does not hint at it.
    """
    if not sent.left_out:
        return None
    return {
        "resourceType": "Basic",
        "id": f"left-{communication['id']}"[:64],
        "code": concept(LEFT_OUT, "left-out"),
        "subject": dict(communication["subject"]),
        "extension": [
            {"url": DISPATCH, "valueReference": reference(f"Communication/{communication['id']}")},
            *(_noted(one) for one in sent.left_out),
        ],
    }


def _noted(one: LeftOut) -> dict[str, Any]:
    return {
        "url": LEFT_OUT,
        "extension": [
            {"url": "category", "valueCode": one.category},
            {"url": "count", "valueInteger": one.count},
            {"url": "why", "valueString": one.why},
        ],
    }


def behind(basic: Mapping[str, Any]) -> tuple[str, tuple[LeftOut, ...]]:
    """Return (id of the Communication, what was left out) of such a note."""
    communication, found = "", []
    for one in basic.get("extension", ()):
        if one.get("url") == DISPATCH:
            communication = id_of(one.get("valueReference"), "Communication")
        if one.get("url") == LEFT_OUT:
            said = {part.get("url"): part for part in one.get("extension", ())}
            found.append(
                LeftOut(
                    str(said.get("category", {}).get("valueCode", "")),
                    int(said.get("count", {}).get("valueInteger", 0)),
                    str(said.get("why", {}).get("valueString", "")),
                )
            )
    return communication, tuple(found)


def disclosures(communications: Iterable[Mapping[str, Any]]) -> Iterator[Disclosure]:
    """Yield what the dispatches among them tell; those that never left are not among them."""
    for one in communications:
        kind = next(filter(None, (code_of(c, DISPATCH) for c in one.get("category", ()))), "")
        if kind and one.get("status") in _SENT:
            yield _disclosure(one, kind)


def _disclosure(one: Mapping[str, Any], kind: str) -> Disclosure:
    said = _said(one)
    to: Mapping[str, Any] = next(iter(one.get("recipient", ())), {})
    basis = str(said.get("basis", {}).get("valueCode", ""))
    return Disclosure(
        id=str(one.get("id", "")),
        patient=id_of(one.get("subject"), "Patient"),
        at=str(one.get("sent") or one.get("received") or ""),
        recipient=target_of(to),
        name=str(to.get("display") or target_of(to)),
        address=str(said.get("address", {}).get("valueString", "")),
        what=str(said.get("what", {}).get("valueString", "")) or kind,
        purpose=str(said.get("purpose", {}).get("valueCode", "")),
        basis=basis,
        consent=target_of(said.get("consent", {}).get("valueReference")),
        medium=next(filter(None, (code_of(m) for m in one.get("medium", ()))), ""),
        named=basis != "none" if basis else kind not in _NAMELESS,
        part2=bool(said.get("part2", {}).get("valueBoolean")),
    )


def _said(one: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    for extension in one.get("extension", ()):
        if extension.get("url") == DISCLOSED:
            return {str(part.get("url")): part for part in extension.get("extension", ())}
    return {}


def owed(one: Disclosure, since: str, part2_since: str, excluded: Iterable[str]) -> bool:
    """Tell whether the person is owed an account of it.

    Args:
        one: the disclosure.
        since: the first day of the accounting (45 CFR 164.528(a)(1): six years back).
        part2_since: the first day for records under 42 CFR 2.25.
        excluded: bases that 164.528(a)(1) leaves out.
    """
    day = one.at[:10]
    if not one.named or not day or day < since:
        return False
    return one.basis not in set(excluded) or (one.part2 and day >= part2_since)
