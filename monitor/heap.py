"""Give memory back to the system: the allocator of libc keeps what is freed otherwise."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from functools import cache, lru_cache

LARGE_BYTES = 1_000_000  # of a document whose processing takes much memory
MMAP_BYTES = 256 * 1024  # a block of this size has pages of its own, which return to the system when it is freed
LARGE_CACHE = 1_000  # entries that a cache of texts or words may hold
_CachedFunction = type(lru_cache(len))
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


def clear_large_caches(*packages: str) -> None:
    """Empty the caches of functions in the loaded modules of these packages.

    What they hold of a large document is scattered among what it has freed, which could not be returned.
    """
    for name, module in tuple(sys.modules.items()):
        if name.startswith(packages):
            for value in tuple(vars(module).values()):
                if isinstance(value, _CachedFunction) and (value.cache_info().maxsize or 0) >= LARGE_CACHE:
                    value.cache_clear()


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
