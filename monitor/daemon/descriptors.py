"""How many polls may run at once under the limit on open files of this process."""

from __future__ import annotations

import resource

import structlog

log = structlog.get_logger()
RESERVED_DESCRIPTORS = 40  # for the store, the files, the pages, the worker processes and the channels
DESCRIPTORS_PER_POLL = 2
MIN_POLLS = 4


def polls_within_limit(wanted: int) -> int:
    """Return how many polls may run at once: as many as `wanted`, or fewer if the limit is low, which is logged."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return wanted
    polls = max(MIN_POLLS, min(wanted, (limit - RESERVED_DESCRIPTORS) // DESCRIPTORS_PER_POLL))
    if polls < wanted:
        log.warning("low limit on file descriptors", stage="daemon", limit=limit, polls_at_once=polls)
    return polls
