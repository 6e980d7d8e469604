"""The memory of child processes, from /proc. On systems without it the answer is 0."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

_PROC = Path("/proc")


def descendants_memory(ancestor: int, name_part: str) -> int:
    """Return the memory, in bytes, of the descendants of a process whose name contains `name_part`.

    Of pages that several processes share, each has its part.
    """
    children: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for folder in _PROC.glob("[0-9]*"):
        if process := _read_process(folder):
            children[process[0]].append(process[1:])
    total, pending = 0, [ancestor]
    while pending:
        for pid, name in children[pending.pop()]:
            pending.append(pid)
            total += _memory(pid) if name_part in name else 0
    return total


def _read_process(folder: Path) -> tuple[int, int, str] | None:
    """Return parent, id and name of a process; None if it has ended."""
    try:
        # The name is in brackets, and may contain any character.
        name, _, rest = (folder / "stat").read_text(errors="replace").partition("(")[2].rpartition(")")
    except OSError:
        return None
    return int(rest.split()[1]), int(folder.name), name


def _memory(pid: int) -> int:
    """The proportional set size of a process in bytes; 0 if it has ended."""
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)
