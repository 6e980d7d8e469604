"""`monitor run`: start the daemon, or run one round of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option
from monitor.daemon.memory import skip_optional_imports

if TYPE_CHECKING:
    from monitor.log import LogFormat


@click.command("run")
@config_option
@click.option("--once", is_flag=True, help="Poll every source now, deliver what is due, and exit.")
@click.option(
    "--log",
    "style",
    type=click.Choice(["text", "json"]),
    envvar="MONITOR_LOG",
    show_envvar=True,
    help="Format of the log on stderr; default: that of the config.",
)
@click.option("--worker", "worker_id", hidden=True)  # given by the supervisor to the workers that it starts
@click.pass_context
def command(ctx: click.Context, path: Path, once: bool, style: LogFormat | None, worker_id: str | None) -> None:
    """Poll, compare and alert until stopped."""
    skip_optional_imports()
    import structlog

    from monitor import log
    from monitor.config_file.load import read_config_with_warnings
    from monitor.daemon import run
    from monitor.runtime import Worker

    config, warnings = read_config_with_warnings(path, env=os.environ)
    if worker_id:
        number = int(worker_id.rpartition("-")[2])
        log.configure_logging(style or config.log.format, config.log.level, worker=number)
        run.run_daemon(config, worker=Worker(worker_id, number, is_supervised=True))
        return
    log.configure_logging(style or config.log.format, config.log.level)
    for warning in warnings:
        structlog.get_logger().warning("config warning", stage="config", problem=str(warning))
    if once or config.monitor.workers == 1:
        run.run_daemon(config, once=once)
        return
    from monitor.daemon.supervisor import run_supervisor

    ctx.exit(run_supervisor(config, style or config.log.format))
