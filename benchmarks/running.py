"""Runs the program on JSON lines, as from a shell."""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """Return the JSON lines of a file, compressed with xz or not."""
    content = path.read_bytes()
    lines = (lzma.decompress(content) if path.suffix == ".xz" else content).split(b"\n")
    return [json.loads(line) for line in lines if line.strip()]


def run_monitor(arguments: list[str], lines: Iterable[Row]) -> tuple[list[Row], float]:
    """Run `monitor` with lines on standard input. Return its output lines and the time in seconds."""
    stdin_text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    started = time.perf_counter()
    completed = subprocess.run(
        [sys.executable, "-m", "monitor", *arguments], input=stdin_text, stdout=subprocess.PIPE, encoding="utf-8"
    )
    seconds = time.perf_counter() - started
    if completed.returncode:
        sys.exit(f"monitor {' '.join(arguments)} exited with {completed.returncode}")
    return [json.loads(line) for line in completed.stdout.split("\n") if line], seconds


def run_replay(lines: Iterable[Row]) -> tuple[list[Row], float]:
    """Run `monitor replay`. Return its output lines and the time in seconds."""
    return run_monitor(["replay", "-", "--json"], lines)


def parse_time(text: str) -> datetime:
    """Parse ISO 8601 as a time in UTC; UTC is assumed without an offset."""
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
