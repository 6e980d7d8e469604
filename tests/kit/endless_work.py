"""Work that a worker process does not end: it imports this module by name."""

from __future__ import annotations

import time


def sleep_on(*_arguments: object) -> None:
    """Take any arguments and sleep for longer than a test waits."""
    time.sleep(120)
