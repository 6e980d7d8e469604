"""Types of the commands that tests run in their own process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Monitor: TypeAlias = Callable[..., tuple[int, str, str]]  # the words of a command -> exit code, stdout, stderr
