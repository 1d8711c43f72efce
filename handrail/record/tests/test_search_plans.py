"""Which index serves which search, at 1,000 patients, and how many rows it reads."""

from __future__ import annotations

import re

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.fhir.searching import hashing
from handrail.fhir.searching.lists import place
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.search import often, pages
from handrail.record.statements import count, rows, run

pytestmark = pytest.mark.django_db
PEOPLE, READINGS, TASKS = 1_000, 20, 10
STATUSES = ("requested", "accepted", "in-progress", "on-hold")
_ROW = (
    "INSERT INTO record_current (org, resource_type, id, version, updated_at, patient, deleted,"
    " name, starts, ends, due, listed, tokens, content) SELECT %(org)s, %(type)s, {id}, 1,"
    " now() - {n} * interval '1 second', {patient}, false, {name}, {at}, {at}, {at}, {listed},"
    " {tokens}, ''::bytea FROM generate_series(0, %(people)s - 1) p,"
    " generate_series(0, %(each)s - 1) k"
)
_VERSION = (
    "INSERT INTO record_version (org, resource_type, id, version, transaction, position,"
    " updated_at, patient, deleted, cause, hash, body) SELECT org, resource_type, id, 1, 1, 1,"
    " updated_at, patient, false, '', ''::bytea, '{}' FROM record_current"
)


def token(kind, name, *parts):
    return hashing.token(kind, name, *parts)


def code(kind, name, value):
    return token(kind, name, hashing.ANY_SYSTEM, value)


def _fill(by, kind, each, *, identity, tokens, listed="NULL"):
    """Add rows of one type: ``each`` (k) of every person (p), with these tokens."""
    name = f"hashint8extended(p * 1000 + k, {len(kind)})"
    text = _ROW.format(
        id=identity,
        n="(p * 50 + k)",
        patient="'p' || p",
        name="hashint8extended(p, 0)" if kind == "Patient" else name,
        at="'2026-01-01'::timestamptz + (k * 1000 + p) * interval '1 minute'",
        listed=listed,
        tokens=f"ARRAY[{', '.join(tokens)}]::bigint[]",
    )
    run(text, {"org": by.org, "type": kind, "people": PEOPLE, "each": each})


@pytest.fixture
def by(org):
    """Fill the search rows as 1,000 patients would, with the tokens the questions below have."""
    often.forget_all()
    someone = system(org.id, "test", "A test")
    moreno = token("Patient", "name", hashing.STARTS, "moreno")
    with acting(someone):
        _fill(
            someone,
            "Patient",
            1,
            identity="'p' || p",
            tokens=[
                f"CASE WHEN p / 3 = 100 THEN {moreno} ELSE p END",
                str(code("Patient", "gender", "female")),
            ],
        )
        _fill(
            someone,
            "Condition",
            2,
            identity="'c' || p || '-' || k",
            tokens=[
                (
                    f"CASE WHEN k = 0 THEN {code('Condition', 'code', 'common')}"
                    f" WHEN p / 25 = 7 THEN {code('Condition', 'code', 'rare')} ELSE p END"
                ),
                _patient_of("Condition"),
            ],
        )
        _fill(
            someone,
            "Observation",
            READINGS,
            identity="'o' || p || '-' || k",
            tokens=[str(code("Observation", "category", "vital")), _patient_of("Observation")],
        )
        lists = [place("Practitioner/c1", status) for status in STATUSES]
        _fill(
            someone,
            "Task",
            TASKS,
            identity="'t' || p || '-' || k",
            tokens=[
                "(ARRAY["
                + ", ".join(str(code("Task", "status", s)) for s in STATUSES)
                + "]::bigint[])[k %% 4 + 1]",
                (
                    f"CASE WHEN p < 34 THEN {hashing.reference('Task', 'owner', 'Practitioner/c1')}"
                    " ELSE p END"
                ),
                _patient_of("Task"),
            ],
            listed=f"CASE WHEN p < 34 THEN (ARRAY{lists}::bigint[])[k %% 4 + 1] ELSE p * 4 + k END",
        )
        run(_VERSION)
        run("ANALYZE record_current, record_version")
        run("SET LOCAL jit = off")
    return someone


def _patient_of(kind):
    known = hashing.referring(kind, "subject")
    fifth = hashing.reference(kind, "subject", "Patient/p5")
    return f"CASE WHEN p = 5 THEN {fifth} ELSE hashint8extended(p, 0) # {known}::bigint END"


OPEN = ",".join(STATUSES)
NAMED = [
    ("Patient?name=moreno&_count=20", "record_current_tokens", 3),
    ("Patient?gender=female&_count=20", "record_current_pkey", 20),
    ("Observation?patient=p5&category=vital&_sort=-date&_count=20", "record_current_patient", 20),
    ("Condition?patient=p5&code=common", "record_current_patient", 1),
    (
        f"Task?owner=Practitioner/c1&status={OPEN}&_sort=-authored-on&_count=50",
        "record_current_listed",
        50,
    ),
    (f"Task?owner=Practitioner/c1&status={OPEN}&_sort=due&_count=50", "record_current_due", 50),
    (f"Task?patient.name=moreno&status={OPEN}&_count=20", "record_current_patient", 20),
    ("Patient?_has:Condition:patient:code=rare&_count=50", "record_current_pkey", 25),
    ("Patient?_id=p7", "record_current_pkey", 1),
    ("Task?_lastUpdated=gt2020-01-01&_count=20", "record_current_updated", 20),
    ("Task?authored-on=lt2026-02-01&_sort=authored-on&_count=20", "record_current_starts", 20),
]
MOST_READ = 400  # rows of search rows that one page may look at


@pytest.mark.parametrize(("text", "index", "entries"), NAMED)
def test_each_search_has_its_index(by, monkeypatch, text, index, entries):
    kind, _, query = text.partition("?")
    asked = parse(kind, [tuple(pair.split("=", 1)) for pair in query.split("&")])
    sent = []

    def noted(sql, parameters=()):
        sent.append((sql, parameters))
        return rows(sql, parameters)

    monkeypatch.setattr(pages, "rows", noted)
    with acting(by):
        if "gender" in text:  # as many as fill a page many times over
            monkeypatch.setattr("handrail.record.search.ways.FEW", 100)
        before = count.sent
        found = store.search(asked, by=by)
        assert len(found.entries) == min(entries, asked.count or 50), text
        if "gender" not in text:
            assert count.sent - before == 1
        plan = [
            line for (line,) in rows(f"EXPLAIN (ANALYZE, COSTS OFF) {sent[-1][0]}", sent[-1][1])
        ]
    read = "\n".join(line for line in plan if "never executed" not in line)
    assert index in read, read
    assert "Seq Scan on record_current" not in read, read
    assert "Seq Scan on record_version" not in read, read
    assert _read(plan) <= MOST_READ, read


def _read(plan):
    """Return how many search rows and versions were read."""
    return sum(
        float(found[1]) * int(found[2])
        for line in plan
        if "on record_" in line
        and (found := re.search(r"rows=([0-9.]+) loops=([0-9]+)", line)) is not None
    )
