"""Keeps the garbage collector from walking again and again through what stays: modules, rules, caches of words."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_GENERATION_THRESHOLD = 50_000  # objects made before the young ones are looked through


@contextmanager
def freeze_loaded_objects() -> Iterator[None]:
    """Leaves what is loaded by now out of the collections, which take long and hold everything up meanwhile."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_GENERATION_THRESHOLD, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
