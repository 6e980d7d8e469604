"""The placeholders `${NAME}`, `${file:PATH}` and `$${`: their values, and the messages if they have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config_file.interpolate import interpolate


def interpolate_text(text: str, folder: Path, **env: str) -> tuple[str, list[tuple[str, bool]]]:
    resolved, notes = interpolate({"x": [text]}, env, folder)
    assert all(note.key_path == ("x", 0) for note in notes)
    return resolved["x"][0], [(note.message, note.is_warning) for note in notes]


def test_variables_are_replaced_anywhere_in_a_string(tmp_path: Path) -> None:
    assert interpolate_text("a ${A}-${B} b", tmp_path, A="1", B="2") == ("a 1-2 b", [])


def test_a_file_is_read_relative_to_the_folder_without_its_last_newline(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" pass word \n")
    secret.chmod(0o600)
    assert interpolate_text("${file:secret}", tmp_path) == (" pass word ", [])
    assert interpolate_text(f"${{file:{secret}}}", Path("/")) == (" pass word ", [])


def test_two_dollars_escape_a_placeholder(tmp_path: Path) -> None:
    assert interpolate_text("$${A} $$ $x", tmp_path, A="1") == ("${A} $$ $x", [])


def test_values_are_not_interpolated_again(tmp_path: Path) -> None:
    assert interpolate_text("${A}", tmp_path, A="${B}", B="no") == ("${B}", [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NOPE}", "the environment variable NOPE is not set"),
        ("${NOPE", 'expected "}" after "${"; write "$${" for a literal "${"'),
        ("${a-b}", 'expected ${NAME} or ${file:PATH}; write "$${" for a literal "${"'),
        ("${}", 'expected ${NAME} or ${file:PATH}; write "$${" for a literal "${"'),
        ("${file:none}", "${file:none} cannot be read: no such file or directory"),
        ("${file:.}", "${file:.} is not a file of at most 64 KB"),
        ("${file:\0}", "${file:\0} is not a file name"),
    ],
)
def test_an_invalid_placeholder_is_reported_and_not_replaced(tmp_path: Path, text: str, message: str) -> None:
    assert interpolate_text(f"{text} ${{A}}", tmp_path, A="1")[1] == [(message, False)] or "}" not in text
    assert interpolate_text(text, tmp_path) == (text, [(message, False)])


def test_a_binary_or_large_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_text("x" * 70000)
    assert interpolate_text("${file:bytes}", tmp_path)[1] == [("${file:bytes} is not UTF-8 text", False)]
    assert interpolate_text("${file:long}", tmp_path)[1] == [("${file:long} is not a file of at most 64 KB", False)]


def test_an_empty_variable_or_file_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "empty").chmod(0o600)
    assert interpolate_text("${A}", tmp_path, A="") == ("", [("the environment variable A is empty", True)])
    assert interpolate_text("${file:empty}", tmp_path) == ("", [("${file:empty} is empty", True)])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_that_others_can_read_is_a_warning(tmp_path: Path, mode: int) -> None:
    (tmp_path / "open").write_text("s3cret")
    (tmp_path / "open").chmod(mode)
    value, notes = interpolate_text("${file:open}", tmp_path)
    assert value == "s3cret"
    assert notes == [("${file:open} is readable by other users; run chmod 600 on it", True)]
