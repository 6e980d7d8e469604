"""`monitor try`: what a rule would have alerted over a few days of stored news, and what an edit gains and loses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit.sample_store import NOW, build_sample_store

Monitor = Callable[..., tuple[int, str, str]]
RULES = Path(__file__).parents[2] / "rules"
AGO = "--since", f"{int((time.time() - NOW) // 86400 + 30) if time.time() > NOW else 30}d"


@pytest.fixture(scope="module")
def news_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    build_sample_store(folder).close()
    text = (folder / "config.toml").read_text().replace(str(RULES), "rules")
    (folder / "config.toml").write_text(text)
    (folder / "rules").mkdir()
    for file in RULES.glob("*.yaml"):
        (folder / "rules" / file.name).write_text(file.read_text())
    return folder


def tried(monitor: Monitor, *arguments: str) -> dict[str, Any]:
    code, out, err = monitor("try", *arguments, *AGO, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def claims(alerts: list[dict[str, Any]]) -> list[str]:
    return [finding["claim"] for alert in alerts for finding in alert["findings"]]


def test_the_rules_as_they_ran_would_have_alerted_what_was_told(run_monitor: Monitor) -> None:
    for name in ("dprk-deployment", "product-recalls", "security-advisories"):
        found = tried(run_monitor, f"rules/{name}.yaml")
        assert found["against"] == "what was told"
        assert (found["gained"], found["lost"]) == ([], [])
        assert found["alerts"]
        assert found["updates"] == 8


def test_a_draft_is_held_against_the_rule_that_runs(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "draft.yaml").write_text("name: dprk-deployment\nmatch: brigade* OR snow\n")
    found = tried(run_monitor, "draft.yaml")
    assert found["against"] == "the rules that run"
    assert "Snow slowed both sides along the Oskil." in claims(found["gained"])
    assert "A second North Korean brigade was seen at a railway station near Belgorod." not in claims(found["gained"])
    assert any("3,000 North Korean soldiers" in claim for claim in claims(found["lost"]))

    code, out, _ = run_monitor("try", "draft.yaml", *AGO)
    assert code == 0
    assert "[Snow] slowed both sides along the Oskil." in out
    assert re.search(r"1 alert in 8 updates since \S+; against the rules that run: 1 gained, 4 lost\n$", out)


def test_two_files_are_held_against_each_other_by_the_ids_of_their_rules(
    run_monitor: Monitor, news_folder: Path
) -> None:
    (news_folder / "old.yaml").write_text("name: old\nid: cheese\nmatch: cheese\n")
    (news_folder / "new.yaml").write_text("name: fresh\nid: cheese\nmatch: cheese AND listeria\n")
    found = tried(run_monitor, "new.yaml", "--against", "old.yaml")
    assert (found["against"], found["gained"], found["lost"]) == ("old.yaml", [], [])
    (news_folder / "new.yaml").write_text("name: fresh\nid: cheese\nmatch: cheese AND 4\nthrottle: 1 per 90d\n")
    found = tried(run_monitor, "new.yaml", "--against", "old.yaml")
    assert claims(found["lost"])
    assert all("4,000" not in claim for claim in claims(found["lost"]))


def test_a_rule_of_its_own_is_held_against_nothing_and_all_it_would_alert_is_listed(
    run_monitor: Monitor, news_folder: Path
) -> None:
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    found = tried(run_monitor, "own.yaml")
    assert (found["against"], found["gained"], found["lost"]) == (None, [], [])
    assert "[cheese]" in run_monitor("try", "own.yaml", *AGO)[1]


def test_a_rule_that_is_not_enabled_is_left_out_aloud(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "off.yaml").write_text("name: off\nmatch: cheese\nenabled: false\n")
    found = tried(run_monitor, "off.yaml")
    assert (found["alerts"], found["disabled"]) == ([], ["off"])
    assert "off was left out: it says `enabled: false`\n" in run_monitor("try", "off.yaml", *AGO)[1]


def test_a_throttle_lets_out_when_its_window_opens_though_nothing_came_then(
    run_monitor: Monitor, news_folder: Path
) -> None:
    (news_folder / "slow.yaml").write_text("name: slow\nmatch: cheese\nthrottle: 1 per 12h\n")
    (news_folder / "fast.yaml").write_text("name: slow\nmatch: cheese\n")
    slow, fast = (tried(run_monitor, name)["alerts"] for name in ("slow.yaml", "fast.yaml"))
    assert claims(slow) == claims(fast)


@pytest.mark.parametrize("within", ["claim", "passage", "update"])
def test_rules_that_look_beyond_a_claim_find_what_they_found_when_the_news_came(
    run_monitor: Monitor, news_folder: Path, within: str
) -> None:
    (news_folder / "wide.yaml").write_text(f"name: wide\nmatch: brigade AND title:takeaways\nwithin: {within}\n")
    assert claims(tried(run_monitor, "wide.yaml")["alerts"]) == [
        "A second North Korean brigade was seen at a railway station near Belgorod."
    ]


def test_the_time_to_go_back_bounds_what_is_tried(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    if time.time() > NOW:
        code, out, _ = run_monitor("try", "own.yaml", "--since", "1s")
        assert (code, out[:21]) == (0, "0 alerts in 0 updates")


def test_a_file_with_problems_names_them_and_exits_1(run_monitor: Monitor, news_folder: Path) -> None:
    (news_folder / "bad.yaml").write_text("name: bad\nmatch: cheese AND\nthrotle: 1 per 6h\n")
    code, out, err = run_monitor("try", "bad.yaml")
    assert (code, err) == (1, "")
    assert [line.split(": ")[0] for line in out.splitlines()] == ["bad.yaml:2:17", "bad.yaml:3:1"]
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    code, out, _ = run_monitor("try", "own.yaml", "--against", "bad.yaml", "--json")
    assert code == 1
    assert len(json.loads(out)["problems"]) == 2


@pytest.mark.parametrize("arguments", [["nowhere.yaml"], ["."], [], ["own.yaml", "--since", "soon"]], ids=repr)
def test_what_cannot_be_tried_is_one_line(run_monitor: Monitor, news_folder: Path, arguments: list[str]) -> None:
    (news_folder / "own.yaml").write_text("name: own\nmatch: cheese\n")
    code, out, err = run_monitor("try", *arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"monitor: [^\n]+\n", err)


def test_watch_runs_again_on_a_save_and_ends_with_ctrl_c(news_folder: Path) -> None:
    file = news_folder / "watched.yaml"
    file.write_text("name: watched\nmatch: cheese\n")
    command = [sys.executable, "-u", "-m", "monitor", "try", str(file), *AGO, "--watch"]
    with subprocess.Popen(
        command, cwd=news_folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            assert any("alerts in 8 updates" in line or "alert in 8 updates" in line for line in process.stdout)
            time.sleep(0.5)
            file.write_text("name: watched\nmatch: cheese AND\n")
            assert any("the query ends after" in line for line in process.stdout)
            process.send_signal(2)
            assert process.wait(timeout=10) == 130
        finally:
            process.kill()
