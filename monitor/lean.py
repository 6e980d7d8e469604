"""What the command leaves unloaded, so that a daemon of years stays small."""

from __future__ import annotations

import sys


def stay_lean() -> None:
    """Keeps pygments out of the process, unless it is in already. httpx, structlog and alembic's mako load it if it
    is there, for colours that they are never asked for here: 9 MB. rich, which brings it, shows tables without it."""
    sys.modules.setdefault("pygments", None)  # type: ignore[arg-type]  # importing it then fails, which they allow for
