"""What a daemon leaves unloaded, so that it stays small for years."""

from __future__ import annotations

import sys
from importlib import import_module


def skip_optional_imports() -> None:
    """Keeps pygments out of the process, and rich until something is shown with it. structlog, httpx and mako
    load them where they lie, for colours that they are never asked for here: a tenth of what a daemon starts with."""
    sys.modules.setdefault("pygments", None)  # type: ignore[arg-type]  # importing it then fails, which they allow for
    if "rich" not in sys.modules:
        sys.modules["rich"] = None  # type: ignore[assignment]
        import_module("structlog")
        del sys.modules["rich"]
