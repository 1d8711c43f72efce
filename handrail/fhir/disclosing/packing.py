"""What goes in the packet, what is left out, and the notices that go with it.

What is left out leaves no trace: no reference to it, no name of it, no count. The list of what was
left out is for the sender's eyes; nothing here puts it into the packet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.disclosing.basis import Basis
from handrail.fhir.disclosing.detecting import sensitive, unread
from handrail.fhir.disclosing.kinds import PART_2, SUBSTANCE_USE, UNREAD, kinds, newest
from handrail.fhir.disclosing.parts import PART, covered
from handrail.fhir.disclosing.pruning import bare, key_of, keys_in, pruned, unlabelled
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.resource import Resource
from handrail.fhir.rulebook import Rulebook

DEPENDENT: Final = "depends"
# Without what these refer to, they say nothing, or say what was left out.
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Task": ("focus",),
    "Provenance": ("target",),
    "Communication": ("payload",),
}
# A fact of the same origin is of the same kind.
_ORIGIN: Final = [
    "encounter",
    "context",
    "partOf",
    "derivedFrom",
    "hasMember",
    "result",
    "reasonReference",
    "evidence",
    "specimen",
    "medicationReference",
    "detail",
    "focus",
]
_REASONS: Final[Mapping[str, str]] = {
    PART: "The person agreed to other parts of the record.",
    DEPENDENT: "It says nothing without what is left out.",
    UNREAD: "Nobody has read these words for this recipient.",
}
_OWN_REASON: Final = frozenset({"ServiceRequest", "Task", "CarePlan", "Goal", "CareTeam", "Group"})


class NoBasisError(BusinessRuleError):
    """Nothing allows that facts about the person leave; nothing did."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What stayed here: a kind of facts, how many resources or texts, and why. Never sent."""

    category: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Packet:
    """What may leave, and what goes with it.

    Attributes:
        included: the resources, without anything that refers to what is not among them.
        left_out: what stayed here; for the sender only.
        notices: what the recipient has to be told, in order; goes with the packet.
    """

    included: tuple[Resource, ...]
    left_out: tuple[LeftOut, ...]
    notices: tuple[str, ...]


def packet(
    resources: Iterable[Mapping[str, Any]],
    basis: Basis,
    rules: Rulebook,
    reviewed: Collection[str] = (),
) -> Packet:
    """Return what of ``resources`` may leave on this basis; pure.

    Args:
        resources: what the sender would send; Bundles count as what is in them.
        basis: what it rests on (:func:`handrail.fhir.disclosing.basis_for`).
        rules: the rule book.
        reviewed: references of resources whose words the sender wrote or read for this recipient.
            That a code or a word in them is sensitive still counts.

    Raises:
        NoBasisError: the basis is none.
    """
    if not basis.stands:
        raise NoBasisError(f"{basis.words} {basis.to_do} Nothing was sent.")
    given = list({key_of(one): one for one in _flat(resources)}.values())
    return _Packing(given, basis, rules, frozenset(reviewed)).packed()


def _flat(resources: Iterable[Mapping[str, Any]]) -> Iterator[Resource]:
    waiting = list(resources)[::-1]
    while waiting:
        one = waiting.pop()
        if one.get("resourceType") == "Bundle":
            inner = [entry.get("resource") for entry in one.get("entry", ())]
            waiting += [each for each in inner[::-1] if each]
        elif one.get("resourceType"):
            yield unlabelled(one)


class _Packing:
    """One packet in the making."""

    def __init__(
        self, given: list[Resource], basis: Basis, rules: Rulebook, reviewed: frozenset[str]
    ) -> None:
        self.basis, self.rules, self.reviewed = basis, rules, reviewed
        self.given = {key_of(one): one for one in given}
        self.found = {key: self._kinds(one) for key, one in self.given.items()}
        self._inherit()
        self.out: dict[str, frozenset[str]] = {
            key: why for key in self.given if (why := self._why(key))
        }
        self._cascade()
        self.texts = 0

    def packed(self) -> Packet:
        made = {key: self._kept(key, one) for key, one in self.given.items()}
        kept = {key: one for key, one in made.items() if one is not None}
        notices = tuple(self._notices(kept))
        return Packet(tuple(kept.values()), tuple(self._left_out()), notices)

    def _kinds(self, resource: Resource) -> frozenset[str]:
        if resource["resourceType"] == "Patient":
            return frozenset()
        alone = {name: value for name, value in resource.items() if name != "contained"}
        return sensitive(alone, self.rules)

    def _inherit(self) -> None:
        """Let what comes from a sensitive fact be of its kind, however long the chain is."""
        waiting = [key for key, found in self.found.items() if found]
        users: dict[str, list[str]] = {}
        for key, one in self.given.items():
            for target in _origins(one):
                users.setdefault(target, []).append(key)
        while waiting:
            key = waiting.pop()
            for user in users.get(key, ()):
                if not self.found[key] <= self.found[user]:
                    self.found[user] |= self.found[key]
                    waiting.append(user)

    def _why(self, key: str) -> frozenset[str]:
        resource = self.given[key]
        if resource["resourceType"] == "Patient":
            return frozenset()
        if wrong := self.found[key] - self.basis.kinds:
            return wrong
        if not covered(resource, self.basis, self.rules):
            return frozenset({PART})
        if key not in self.reviewed and UNREAD not in self.basis.kinds:
            return frozenset({UNREAD}) if unread(resource, self.rules) else frozenset()
        return frozenset()

    def _cascade(self) -> None:
        """Leave out what says nothing without what is left out."""
        changed = True
        while changed:
            lost = [
                key
                for key, one in self.given.items()
                if key not in self.out
                and any(
                    target in self.out
                    for name in _NEEDS.get(one["resourceType"], ())
                    for target in keys_in(one.get(name))
                )
            ]
            self.out |= dict.fromkeys(lost, frozenset({DEPENDENT}))
            changed = bool(lost)

    def _kept(self, key: str, resource: Resource) -> Resource | None:
        if key in self.out:
            return None
        if resource["resourceType"] == "Patient":
            return bare(resource)
        strip = () if key in self.reviewed else kinds(self.rules).elements
        contained = list(self._contained(key, resource))
        made, texts = pruned(
            {**resource, "contained": contained},
            here=frozenset(self.given) - frozenset(self.out),
            gone=frozenset(self.out),
            strip=frozenset(strip),
        )
        self.texts += texts
        return made

    def _contained(self, key: str, resource: Resource) -> Iterator[Resource]:
        for one in resource.get("contained", ()):
            wrong = sensitive(one, self.rules) - self.basis.kinds
            if not wrong and key not in self.reviewed and unread(one, self.rules):
                wrong = frozenset({UNREAD})
            if wrong:
                self.out[f"{key}#{one.get('id', '')}"] = wrong
            else:
                yield one

    def _left_out(self) -> Iterator[LeftOut]:
        counts = Counter(code for why in self.out.values() for code in why)
        counts[UNREAD] += self.texts
        for code, count in sorted(counts.items()):
            if count:
                yield LeftOut(code, count, self._reason(code))

    def _reason(self, code: str) -> str:
        kind = kinds(self.rules).kind(code)
        if kind is None:
            return _REASONS[code]
        if kind.never:
            return "It never goes with other records; it needs a consent of its own."
        if kind.in_writing:
            return "The person has not signed that it may go to this recipient."
        return "The person has not agreed that it may go to this recipient."

    def _notices(self, kept: Mapping[str, Resource]) -> Iterator[str]:
        found = frozenset[str]().union(*(self.found[key] for key in kept))
        inside = (sensitive(one, self.rules) for one in kept.values() if one.get("contained"))
        if (found.union(*inside)) & {PART_2, SUBSTANCE_USE}:
            yield from notices(self.basis, self.rules)
        yield str(newest(self.rules, "disclosing.packet-notice").values["text"])


def notices(basis: Basis, rules: Rulebook) -> Iterator[str]:
    """Yield what goes with records of a substance use disorder program: 42 CFR 2.32(a) and (b)."""
    values = newest(rules, "disclosing.part2-notice").values
    yield str(values["statement_1"])
    yield str(values["statement_2"])
    titles = [kind.title for kind in kinds(rules).every if kind.code in basis.kinds]
    yield (
        f"Scope of the consent: {basis.words} It covers this recipient, for this request, and of"
        f" the facts that need a consent these: {'; '.join(titles) or 'none'}. It can be taken"
        " back at any time; what was done before stays done."
    )


def _origins(resource: Resource) -> Iterator[str]:
    own_reason = resource["resourceType"] in _OWN_REASON
    for name in _ORIGIN:
        if not (own_reason and name in {"reasonReference", "focus", "partOf"}):
            yield from keys_in(resource.get(name))
