"""What Handrail costs when nobody does anything, and how soon it is there again."""

from __future__ import annotations

import subprocess
import time

from bench import volume
from bench.house import CODE, BenchError, House, free_port
from bench.house import answers as answers_at
from bench.processes import memory
from bench.report import Measure, Report, median

MEMORY = 250.0  # MB, database included
READY = 5.0  # seconds
REST = 5.0  # seconds of idling before memory is looked at


def measure(house: House, report: Report, runs: int) -> None:
    """Start as ``make demo`` does once it is installed, then let it rest and look."""
    house.again()
    volume.fill(house, volume.SMALL, "")
    house.cluster.release()  # so that starting includes PostgreSQL
    try:
        taken, sizes = [], []
        for _ in range(runs):
            seconds, size, parts = _once(house)
            taken.append(seconds)
            sizes.append((size, parts))
    finally:
        house.cluster.start()
    report.add(Measure("ready to serve", median(taken), "s", at_most=READY, detail={"runs": taken}))
    size, parts = sorted(sizes)[len(sizes) // 2]
    report.add(Measure("idle memory", size, "MB PSS", at_most=MEMORY, detail=parts))


def _once(house: House) -> tuple[float, float, dict[str, float]]:
    port, mllp = free_port(), free_port()
    wanted = ["demo", "--port", str(port), "--mllp-port", str(mllp)]
    began = time.perf_counter()
    process = subprocess.Popen(
        house.command(wanted),
        env=dict(house.environment),
        cwd=CODE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        while not answers_at(f"http://127.0.0.1:{port}/sign-in"):
            if process.poll() is not None:
                said = process.stderr.read().decode() if process.stderr else ""
                raise BenchError(f"handrail demo ended: {said[-1000:]}")
            time.sleep(0.01)
        taken = time.perf_counter() - began
        time.sleep(REST)
        every = memory(process.pid)
        database = memory(house.postmaster)
        return taken, every, {"postgres": database, "handrail": every - database}
    finally:
        process.terminate()
        process.wait(60)
