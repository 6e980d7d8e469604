"""The `monitor` command. Starting must be quick: commands, and what they need, are imported when they run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs one command line and exits: 0 fine, 1 problems found, 2 could not run, 130 interrupted."""
    from monitor.cli.app import run_command_line

    sys.exit(run_command_line(sys.argv[1:] if arguments is None else arguments))
