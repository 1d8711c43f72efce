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
def test_no_search_breaks_the_parser(tmp_path):
    command = [sys.executable, "-m", "tests.fuzz.search_grammar", str(tmp_path)]
    limits = ["-max_total_time=5", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4000"]
    words = f"-dict={HERE / 'search_grammar.txt'}"
    done = subprocess.run(
        [*command, *limits, words, f"-artifact_prefix={tmp_path}/"],
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
