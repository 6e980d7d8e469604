"""End the process if a stop takes too long: a hung receiver, disk or database must not delay it until it is killed.

Whatever was not stored is done again after the next start, as after a crash.
"""

from __future__ import annotations

import multiprocessing
import os
import threading

import structlog

log = structlog.get_logger()
STOP_DEADLINE_S = 7.5  # container managers kill after 10 seconds


def end_process_after(seconds: float = STOP_DEADLINE_S) -> None:
    """End this process with status 0 if it has not ended after `seconds`."""
    timer = threading.Timer(seconds, end_process, args=(seconds,))
    timer.daemon = True
    timer.start()


def end_process(seconds: float) -> None:
    log.warning("stop took too long, ending now", stage="daemon", seconds=seconds)
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(0)
