"""`monitor run`: the daemon, or one round of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option
from monitor.lean import stay_lean

if TYPE_CHECKING:
    from monitor.log import Style


@click.command("run")
@config_option
@click.option("--once", is_flag=True, help="Poll every source now, deliver what is due, and end.")
@click.option(
    "--log",
    "style",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    envvar="MONITOR_LOG",
    show_envvar=True,
    help="How to write the log on stderr.",
)
def command(path: Path, once: bool, style: Style) -> None:
    """Poll, compare and alert until stopped."""
    stay_lean()
    config = config_of(path)
    from monitor import daemon, log

    log.configure(style)
    daemon.run(config, once=once)
