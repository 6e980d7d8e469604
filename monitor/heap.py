"""Give memory back to the system after a large document: the allocator of libc keeps it otherwise."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import cache

LARGE_BYTES = 1_000_000  # of a document whose processing takes much memory


def trim_heap() -> None:
    """Collect garbage and return what is free. Blocks other threads for up to some tenths of a second."""
    gc.collect()
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """Return the function of glibc; None with another libc."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return trim
