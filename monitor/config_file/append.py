"""Adds sources at the end of a config that a person wrote, and touches nothing else in it."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from monitor.config_file.load import check_config
from monitor.errors import MonitorError


def source_block(name: str, url: str, tags: Sequence[str] = ()) -> str:
    """The lines of one source. A plain `${` in an address stays one."""
    lines = ["[[sources]]", f"name = {_toml_string(name)}", f"url = {_toml_string(url)}"]
    if tags:
        lines.append(f"tags = [{', '.join(map(_toml_string, tags))}]")
    return "\n".join(lines) + "\n"


def append_blocks(path: Path, blocks: Sequence[str], env: Mapping[str, str]) -> None:
    """Adds blocks to the config at `path`, all or none. MonitorError if it would not be right then."""
    path = path.resolve()
    content = path.read_bytes()
    line_end = b"" if content.endswith(b"\n") or not content else b"\n"
    new_content = content + line_end + b"\n" + "\n".join(blocks).encode()
    draft = _write_draft(path, new_content)
    try:
        _, problems = check_config(draft, env)
        if first_problem := next((problem for problem in problems if not problem.warning), None):
            raise MonitorError(f"{path.name} would not be right with what is to be added: {first_problem.message}")
        if path.read_bytes() != content:
            raise MonitorError(f"{path.name} was changed meanwhile; nothing was added")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def unique_source_name(title: str, taken: Iterable[str]) -> str:
    """A name such as `front-report`, unlike those taken."""
    slug = "-".join(re.findall(r"\w+", title.casefold()))[:60].strip("-_") or "source"
    taken = set(taken)
    numbered_names = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return slug if slug not in taken else next(name for name in numbered_names if name not in taken)


def _write_draft(path: Path, content: bytes) -> Path:
    """A file beside the config, as readable as it is, with `content` on the disk."""
    descriptor, draft_path = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    Path(draft_path).chmod(path.stat().st_mode & 0o777)
    return Path(draft_path)


def _toml_string(text: str) -> str:
    """A TOML string: JSON's, which has every escape in common with it, but for DEL."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False).replace("\x7f", "\\u007f")
