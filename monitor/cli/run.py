"""`monitor run`: start the daemon, or run one round of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, load_config
from monitor.daemon.memory import skip_optional_imports

if TYPE_CHECKING:
    from monitor.log import LogFormat


@click.command("run")
@config_option
@click.option("--once", is_flag=True, help="Poll every source now, deliver what is due, and exit.")
@click.option(
    "--log",
    "style",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    envvar="MONITOR_LOG",
    show_envvar=True,
    help="Format of the log on stderr.",
)
def command(path: Path, once: bool, style: LogFormat) -> None:
    """Poll, compare and alert until stopped."""
    skip_optional_imports()
    config = load_config(path)
    from monitor import log
    from monitor.daemon import run

    log.configure_logging(style)
    run.run_daemon(config, once=once)
