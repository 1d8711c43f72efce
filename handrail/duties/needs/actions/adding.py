"""Adding a need or a strength by hand: found by words, or said in the person's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.duties.needs.actions.deciding import ROOM, UndecidedError
from handrail.duties.needs.actions.seeing import require_patient
from handrail.duties.needs.resources import DOMAINS, ICD10, STATUSES, need_of
from handrail.duties.needs.rules.deciding import Said, Verdict, decided
from handrail.duties.needs.rules.meaning import NeedRule, need_rules
from handrail.duties.needs.rules.same import is_same, stands, synonyms
from handrail.duties.needs.rules.writing import Wording, condition
from handrail.fhir.errors import BusinessRuleError, HandrailError
from handrail.fhir.resource import Resource
from handrail.fhir.terminology import Concept, expand
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.stored import Committed
from handrail.record.terminology import MOST, Kept

OWN_LIST = "urn:handrail:value-set:needs"
"""The value set with which an organization adds its own codes to choose from."""

SNOMED = "http://snomed.info/sct"
CODES = "needs-review.codes"
SHOWN = 20
_LONGEST = 500


class KnownNeedError(BusinessRuleError):
    """The record has this need already; ``need`` is the id of its Condition."""

    def __init__(self, need: str, message: str) -> None:
        """Keep which one it is beside the message."""
        super().__init__(message)
        self.need = need


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something to choose: its words, where it belongs, the code it has."""

    text: str
    system: str = ""
    code: str = ""
    domain: str = ""
    category: str = ""
    kind: str = "need"
    display: str = ""

    @property
    def key(self) -> str:
        """Return how a form names it."""
        return f"{self.system}|{self.code}" if self.code else f"|{self.text}"


def find(by: Principal, words: str, kind: str = "need") -> list[Suggestion]:
    """Return what fits some words, or the beginning of a code: the house's rules and codes first.

    Then what the organization keeps: its own value set, ICD-10-CM and SNOMED CT code systems.
    """
    wanted = words.casefold().split()
    if not wanted:
        return []
    found: dict[str, Suggestion] = {}
    for one in _all(by, kind):
        text = f"{one.text} {one.display} {one.code} {one.domain}".casefold()
        if all(word in text for word in wanted):
            found.setdefault(one.code or one.text.casefold(), one)
        if len(found) == SHOWN:
            break
    return list(found.values())


def _all(by: Principal, kind: str) -> Iterator[Suggestion]:
    facts = known(by.org)
    for rule in need_rules(facts.rules, facts.as_of.date()):
        if rule.kind == kind:
            yield _of_rule(rule)
    if kind == "need":
        yield from _of_codes(facts)
        yield from _of_terminology(by)


def _of_rule(rule: NeedRule) -> Suggestion:
    return Suggestion(
        text=rule.text,
        system=ICD10 if rule.icd10cm else "",
        code=rule.icd10cm,
        domain=rule.domain,
        category=rule.category,
        kind=rule.kind,
        display=rule.icd10cm_display,
    )


def _of_codes(facts: RecordKnown) -> Iterator[Suggestion]:
    listed = facts.rules.rule(CODES, facts.as_of.date()).values["codes"]
    for code, text, domain in listed:
        yield Suggestion(text=text, system=ICD10, code=code, domain=domain)


def _of_terminology(by: Principal) -> Iterator[Suggestion]:
    kept = Kept(by)
    own = kept.value_set(OWN_LIST)
    concepts: list[Iterable[Concept]] = []
    if own is not None:
        try:
            concepts.append(expand(own, kept, most=MOST).values())
        except HandrailError:
            concepts.append(())  # a value set that cannot be expanded offers nothing
    for system in (ICD10, SNOMED):
        held = kept.code_system(system)
        if held is not None:
            concepts.append(held.concepts.values())
    for listed in concepts:
        for one in listed:
            yield Suggestion(text=one.display or one.code, system=one.system, code=one.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What was typed to add a need. ``chosen`` is the key of a suggestion, found by ``words``."""

    text: str
    kind: str = "need"
    domain: str = ""
    category: str = ""
    chosen: str = ""
    searched: str = ""
    token: str = ""


def add_need(by: Principal, patient: str, added: Added) -> Committed:
    """Write down a need that the person tells, without an assessment; it is confirmed at once.

    Raises:
        UndecidedError: it has no words, or an unknown domain.
        KnownNeedError: the record has it already.
    """
    wording = _wording(by, added)
    identity = added.token or uuid4().hex
    with acting(by):
        facts = known(by.org)
        require_patient(by, patient, facts)
        if store.current_versions([("Condition", identity)], by=by):
            return Committed(0, (), (f"Condition/{identity}",))
        _refuse_known(wording, facts.of_patient(patient, "Condition"))
        at = facts.as_of.replace(microsecond=0).isoformat()
        said = Said(verdict=Verdict.CONFIRM, by=by.person, by_name=by.name, on=at[:10])
        made = decided(condition(wording, identity, patient, at), said)
        return store.commit([made], by=by, reason="need added with the person", room=ROOM)


def add_strength(by: Principal, patient: str, text: str, *, token: str = "") -> Committed:
    """Write down something the person can build on."""
    return add_need(by, patient, Added(text=text, kind="strength", token=token))


def _wording(by: Principal, added: Added) -> Wording:
    chosen = next(
        (one for one in find(by, added.searched, added.kind) if one.key == added.chosen), None
    )
    text = " ".join(added.text.split()) or (chosen.text if chosen else "")
    domain = added.domain or (chosen.domain if chosen else "")
    if not text:
        raise UndecidedError("text", _("Say what it is, in the person's words, or choose one."))
    if len(text) > _LONGEST:
        raise UndecidedError("text", _("At most %(n)s characters fit.") % {"n": _LONGEST})
    if added.kind not in {"need", "strength"} or (domain and domain not in DOMAINS):
        raise UndecidedError("domain", _("Choose what it is about."))
    category = added.category or (chosen.category if chosen else "")
    return Wording(
        text=text,
        kind=added.kind,
        domain=domain,
        category=category if category in STATUSES else "",
        codings=((chosen.system, chosen.code, chosen.display),) if chosen and chosen.code else (),
    )


def _refuse_known(wording: Wording, conditions: Iterable[Resource]) -> None:
    conditions = list(conditions)
    code = next((code for system, code, _ in wording.codings if system == ICD10), "")
    rule = NeedRule(
        id="",
        items=frozenset(),
        kind=wording.kind,
        domain=wording.domain,
        text=wording.text,
        icd10cm=code,
    )
    more = synonyms(conditions)
    for one in conditions:
        need = need_of(one)
        if need is not None and stands(one) and is_same(rule, one, more):
            message = _("The record has this already: %(words)s. Nothing was added.")
            raise KnownNeedError(need.id, message % {"words": need.text})
