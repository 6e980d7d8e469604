"""The command group: finds commands by name, and turns every error into an exit code and one line on stderr."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from monitor import __version__
from monitor.cli.groups import HELP_OPTIONS, HintingGroup
from monitor.errors import EXIT_COULD_NOT_RUN, EXIT_OUTDATED, ConfigError, MonitorError, StoreOutdated

# In the order a new user needs them. Each is a module of this package with a function `command`.
COMMAND_NAMES = (
    "init",
    "check",
    "run",
    "demo",
    "docs",
    "sources",
    "alerts",
    "ack",
    "not-news",
    "answers",
    "explain",
    "rules",
    "try",
    "search",
    "story",
    "schema",
    "import",
    "deliveries",
    "silence",
    "send-test",
    "preview",
    "status",
    "compare",
    "calibrate",
    "replay",
    "backup",
    "migrate",
    "copy-store",
    "completion",
)

COMPLETION_VARIABLE = "_MONITOR_COMPLETE"  # set by the scripts of `monitor completion`

_PACKAGE_FOLDER = Path(__file__).parents[1]


class LazyCommandGroup(HintingGroup):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMAND_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMAND_NAMES:
            return None
        command: click.Command = import_module(f"monitor.cli.{cmd_name.replace('-', '_')}").command
        return command


@click.group(cls=LazyCommandGroup, name="monitor", invoke_without_command=True, context_settings=HELP_OPTIONS)
@click.version_option(__version__, prog_name="monitor")
@click.pass_context
def root_group(ctx: click.Context) -> None:
    """Send alerts about what is new in the feeds you follow."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    _use_utf8_output()
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(root_group, {}, "monitor", COMPLETION_VARIABLE, instruction)
    try:
        with root_group.make_context("monitor", list(arguments)) as ctx:
            root_group.invoke(ctx)
        if sys.stdout:
            sys.stdout.flush()
    except click.exceptions.Exit as exit_request:
        return exit_request.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        return _discard_output()
    except Exception as error:
        if os.environ.get("MONITOR_DEBUG"):
            traceback.print_exc()
        return _report_failure(error_sentence(error), error)
    return 0


def _use_utf8_output() -> None:
    """Write UTF-8 in any locale; lone surrogates in feeds are escaped instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _discard_output() -> int:
    """Discard output that is not flushed yet, after the reading end of a pipe was closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _report_failure(sentence: str, error: Exception) -> int:
    from monitor.cli.output import terminal_safe

    click.echo(f"monitor: {terminal_safe(sentence)}", err=True)
    return EXIT_OUTDATED if isinstance(error, StoreOutdated) else EXIT_COULD_NOT_RUN


def error_sentence(error: Exception) -> str:
    """Return the line that reports an error. Messages of unexpected errors are left out: they may contain secrets."""
    match error:
        case ConfigError(problems=[first, *others]):
            return f"{first} (and {len(others)} more: see `monitor check`)" if others else str(first)
        case click.UsageError(ctx=click.Context() as ctx):
            return f"{_as_clause(error.format_message())} (see `{ctx.command_path} --help`)"
        case click.ClickException():
            return _as_clause(error.format_message())
        case MonitorError():
            return str(error)
        case OSError(strerror=str() as cause, filename=name) if name:
            return f"{name}: {cause.lower()}"
    return f"unexpected {type(error).__name__}{_error_location(error)}; run with MONITOR_DEBUG=1 for the traceback"


def _as_clause(message: str) -> str:
    return (message[:1].lower() + message[1:]).rstrip(".")


def _error_location(error: Exception) -> str:
    """Return where in this package an error was raised, as ` at FILE:LINE`; "" if outside."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if _PACKAGE_FOLDER in Path(frame.filename).parents
    ]
    return f" at {Path(frames[-1].filename).relative_to(_PACKAGE_FOLDER)}:{frames[-1].lineno}" if frames else ""
