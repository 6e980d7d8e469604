"""Puts secrets into a config: `${NAME}` from the environment, `${file:PATH}` from a file, `$${` for a plain `${`.

What is looked up is never looked at again, and no message ever shows it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.config.places import KeyPath

_MARK = re.compile(r"\$\$\{|\$\{([^}\n]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LARGEST = 65536


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the string at `at`; one that is no warning means that the string is of no use."""

    at: KeyPath
    message: str
    warning: bool = False


def interpolate(tree: Any, env: Mapping[str, str], folder: Path) -> tuple[Any, tuple[Remark, ...]]:
    """A copy of a TOML tree with every string looked up, and what there is to say about them.

    Files are relative to `folder`. A string that could not be looked up is left as it was.
    """
    remarks: list[Remark] = []

    def filled(node: Any, at: KeyPath) -> Any:
        if isinstance(node, dict):
            return {key: filled(value, (*at, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [filled(value, (*at, index)) for index, value in enumerate(node)]
        if isinstance(node, str) and "${" in node:
            return string(node, at)
        return node

    def string(text: str, at: KeyPath) -> str:
        parts, said = [], []
        end = 0
        for mark in _MARK.finditer(text):
            found, message = _looked_up(mark, env, folder)
            parts += [text[end : mark.start()], found or ""]
            end = mark.end()
            if message:
                said.append(Remark(at, message, warning=found is not None))
        remarks.extend(said)
        return "".join([*parts, text[end:]]) if all(remark.warning for remark in said) else text

    return filled(tree, ()), tuple(remarks)


def _looked_up(mark: re.Match[str], env: Mapping[str, str], folder: Path) -> tuple[str | None, str]:
    """What stands for one mark, None if nothing does, and what there is to say."""
    name = mark[1]
    if name is None:
        return "${", ""
    if not mark[0].endswith("}"):
        return None, 'expected "}" after "${"; write "$${" for a plain "${"'
    if name.startswith("file:"):
        return _from_file(folder / name.removeprefix("file:"), mark[0])
    if not _NAME.fullmatch(name):
        return None, 'expected ${NAME} or ${file:PATH}; write "$${" for a plain "${"'
    if name not in env:
        return None, f"the environment variable {name} is not set"
    return env[name], "" if env[name] else f"the environment variable {name} is empty"


def _from_file(path: Path, written: str) -> tuple[str | None, str]:
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LARGEST:
            return None, f"{written} is not a file of at most {_LARGEST // 1024} KB"
        content = path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return None, f"{written} is not UTF-8 text"
    except OSError as error:
        return None, f"{written} cannot be read: {(error.strerror or 'unknown cause').lower()}"
    except ValueError:
        return None, f"{written} is not a file name"
    if state.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return content, f"{written} can be read by other users; chmod 600 it"
    return content, "" if content else f"{written} is empty"
