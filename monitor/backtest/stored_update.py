"""A stored update as a back-test reads it."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.model import Finding, Moment, Update
from monitor.text.split import Pattern


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """A stored update with its findings. `is_baseline`: from its source's first poll, which sends no alerts."""

    number: int
    update: Update
    recorded_at: Moment
    findings: tuple[Finding, ...]
    ignore_patterns: tuple[Pattern, ...] = ()
    is_baseline: bool = False
