"""Start child processes that react to Ctrl-C."""

from __future__ import annotations

import signal


def restore_sigint() -> None:
    """Reset SIGINT in a child process, as a `preexec_fn`.

    A shell without job control starts its background jobs with SIGINT ignored, and their children inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
