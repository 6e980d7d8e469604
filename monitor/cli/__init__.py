"""The `monitor` command. Commands and their dependencies are imported when they run, so that it starts fast."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and exit: 0 success, 1 problems found, 2 could not run, 130 interrupted."""
    from monitor.cli.app import run_command_line

    sys.exit(run_command_line(sys.argv[1:] if arguments is None else arguments))
