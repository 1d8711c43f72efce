"""Who saw or did what: one row for each look and each change, in the same transaction.

Entries hold references and codes, never what a record says. A list (a worklist, a search) is one
entry that names the patients it showed, so that "who saw this patient" has an answer. Nothing in
the trail is changed or removed; the database refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, Literal

from handrail.access.database import acting, cursor
from handrail.access.decide import require
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal

Action = Literal["C", "R", "U", "D", "E"]
SUCCESS: Final = 0
MINOR_FAILURE: Final = 4
SERIOUS_FAILURE: Final = 8

client_address: ContextVar[str] = ContextVar("handrail_client_address", default="")

_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
INSERT_SQL: Final = f"""
insert into access_audit (org, person, name, action, what, resource_type, resource_id, version,
  patient, patients, outcome, purpose, detail, address, app)
values {_ROW}
"""  # noqa: S608 - made of constants
_FEW: Final = 8  # events that go into one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened.

    ``action`` C, R, U, D or E; ``what`` our word for it (read, search, change, sign-in, …);
    ``reference`` "Type/id" or "Type"; ``patient`` and ``patients`` ids; ``outcome`` 0 success, 4 or
    8 refused or failed; ``purpose`` from http://terminology.hl7.org/ValueSet/v3-PurposeOfUse.
    """

    action: Action
    what: str
    reference: str = ""
    version: int | None = None
    patient: str = ""
    patients: Sequence[str] | None = None
    outcome: int = SUCCESS
    purpose: str = "TREAT"
    detail: str = ""


_Row = tuple[object, ...]


def _row(by: Principal, event: Event) -> _Row:
    resource_type, _, resource_id = event.reference.partition("/")
    return (
        by.org,
        by.person,
        by.name,
        event.action,
        event.what,
        resource_type,
        resource_id,
        event.version,
        event.patient,
        None if event.patients is None else list(event.patients),
        event.outcome,
        event.purpose,
        event.detail,
        client_address.get(),
        by.app,
    )


@cache
def _insert_sql(count: int) -> bytes:
    return (INSERT_SQL + f", {_ROW}" * (count - 1)).encode()


def note(by: Principal, *events: Event) -> None:
    """Write events down, in the present transaction (one round trip, or one batch)."""
    if 0 < len(events) <= _FEW:
        values = [value for event in events for value in _row(by, event)]
        cursor().execute(_insert_sql(len(events)), values, prepare=True)
    elif events:
        cursor().executemany(INSERT_SQL, [_row(by, event) for event in events])


def read(by: Principal, references: Sequence[str], version: int | None, patient: str) -> None:
    """Write down that resources were looked at. ``Type?patient`` means all of a type."""
    note(
        by,
        *(
            Event(
                action="R",
                what="search" if "?" in reference else "read",
                reference=reference.partition("?")[0],
                version=version,
                patient=patient,
            )
            for reference in references
        ),
    )


def saw_many(by: Principal, what: str, patients: Iterable[str], detail: str = "") -> None:
    """Write down that a list was looked at.

    Args:
        by: who looked.
        what: which list: "today", "caseload", "search Patient", …
        patients: the ids of the patients it showed.
        detail: the kinds of filters, never what was typed in.
    """
    shown = sorted(set(patients) - {""})
    note(by, Event(action="R", what=what, patients=shown, detail=detail))


def disclosed(by: Principal, reference: str, patient: str, basis: str) -> None:
    """Write down that facts about a patient went to somebody outside.

    Args:
        by: who sent it, or who opened the packet.
        reference: the dispatch that tells about it ("Communication/...").
        patient: the id of the patient.
        basis: "treatment", "consent" or "none" (nothing in it names the person).
    """
    event = Event(
        action="R", what="disclose", reference=reference, patient=patient, detail=f"basis: {basis}"
    )
    note(by, event)


Trace = tuple[str, str, int, str]


def changed(by: Principal, transaction: int, reason: str, traces: Iterable[Trace]) -> None:
    """Write down a commit: (resource type, id, version, patient) of what it wrote."""
    detail = f"transaction {transaction}: {reason}"
    events = [
        Event(
            action="C" if version == 1 else "U",
            what="change",
            reference=f"{resource_type}/{identity}",
            version=version,
            patient=patient,
            detail=detail,
        )
        for resource_type, identity, version, patient in traces
    ]
    note(by, *events)


CHANGING_SQL: Final = (
    "INSERT INTO access_audit (org, person, name, action, what, resource_type, resource_id,"
    " version, patient, outcome, purpose, detail, address, app)"
    " SELECT %(org)s, %(person)s, %(name)s, %(action)s, 'change', %(seen_type)s, %(seen_id)s,"
    " %(seen_version)s, %(seen_patient)s, 0, 'TREAT',"
    " 'transaction ' || id || ': ' || %(reason)s::text, %(address)s, %(app)s"
    " FROM number"
)


def changing(
    by: Principal, reference: str, version: int, patient: str
) -> tuple[str, dict[str, object]]:
    """Return the part of a commit's statement that writes it down, and what it is given.

    The statement knows ``org``, ``person``, ``name`` and ``reason``, and has a part ``number`` with
    the transaction's ``id``.
    """
    resource_type, _, resource_id = reference.partition("/")
    return CHANGING_SQL, {
        "action": "C" if version == 1 else "U",
        "seen_type": resource_type,
        "seen_id": resource_id,
        "seen_version": version,
        "seen_patient": patient,
        "address": client_address.get(),
        "app": by.app,
    }


def refused(by: Principal, what: str, detail: str = "", patient: str = "") -> None:
    """Write down that something was refused, in a transaction of its own.

    Call it when the refused transaction has been rolled back.
    """
    with acting(by):
        note(
            by,
            Event(action="E", what=what, patient=patient, outcome=MINOR_FAILURE, detail=detail),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an auditor asks the trail. Empty: no limit. ``before`` is an entry's id, for paging."""

    patient: str = ""
    person: str = ""
    what: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100


def entries(by: Principal, question: Question) -> list[AuditEntry]:
    """Return what the trail holds, newest first; asking is itself written down.

    Raises:
        ForbiddenError: the principal does not read the trail.
    """
    require(by, "read_audit")
    with acting(by):
        asked = "patient" if question.patient else "person" if question.person else "all"
        note(by, Event(action="R", what="audit", patient=question.patient, detail=f"by {asked}"))
        rows = AuditEntry.objects.filter(org=by.org, **_filters(question)).order_by("-id")
        if not question.patient:
            return list(rows[: question.limit])
        about = rows.filter(patient=question.patient)[: question.limit]
        lists = rows.filter(patients__isnull=False, patients__contains=[question.patient])
        both = about.union(lists[: question.limit], all=True)
        return list(both.order_by("-id")[: question.limit])


def _filters(question: Question) -> dict[str, object]:
    asked = {
        "person": question.person,
        "what": question.what,
        "recorded_at__gte": question.since,
        "recorded_at__lt": question.until,
        "id__lt": question.before,
    }
    return {name: value for name, value in asked.items() if value}
