"""`monitor demo`: the daemon at work on a bundled sample, with nothing to set up."""

from __future__ import annotations

import click


@click.command("demo")
def command() -> None:
    """Show the main job at work on a bundled sample source, over loopback."""
    from monitor import demo

    demo.run()
