"""Give memory back to the system: the allocator of libc keeps what is freed otherwise."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import cache

LARGE_BYTES = 1_000_000  # of a document whose processing takes much memory
MMAP_BYTES = 256 * 1024  # a block of this size has pages of its own, which return to the system when it is freed
# Parameters of glibc's mallopt.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8


def use_one_heap() -> None:
    """Let all threads share one heap, and keep large blocks out of it. Call it before other threads start.

    By default each thread has a heap, which keeps what it once needed; and the size from which blocks get pages of
    their own grows with each such block that is freed.
    """
    if mallopt := _libc_function("mallopt"):
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, MMAP_BYTES)


def trim_heap() -> None:
    """Collect garbage and return what is free. Blocks other threads for up to some tenths of a second."""
    gc.collect()
    if trim := _libc_function("malloc_trim"):
        trim(0)


@cache
def _libc_function(name: str) -> Callable[..., int] | None:
    """Return a function of glibc; None with another libc."""
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    return function
