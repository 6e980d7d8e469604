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


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file that are not blank. The file is UTF-8, compressed with xz or not."""
    content = path.read_bytes()
    text = (lzma.decompress(content) if path.suffix == ".xz" else content).decode("utf-8")
    return [line for line in text.split("\n") if line.strip()]


def read_rows(path: Path) -> list[Row]:
    """Return the JSON lines of a file, compressed with xz or not."""
    return [json.loads(line) for line in read_lines(path)]


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
