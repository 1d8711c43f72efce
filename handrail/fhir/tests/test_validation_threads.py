"""Many threads validate a type for the first time, all at once."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, threading
from handrail.fhir.validation.fast import certain
sys.setswitchinterval(1e-6)
text = b'{"resourceType":"Task","id":"x","status":"requested","intent":"order",'
text += b'"for":{"reference":"Patient/1"},"restriction":{"period":{"end":"2026-12-05"}}}'
start = threading.Barrier(8)
said = []
def check():
    start.wait()
    said.append(certain(text))
threads = [threading.Thread(target=check) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(said.count(True))
"""


def test_decoders_are_made_one_at_a_time():
    """A process of its own, since what is tested for is that the process crashes."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout.strip()) == (0, "8"), done.stderr[-2000:]
