"""Proves the record: hash chain, texts, the promises P1-P3, and a sample of what is derived."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.record import comparing, promises
from handrail.record.statements import rows
from handrail.record.writing import Act, digest_of

_BATCH = 500


@dataclass
class Findings:
    """What was looked at and what is wrong; empty ``wrong`` means the record is clean."""

    transactions: int = 0
    versions: int = 0
    wrong: list[str] = field(default_factory=list)


def verify(org: int | None = None) -> Findings:
    """Check one organization, or all of them."""
    findings = Findings()
    numbers = Organization.objects.values_list("id", flat=True) if org is None else [org]
    for number in numbers:
        by = system(number, "verify", "handrail verify")
        with acting(by):
            _check_chain(by, findings)
            findings.wrong.extend(_stray(number))
            findings.wrong.extend(promises.broken(number))
            findings.wrong.extend(comparing.differences(number))
    return findings


def _check_chain(by: Principal, findings: Findings) -> None:
    prior, link = b"", 0
    for acts in _transactions(by.org):
        versions = _versions(by.org, [act.transaction for act, _, _, _ in acts])
        for act, stated_link, digest, chained in acts:
            link += 1
            own = versions.get(act.transaction, [])
            findings.transactions += 1
            findings.versions += len(own)
            where = f"organization {by.org}, transaction {act.transaction}"
            findings.wrong.extend(_broken_texts(where, own))
            if stated_link != link:
                findings.wrong.append(f"{where}: link {link} is missing from the chain.")
                link = stated_link
            if digest_of(act, ((t, i, v, h) for t, i, v, h, _ in own)) != digest:
                findings.wrong.append(f"{where}: who, when, why or what was altered.")
            if hashlib.sha256(prior + digest).digest() != chained:
                findings.wrong.append(f"{where}: the chain is broken here.")
            prior = chained
    head = rows("SELECT link, hash FROM record_chain WHERE org = %s", (by.org,))
    if head and (head[0][0] != link or head[0][1] != prior):
        findings.wrong.append(f"organization {by.org}: the end of the chain is missing.")


def _broken_texts(where: str, own: Iterable[tuple[str, str, int, bytes, str]]) -> Iterator[str]:
    for resource_type, identity, version, stated, body in own:
        if hashlib.sha256(body.encode()).digest() != stated:
            yield f"{where}: the text of {resource_type}/{identity} version {version} was altered."


def _transactions(org: int) -> Iterator[list[tuple[Act, int, bytes, bytes]]]:
    after = 0
    while True:
        found = rows(
            "SELECT id, recorded_at, person, name, reason, room, origin, link, digest, hash"
            " FROM record_transaction WHERE org = %s AND link > %s ORDER BY link LIMIT %s",
            (org, after, _BATCH),
        )
        if not found:
            return
        yield [
            (Act(org, number, at, person, name, reason, room, origin), link, digest, hash_)
            for number, at, person, name, reason, room, origin, link, digest, hash_ in found
        ]
        after = found[-1][7]


def _versions(
    org: int, transactions: list[int]
) -> dict[int, list[tuple[str, str, int, bytes, str]]]:
    every: dict[int, list[tuple[str, str, int, bytes, str]]] = {}
    for transaction, *version in rows(
        "SELECT transaction, resource_type, id, version, hash, body FROM record_version"
        " WHERE org = %s AND transaction = ANY(%s) ORDER BY transaction, position",
        (org, transactions),
    ):
        resource_type, identity, number, hash_, body = version
        every.setdefault(transaction, []).append((resource_type, identity, number, hash_, body))
    return every


def _stray(org: int) -> Iterator[str]:
    """Yield versions without a transaction and search rows that are not the newest version."""
    for resource_type, identity, version in rows(
        "SELECT v.resource_type, v.id, v.version FROM record_version v"
        " LEFT JOIN record_transaction t ON t.org = v.org AND t.id = v.transaction"
        " WHERE v.org = %s AND t.id IS NULL LIMIT 100",
        (org,),
    ):
        yield f"{resource_type}/{identity} version {version} belongs to no transaction."
    for resource_type, identity in rows(
        "SELECT resource_type, id FROM (SELECT resource_type, id, max(version) AS newest"
        " FROM record_version WHERE org = %s GROUP BY 1, 2) v"
        " FULL JOIN (SELECT * FROM record_current WHERE org = %s) c USING (resource_type, id)"
        " WHERE v.newest IS DISTINCT FROM c.version LIMIT 100",
        (org, org),
    ):
        yield f"{resource_type}/{identity}: the search row is not of the newest version."
