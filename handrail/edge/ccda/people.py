"""People and organizations as CDA writes them: names, addresses, ways to reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element

from handrail.edge.ccda.writing import el, ids, own_id

_ADDRESS_USE: Final = {"home": "HP", "work": "WP", "temp": "TMP", "old": "BAD"}
_PHONE_USE: Final = {"home": "HP", "work": "WP", "mobile": "MC", "temp": "HP"}
_SCHEMES: Final = {"phone": "tel:", "sms": "tel:", "fax": "fax:", "email": "mailto:"}

Json = Mapping[str, Any]


def addresses(resource: Json) -> list[Element]:
    """Return the addresses; one with a null flavour if none is known."""
    found = [_address(one) for one in _listed(resource, "address")]
    return found or [el("addr", nullFlavor="UNK")]


def _address(one: Json) -> Element:
    lines = [el("streetAddressLine", str(line)) for line in one.get("line", ()) if line]
    parts = [
        el(
            tag,
            str(one[name]) if one.get(name) else None,
            nullFlavor=None if one.get(name) else "UNK",
        )
        for tag, name in (("city", "city"), ("state", "state"), ("postalCode", "postalCode"))
    ]
    country = el("country", str(one.get("country") or "US"))
    return el(
        "addr",
        lines or el("streetAddressLine", nullFlavor="UNK"),
        parts,
        country,
        use=_ADDRESS_USE.get(str(one.get("use", ""))),
    )


def telecoms(resource: Json) -> list[Element]:
    """Return the ways to reach somebody; one with a null flavour if none is known."""
    found = [
        el(
            "telecom",
            use=_PHONE_USE.get(str(one.get("use", ""))),
            value=_SCHEMES.get(str(one.get("system", "")), "") + str(one["value"]),
        )
        for one in _listed(resource, "telecom")
        if one.get("value") and one.get("use") != "old"
    ]
    return found or [el("telecom", nullFlavor="UNK")]


def _listed(resource: Json, name: str) -> Sequence[Json]:
    found = resource.get(name) or ()
    return [found] if isinstance(found, Mapping) else list(found)


def person_name(resource: Json, display: str = "") -> Element:
    """Return the name of a person, from the resource or from what a reference displays."""
    names = [one for one in _listed_names(resource) if one.get("use") != "old"]
    best: Json = names[0] if names else {}
    given = [el("given", str(one)) for one in best.get("given", ()) if one]
    family = [el("family", str(best["family"]))] if best.get("family") else []
    if not family:
        said = str(best.get("text", "")) or display
        return el("name", said) if said and not given else _named(best, given, family, said)
    return _named(best, given, family, "")


def _named(best: Json, given: list[Element], family: list[Element], said: str) -> Element:
    if not given and not family and not said:
        return el("name", nullFlavor="UNK")
    return el(
        "name",
        [el("prefix", str(one)) for one in best.get("prefix", ()) if one],
        given or el("given", nullFlavor="UNK"),
        family or el("family", nullFlavor="UNK"),
        [el("suffix", str(one)) for one in best.get("suffix", ()) if one],
        use="L" if best.get("use") == "official" else None,
    )


def _listed_names(resource: Json) -> Sequence[Json]:
    found = resource.get("name") or ()
    return [{"text": found}] if isinstance(found, str) else list(found)


def organization(tag: str, found: Json, reference: str, name: str) -> Element:
    """Return an organization with its id, name and ways to reach it."""
    said = found.get("name") if isinstance(found.get("name"), str) else ""
    known = str(said or name)
    return el(
        tag,
        ids(found, reference),
        el("name", known) if known else el("name", nullFlavor="UNK"),
        telecoms(found)[:1],
        addresses(found)[:1],
    )


def assigned(
    tag: str, found: Json, reference: str, display: str, house: Element | None = None
) -> Element:
    """Return somebody who acts: ``assignedAuthor`` or ``assignedEntity``."""
    own = ids(found, reference) if reference else [el("id", nullFlavor="UNK")]
    return el(
        tag,
        own,
        addresses(found),
        telecoms(found),
        el("assignedPerson", person_name(found, display)),
        house,
    )


def pointer(tag: str, reference: str) -> Element:
    """Return somebody who is described elsewhere in the document, by the id."""
    return el(tag, own_id(reference) if reference else el("id", nullFlavor="UNK"))
