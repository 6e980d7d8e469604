"""Counts that cost a large read, kept for a minute, so that pages and the API do not repeat it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from monitor.store.base import Store

CACHE_S = 60.0  # the age of the oldest result that is used


@dataclass(slots=True)
class CountCache:
    """Results with the time of their read, by this process's own clock."""

    lock: Lock = field(default_factory=Lock)
    values: dict[str, tuple[float, Any]] = field(default_factory=dict)


_CACHES: WeakKeyDictionary[Store, CountCache] = WeakKeyDictionary()


def cached(store: Store, name: str, load: Callable[[], Any]) -> Any:
    """Return what `load` returned at most CACHE_S ago for this store."""
    cache = _CACHES.setdefault(store, CountCache())
    with cache.lock:
        read_at, value = cache.values.get(name, (-math.inf, None))
        if time.monotonic() - read_at > CACHE_S:
            read_at, value = time.monotonic(), load()
            cache.values[name] = read_at, value
        return value
