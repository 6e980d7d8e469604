"""`monitor demo`: the daemon at its main job on a bundled sample, with nothing to set up."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.errors import MonitorError


@click.command("demo")
@click.option(
    "--folder",
    default="demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where its files go.",
)
@click.option("--stay", is_flag=True, help="Keep the daemon and its page going when the story is told.")
def command(folder: Path, stay: bool) -> None:
    """Show the main job at work on a bundled sample source, over loopback, in under a minute."""
    try:
        import aiosmtpd  # noqa: F401
    except ImportError:
        raise MonitorError("the demo needs a mail server: pip install 'claimwatch[demo]'") from None
    from monitor.demo import run

    if run.run_demo(folder, keep_running=stay):
        click.get_current_context().exit(1)
