"""Save time and memory: skip long-lived objects in garbage collection, and imports that are not needed."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

YOUNG_GENERATION_THRESHOLD = 50_000  # new objects before the youngest generation is collected


@contextmanager
def freeze_loaded_objects() -> Iterator[None]:
    """Exclude everything loaded so far from garbage collection, which blocks the event loop while it runs."""
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
    """Keep pygments from being imported, and rich until it is needed.

    structlog, httpx and mako import them for colors that are not used here. They are a tenth of the memory of a
    starting daemon.
    """
    sys.modules.setdefault("pygments", None)  # type: ignore[arg-type]  # its import fails, which its users expect
    if "rich" not in sys.modules:
        sys.modules["rich"] = None  # type: ignore[assignment]
        import_module("structlog")
        del sys.modules["rich"]
