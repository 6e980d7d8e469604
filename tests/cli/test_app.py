"""The command group: exit codes, errors in one line, no traceback, fast start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kit.child_process import restore_sigint

from monitor.cli.app import COMMAND_NAMES, error_sentence, run_command_line
from monitor.units import parse_duration

pytestmark = pytest.mark.slow

MONITOR = [sys.executable, "-m", "monitor"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_DEBUG", raising=False)


def test_help_and_the_bare_command_list_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["--help"]) == 0
    help_text = capsys.readouterr().out
    assert re.findall(r"(?m)^  ([a-z][a-z-]*) {2,}\S", help_text) == list(COMMAND_NAMES)
    assert run_command_line([]) == 0
    assert capsys.readouterr().out == help_text


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_each_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: monitor {name}")


@pytest.mark.parametrize("name", ["sources", "alerts", "deliveries", "status", "check", "compare", "replay"])
def test_each_listing_has_a_json_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_command_line([name, "--help"])
    assert "--json" in capsys.readouterr().out


INVALID_COMMAND_LINES = [
    ["chek"],
    ["--nonsense"],
    ["\x1b[2J"],
    ["check", "--nonsense"],
    ["check", "extra"],
    ["check"],
    ["check", "-c", "nowhere.toml"],
    ["check", "-c", "."],
    ["check", "-c"],
    ["check", "-c", "a\nb"],
    ["check", "-c", "\udcff"],
    ["init", "-c", "no/such/folder/config.toml"],
    ["init", "extra"],
    ["run"],
    ["run", "--once", "--log", "loud"],
    ["sources"],
    ["sources", "--jsn"],
    ["alerts"],
    ["alerts", "--limit", "0"],
    ["alerts", "--limit", "many"],
    ["deliveries"],
    ["deliveries", "retry"],
    ["deliveries", "retry", "x"],
    ["deliveries", "retry", "99999999999999999999999"],
    ["deliveries", "again", "1"],
    ["status"],
    ["send-test"],
    ["send-test", "desk"],
    ["backup"],
    ["backup", "x"],
    ["compare"],
    ["compare", "a"],
    ["compare", "a", "b"],
    ["compare", "a", "b", "c"],
    ["compare", ".", "."],
    ["compare", "--pairs", "nowhere"],
    ["compare", "--pairs", "nowhere", "a", "b"],
    ["compare", "--pairs"],
    ["replay"],
    ["replay", "nowhere"],
    ["replay", "."],
    ["replay", os.devnull, "--rules", "nowhere"],
]


@pytest.mark.parametrize("arguments", INVALID_COMMAND_LINES, ids=repr)
def test_a_command_that_cannot_run_prints_one_line_and_exits_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert re.fullmatch(r"monitor: [^\n\x1b]+\n", output.err)
    assert "MONITOR_DEBUG" not in output.err
    assert "''" not in output.err


@pytest.mark.parametrize(
    "content", ["{", "[]", "1", '{"id": 1}', '{"id": 1, "a": 1, "b": ""}', "\0", "{" * 9999, "[" * 99999, "é"]
)
@pytest.mark.parametrize("arguments", [["compare", "--pairs", "x"], ["replay", "x", "--json"]], ids=lambda a: a[0])
def test_an_invalid_input_line_is_reported_by_number(
    arguments: list[str], content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x").write_text("\n" + content)
    assert run_command_line(arguments) == 2
    assert re.fullmatch(r"monitor: line 2\b[^\n]+\n", capsys.readouterr().err)


def test_a_misspelled_command_gets_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    run_command_line(["chek"])
    expected = 'monitor: unknown command "chek"; did you mean "check"? (see `monitor --help`)\n'
    assert capsys.readouterr().err == expected


def write_broken_store(folder: Path) -> None:
    """Write a config whose database file is not a database."""
    (folder / "config.toml").write_text("[monitor]\ndatabase = 'sqlite:///x.db'\n")
    (folder / "x.db").write_bytes(b"not a database, but long enough to be read as one" * 100)


def test_an_invalid_database_is_reported_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_broken_store(tmp_path)
    assert run_command_line(["status"]) == 2
    assert re.fullmatch(r"monitor: .*x\.db[^\n]*\n", capsys.readouterr().err)


def test_a_deleted_working_folder_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = Path("gone").absolute()
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run_command_line(["check"]) == 2
    assert re.fullmatch(r"monitor: [^\n]+\n", capsys.readouterr().err)


def test_an_unexpected_error_is_reported_with_its_location_and_without_its_message() -> None:
    try:
        parse_duration({"hunter2": float}["token=hunter2"])
    except KeyError as error:
        sentence = error_sentence(error)
    assert sentence == "unexpected KeyError; run with MONITOR_DEBUG=1 for the traceback"

    class FailingStr:
        def __str__(self) -> str:
            raise RuntimeError("token=hunter2")

    try:
        parse_duration(FailingStr())
    except RuntimeError as error:
        sentence = error_sentence(error)
    assert re.fullmatch(
        r"unexpected RuntimeError at units\.py:\d+; run with MONITOR_DEBUG=1 for the traceback", sentence
    )


def test_monitor_debug_shows_the_traceback() -> None:
    finished = run_process("replay", "nowhere", env={**os.environ, "MONITOR_DEBUG": "1"})
    assert finished.returncode == 2
    assert "Traceback" in finished.stderr
    assert finished.stderr.endswith("monitor: nowhere: no such file or directory\n")


def run_process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MONITOR, *arguments], capture_output=True, text=True, timeout=30, **options)  # type: ignore[call-overload,no-any-return]


def test_a_closed_pipe_is_not_an_error() -> None:
    lines = '{"id": 1, "a": "The bridge is open.", "b": "The bridge is closed.", "context": "revision"}\n' * 3000
    Path("pairs").write_text(lines)
    command = f"{sys.executable} -m monitor compare --pairs pairs --json | head -1; echo ${{PIPESTATUS[0]}}"
    finished = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
    verdict, code = finished.stdout.splitlines()
    assert verdict.startswith('{"id": 1, "novelty": "changed"')
    assert (code, finished.stderr) == ("0", "")


def test_ctrl_c_exits_130_without_output() -> None:
    process = subprocess.Popen(
        [*MONITOR, "compare", "--pairs", "-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=restore_sigint,
    )  # fmt: skip
    assert process.stdin and process.stdout
    process.stdin.write('{"id": 1, "a": "x y", "b": "x y", "context": "revision"}\n')
    process.stdin.flush()
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (130, "")


def test_output_is_utf8_in_any_locale() -> None:
    Path("prior").write_text("Міст відкритий.")
    Path("new").write_text("Міст відкритий. У Галвіку затонув човен. 🚢")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    finished = run_process("compare", "prior", "new", "--json", env=environment, encoding="utf-8")
    assert finished.returncode == 0
    assert "У Галвіку затонув човен" in finished.stdout


def test_help_imports_no_large_dependency() -> None:
    code = (
        "import sys; from monitor.cli.app import run_command_line; run_command_line(['--help']); print(*sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(finished.stdout.splitlines()[-1].split())
    heavy = {"sqlalchemy", "httpx", "pydantic", "structlog", "rich", "rapidfuzz", "jinja2", "asyncio", "apscheduler"}
    assert heavy & loaded == set()
