"""`monitor demo`: run the daemon on a bundled sample source, without any setup."""

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
    help="Folder for its files.",
)
@click.option("--stay", is_flag=True, help="Keep the daemon and its web page running after the sample ends.")
def command(folder: Path, stay: bool) -> None:
    """Run the full pipeline on a bundled sample source. Takes under a minute and stays on loopback."""
    try:
        import aiosmtpd  # noqa: F401
    except ImportError:
        raise MonitorError("the demo needs a mail server: pip install 'claimwatch[demo]'") from None
    from monitor.demo import run

    if run.run_demo(folder, keep_running=stay):
        click.get_current_context().exit(1)
