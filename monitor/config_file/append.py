"""Appends sources to a config file without changing the rest of it."""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.config.models import SourceConfig
from monitor.config_file.load import check_config
from monitor.errors import MonitorError
from monitor.sources.parse.identity import canonical_url


def source_block(name: str, url: str, tags: Sequence[str] = (), options: Mapping[str, Any] | None = None) -> str:
    """Return the lines of one source; `options` are its other keys. A literal `${` is escaped."""
    values = {"name": name, "url": url, **({"tags": list(tags)} if tags else {}), **(options or {})}
    return "\n".join(["[[sources]]", *(f"{key} = {_toml_value(value)}" for key, value in values.items())]) + "\n"


def names_by_url(sources: Iterable[SourceConfig]) -> dict[str, str]:
    """Return the names of the sources by canonical URL."""
    return {canonical_url(source.url): source.name for source in sources}


def append_blocks(path: Path, blocks: Sequence[str], env: Mapping[str, str]) -> None:
    """Append all blocks to the config at `path`, or none. Raises MonitorError if the result is invalid or the file
    cannot be changed."""
    try:
        _append(path.resolve(), blocks, env)
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise MonitorError(f"nothing was added, because {path.name} cannot be changed: {cause}") from None


def _append(path: Path, blocks: Sequence[str], env: Mapping[str, str]) -> None:
    if not os.access(path, os.W_OK):  # a file that is read-only in a folder that is not could be replaced
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    content = path.read_bytes()
    line_end = b"" if content.endswith(b"\n") or not content else b"\n"
    new_content = content + line_end + b"\n" + "\n".join(blocks).encode()
    draft = _write_draft(path, new_content)
    try:
        _, problems = check_config(draft, env)
        if first_problem := next((problem for problem in problems if not problem.warning), None):
            raise MonitorError(f"nothing was added, because {path.name} would be invalid: {first_problem.message}")
        if path.read_bytes() != content:
            raise MonitorError(f"nothing was added, because {path.name} was changed at the same time")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def unique_source_name(title: str, taken: Iterable[str]) -> str:
    """Return a name such as `front-report` that is not taken."""
    slug = "-".join(re.findall(r"\w+", title.casefold()))[:60].strip("-_") or "source"
    taken = set(taken)
    numbered_names = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return slug if slug not in taken else next(name for name in numbered_names if name not in taken)


def _write_draft(path: Path, content: bytes) -> Path:
    """Write `content` to a new file next to the config, with the same permissions and synced to disk."""
    descriptor, draft_path = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    Path(draft_path).chmod(path.stat().st_mode & 0o777)
    return Path(draft_path)


def _toml_value(value: Any) -> str:
    """Return a text, number, list or table of these as TOML on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_toml_string(str(key))} = {_toml_value(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml_value, value))}]"
    return json.dumps(value) if isinstance(value, (bool, int, float)) else _toml_string(str(value))


def _toml_string(text: str) -> str:
    """Quote a TOML string as JSON, which has the same escapes except for DEL."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False).replace("\x7f", "\\u007f")
