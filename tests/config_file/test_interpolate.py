"""`${NAME}`, `${file:PATH}` and `$${`: what they become, and what is said when they become nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config_file.interpolate import interpolate


def one(text: str, folder: Path, **env: str) -> tuple[str, list[tuple[str, bool]]]:
    filled, remarks = interpolate({"x": [text]}, env, folder)
    assert all(remark.key_path == ("x", 0) for remark in remarks)
    return filled["x"][0], [(remark.message, remark.is_warning) for remark in remarks]


def test_names_are_looked_up_anywhere_in_a_string(tmp_path: Path) -> None:
    assert one("a ${A}-${B} b", tmp_path, A="1", B="2") == ("a 1-2 b", [])


def test_a_file_is_read_relative_to_the_folder_without_its_last_newline(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" pass word \n")
    secret.chmod(0o600)
    assert one("${file:secret}", tmp_path) == (" pass word ", [])
    assert one(f"${{file:{secret}}}", Path("/")) == (" pass word ", [])


def test_two_dollars_keep_the_mark_as_text(tmp_path: Path) -> None:
    assert one("$${A} $$ $x", tmp_path, A="1") == ("${A} $$ $x", [])


def test_what_was_looked_up_is_not_looked_up_again(tmp_path: Path) -> None:
    assert one("${A}", tmp_path, A="${B}", B="no") == ("${B}", [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NOPE}", "the environment variable NOPE is not set"),
        ("${NOPE", 'expected "}" after "${"; write "$${" for a plain "${"'),
        ("${a-b}", 'expected ${NAME} or ${file:PATH}; write "$${" for a plain "${"'),
        ("${}", 'expected ${NAME} or ${file:PATH}; write "$${" for a plain "${"'),
        ("${file:none}", "${file:none} cannot be read: no such file or directory"),
        ("${file:.}", "${file:.} is not a file of at most 64 KB"),
        ("${file:\0}", "${file:\0} is not a file name"),
    ],
)
def test_what_cannot_be_looked_up_is_said_and_left_alone(tmp_path: Path, text: str, message: str) -> None:
    assert one(f"{text} ${{A}}", tmp_path, A="1")[1] == [(message, False)] or "}" not in text
    assert one(text, tmp_path) == (text, [(message, False)])


def test_a_file_of_bytes_or_of_great_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_text("x" * 70000)
    assert one("${file:bytes}", tmp_path)[1] == [("${file:bytes} is not UTF-8 text", False)]
    assert one("${file:long}", tmp_path)[1] == [("${file:long} is not a file of at most 64 KB", False)]


def test_an_empty_variable_or_file_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "empty").chmod(0o600)
    assert one("${A}", tmp_path, A="") == ("", [("the environment variable A is empty", True)])
    assert one("${file:empty}", tmp_path) == ("", [("${file:empty} is empty", True)])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_that_others_can_read_is_a_warning(tmp_path: Path, mode: int) -> None:
    (tmp_path / "open").write_text("s3cret")
    (tmp_path / "open").chmod(mode)
    value, remarks = one("${file:open}", tmp_path)
    assert value == "s3cret"
    assert remarks == [("${file:open} can be read by other users; chmod 600 it", True)]
