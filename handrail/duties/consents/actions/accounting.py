"""Seeing what has left: the accounting of disclosures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.fhir.disclosing import Disclosure, LeftOut, behind, disclosures, owed
from handrail.fhir.rulebook import Rule
from handrail.record import store
from handrail.record.known import known

RULE = "disclosing.accounting"


@dataclass(frozen=True, slots=True)
class Entry:
    """One disclosure; ``owed``: the person is owed an account of it; what stayed is for us."""

    told: Disclosure
    owed: bool
    left_out: Sequence[LeftOut]


@dataclass(frozen=True, slots=True)
class Account:
    """What has left of a person's record since a day, newest first."""

    entries: Sequence[Entry]
    since: date
    rule: Rule


def see_account(by: Principal, patient: str) -> Account:
    """Return what has left of a person's record; the look is audited.

    Raises:
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        require(by, "read", "Communication", patient)
        facts = known(by.org)
        on = facts.as_of.date()
        rule = facts.rules.rule(RULE, on)
        sent = [stored.resource for stored in store.of_patient(patient, "Communication", by=by)]
        notes = [stored.resource for stored in store.of_patient(patient, "Basic", by=by)]
    left = dict(behind(one) for one in notes)
    since = years_before(on, int(rule.values["years"]))
    part2 = years_before(on, int(rule.values["part2_years"])).isoformat()
    found = [one for one in disclosures(sent) if one.at[:10] >= since.isoformat()]
    found.sort(key=lambda one: (one.at, one.id), reverse=True)
    entries = [
        Entry(
            one,
            owed(one, since.isoformat(), part2, rule.values["excluded"]),
            left.get(one.id, ()),
        )
        for one in found
    ]
    return Account(entries, since, rule)


def years_before(on: date, years: int) -> date:
    """Return the same day so many years ago; 29 February becomes 28 February."""
    day = 28 if (on.month, on.day) == (2, 29) else on.day
    return date(on.year - years, on.month, day)
