"""A short run of the coverage-guided fuzzers, where atheris is installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed (pip install it)"
)
@pytest.mark.parametrize("target", ["search_grammar", "readers"])
def test_nothing_that_is_sent_breaks_what_reads_it(target, tmp_path):
    command = [sys.executable, "-m", f"tests.fuzz.{target}", str(tmp_path)]
    limits = ["-max_total_time=5", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4000"]
    words = f"-dict={HERE / target}.txt"
    done = subprocess.run(
        [*command, *limits, words, f"-artifact_prefix={tmp_path}/"],
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
