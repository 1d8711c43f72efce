"""Reads the record: one version, its history, the resources of a patient. Every look is audited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from django.db import connection

from handrail.access import audit
from handrail.access.database import acting, settings_of
from handrail.access.decide import require, unreachable
from handrail.access.narrowing import is_narrow, lets, require_let, require_stored
from handrail.access.principal import Principal, Reach
from handrail.fhir.errors import GoneError, NotFoundError
from handrail.record.prepare import reference_of
from handrail.record.statements import rows
from handrail.record.stored import Stored

_COLUMNS: LiteralString = (
    "resource_type, id, version, body, updated_at, patient, deleted, transaction, cause"
)

_LAST_VERSION = 2**31 - 1  # the column is an integer


def _stored(row: Sequence[Any]) -> Stored:
    resource_type, identity, version, body, *rest = row
    return Stored(resource_type, identity, version, body.encode(), *rest)


def read(reference: str, *, by: Principal) -> Stored:
    """Return the current version of ``Type/id``.

    Raises:
        NotFoundError: there is none, or ``by`` may not know of it.
        GoneError: it was deleted.
        ForbiddenError: ``by`` may not read this type or this patient.
    """
    if _is_plain(reference, by) and not connection.in_atomic_block:
        return _at_once(reference, None, by)
    return _one(reference, None, by)


def _is_plain(reference: str, by: Principal) -> bool:
    """Tell whether the database alone can decide, and write the audit row."""
    kind = reference.partition("/")[0]
    return by.reach is Reach.ALL and not by.app and not is_narrow(by, kind)


def several(references: Sequence[str], *, by: Principal) -> dict[str, Stored]:
    """Return the current versions, by reference, of those of ``references`` that are there.

    Raises:
        ForbiddenError: ``by`` may not read one of the types or patients.
    """
    wanted = [reference_of(reference) for reference in references]
    for resource_type, _ in wanted:
        require(by, "read", resource_type)
    if not wanted:
        return {}
    with acting(by):
        found = rows(
            "SELECT v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted,"
            " v.transaction, v.cause FROM record_current c JOIN record_version v"
            " USING (org, resource_type, id, version) WHERE c.org = %s AND NOT c.deleted"
            " AND (c.resource_type, c.id) IN"
            " (SELECT * FROM unnest((SELECT %s::text[]), (SELECT %s::text[])))",
            (by.org, [kind for kind, _ in wanted], [identity for _, identity in wanted]),
        )
        stored = [_stored(row) for row in found]
        far = unreachable(by, [one.patient for one in stored])  # at most one question for all
        for one in stored:
            if one.patient in far:
                require_stored(by, "read", one)
            require_let(by, "read", one)
        seen = (
            audit.Event(
                action="R",
                what="read",
                reference=one.reference,
                version=one.version,
                patient=one.patient,
            )
            for one in stored
        )
        audit.note(by, *seen)
    return {one.reference: one for one in stored}


def vread(reference: str, version: int, *, by: Principal) -> Stored:
    """Return one version of ``Type/id``; it may fail as :func:`read` does."""
    if not 0 < version <= _LAST_VERSION:
        raise NotFoundError(f"There is no version {version} of {reference} that you may see.")
    if by.reach is Reach.ALL and not connection.in_atomic_block:
        return _at_once(reference, version, by)
    return _one(reference, version, by)


def _one(reference: str, version: int | None, by: Principal) -> Stored:
    resource_type, identity = reference_of(reference)
    require(by, "read", resource_type)
    with acting(by):
        found = rows(
            f"SELECT {_COLUMNS} FROM record_version"  # noqa: S608 - a constant list of columns
            " WHERE org = %s AND resource_type = %s AND id = %s"
            " AND (%s::int IS NULL OR version = %s) ORDER BY version DESC LIMIT 1",
            (by.org, resource_type, identity, version, version),
        )
        if not found:
            raise NotFoundError(f"There is no {reference} that you may see.")
        stored = _stored(found[0])
        require_stored(by, "read", stored)
        if stored.deleted:
            raise GoneError(f"{reference} was deleted. Its history is kept.")
        audit.read(by, [stored.reference], stored.version, stored.patient)
        return stored


def _at_once(reference: str, wanted: int | None, by: Principal) -> Stored:
    """Read in one round trip and a transaction of its own: the same rules as :func:`_one`.

    For principals who reach every patient of their organization, and outside of a transaction. The
    audit row does not wait for the disk, as in any request that only reads.
    """
    resource_type, identity = reference_of(reference)
    require(by, "read", resource_type)
    org, _, persons, opened, auditor = settings_of(by)
    version, body, *rest = rows(
        "SELECT * FROM record_read(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::int)",
        (
            int(org),
            persons,
            opened,
            auditor,
            by.person,
            by.name,
            audit.client_address.get(),
            by.app,
            resource_type,
            identity,
            wanted,
        ),
    )[0]
    if version is None:
        raise NotFoundError(f"There is no {reference} that you may see.")
    stored = Stored(resource_type, identity, version, body.encode(), *rest)
    if stored.deleted:
        raise GoneError(f"{reference} was deleted. Its history is kept.")
    return stored


def history(reference: str, *, by: Principal) -> list[Stored]:
    """Return every version of ``Type/id``, newest first."""
    resource_type, identity = reference_of(reference)
    require(by, "read", resource_type)
    with acting(by):
        found = rows(
            f"SELECT {_COLUMNS} FROM record_version"  # noqa: S608 - a constant list of columns
            " WHERE org = %s AND resource_type = %s AND id = %s ORDER BY version DESC",
            (by.org, resource_type, identity),
        )
        if not found:
            raise NotFoundError(f"There is no {reference} that you may see.")
        versions = [_stored(row) for row in found]
        patient = next((version.patient for version in versions if version.patient), "")
        require(by, "read", resource_type, patient)
        versions = [version for version in versions if lets(by, "read", version)]
        if not versions:
            raise NotFoundError(f"There is no {reference} that you may see.")
        audit.read(by, [reference], None, patient)
        return versions


def of_patient(patient: str, resource_type: str, *, by: Principal) -> list[Stored]:
    """Return the current resources of this type in the patient's compartment, oldest first."""
    require(by, "read", resource_type, patient)
    with acting(by):
        found = rows(
            "SELECT v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted,"
            " v.transaction, v.cause FROM record_current c JOIN record_version v"
            " USING (org, resource_type, id, version)"
            " WHERE c.org = %s AND c.patient = %s AND c.resource_type = %s AND NOT c.deleted"
            " ORDER BY c.starts NULLS FIRST, c.id",
            (by.org, patient, resource_type),
        )
        audit.read(by, [f"{resource_type}?patient"], None, patient)
        return [stored for stored in map(_stored, found) if lets(by, "read", stored)]


def written_in(transaction: int, *, by: Principal) -> list[Stored]:
    """Return the versions that one transaction wrote, in order."""
    with acting(by):
        return [
            _stored(row)
            for row in rows(
                f"SELECT {_COLUMNS} FROM record_version"  # noqa: S608 - constant columns
                " WHERE org = %s AND transaction = %s ORDER BY position",
                (by.org, transaction),
            )
        ]


def current_versions(
    references: Sequence[tuple[str, str]], *, by: Principal
) -> dict[str, tuple[int, datetime]]:
    """Return (version, updated at) of those of the references that are current."""
    with acting(by):
        found = rows(
            "SELECT resource_type, id, version, updated_at FROM record_current WHERE org = %s"
            " AND NOT deleted AND (resource_type, id) IN"
            " (SELECT * FROM unnest((SELECT %s::text[]), (SELECT %s::text[])))",
            (by.org, [kind for kind, _ in references], [identity for _, identity in references]),
        )
    return {f"{kind}/{identity}": (version, at) for kind, identity, version, at in found}
