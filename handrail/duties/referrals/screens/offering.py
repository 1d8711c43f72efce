"""Who could be asked, as a form shows them and gives them back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.referrals.actions.asking import Receiver
from handrail.duties.referrals.actions.wanting import candidates
from handrail.duties.referrals.rules.wanting import SERVICE, Circumstances
from handrail.duties.referrals.screens import words
from handrail.duties.referrals.screens.forms import MistypedError, needed, reference, text
from handrail.fhir.directory.candidates import Candidate, Reason, Wanted

FEW: Final = 5
"""Candidates that a form shows for each thing that is asked."""
ORDER: Final = ("fhir", "mail", "fax", "sms", "phone")
OWN: Final = ("fax", "mail", "sms", "phone")
RECEIVERS: Final = ("HealthcareService/", "PractitionerRole/", "Practitioner/", "Organization/")
_TAXONOMY: Final = re.compile(r"[0-9A-Z]{10}")
_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A candidate on a form; ``ways`` are (channel, words) and what a request can go by."""

    reference: str
    name: str
    place: str
    ways: Sequence[tuple[str, str]]
    reasons: Sequence[Reason]
    channels: Sequence[tuple[str, str]]

    def address(self, channel: str) -> str:
        """Return the address or number of a way; empty if there is none."""
        return dict(self.channels).get(channel, "")


def offered(candidate: Candidate) -> Offered:
    """Return a candidate as a form shows it."""
    known = [code for code in ORDER if code in candidate.channels]
    return Offered(
        reference=candidate.reference,
        name=candidate.name,
        place=candidate.place,
        ways=words.several(words.CHANNELS, known or ["phone"]),
        reasons=candidate.reasons,
        channels=tuple(candidate.channels.items()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What somebody is looked for to do."""

    kind: str
    category: str = ""
    specialty: str = ""
    words: str = ""
    patient: str = ""
    today: str = ""


def search(by: Principal, asked: Search, around: Circumstances) -> list[Offered]:
    """Return who could do it, best first."""
    coded = bool(_TAXONOMY.fullmatch(asked.specialty))
    wanted = Wanted(
        kind=asked.kind,
        categories=(asked.category,) if asked.category else (),
        specialties=(asked.specialty,) if coded else (),
        words=_words(asked, coded=coded),
        plan=around.plan if asked.kind != SERVICE else "",
        language=around.language,
        near=around.near,
        at=asked.today,
        patient=asked.patient,
        at_most=FEW,
    )
    return [offered(one) for one in candidates(by, wanted)]


def _words(asked: Search, *, coded: bool) -> str:
    """Return the words to search: the specialty's, or those of the need where no code says it."""
    if asked.specialty:
        return "" if coded else asked.specialty
    return "" if asked.category else asked.words


def own_channels() -> list[tuple[str, str]]:
    """Return the ways to reach somebody who is typed by hand."""
    return words.several(words.CHANNELS, OWN)


def chosen(form: QueryDict, box: str, via: str, known: Iterable[Offered]) -> list[Receiver]:
    """Return who was ticked, each with the way that was chosen; who is not known is left out."""
    shown = {one.reference: one for one in known}
    ticked = dict.fromkeys(filter(None, map(reference, form.getlist(box)[:_MOST])))
    return [receiver(shown[one], form.get(f"{via}{one}", "")) for one in ticked if one in shown]


def receiver(one: Offered, channel: str = "") -> Receiver:
    """Return a receiver by the way that was chosen, or by the first there is."""
    ways = [code for code, _label in one.ways]
    way = channel if channel in ways else ways[0]
    return Receiver(reference=one.reference, name=one.name, channel=way, address=one.address(way))


def typed_by_hand(form: QueryDict, names: tuple[str, str, str]) -> Receiver | None:
    """Return the receiver that was typed by hand; None if no name was.

    Args:
        form: what was sent.
        names: the fields for name, channel and address.

    Raises:
        MistypedError: the name or the address is missing.
    """
    name_field, channel_field, address_field = names
    name, address = text(form, name_field), text(form, address_field)
    if not name:
        if address:
            raise MistypedError(name_field, _("Give the name as well."))
        return None
    channel = form.get(channel_field, "")
    if channel not in OWN:
        raise MistypedError(channel_field, _("Choose how they are asked."))
    needed(form, address_field, _("Give the number or the address."))
    return Receiver(reference="", name=name, channel=channel, address=address)
