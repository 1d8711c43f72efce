"""What a Patient, RelatedPerson or Practitioner says of itself: name, numbers, language, home.

Sources: http://hl7.org/fhir/R4/datatypes.html#HumanName, #ContactPoint and #Address. What is
marked as old is not shown. An Organization or a HealthcareService, whose name is one text, is read
by :func:`spoken_name` as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.fhir.resource import code_of

Json = Mapping[str, Any]


def _best_name(resource: Json) -> Json:
    held: list[Json] = [one for one in resource.get("name", ()) if one.get("use") != "old"]
    return next((one for one in held if one.get("use") == "official"), held[0] if held else {})


def _parts(name: Json) -> tuple[str, str]:
    """Return the given names and the family name."""
    given = " ".join(str(one) for one in name.get("given", ()) if one)
    return given, str(name.get("family") or "")


def spoken_name(resource: Json) -> str:
    """Return a name as one says it, "Ana Maria Lee"; empty if there is none."""
    if isinstance(resource.get("name"), str):
        return str(resource["name"])
    name = _best_name(resource)
    return " ".join(filter(None, _parts(name))) or str(name.get("text", ""))


def listed_name(resource: Json) -> str:
    """Return a person's name as lists show it, "Lee, Ana Maria"; empty if there is none."""
    name = _best_name(resource)
    given, family = _parts(name)
    return ", ".join(filter(None, (family, given))) or str(name.get("text", ""))


def phones_of(resource: Json) -> list[str]:
    """Return the numbers one can call or write to, in the order in which they stand."""
    points: list[Json] = [one for one in resource.get("telecom", ()) if one.get("value")]
    used = (one for one in points if one.get("use") != "old")
    return [str(one["value"]) for one in used if one.get("system") in {"phone", "sms"}]


def language_of(person: Json) -> str:
    """Return the language to speak with somebody, BCP 47 ("es"); empty if it is not known.

    The preferred one, else the first that has a code.
    """
    spoken = sorted(person.get("communication", ()), key=lambda one: not one.get("preferred"))
    return next(filter(None, (code_of(one.get("language")) for one in spoken)), "")


def postal_code_of(person: Json) -> str:
    """Return the postal code of where somebody lives, as it is written; empty if unknown."""
    homes: list[Json] = [one for one in person.get("address", ()) if one.get("use") != "old"]
    homes.sort(key=lambda one: one.get("use") != "home")
    return next((str(one["postalCode"]) for one in homes if one.get("postalCode")), "")
