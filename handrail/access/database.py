"""The principal in the database: settings of the transaction, and the policies that read them.

``with acting(principal):`` opens a transaction and says who acts, in one statement, with settings
that end with the transaction: ``handrail.org``, ``handrail.reach``, ``handrail.persons``,
``handrail.opened``, ``handrail.auditor``. :func:`enforce` forces row-level security on every table
that has a column ``org``; unset settings show no rows.

Two further settings open a narrow door each:

* ``handrail.writing`` (:func:`writing`) lifts the patient guard, never the organization's, while
  ``record.commit`` writes what it has authorised in Python: a coordinator may register a patient
  nobody is related to yet, and reactions see the whole patient.
* ``handrail.account`` and ``handrail.digest`` (:func:`authenticating`) show, before anybody acts,
  the memberships of one account with their organizations, covers and openings, or the one key whose
  digest is known: what sign-in needs and nothing else. They never show patients' data.

What these policies defend against is our own forgetfulness (a query without its filter), not
somebody who can run SQL of their own as this role, and could change the settings.

Writing queries on guarded tables: PostgreSQL runs a condition of yours before the guard (and so
uses an index for it) only if its operator is leakproof. ``=``, ``<``, ``>=``, ``^@`` (starts_with)
and dates are; ``LIKE``, ``lower()``, ``@>`` and ``&&`` on arrays, text search and ranges are not,
and are filtered row by row. Look for a prefix with ``name >= 'smi' and name < 'smj'``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection, transaction

from handrail.access.principal import Principal, Reach, Role
from handrail.fhir.errors import SignInRequiredError

SETTINGS_SQL = """
select set_config('handrail.org', %s, true), set_config('handrail.reach', %s, true),
  set_config('handrail.persons', %s, true), set_config('handrail.opened', %s, true),
  set_config('handrail.auditor', %s, true), set_config('synchronous_commit',
    coalesce(nullif(%s, ''), current_setting('synchronous_commit')), true)
"""
_NOBODY = ("", "", "", "", "")


@dataclass(slots=True)
class _Acting:
    """Who acts in the present transaction, and what was promised about it."""

    principal: Principal
    durable: bool
    writing: bool = False


_acting: ContextVar[_Acting | None] = ContextVar("handrail_acting", default=None)


def cursor() -> psycopg.Cursor[Any]:
    """Return a cursor on Django's connection that binds on the server and can prepare.

    For the few statements that run with every request; ``execute(sql, values, prepare=True)``.
    """
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def text_array(items: Iterable[str]) -> str:
    """Return ``items`` as the literal of a ``text[]``."""
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


def settings_of(principal: Principal | None) -> tuple[str, ...]:
    """Return the values of :data:`SETTINGS_SQL` but for the last (``synchronous_commit``)."""
    if principal is None:
        return _NOBODY
    return (
        str(principal.org),
        principal.reach.value,
        text_array(principal.identities),
        text_array(principal.opened),
        "on" if principal.has(Role.AUDITOR, Role.SYSTEM) else "",
    )


@contextmanager
def acting(principal: Principal, *, durable: bool | None = None) -> Iterator[Principal]:
    """Act as ``principal`` in one transaction, which this opens.

    Within it the same principal joins (one that asks to be durable means to write, and gets a
    savepoint: what fails inside leaves nothing behind). Another one nests, in a savepoint, with its
    own settings; afterwards those of the outer one hold again.

    Args:
        principal: who acts, and in which organization.
        durable: wait until the commit is on disk. None: as the transaction it joins or nests in
            has it, and yes for one it opens. False is for requests that only read: their audit
            rows may be lost if the server dies within the next half second. Whoever writes within
            such a transaction asks for durability (:func:`keep`; :func:`writing` does).
    """
    outer = _acting.get()
    if outer is not None and outer.principal == principal:
        if not durable:
            yield principal
            return
        keep()
        with transaction.atomic():
            yield principal
        return
    inner = _Acting(principal, _is_durable(outer, durable))
    nested = connection.in_atomic_block
    token = _acting.set(inner)
    try:
        with transaction.atomic():
            _announce(principal, _promise(outer, inner))
            yield principal
            if nested and not connection.needs_rollback:
                _announce(outer.principal if outer else None, "")
    finally:
        _acting.reset(token)
    if outer is not None and inner.durable:
        outer.durable = True


def _is_durable(outer: _Acting | None, durable: bool | None) -> bool:  # noqa: FBT001 - three states
    """Return whether the transaction is to be durable; once promised it stays so."""
    if outer is None:
        return durable is not False
    return outer.durable or bool(durable)


def _promise(outer: _Acting | None, inner: _Acting) -> str:
    """Return the value for ``synchronous_commit``; empty: as it is."""
    if outer is None:
        return "" if inner.durable else "off"
    return "on" if inner.durable and not outer.durable else ""


def _announce(principal: Principal | None, synchronous: str) -> None:
    cursor().execute(SETTINGS_SQL, (*settings_of(principal), synchronous), prepare=True)


def current() -> Principal:
    """Return who acts now.

    Raises:
        SignInRequiredError: nobody does.
    """
    return _present().principal


def _present() -> _Acting:
    state = _acting.get()
    if state is None:
        raise SignInRequiredError("Nobody is signed in. Sign in and try again.")
    return state


def keep() -> None:
    """Make the present transaction durable, even if it began as one that only reads."""
    state = _present()
    if not state.durable:
        cursor().execute("select set_config('synchronous_commit', 'on', true)")
        state.durable = True


@contextmanager
def writing(*, savepoint: bool = True) -> Iterator[None]:
    """Lift the patient guard while the record writes what it has authorised in Python.

    Only ``record.commit`` and ``record.undo`` call this. The organization's guard stays, the
    transaction becomes durable, and what fails inside is undone to where it began (a savepoint), so
    that a screen may catch the error and go on. Joins if it is open already. Without ``savepoint``,
    for a transaction that holds nothing else, what fails undoes all of it.
    """
    state = _present()
    keep()
    if state.writing:
        yield
        return
    lifted = state.principal.reach is not Reach.ALL
    state.writing = True
    try:
        with transaction.atomic(savepoint=savepoint):
            if lifted:
                _set("handrail.writing", "on")
            yield
            if lifted and not connection.needs_rollback:
                _set("handrail.writing", "")
    finally:
        state.writing = False


@contextmanager
def authenticating(*, account: int | None = None, digest: bytes = b"") -> Iterator[None]:
    """Show what belongs to one account, or the key with this digest, before anybody acts."""
    name, value = (
        ("handrail.account", str(account)) if account else ("handrail.digest", digest.hex())
    )
    with transaction.atomic():
        _set(name, value)
        yield
        _set(name, "")


def _set(name: str, value: str) -> None:
    cursor().execute("select set_config(%s, %s, true)", (name, value), prepare=True)


def enforce() -> list[str]:
    """Force row-level security on every table that has a column ``org`` (see policies.enforce)."""
    from handrail.access import policies

    return policies.enforce()
