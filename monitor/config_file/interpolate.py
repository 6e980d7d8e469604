"""Replaces placeholders: `${NAME}` from the environment, `${file:PATH}` from a file, `$${` for a literal `${`.

Values are not interpolated again, and no message shows them.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.config_file.toml_positions import KeyPath

_PLACEHOLDER_PATTERN = re.compile(r"\$\$\{|\$\{([^}\n]*)\}?")
_VARIABLE_NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_SECRET_BYTES = 65536


@dataclass(frozen=True, slots=True)
class ConfigNote:
    """A message about the string at `key_path`: a warning, or the error for which it could not be interpolated."""

    key_path: KeyPath
    message: str
    is_warning: bool = False


def interpolate(tree: Any, env: Mapping[str, str], folder: Path) -> tuple[Any, tuple[ConfigNote, ...]]:
    """Return a copy of a TOML tree with all placeholders replaced, and notes about them.

    Files are relative to `folder`. A string with an error is not changed.
    """
    notes: list[ConfigNote] = []

    def interpolate_node(node: Any, key_path: KeyPath) -> Any:
        if isinstance(node, dict):
            return {key: interpolate_node(value, (*key_path, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [interpolate_node(value, (*key_path, index)) for index, value in enumerate(node)]
        if isinstance(node, str) and "${" in node:
            return interpolate_string(node, key_path)
        return node

    def interpolate_string(text: str, key_path: KeyPath) -> str:
        parts, string_notes = [], []
        end = 0
        for placeholder in _PLACEHOLDER_PATTERN.finditer(text):
            value, message = _look_up(placeholder, env, folder)
            parts += [text[end : placeholder.start()], value or ""]
            end = placeholder.end()
            if message:
                string_notes.append(ConfigNote(key_path, message, is_warning=value is not None))
        notes.extend(string_notes)
        return "".join([*parts, text[end:]]) if all(note.is_warning for note in string_notes) else text

    return interpolate_node(tree, ()), tuple(notes)


def _look_up(placeholder: re.Match[str], env: Mapping[str, str], folder: Path) -> tuple[str | None, str]:
    """Return the value of a placeholder, None on an error, and a message, "" if there is none."""
    name = placeholder[1]
    if name is None:
        return "${", ""
    if not placeholder[0].endswith("}"):
        return None, 'expected "}" after "${"; write "$${" for a literal "${"'
    if name.startswith("file:"):
        return _read_secret_file(folder / name.removeprefix("file:"), placeholder[0])
    if not _VARIABLE_NAME_PATTERN.fullmatch(name):
        return None, 'expected ${NAME} or ${file:PATH}; write "$${" for a literal "${"'
    if name not in env:
        return None, f"the environment variable {name} is not set"
    return env[name], "" if env[name] else f"the environment variable {name} is empty"


def _read_secret_file(path: Path, placeholder: str) -> tuple[str | None, str]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_SECRET_BYTES:
            return None, f"{placeholder} is not a file of at most {_MAX_SECRET_BYTES // 1024} KB"
        content = path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return None, f"{placeholder} is not UTF-8 text"
    except OSError as error:
        return None, f"{placeholder} cannot be read: {(error.strerror or 'unknown cause').lower()}"
    except ValueError:
        return None, f"{placeholder} is not a file name"
    if status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return content, f"{placeholder} is readable by other users; run chmod 600 on it"
    return content, "" if content else f"{placeholder} is empty"
