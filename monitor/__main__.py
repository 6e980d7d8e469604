"""Runs the `monitor` command for `python -m monitor`."""

from monitor.cli import main

main()
