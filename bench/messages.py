"""From a hospital's ADT message to the row on the worklist, while 100 messages a second arrive."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg

from bench import volume
from bench.house import BenchError, House
from bench.processes import watched
from bench.report import Measure, Report, quantile

BUDGET = 250.0  # ms, p95
RATE = 100  # messages a second
LINES = 4  # connections of hospitals
PATIENTS = 1_000
WARMING = 40  # messages before anything is measured
PAUSE = 0.004  # seconds between two looks at the worklist
PATIENCE = 30.0  # seconds for the last row to come
STAMP = "%Y%m%d%H%M%S"


@dataclass(slots=True)
class Feed:
    """What the senders and the watcher share. Times are of ``time.perf_counter``."""

    port: int
    sent: dict[str, float] = field(default_factory=dict)  # by patient whose discharge was sent
    seen: dict[str, float] = field(default_factory=dict)
    acknowledged: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    watching: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)


def message(event: str, number: int, control: int, now: datetime) -> bytes:
    """Return an ADT message about one of the volume's patients, framed for MLLP."""
    came, left = now - timedelta(days=2), now - timedelta(minutes=5)
    birth = volume.person(number)["birthDate"].replace("-", "")
    name = f"{volume.family(number)}^{volume.GIVEN[number % len(volume.GIVEN)]}".upper()
    pv1 = ["PV1", "1", "I", "4EAST^412^A^BENCH", *[""] * 15, f"V{number}^^^BENCH^VN", *[""] * 24]
    pv1 += [came.strftime(STAMP), left.strftime(STAMP) if event == "A03" else ""]
    rows = [
        f"MSH|^~\\&|ADT|BENCH|HANDRAIL|BENCH|{now.strftime(STAMP)}||ADT^{event}|M{control}|P|2.5.1",
        f"EVN|{event}|{now.strftime(STAMP)}",
        f"PID|1||{volume.mrn(number)}^^^BENCH^MR||{name}||{birth}|{'FM'[number % 2]}",
        "|".join(pv1),
    ]
    return b"\x0b" + "\r".join(rows).encode() + b"\r\x1c\r"


def story(patients: int, first: int, number: int) -> Iterator[tuple[bytes, str]]:
    """Yield ``number`` messages; each fifth is a discharge that becomes work, named by patient."""
    now = datetime.now(UTC)
    for control in range(first, first + number):
        discharge = control % 5 == 4
        patient = (
            control // 5 % patients if discharge else patients // 2 + control % (patients // 2)
        )
        event = "A03" if discharge else "A08"
        yield message(event, patient, control, now), f"b{patient}" if discharge else ""


def measure(house: House, report: Report, *, quick: bool) -> None:
    """Let messages arrive, and look at the worklist's table until every discharge is on it."""
    house.again()
    volume.fill(house, PATIENTS, "")
    number = RATE * (4 if quick else 20)
    with house.serving(mllp=True) as serving:
        roots = {"server": serving.process.pid, "postgres": house.postmaster}
        _send(Feed(serving.mllp), list(story(PATIENTS, 0, WARMING)), rate=WARMING)
        feed = Feed(serving.mllp)
        watcher = threading.Thread(target=_watch, args=(house, feed))
        watcher.start()
        feed.watching.wait(PATIENCE)
        with watched(**roots) as spent:
            took = _send(feed, list(story(PATIENTS, WARMING, number)), rate=RATE)
        _await(feed)
        watcher.join()
    if feed.wrong:
        raise BenchError(f"Messages were answered with: {sorted(set(feed.wrong))[:3]}")
    missing = [one for one in feed.sent if one not in feed.seen]
    if missing:
        raise BenchError(f"{len(missing)} of {len(feed.sent)} discharges never became work.")
    late = [feed.seen[one] - feed.sent[one] for one in feed.sent]
    detail = {
        "messages": number,
        "a_second": number / took,
        "rows": len(late),
        "p50": quantile(late, 0.5) * 1e3,
        "p99": quantile(late, 0.99) * 1e3,
        "acknowledged_p95": quantile(feed.acknowledged, 0.95) * 1e3,
        "cores_used_by_others": spent.others,
        "slowed": spent.slowed,
    }
    report.add(
        Measure(
            f"ADT message to worklist row at {RATE}/s: p95",
            quantile(late, 0.95) * 1e3,
            "ms",
            at_most=BUDGET,
            detail=detail,
        )
    )
    report.add(Measure("ADT message, CPU", spent.total / number * 1e3, "ms a message"))


def _send(feed: Feed, messages: list[tuple[bytes, str]], rate: int) -> float:
    """Send at a steady rate over several connections; return how long it took."""
    numbered = list(enumerate(messages))
    began = time.perf_counter() + 0.05
    threads = [
        threading.Thread(target=_line, args=(feed, numbered[n::LINES], began, rate))
        for n in range(LINES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _line(
    feed: Feed, numbered: list[tuple[int, tuple[bytes, str]]], began: float, rate: int
) -> None:
    with socket.create_connection(("127.0.0.1", feed.port), 60) as line:
        for place, (text, patient) in numbered:
            due = began + place / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            if patient:
                feed.sent.setdefault(patient, due)  # waiting for a busy line counts
            line.sendall(text)
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                part = line.recv(65536)
                if not part:
                    feed.wrong.append("a closed connection")
                    return
                answer += part
            feed.acknowledged.append(time.perf_counter() - due)
            if b"MSA|AA" not in answer:
                feed.wrong.append(answer.decode(errors="replace")[-200:])


def _watch(house: House, feed: Feed) -> None:
    """Look for new work again and again, as a superuser: past the access rules.

    Only at the patients who wait for it, so that looking takes no CPU from what is measured.
    """
    with psycopg.connect(house.cluster.url("postgres"), autocommit=True) as one:
        known = {str(source) for (source,) in one.execute("select source from desk_work_item")}
        fresh = "select source, patient from desk_work_item where org = 1 and patient = any(%s)"
        feed.watching.set()
        while not feed.done.is_set():
            waiting = [patient for patient in list(feed.sent) if patient not in feed.seen]
            found = one.execute(fresh, (waiting,), prepare=True).fetchall() if waiting else []
            at = time.perf_counter()
            for source, patient in found:
                if source not in known:
                    feed.seen.setdefault(str(patient), at)
            time.sleep(PAUSE)


def _await(feed: Feed) -> None:
    until = time.perf_counter() + PATIENCE
    for _ in itertools.count():
        waiting = [one for one in feed.sent if one not in feed.seen]
        if not waiting or time.perf_counter() > until:
            break
        time.sleep(0.05)
    feed.done.set()
