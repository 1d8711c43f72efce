"""What one applied message leaves behind: its status, the feed's words, the visit's facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from psycopg.types.json import Jsonb

from handrail.edge.hl7v2.message import Message
from handrail.edge.hl7v2.planning import Plan
from handrail.record.statements import rows, run

_MOST_ISSUES = 20
_LONGEST = 200
_REMEMBER: LiteralString = """
with said as (
  insert into hl7v2_said (org, reference, patient, "values", at)
  select %(org)s, reference, %(patient)s, told, at
  from jsonb_to_recordset(%(told)s) as u (reference text, told jsonb, at jsonb)
  on conflict (org, reference) do update
    set patient = excluded.patient, "values" = excluded."values", at = excluded.at),
visit as (
  insert into hl7v2_visit (org, visit, digest, patient, facts)
  select %(org)s, %(visit)s, %(digest)s, %(patient)s, %(facts)s where %(visit)s <> ''
  on conflict do nothing),
known as (
  insert into hl7v2_known (org, resource_type, key, identity)
  select %(org)s, kind, key, identity
  from unnest(%(kinds)s::text[], %(keys)s::text[], %(identities)s::text[])
    as u (kind, key, identity)
  on conflict do nothing)
update hl7v2_inbox set status = 'applied', error = '', condition = '', issues = %(issues)s,
  transaction = %(transaction)s, control_id = %(control_id)s, event = %(event)s,
  message_type = %(kind)s, sending_application = %(application)s,
  sending_facility = %(facility)s, attempts = attempts + 1
where org = %(org)s and id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """A message and what it came to."""

    identity: str
    digest: str
    message: Message
    plan: Plan
    transaction: int | None
    identifiers: list[tuple[str, str, str]]


def remember(done: Applied) -> None:
    """Keep it all, in one statement of the running transaction."""
    header, plan = done.message.segments[0], done.plan
    identifiers = {(kind, key): identity for kind, key, identity in done.identifiers}
    run(
        _REMEMBER,
        {
            "org": plan.org,
            "id": done.identity,
            "digest": done.digest,
            "patient": plan.patient,
            "told": Jsonb(
                [
                    {"reference": name, "told": said.values, "at": said.at}
                    for name, said in plan.said.items()
                ]
            ),
            "visit": plan.visit,
            "facts": Jsonb(plan.facts),
            "kinds": [kind for kind, _ in identifiers],
            "keys": [key for _, key in identifiers],
            "identities": list(identifiers.values()),
            "issues": Jsonb(list(dict.fromkeys(done.message.issues))[:_MOST_ISSUES]),
            "transaction": done.transaction,
            "control_id": header.get(10)[:_LONGEST],
            "event": done.message.event[:_LONGEST],
            "kind": header.get(9)[:_LONGEST],
            "application": header.get(3)[:_LONGEST],
            "facility": header.get(4)[:_LONGEST],
        },
    )


def lock(numbers: list[int]) -> None:
    """Wait until no other message about the same person or visit is being applied."""
    rows("select pg_advisory_xact_lock(n) from unnest(%s::bigint[]) n", (numbers,))
