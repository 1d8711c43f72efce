"""What the machine can do at best, now: parse, copy, select by key, wait for the disk."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from typing import Any

import orjson
import psycopg

from bench import samples
from bench.house import BenchError, House
from bench.processes import watched
from bench.report import Measure, Report, median
from handrail.site.binaries import DatabaseError, find_binaries

PARSE = "floor: orjson.loads"
COPY = "floor: COPY"
SELECT = "floor: pgbench -S"
SYNC = "floor: fdatasync"
LOOK = re.compile(r"tps = ([0-9.]+)")
SYNCED = re.compile(r"fdatasync\s+([0-9.]+) ops/sec")


def measure(house: House, report: Report, runs: int) -> None:
    """Measure every floor that can be measured here."""
    try:
        texts = samples.resources()
    except samples.AbsentError as error:
        report.skip("floors of parsing and copying", str(error))
    else:
        _parse(texts, report, runs)
        _copy(house, texts, report, runs)
    try:
        _select(house, report, runs)
    except DatabaseError as error:
        report.skip("floor of pgbench", error.message)
    _sync(house, report)


def _parse(texts: list[bytes], report: Report, runs: int) -> None:
    taken = []
    for _ in range(runs):
        began = time.process_time()
        for text in texts:
            orjson.loads(text)
        taken.append((time.process_time() - began) / len(texts))
    size = sum(map(len, texts)) / len(texts)
    best = min(taken) * 1e6
    detail = {"bytes": round(size), "megabytes_per_second": round(size / best)}
    report.add(Measure(PARSE, best, "us CPU a resource", detail=detail))


def _copy(house: House, texts: list[bytes], report: Report, runs: int) -> None:
    """COPY the texts into a table with a primary key and nothing else; durable at the end."""
    taken, walls = [], []
    rows = [(1, "Type", str(number), text.decode()) for number, text in enumerate(texts)]
    for _ in range(runs):
        with psycopg.connect(house.cluster.url("postgres", "postgres"), autocommit=True) as one:
            one.execute("drop table if exists floor")
            one.execute(
                "create table floor (org int, kind text, id text, body text,"
                " primary key (org, kind, id))"
            )
            own = time.process_time()
            with watched(postgres=house.postmaster) as spent:
                _copy_in(one, rows)
            taken.append((spent.total + time.process_time() - own) / len(rows))
            walls.append(len(rows) / spent.seconds)
            one.execute("drop table floor")
    detail = {"resources_per_second": round(max(walls))}
    report.add(Measure(COPY, median(taken) * 1e6, "us CPU a resource", detail=detail))


def _copy_in(one: psycopg.Connection[Any], rows: list[tuple[int, str, str, str]]) -> None:
    with one.cursor() as cursor, cursor.copy("copy floor from stdin (format binary)") as copy:
        copy.set_types(["int4", "text", "text", "text"])
        for row in rows:
            copy.write_row(row)


def _select(house: House, report: Report, runs: int) -> None:
    """Select by primary key over one prepared connection, as pgbench does."""
    program = find_binaries(house.cluster.major()).program("pgbench")
    place = ["-h", str(house.cluster.socket), "-U", "postgres"]
    house.admin("drop database if exists floor", "create database floor")
    _run([program, *place, "-i", "-s", "2", "-q", "floor"])
    taken, rates = [], []
    for _ in range(runs):
        with watched(postgres=house.postmaster, client=os.getpid()) as spent:
            said = _run([program, *place, "-S", "-M", "prepared", "-T", "2", "floor"])
        rate = float(_found(LOOK, said))
        rates.append(rate)
        taken.append(spent.total / (rate * 2))
    house.admin("drop database floor")
    detail = {"per_second": round(max(rates))}
    report.add(Measure(SELECT, median(taken) * 1e3, "ms CPU a select", detail=detail))


def _sync(house: House, report: Report) -> None:
    """Ask pg_test_fsync how long the disk takes to say that a page is safe; else ask ourselves."""
    try:
        program = find_binaries(house.cluster.major()).program("pg_test_fsync")
    except DatabaseError:
        program = ""
    with tempfile.TemporaryDirectory(dir=house.data) as folder:
        if program:
            said = _run([program, "-s", "1", "-f", f"{folder}/file"])
            taken = 1000 / float(_found(SYNCED, said))
        else:
            taken = _write_and_wait(f"{folder}/file")
    report.add(Measure(SYNC, taken, "ms", detail={"by": "pg_test_fsync" if program else "bench"}))


def _write_and_wait(path: str) -> float:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    os.write(descriptor, bytes(8192))
    began, times = time.perf_counter(), 200
    for _ in range(times):
        os.pwrite(descriptor, os.urandom(8192), 0)
        os.fdatasync(descriptor)
    os.close(descriptor)
    return (time.perf_counter() - began) / times * 1e3


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{command[0]}: {done.stderr[-500:]}")
    return done.stdout


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if match is None:
        raise BenchError(f"Not understood: {text[-500:]}")
    return match[1]
