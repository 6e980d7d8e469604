"""docs/tutorial.md works: every command in it is run, in order, and prints what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from kit.servers import free_port

ROOT = Path(__file__).parent.parent
TUTORIAL = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
PORT = "8765"  # in the tutorial
# A block, with the name of the file that the text before it says to save.
BLOCK = re.compile(
    r"(?:^(?:Save this as|Replace) `(\S+)`.*\n(?:.*\n)*?\n)?^```(\w+)\n((?:(?!```).*\n)*)```$", re.MULTILINE
)


def tutorial_blocks(port: str) -> list[tuple[str, str, str]]:
    """Return the file, language and text of each block, with another port."""
    return [(file, language, text.replace(PORT, port)) for file, language, text in BLOCK.findall(TUTORIAL)]


def is_output(expected: str, output: str) -> bool:
    """Return whether the output has these lines, in order; `…` stands for anything."""
    lines = [
        re.escape(line.rstrip()).replace("…", "[^\\n]*") for line in expected.splitlines() if line.strip() != "…"
    ]
    return re.search(r"(?m)^" + r"[^\S\n]*\n(?:.*\n)*?".join(lines) + r"[^\S\n]*$", output) is not None


@pytest.mark.slow
def test_each_command_of_the_tutorial_prints_what_the_page_shows(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "monitor").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m monitor "$@"\n')
    (programs / "monitor").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    folder, output, server_ids, silent_blocks = tmp_path, "", [], 0
    try:
        for file, language, text in tutorial_blocks(str(free_port())):
            if language == "text":
                assert is_output(text, output), f"expected:\n{text}\nfound:\n{output}"
            elif file:
                (folder / file).parent.mkdir(exist_ok=True)
                (folder / file).write_text(text)
            else:
                assert language == "sh"
                script = f"{text}\npwd > {tmp_path}/pwd; echo $! > {tmp_path}/background"
                finished = subprocess.run(
                    ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
                )
                output, folder = finished.stdout, Path((tmp_path / "pwd").read_text().strip())
                server_ids += (tmp_path / "background").read_text().split()
                assert "Traceback" not in finished.stderr, finished.stderr
                if f"{text}```\n\nNo alert:" in TUTORIAL:
                    silent_blocks += 1
                    assert output == ""
    finally:
        for server_id in server_ids:
            os.kill(int(server_id), 15)
    assert folder.name == "watch"
    assert (len(server_ids), silent_blocks) == (1, 1)


def test_the_blocks_of_the_tutorial_are_read() -> None:
    blocks = tutorial_blocks("1")
    assert [file for file, _, _ in blocks if file] == ["site/news.html", "config.toml", "rules/ferries.yaml"]
    assert TUTORIAL.count("```") == 2 * len(blocks)


@pytest.mark.parametrize(
    ("expected", "shown"), [("a …\n", True), ("a …\n…\nd\n", True), ("d\na b\n", False), ("a\n", False)]
)
def test_expected_output_is_compared_in_order(expected: str, shown: bool) -> None:
    assert is_output(expected, "a b\nc\nd\n") is shown
