"""Every command and subcommand has help under -h and --help, and reports a wrong use in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from monitor.cli.app import root_group, run_command_line


def walk(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the names that lead to each command."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            assert subcommand
            yield from walk(subcommand, *path, name)


ALL_COMMANDS = list(walk(root_group))


def test_subcommands_are_walked() -> None:
    expected = {("sources", "add"), ("deliveries", "retry"), ("silence", "end"), ("check",), ()}
    assert expected <= set(ALL_COMMANDS)


@pytest.mark.parametrize("path", ALL_COMMANDS, ids=" ".join)
def test_h_and_help_show_usage_and_each_option(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for option in ("-h", "--help"):
        assert run_command_line([*path, option]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert texts[0].startswith(" ".join(("Usage: monitor", *path)))
    assert "-h, --help" in texts[0]
    options = texts[0].partition("\nOptions:\n")[2].partition("\nCommands:\n")[0]
    assert not re.search(r"(?m)^  -\S+(, --?\S+)?( [A-Za-z0-9|\[\]]+)?$(?!\n {10})", options), (
        "an option without help"
    )


@pytest.mark.parametrize("path", ALL_COMMANDS, ids=" ".join)
def test_an_unknown_option_is_reported_in_one_line(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([*path, "--no-such-option"]) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(r"monitor: no such option '?--no-such-option'?[^\n]* \(see `monitor[^\n]* --help`\)\n", error)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["statsu"], 'did you mean "status"?'),
        (["silence", "ned", "1"], 'did you mean "end"?'),
        (["deliveries", "rety", "1"], 'did you mean "retry"?'),
        (["sources", "impotr"], 'did you mean "import"?'),
        (["check", "--jsno"], "Did you mean '--json'?"),
        (["silence", "end"], "`monitor silence` lists them"),
        (["deliveries", "retry"], "`monitor deliveries` lists them"),
        (["deliveries", "release"], "`monitor deliveries` lists what is held"),
        (["completion", "tcsh"], "'bash', 'zsh', 'fish'"),
        (["docs", "refrence"], 'did you mean "reference"?'),
    ],
)
def test_a_wrong_use_gets_a_hint_on_one_line(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(arguments) == 2
    error = capsys.readouterr().err
    assert hint in error
    assert error.count("\n") == 1


def test_options_may_precede_a_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    for command_line in ("silence -c nowhere.toml list", "deliveries -c nowhere.toml retry 1"):
        assert run_command_line(command_line.split()) == 2
        assert "nowhere.toml" in capsys.readouterr().err
