"""``python -m bench``: measures, prints the table, writes JSON. Nothing here gates CI."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import answers, finding, floors, idle, loading, messages, posting, referring, serving
from bench.house import BenchError, House, house
from bench.report import Report

SECTIONS = (
    "floors",
    "loading",
    "posting",
    "fhir",
    "serving",
    "messages",
    "finding",
    "referrals",
    "idle",
)
RUNS = 3


def main() -> int:
    """Measure what was asked for; 1 if something could not be measured that should have been."""
    chosen = _options().parse_args()
    if not Path("/proc/self/stat").exists():
        print("The benchmark accounts for CPU with /proc, which only Linux has.", file=sys.stderr)
        return 2
    wanted = chosen.only or SECTIONS
    report = Report()
    report.machine = _machine()
    runs = 1 if chosen.quick else RUNS
    failed = False
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was made is still removed
    with house() as made:
        for name, measure in _sections(made, report, runs, quick=chosen.quick).items():
            if name not in wanted:
                continue
            print(f"{name}:", flush=True)
            began = time.perf_counter()
            try:
                measure()
            except BenchError as error:
                failed = True
                report.skip(name, f"It failed. {error}")
            report.machine[f"{name}_seconds"] = round(time.perf_counter() - began, 1)
    _tell(report, chosen.json)
    return int(failed)


def _tell(report: Report, path: Path) -> None:
    """Print the table and write everything as JSON."""
    report.machine["load_after"] = os.getloadavg()
    print("\n" + "\n".join(report.lines()))
    path.parent.mkdir(parents=True, exist_ok=True)
    report.write(path)
    print(f"\nAs JSON: {path}")


def _sections(
    made: House, report: Report, runs: int, *, quick: bool
) -> dict[str, Callable[[], None]]:
    return {
        "floors": lambda: floors.measure(made, report, runs),
        "loading": lambda: loading.measure(made, report, runs, quick=quick),
        "posting": lambda: posting.measure(made, report, runs, quick=quick),
        "fhir": lambda: answers.measure(made, report, runs, quick=quick),
        "serving": lambda: serving.measure(made, report, runs, quick=quick),
        "messages": lambda: messages.measure(made, report, quick=quick),
        "finding": lambda: finding.measure(made, report, quick=quick),
        "referrals": lambda: referring.measure(made, report, quick=quick),
        "idle": lambda: idle.measure(made, report, runs),
    }


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument(
        "--only", action="append", choices=SECTIONS, help="only this section; may be repeated"
    )
    options.add_argument("--quick", action="store_true", help="less data, one run")
    options.add_argument(
        "--json", type=Path, default=Path("var/bench.json"), help="where to write the figures"
    )
    return options


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_before": os.getloadavg(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
