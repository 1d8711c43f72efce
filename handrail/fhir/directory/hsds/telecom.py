"""Numbers, addresses and languages of a directory as FHIR's types, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from handrail.fhir.directory.kept import Record, facts_of, with_facts

_SYSTEMS: Final = {
    "fax": "fax",
    "text": "sms",
    "sms": "sms",
    "pager": "pager",
    "video": "other",
    "textphone": "other",
    "tty": "other",
    "tdd": "other",
}
_LANGUAGE: Final = "urn:ietf:bcp:47"


def points_of(record: Mapping[str, Any], web: str) -> list[Record]:
    """Return the ContactPoints of a record: e-mail, its address on the web (``web``), numbers."""
    points: list[Record] = []
    if record.get("email"):
        points.append({"system": "email", "value": str(record["email"])})
    if record.get(web):
        points.append({"system": "url", "value": str(record[web])})
    return [*points, *(point_of(one) for one in record.get("phones", ()))]


def point_of(phone: Mapping[str, Any]) -> Record:
    """Return a number as a ContactPoint, with what else is known of it."""
    given = str(phone.get("number", ""))
    shown = _shown(given)
    point: Record = {"system": _SYSTEMS.get(str(phone.get("type", "")).strip().lower(), "phone")}
    if shown:
        point["value"] = shown
    rest = {key: value for key, value in phone.items() if key != "number" or given != shown}
    return with_facts(point, rest)


def said_by(points: Iterable[Mapping[str, Any]], web: str) -> Record:
    """Return the fields that ContactPoints say: email, ``web``, phones."""
    said: Record = {}
    phones = []
    for point in points:
        system, value = point.get("system"), str(point.get("value", ""))
        if system == "email" and value:
            said.setdefault("email", value)
        elif system == "url" and value:
            said.setdefault(web, value)
        elif system not in {"email", "url"}:
            phones.append(_phone(point, value))
    return said | ({"phones": phones} if phones else {})


def _phone(point: Mapping[str, Any], value: str) -> Record:
    facts = facts_of(point)
    given = str(facts.get("number", ""))
    number = given if given and _shown(given) == value else value
    kind = {"fax": "fax", "sms": "text", "pager": "pager"}.get(str(point.get("system")), "voice")
    made = {**facts, "number": number}
    return made if "type" in facts or facts else {**made, "type": kind}


def _shown(number: str) -> str:
    return " ".join(number.strip().strip("\"'").split())


def communication(languages: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Return languages as CodeableConcepts."""
    made = []
    for one in languages:
        concept: Record = {}
        code, name = str(one.get("code", "")).strip(), str(one.get("name", ""))
        if code and " " not in code:
            concept["coding"] = [{"system": _LANGUAGE, "code": code}]
        if name.strip():
            concept["text"] = name
        taken = {"code"} if concept.get("coding") and code == one.get("code") else set()
        taken |= {"name"} if "text" in concept else set()
        rest = {key: value for key, value in one.items() if key not in taken}
        made.append(with_facts(concept, rest))
    return [one for one in made if one]


def spoken(concepts: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Return the languages that CodeableConcepts say."""
    made = []
    for one in concepts:
        record: Record = facts_of(one)
        code = next((c["code"] for c in one.get("coding", ()) if c.get("code")), "")
        record |= {"name": str(one["text"])} if one.get("text") else {}
        made.append(record | ({"code": str(code)} if code else {}))
    return made
