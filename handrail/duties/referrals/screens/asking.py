"""What stands in the form that begins referrals: one part for each need or step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from handrail.access.principal import Principal
from handrail.duties.referrals.actions.asking import Ask, Receiver
from handrail.duties.referrals.actions.wanting import Wanting
from handrail.duties.referrals.rules.wanting import SERVICE, SPECIALIST, Askable
from handrail.duties.referrals.screens import forms, offering, words
from handrail.duties.referrals.screens.offering import Offered, Search
from handrail.look.areas import AREAS


@dataclass(kw_only=True)
class Part:
    """One thing that is asked for, with who could do it and what was typed so far."""

    askable: Askable
    candidates: Sequence[Offered]
    chosen: frozenset[str] = frozenset()
    via: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=lambda: defaultdict(str))
    what: str = ""
    priority: str = "routine"
    needed_by: str = ""
    specialty: str = ""
    note: str = ""
    opened: bool = False
    wrong: dict[str, str] = field(default_factory=lambda: defaultdict(str))

    @property
    def key(self) -> str:
        """Return what its fields are named by."""
        return self.askable.key

    @property
    def area(self) -> str:
        """Return what it is about, in words."""
        return words.one(AREAS, self.askable.category)

    def field(self, name: str) -> str:
        """Return the name of one of its fields."""
        return f"{name}-{self.key}"

    def refuse(self, where: str, why: str) -> None:
        """Keep what is wrong with a field, and show it."""
        name = where.removesuffix(f"-{self.key}")
        self.wrong[name] = why
        self.opened = self.opened or name != "who"


def blank(
    by: Principal, patient: str, askable: Askable, wanting: Wanting, specialty: str = ""
) -> Part:
    """Return the part of a form for one thing that is asked, with its candidates.

    Whoever was named from elsewhere stands first, and is chosen.
    """
    asked = Search(
        kind=askable.kind,
        category=askable.category,
        specialty=specialty,
        words=askable.words,
        patient=patient,
        today=wanting.today,
    )
    named = [offering.offered(one) for one in wanting.named]
    first = {one.reference for one in named}
    found = offering.search(by, asked, wanting.circumstances)
    return Part(
        askable=askable,
        candidates=[*named, *(one for one in found if one.reference not in first)],
        chosen=frozenset(first),
        what=proposed(askable),
        specialty=specialty,
    )


def proposed(askable: Askable) -> str:
    """Return the words with which it is asked if nobody types others."""
    if not askable.category or askable.reference.startswith("Task/"):
        return askable.words
    return f"{words.one(AREAS, askable.category)}: {askable.words}"


def typed(by: Principal, patient: str, askable: Askable, wanting: Wanting, form: QueryDict) -> Part:
    """Return the part of a form as it was sent."""
    key = askable.key
    said = {name: form.get(f"{name}-{key}", "")[:2000] for name in _FIELDS}
    via = f"via-{key}-"
    part = blank(by, patient, askable, wanting, said["specialty"].strip())
    part.chosen = frozenset(form.getlist(f"who-{key}"))
    part.via = {name.removeprefix(via): form.get(name, "") for name in form if name.startswith(via)}
    part.own = {name: said[name] for name in ("name", "channel", "address")}
    part.what = said["what"] or proposed(askable)
    part.priority = said["priority"] or "routine"
    part.needed_by, part.note = said["by"], said["words"]
    part.opened = any(said[name] for name in ("name", "address", "by", "words", "specialty"))
    return part


_FIELDS = ("name", "channel", "address", "what", "priority", "by", "words", "specialty")


def receivers(part: Part, form: QueryDict) -> tuple[Receiver, ...]:
    """Return whom one part asks; none if nobody was chosen.

    Raises:
        MistypedError: who was typed by hand cannot be asked like this.
    """
    key = part.key
    ticked = offering.chosen(form, f"who-{key}", f"via-{key}-", part.candidates)
    hand = offering.typed_by_hand(form, (f"name-{key}", f"channel-{key}", f"address-{key}"))
    return (*ticked, *((hand,) if hand else ()))


def ask(patient: str, part: Part, form: QueryDict) -> Ask:
    """Return what one part asks; sent twice, the same form asks once.

    Raises:
        MistypedError: a field cannot be understood.
    """
    key, askable, token = part.key, part.askable, forms.identity(form.get("token", ""))
    return Ask(
        patient=patient,
        kind=askable.kind if askable.kind in {SERVICE, SPECIALIST} else SERVICE,
        what=forms.text(form, f"what-{key}") or proposed(askable),
        category=askable.category,
        specialty=forms.text(form, f"specialty-{key}"),
        reasons=askable.needs,
        goal=askable.goal.partition("/")[2],
        priority=part.priority if part.priority in words.PRIORITIES else "routine",
        needed_by=forms.day(form, f"by-{key}"),
        words=forms.text(form, f"words-{key}", forms.LONGEST),
        receivers=receivers(part, form),
        form=f"{token}-{key}" if token else "",
    )
