"""`monitor check` reports addresses that are never requested."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config_file.load import check_config, read_config

CONFIG = """
[network]
allow_private = ["10.1.0.0/16"]
[[sources]]
name = "wire"
url = "{source}"
[channels.desk]
type = "slack"
url = "{hook}"
"""
PUBLIC = "https://news.example/feed.xml"


def problems(folder: Path, *, source: str = PUBLIC, hook: str = PUBLIC) -> list[str]:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(source=source, hook=hook))
    read_config(path, env={})  # the daemon starts with it
    _, found = check_config(path, {}, checks_addresses=True)
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in found if not problem.warning]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/feed",
        "http://localhost:8000/feed",
        "http://169.254.169.254/latest",
        "http://192.168.1.4/feed",
        "http://[::1]/feed",
        "http://[fe80::1]/feed",
        "http://0x7f.1/feed",
        "http://2130706433/feed",
        "http://10.2.0.1/feed",
    ],
)
def test_an_address_that_is_not_public_is_a_problem(tmp_path: Path, address: str) -> None:
    (problem,) = problems(tmp_path, source=address)
    assert problem.startswith("6:7: ")
    assert problem.endswith(" is not a public address: add its network to allow_private under [network]")
    assert len(problems(tmp_path, hook=address)) == 1


@pytest.mark.parametrize("address", [PUBLIC, "http://10.1.2.3/feed", "http://8.8.8.8/feed", "http://intranet/feed"])
def test_public_and_allowed_addresses_and_names_are_no_problem(tmp_path: Path, address: str) -> None:
    assert problems(tmp_path, source=address, hook=address) == []


def test_a_login_in_an_address_is_a_problem_that_does_not_show_it(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, source="https://desk:hunter2@news.example/feed.xml")
    assert problem.startswith("6:7: a URL with a login is never requested")
    assert "hunter2" not in problem
