"""Row-level security on every table with a column ``org``: the policies, and putting them in force.

What the settings mean is told in :mod:`handrail.access.database`. Every setting is read once
a query (a scalar subquery, which PostgreSQL runs as an InitPlan), not once a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar

from django.db import connection, transaction

from handrail.fhir.errors import HandrailError


class UnguardedDatabaseError(HandrailError):
    """The database role is one that row-level security does not bind."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "security"


def _setting(name: str, cast: str = "text") -> str:
    return f"(select nullif(current_setting('handrail.{name}', true), '')::{cast})"


_ORG = f"org = {_setting('org', 'int')}"
_ALL = f"{_setting('reach')} = 'all'"
_RELATED = f"{_setting('reach')} = 'related'"
_WRITING = f"{_setting('writing')} = 'on'"
_AUDITOR = f"{_setting('auditor')} = 'on'"
_MINE = f"person = any({_setting('persons', 'text[]')}::text[])"
_OPENED = f"patient = any({_setting('opened', 'text[]')}::text[])"
_ACCOUNT = _setting("account", "int")
_DIGEST = f"decode({_setting('digest')}, 'hex')"
_SELF = (
    "(org, {column}) in"  # noqa: S608 - all our own words
    " (select m.org, 'Practitioner/' || m.practitioner"
    f" from access_membership m where m.account_id = {_ACCOUNT})"
)


def _patient_guard(table: str) -> str:
    """Return who may see a row about a patient.

    PostgreSQL chooses by itself whether it probes the relationship of one row or hashes them all.
    """
    related = (
        f"exists (select from access_relationship r where r.org = {_setting('org', 'int')}"
        f" and r.patient = {table}.patient and r.{_MINE}"
        " and (r.until is null or r.until > now()))"
    )
    return (
        f"{_ORG} and ({_ALL} or {_WRITING} or patient is null or patient = ''"
        f" or ({_RELATED} and ({_OPENED} or {related})))"
    )


@dataclass(frozen=True, slots=True)
class Guard:
    """The policies of one table: a condition for each kind of statement; none: refused."""

    select: str = ""
    insert: str = ""
    update: str = ""
    delete: str = ""

    @property
    def names(self) -> set[str]:
        """Return the names of the policies."""
        verbs = ("select", "insert", "update", "delete")
        return {f"handrail_{verb}" for verb in verbs if getattr(self, verb)}

    def statements(self, table: str) -> list[str]:
        """Return the DDL that puts the policies in force."""
        made = [f"alter table {table} enable row level security, force row level security"]
        for verb, condition in (("select", self.select), ("delete", self.delete)):
            made += [_policy(table, verb, f"using ({condition})")] * bool(condition)
        if self.insert:
            made.append(_policy(table, "insert", f"with check ({self.insert})"))
        if self.update:
            both = f"using ({self.update}) with check ({self.update})"
            made.append(_policy(table, "update", both))
        return made


def _policy(table: str, verb: str, condition: str) -> str:
    return f"create policy handrail_{verb} on {table} for {verb} {condition}"


def _same(read: str, write: str = "") -> Guard:
    write = write or read
    return Guard(select=read, insert=write, update=write, delete=write)


# Tables of this package that sign-in, the guard itself or the trail need otherwise.
_SPECIAL: dict[str, Guard] = {
    # The names and hours of organizations are no secret in an installation; the clock lists them.
    "access_organization": _same("true", _ORG),
    "access_membership": _same(f"{_ORG} or account_id = {_ACCOUNT}", _ORG),
    "access_cover": _same(f"{_ORG} or {_SELF.format(column='covering')}", _ORG),
    "access_api_key": _same(f"{_ORG} or digest = {_DIGEST}", _ORG),
    "access_app": _same(f"{_ORG} or lookup = {_DIGEST}", _ORG),
    # Columns named patient say for whom an app was opened; rows are found by person and by app.
    "access_grant": _same(_ORG),
    "access_token": _same(f"{_ORG} or digest = {_DIGEST}", _ORG),
    "access_opened": Guard(
        select=f"({_ORG} and ({_ALL} or {_AUDITOR} or {_MINE})) or {_SELF.format(column='person')}",
        insert=f"{_ORG} and {_MINE}",
    ),
    # The patient guard of other tables reads this one, so it cannot be guarded by itself.
    "access_relationship": _same(
        f"{_ORG} and ({_ALL} or {_WRITING} or {_MINE} or {_OPENED})",
        f"{_ORG} and ({_ALL} or {_WRITING})",
    ),
    "access_audit": Guard(select=f"{_ORG} and {_AUDITOR}", insert=_ORG),
    # Found by what is in an address or on a fax, before anybody acts.
    "access_link": _same(
        f"({_patient_guard('access_link')}) or lookup = {_DIGEST} or reply = {_DIGEST}",
        _patient_guard("access_link"),
    ),
}

# Tables searched with an operator that is not leakproof (@> on an array): under a guard PostgreSQL
# would not use the index. They hold ids, dates and hashes; whoever reads them joins a guarded table
# (record_version) for anything that can be understood. Where the operators are leakproof (a
# superuser ran "alter function arraycontains leakproof", and arrayoverlap), they are guarded fully.
_SEARCHED = frozenset({"record_current"})


# What only ``record.commit`` fills (it, and tables of rooms that follow the record: they say the
# ``source`` of a row) is inserted while it writes, or by who reaches every patient. PostgreSQL sets
# up every part of a guard with each statement, whether it is asked or not: this one is short.
_FILLED = frozenset({"record_version", "record_current"})
_BY_COMMIT = f"{_ORG} and ({_ALL} or {_WRITING})"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a column ``org``, as the catalogue has it."""

    name: str
    has_patient: bool
    has_source: bool
    forced: bool
    digest: str
    policies: list[str] = field(default_factory=list)


_TABLES_SQL = """
select c.relname,
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'patient'
          and not a.attisdropped),
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'source'
          and not a.attisdropped),
  c.relrowsecurity and c.relforcerowsecurity,
  coalesce((select obj_description(p.oid, 'pg_policy') from pg_policy p
            where p.polrelid = c.oid and p.polname = 'handrail_insert'), ''),
  array(select p.polname::text from pg_policy p where p.polrelid = c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and c.relkind in ('r', 'p')
  and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org'
              and not a.attisdropped)
order by c.relname
"""
_LEAKPROOF_SQL = """
select bool_and(proleakproof) from pg_proc
where proname in ('arraycontains', 'arrayoverlap') and pronamespace = 'pg_catalog'::regnamespace
"""
_ROLE_SQL = "select rolname, rolsuper or rolbypassrls from pg_roles where rolname = current_user"


def tables() -> list[Table]:
    """Return every table that belongs to organizations, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES_SQL)
        return [Table(*row) for row in cursor.fetchall()]


def guard_of(table: Table, *, leakproof: bool) -> Guard:
    """Return the policies that ``table`` is to have."""
    if table.name in _SPECIAL:
        return _SPECIAL[table.name]
    guard = _patient_guard(f'"{table.name}"') if table.has_patient else _ORG
    read = "true" if table.name in _SEARCHED and not leakproof else guard
    if table.has_patient and (table.has_source or table.name in _FILLED):
        return Guard(select=read, insert=_BY_COMMIT, update=guard, delete=guard)
    return _same(read, guard)


def enforce() -> list[str]:
    """Force row-level security on every table that has a column ``org``; run after every migrate.

    Tables that are as they should be are left alone (and not locked).

    Returns:
        The names of the tables that were changed.

    Raises:
        UnguardedDatabaseError: the role is a superuser or bypasses row-level security.
    """
    changed = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('handrail.enforce'))")
        _refuse_unbound_role()
        cursor.execute(_LEAKPROOF_SQL)
        leakproof = bool(cursor.fetchone()[0])
        for table in tables():
            guard = guard_of(table, leakproof=leakproof)
            statements = guard.statements(f'"{table.name}"')
            digest = sha256("\n".join(statements).encode()).hexdigest()
            if table.forced and table.digest == digest and guard.names == set(table.policies):
                continue
            for statement in _replacing(table, statements, digest):
                cursor.execute(statement)
            changed.append(table.name)
    return changed


def _refuse_unbound_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ROLE_SQL)
        role, unbound = cursor.fetchone()
    if unbound:
        message = (
            f"The database role {role} is not bound by row-level security. Give Handrail a role of "
            "its own that is not a superuser and owns its database, and connect with that."
        )
        raise UnguardedDatabaseError(message)


def _replacing(table: Table, statements: Iterable[str], digest: str) -> Iterable[str]:
    name = f'"{table.name}"'
    yield from (f'drop policy "{policy}" on {name}' for policy in table.policies)
    yield from statements
    yield f"comment on policy handrail_insert on {name} is '{digest}'"
