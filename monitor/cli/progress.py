"""Progress bars for long work: on standard error, only if that is a terminal and the output is not JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.store.base import NoteProgress, no_progress


def shows_progress(*, as_json: bool = False) -> bool:
    return not as_json and sys.stderr.isatty()


@contextmanager
def progress_bars(*, as_json: bool = False) -> Iterator[NoteProgress]:
    """Show a bar for each kind of work that the caller notes; nothing without a terminal."""
    if not shows_progress(as_json=as_json):
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Standard output is redirected, above the bars, only if it is the same terminal.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
    ) as progress:
        tasks: dict[str, TaskID] = {}

        def note(work: str, done: int, total: int | None) -> None:
            if work not in tasks:
                tasks[work] = progress.add_task(work, total=total)
            progress.update(tasks[work], completed=done, total=total)

        yield note
