"""The short form of the soak: a daemon polls, sends and serves pages, and its memory and open files do not grow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SOAK = Path(__file__).parents[2] / "benchmarks/soak.py"
WARM_UP_MB = 30  # by which caches grow in so few polls


def test_polls_and_pages_leave_nothing_behind() -> None:
    command = [sys.executable, str(SOAK), "500", "--sources", "40", "--growth", str(WARM_UP_MB)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
