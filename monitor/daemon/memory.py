"""Keeps the garbage collector from walking again and again through what stays: modules, rules, caches of words."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

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


def skip_optional_imports() -> None:
    """Keeps pygments out of the process, and rich until something is shown with it. structlog, httpx and mako
    load them where they lie, for colours that they are never asked for here: a tenth of what a daemon starts with."""
    sys.modules.setdefault("pygments", None)  # type: ignore[arg-type]  # importing it then fails, which they allow for
    if "rich" not in sys.modules:
        sys.modules["rich"] = None  # type: ignore[assignment]
        import_module("structlog")
        del sys.modules["rich"]
