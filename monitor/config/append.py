"""Adds sources at the end of a config that a person wrote, and touches nothing else in it."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from monitor.config.file import check_config
from monitor.errors import MonitorError


def block(name: str, url: str, tags: Sequence[str] = ()) -> str:
    """The lines of one source. A plain `${` in an address stays one."""
    lines = ["[[sources]]", f"name = {_string(name)}", f"url = {_string(url)}"]
    if tags:
        lines.append(f"tags = [{', '.join(map(_string, tags))}]")
    return "\n".join(lines) + "\n"


def append(path: Path, blocks: Sequence[str], env: Mapping[str, str]) -> None:
    """Adds blocks to the config at `path`, all or none. MonitorError if it would not be right then."""
    path = path.resolve()
    before = path.read_bytes()
    ends = b"" if before.endswith(b"\n") or not before else b"\n"
    after = before + ends + b"\n" + "\n".join(blocks).encode()
    draft = _draft(path, after)
    try:
        _, problems = check_config(draft, env)
        if wrong := next((problem for problem in problems if not problem.warning), None):
            raise MonitorError(f"{path.name} would not be right with what is to be added: {wrong.message}")
        if path.read_bytes() != before:
            raise MonitorError(f"{path.name} was changed meanwhile; nothing was added")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def name_for(title: str, taken: Iterable[str]) -> str:
    """A name such as `front-report`, unlike those taken."""
    words = "-".join(re.findall(r"\w+", title.casefold()))[:60].strip("-_") or "source"
    taken = set(taken)
    numbers = (f"{words}-{number}" for number in range(2, len(taken) + 3))
    return words if words not in taken else next(name for name in numbers if name not in taken)


def _draft(path: Path, content: bytes) -> Path:
    """A file beside the config, as readable as it is, with `content` on the disk."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(number, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(number)
    Path(name).chmod(path.stat().st_mode & 0o777)
    return Path(name)


def _string(text: str) -> str:
    """A TOML string: JSON's, which has every escape in common with it, but for DEL."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False).replace("\x7f", "\\u007f")
