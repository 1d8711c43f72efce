"""Compares what was derived with what would be derived now: search rows and projections.

A random sample, so that it may be asked for often; ``handrail rebuild`` mends what differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handrail.fhir.searching.hashing import named
from handrail.record.prepare import Prepared, whose
from handrail.record.projecting import as_json, is_typed, rows_of, table_of
from handrail.record.registry import Projection, registry
from handrail.record.statements import rows

SAMPLE = 500
_Shown = tuple[object, ...]


def differences(org: int, sample: int = SAMPLE) -> Iterator[str]:
    """Yield what differs in ``sample`` resources of the organization, in words without content."""
    by_type: dict[str, list[Prepared]] = {}
    for version, shown in _sampled(org, sample):
        by_type.setdefault(version.resource_type, []).append(version)
        if shown != _now(version):
            yield f"{version.reference}: the search row is not what a rebuild would make."
    for resource_type, versions in by_type.items():
        for projection in registry.projections.get(resource_type, ()):
            for identity in sorted(_differing(org, projection, versions)):
                yield (
                    f"{resource_type}/{identity}: its rows in {table_of(projection.into)} are not"
                    " what a rebuild would make."
                )


def _now(version: Prepared) -> _Shown:
    found = version.indexed
    dates = (found.starts, found.ends, found.due)
    listed = (found.number, found.amount, found.listed, sorted(found.tokens))
    return (whose(version), named(version.reference), *dates, *listed)


def _sampled(org: int, sample: int) -> Iterator[tuple[Prepared, _Shown]]:
    """Yield newest versions, and what their search rows hold."""
    for kind, identity, version, at, content, body, *shown, tokens in rows(
        "SELECT c.resource_type, c.id, c.version, c.updated_at, c.content, v.body, c.patient,"
        " c.name, c.starts, c.ends, c.due, c.number, c.amount, c.listed, c.tokens"
        " FROM (SELECT * FROM record_current WHERE org = %s AND NOT deleted ORDER BY random()"
        " LIMIT %s) c JOIN record_version v USING (org, resource_type, id, version)",
        (org, sample),
    ):
        prepared = Prepared(kind, identity, version, at, body.encode(), content)
        yield prepared, (*shown, sorted(tokens))


def _differing(org: int, projection: Projection, versions: Sequence[Prepared]) -> set[str]:
    """Return the ids of those whose rows in the table are others than they would be."""
    table, typed = table_of(projection.into), is_typed(projection.into)
    wanted = rows_of(org, projection, versions)
    return {
        source
        for (source,) in rows(
            "WITH stored AS (SELECT source, jsonb_strip_nulls(to_jsonb(t)) AS held"  # noqa: S608 - own table
            f' FROM "{table}" t WHERE org = %s AND source = ANY(%s)'
            f" {'AND source_type = %s' if typed else ''}),"
            " made AS (SELECT source, jsonb_strip_nulls(to_jsonb(t)) AS held"
            f' FROM json_populate_recordset(null::"{table}", %s::json) t)'
            " SELECT source FROM (SELECT * FROM stored EXCEPT ALL SELECT * FROM made) more"
            " UNION SELECT source FROM (SELECT * FROM made EXCEPT ALL SELECT * FROM stored) less",
            (
                org,
                [version.id for version in versions],
                *([projection.of] if typed else []),
                as_json(projection.into, wanted),
            ),
        )
    }
