"""Does an agreement say enough to be kept? 42 CFR 2.31(a), 45 CFR 164.508(c), house rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from handrail.fhir.disclosing import Agreement, missing_elements
from handrail.fhir.disclosing.agreement import CLASSES, PURPOSES, WRITTEN
from handrail.fhir.disclosing.kinds import PART_2, UNREAD, kinds
from handrail.fhir.disclosing.parts import PARTS
from handrail.fhir.errors import BusinessRuleError, Fault
from handrail.fhir.moments import whole_day
from handrail.fhir.rulebook import Rule, Rulebook

RULE: Final = "disclosing.agreement"
WAYS: Final = ("said", "written", "representative")
_LONGEST: Final = 200
_BEGINNINGS: Final = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
}


class UnclearAgreementError(BusinessRuleError):
    """The agreement cannot be kept like this; ``faults`` name the fields. Nothing was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What of a person decides who may agree: whether they live, and their age (None: unknown)."""

    deceased: bool = False
    age: int | None = None


def check(agreed: Agreement, person: Person, today: date, rules: Rulebook) -> None:
    """Refuse an agreement that does not say enough.

    Raises:
        UnclearAgreementError: it says which fields, and why.
    """
    rule = rules.rule(RULE, today)
    faults = [
        *_whom(agreed, rules),
        *_how(agreed, person, rule),
        *_days(agreed, today, rule),
        *_writing(agreed, rules),
        *_scan(agreed, rule),
    ]
    if faults:
        raise UnclearAgreementError(" ".join(fault.text for fault in faults), faults)


def _whom(agreed: Agreement, rules: Rulebook) -> Iterator[Fault]:
    by_name = bool(agreed.recipient)
    if by_name == bool(agreed.recipient_class) or agreed.recipient_class not in CLASSES | {""}:
        yield Fault("recipient", "Say who may know.")
    elif by_name and "/" not in agreed.recipient:
        yield Fault("recipient", "Choose somebody of the directory.")
    if not agreed.name.strip() or len(agreed.name) > _LONGEST:
        yield Fault("recipient", "The name of who may know is needed, as the person heard it.")
    if agreed.purpose not in PURPOSES:
        yield Fault("purpose", "Say what for.")
    if not agreed.parts <= set(PARTS):
        yield Fault("parts", "Choose parts of the list.")
    if not agreed.kinds <= choosable(rules):
        yield Fault("kinds", "Choose facts of the list.")


def choosable(rules: Rulebook) -> frozenset[str]:
    """Return the sensitive facts a person may let leave, by their codes."""
    return frozenset(kind.code for kind in kinds(rules).every if not kind.never) | {UNREAD}


def _how(agreed: Agreement, person: Person, rule: Rule) -> Iterator[Fault]:
    if agreed.how not in WAYS:
        yield Fault("how", "Say how the person agreed.")
    elif person.deceased and agreed.how != "representative":
        text = (
            "The person has died. Only their personal representative agrees (45 CFR 164.502(g)(4))."
        )
        yield Fault("how", text)
    elif agreed.how == "said" and not rule.values["spoken"]:
        yield Fault("how", "This organization asks for a signature. Print the form.")
    if agreed.how == "representative" and not agreed.signer.strip():
        yield Fault("signer", "Say who signed, and why they may.")


def _days(agreed: Agreement, today: date, rule: Rule) -> Iterator[Fault]:
    end, given = _day(agreed.ends_on), whole_day(agreed.given_on or today.isoformat())
    longest = int(rule.values["longest_days"])
    if end is None:
        yield Fault("ends_on", "Say until when it holds, such as 2027-06-01.")
    elif end < today:
        yield Fault("ends_on", "This day is over. Choose a day from today on.")
    elif (end - today).days > longest:
        yield Fault("ends_on", f"Choose a day within {longest} days, then ask again.")
    if given is None or given > today:
        yield Fault("given_on", "Say on which day it was said or signed; not after today.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_health_care(agreed: Agreement) -> bool:
    """Tell whether it names those who give health care."""
    return agreed.purpose == "treatment" or agreed.recipient_class == "treating-providers"


def in_writing(agreed: Agreement, rules: Rulebook) -> frozenset[str]:
    """Return the facts of the agreement that a person has to sign for."""
    signed = {kind.code for kind in kinds(rules).every if kind.in_writing} | {PART_2}
    return agreed.kinds & signed


def _writing(agreed: Agreement, rules: Rulebook) -> Iterator[Fault]:
    wanted = in_writing(agreed, rules)
    if not wanted:
        return
    if agreed.how not in WRITTEN:
        text = "Facts about alcohol and drug use leave only when the person signed (42 CFR 2.31)."
        yield Fault("how", text)
        return
    if not agreed.scan:
        yield Fault("scan", "Add a scan or a photo of the signed paper.")
    kind = "health-care" if is_health_care(agreed) else "community"
    lacking = missing_elements(agreed.elements, kind, rules)
    if lacking:
        yield Fault("elements", f"The signed paper also has to say: {', '.join(lacking)}.")


def _scan(agreed: Agreement, rule: Rule) -> Iterator[Fault]:
    if agreed.how in WRITTEN and not agreed.scan and not agreed.note.strip():
        yield Fault("scan", "Add a scan or a photo, or say where the signed paper is kept.")
    if not agreed.scan:
        return
    if len(agreed.scan) > int(rule.values["largest_scan"]):
        yield Fault("scan", "This file is too large. Make a smaller scan.")
    beginnings = _BEGINNINGS.get(agreed.scan_type, ())
    allowed = agreed.scan_type in rule.values["scan_types"]
    if not allowed or not agreed.scan.startswith(beginnings):
        yield Fault("scan", "This is no PDF, JPEG, PNG or TIFF file.")
