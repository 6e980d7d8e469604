"""`monitor try`: back-tests over the sample store, and the alerts an edit gains and loses."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from kit.child_process import restore_sigint
from kit.command_line import Monitor
from kit.sample_store import NOW, build_sample_store, copy_rules

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("in_news_folder")]

SINCE = "--since", f"{int((time.time() - NOW) // 86400 + 30) if time.time() > NOW else 30}d"


@pytest.fixture(scope="module")
def news_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    build_sample_store(folder).close()
    copy_rules(folder)
    return folder


def back_test(monitor: Monitor, *arguments: str) -> dict[str, Any]:
    code, out, err = monitor("try", *arguments, *SINCE, "--json")
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result


def claims(alerts: list[dict[str, Any]]) -> list[str]:
    return [finding["claim"] for alert in alerts for finding in alert["findings"]]


def test_unchanged_rules_gain_and_lose_nothing(run_monitor: Monitor) -> None:
    for name in ("dprk-deployment", "product-recalls", "security-advisories"):
        result = back_test(run_monitor, f"rules/{name}.yaml")
        assert result["against"] == "the alerts raised"
        assert (result["gained"], result["lost"]) == ([], [])
        assert result["alerts"]
        assert result["updates"] == 8


def test_a_draft_is_compared_with_the_running_rule(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "draft.yaml").write_text("name: dprk-deployment\nmatch: brigade* OR snow\n")
    result = back_test(run_monitor, "draft.yaml")
    assert result["against"] == "the running rules"
    assert "Snow slowed both sides along the Oskil." in claims(result["gained"])
    assert "A second North Korean brigade was seen at a railway station near Belgorod." not in claims(
        result["gained"]
    )
    assert any("3,000 North Korean soldiers" in claim for claim in claims(result["lost"]))

    code, out, _ = run_monitor("try", "draft.yaml", *SINCE)
    assert code == 0
    assert "[Snow] slowed both sides along the Oskil." in out
    assert re.search(r"1 alert in 8 updates since \S+; against the running rules: 1 gained, 4 lost\n$", out)


def test_two_files_are_compared_by_the_ids_of_their_rules(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "old.yaml").write_text("name: old\nid: cheese\nmatch: cheese\n")
    (news_folder / "new.yaml").write_text("name: fresh\nid: cheese\nmatch: cheese AND listeria\n")
    result = back_test(run_monitor, "new.yaml", "--against", "old.yaml")
    assert (result["against"], result["gained"], result["lost"]) == ("old.yaml", [], [])
    (news_folder / "new.yaml").write_text("name: fresh\nid: cheese\nmatch: cheese AND 4\nthrottle: 1 per 90d\n")
    result = back_test(run_monitor, "new.yaml", "--against", "old.yaml")
    assert claims(result["lost"])
    assert all("4,000" not in claim for claim in claims(result["lost"]))


def test_a_new_rule_is_compared_with_nothing_and_lists_all_its_alerts(
    run_monitor: Monitor, news_folder: Path
) -> None:
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    result = back_test(run_monitor, "own.yaml")
    assert (result["against"], result["gained"], result["lost"]) == (None, [], [])
    assert "[cheese]" in run_monitor("try", "own.yaml", *SINCE)[1]


def test_a_disabled_rule_is_reported_as_skipped(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "off.yaml").write_text("name: off\nmatch: cheese\nenabled: false\n")
    result = back_test(run_monitor, "off.yaml")
    assert (result["alerts"], result["disabled"]) == ([], ["off"])
    assert "off skipped: disabled by `enabled: false`\n" in run_monitor("try", "off.yaml", *SINCE)[1]


def test_throttled_alerts_are_released_when_the_window_ends_without_an_update(
    run_monitor: Monitor, news_folder: Path
) -> None:
    (news_folder / "slow.yaml").write_text("name: slow\nmatch: cheese\nthrottle: 1 per 12h\n")
    (news_folder / "fast.yaml").write_text("name: slow\nmatch: cheese\n")
    slow, fast = (back_test(run_monitor, name)["alerts"] for name in ("slow.yaml", "fast.yaml"))
    assert claims(slow) == claims(fast)


@pytest.mark.parametrize("within", ["claim", "passage", "update"])
def test_rules_with_a_wider_scope_match_as_they_did_live(
    run_monitor: Monitor, news_folder: Path, within: str
) -> None:
    (news_folder / "wide.yaml").write_text(f"name: wide\nmatch: brigade AND title:takeaways\nwithin: {within}\n")
    assert claims(back_test(run_monitor, "wide.yaml")["alerts"]) == [
        "A second North Korean brigade was seen at a railway station near Belgorod."
    ]


def test_a_terminal_shows_how_many_updates_have_been_read(
    run_monitor: Monitor, news_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    assert run_monitor("try", "own.yaml", *SINCE)[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, out, err = run_monitor("try", "own.yaml", *SINCE)
    assert (code, bool(re.search(r"updates .*m(\d+)/\1\b", err))) == (0, True), err
    assert "[cheese]" in out


def test_since_limits_the_updates(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    if time.time() > NOW:
        code, out, _ = run_monitor("try", "own.yaml", "--since", "1s")
        assert (code, out[:21]) == (0, "0 alerts in 0 updates")


def test_a_file_with_problems_lists_them_and_exits_1(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "bad.yaml").write_text("name: bad\nmatch: cheese AND\nthrotle: 1 per 6h\n")
    code, out, err = run_monitor("try", "bad.yaml")
    assert (code, err) == (1, "")
    assert [line.split(": ")[0] for line in out.splitlines()] == ["bad.yaml:2:17", "bad.yaml:3:1"]
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    code, out, _ = run_monitor("try", "own.yaml", "--against", "bad.yaml", "--json")
    assert code == 1
    assert len(json.loads(out)["problems"]) == 2


@pytest.mark.parametrize("arguments", [["nowhere.yaml"], ["."], [], ["own.yaml", "--since", "soon"]], ids=repr)
def test_invalid_arguments_are_reported_in_one_line(
    run_monitor: Monitor, news_folder: Path, arguments: list[str]
) -> None:
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    code, out, err = run_monitor("try", *arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"monitor: [^\n]+\n", err)


def test_watch_runs_again_on_a_save_until_ctrl_c(news_folder: Path) -> None:
    file = news_folder / "watched.yaml"
    file.write_text("name: watched\nmatch: cheese\n")
    command = [sys.executable, "-u", "-m", "monitor", "try", str(file), *SINCE, "--watch"]
    with subprocess.Popen(
        command,
        cwd=news_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=restore_sigint,
    ) as process:
        assert process.stdout
        try:
            assert any("alerts in 8 updates" in line or "alert in 8 updates" in line for line in process.stdout)
            time.sleep(0.5)
            file.write_text("name: watched\nmatch: cheese AND\n")
            assert any("the query ends after" in line for line in process.stdout)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 130
        finally:
            process.kill()
