"""`monitor check` names the proxies in use, wherever they come from, without their logins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.cli.app import run_command_line

CONFIG = """
[network]
{network}
[[sources]]
name = "port"
url = "https://port.example/feed"
{source}
[channels.desk]
type = "terminal"
[alerts]
notify = ["desk"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/ferries.yaml").write_text("name: ferries\ntitle: Ferries\nmatch: ferr*\nseverity: low\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(capsys: pytest.CaptureFixture[str], *, network: str = "", source: str = "") -> list[str]:
    """Return what `monitor check` says beside its summary. It must be the same with `--json`."""
    Path("config.toml").write_text(CONFIG.format(network=network, source=source))
    assert run_command_line(["check"]) == 0
    *lines, _ = capsys.readouterr().out.splitlines()
    run_command_line(["check", "--json"])
    assert json.loads(capsys.readouterr().out)["proxies"] == lines
    return lines


def test_without_a_proxy_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys) == []
    assert check(capsys, network='proxy = ""') == []


def test_the_proxies_of_the_config_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    network = 'proxy = "http://clerk:SECRET@proxy.example:3128"'
    assert check(capsys, network=network, source='proxy = "socks5h://127.0.0.1:9050"') == [
        "sources and channels use the proxy http://proxy.example:3128",
        "source port uses the proxy socks5h://127.0.0.1:9050",
    ]
    assert check(capsys, network=network, source='proxy = ""')[1] == "source port uses no proxy"


def test_the_proxies_of_the_environment_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://clerk:SECRET@proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "ftp://clerk:SECRET@proxy.example")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    first, second, third = check(capsys)
    assert first == "HTTPS_PROXY: sources and channels use the proxy http://proxy.example:3128"
    assert second.startswith("ALL_PROXY: not usable, expected a proxy such as")
    assert "SECRET" not in second
    assert third == "NO_PROXY: no proxy for intranet.example"
    assert check(capsys, network='proxy = ""') == [], "the config decides"
