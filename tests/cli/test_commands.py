"""Each command on a folder where the daemon ran against real servers, some of which failed."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kit import Bulletin, FeedServer, PostSink
from kit.command_line import Monitor
from kit.config import WEBHOOK_SECRET, loopback_config, notify_table, source_table, terminal_table, webhook_table
from kit.databases import database_url, write_config_file
from sqlalchemy import select, text, update

from monitor.config.models import SourceConfig
from monitor.config_file.load import read_config
from monitor.daemon import run
from monitor.store.connect import open_store
from monitor.store.schema import deliveries, sources
from monitor.store.sources import sync_sources

TITLE = "Ferries of Halvik"
RULE = f"""
name: ferries
title: {TITLE}
match: ferr* NEAR/10 Halvik
severity: high
"""
OLD = Bulletin("1", "The market of Halvik opens on Monday", "Stalls are free.")
NEW = Bulletin("2", "Up to 40 ferries leave Halvik each day")


@dataclass
class DaemonFolder:
    """A folder where the daemon ran twice, for a baseline and one new entry, and the output of the second run."""

    folder: Path
    hook: PostSink
    gone: PostSink
    out: str
    err: str


@pytest.fixture(scope="module")
def daemon_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonFolder]:
    folder = tmp_path_factory.mktemp("lived")
    with FeedServer(OLD) as feed, FeedServer() as silent, PostSink() as hook, PostSink(410) as gone:
        silent.status = 503
        config = loopback_config(
            source_table("bulletins", feed.url),
            source_table("silent", silent.url),
            webhook_table("hook", hook.url),
            webhook_table("gone", gone.url),
            terminal_table("screen"),
            notify_table("hook", "gone", "screen"),
        )
        write_config_file(folder, config, RULE)
        run_once(folder)
        assert hook.posts == []
        feed.bulletins.insert(0, NEW)
        second = run_process(folder, "run", "--once", "--log", "json")
        assert second.returncode == 0
        yield DaemonFolder(folder, hook, gone, second.stdout, second.stderr)


def run_once(folder: Path) -> None:
    """Run one round of the daemon in this process."""
    run.run_daemon(read_config(folder / "config.toml", env={}), once=True)


def run_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.fixture
def in_daemon_folder(daemon_folder: DaemonFolder, monkeypatch: pytest.MonkeyPatch) -> DaemonFolder:
    monkeypatch.chdir(daemon_folder.folder)
    return daemon_folder


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# init


def test_init_writes_a_config_and_rules_that_pass_check(empty_folder: Path, run_monitor: Monitor) -> None:
    code, out, err = run_monitor("init")
    assert (code, err) == (0, "")
    wrote = re.findall(r"(?m)^wrote (.+)$", out)
    assert wrote[0] == "config.toml"
    assert {Path(name) for name in wrote} == {
        p.relative_to(empty_folder) for p in empty_folder.rglob("*") if p.is_file()
    }

    code, out, err = run_monitor("check")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"fine \(\d sources, 1 channel, \d+ rules, [1-9]\d* rule tests\)\n", out)


def test_init_never_overwrites(empty_folder: Path, run_monitor: Monitor) -> None:
    (empty_folder / "rules").mkdir()
    (empty_folder / "rules/mine.yaml").write_text(RULE)
    code, out, _ = run_monitor("init")
    assert code == 0
    assert "kept rules: it already exists" in out
    assert os.listdir(empty_folder / "rules") == ["mine.yaml"]

    (empty_folder / "config.toml").write_text("# mine")
    assert run_monitor("init") == (2, "", "monitor: config.toml already exists\n")
    assert (empty_folder / "config.toml").read_text() == "# mine"


def test_init_with_another_path_prints_the_next_commands(empty_folder: Path, run_monitor: Monitor) -> None:
    (empty_folder / "etc").mkdir()
    _, out, _ = run_monitor("init", "-c", "etc/monitor.toml")
    assert "wrote etc/rules/aliases.yaml" in out
    next_commands = re.findall(r"(?m)^  (monitor .*?) {3}", out)
    assert next_commands == [f"monitor {name} -c etc/monitor.toml" for name in ("check", "run --once", "run")]
    assert (empty_folder / "etc/monitor.toml").stat().st_mode & 0o077 == 0


def test_the_config_of_init_passes_check_and_runs_without_secrets_or_a_network(
    empty_folder: Path, run_monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_monitor("init")
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # nothing listens there, and no other server is asked
    assert run_monitor("check")[:1] == (0,)
    code, out, _ = run_monitor("run", "--once")
    assert (code, "No source can be reached" in out) == (0, True)
    code, out, _ = run_monitor("status")
    assert re.search(r"(?m)^sources +4 failing$", out)


# check; broken folders are in test_check.py


def test_check_counts_what_it_checked(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    assert run_monitor("check") == (0, "fine (2 sources, 3 channels, 1 rule, 0 rule tests)\n", "")
    code, out, _ = run_monitor("check", "--json")
    assert code == 0
    expected = {"ok": True, "problems": [], "sources": 2, "channels": 3, "rules": 1, "rule_tests": 0}
    assert json.loads(out) == {**expected, "proxies": []}


def test_warnings_are_marked_and_do_not_fail(empty_folder: Path, run_monitor: Monitor) -> None:
    (empty_folder / "config.toml").write_text("")
    (empty_folder / "rules").mkdir()
    (empty_folder / "rules/r.yaml").write_text(RULE)
    code, out, _ = run_monitor("check")
    assert code == 0
    assert out == (
        "config.toml:1:1: warning: no [[sources]]: nothing will be polled\n"
        "fine, 1 warning (0 sources, 0 channels, 1 rule, 0 rule tests)\n"
    )


# run


def test_run_once_polls_and_delivers_and_exits_0_despite_failures(daemon_folder: DaemonFolder) -> None:
    assert len(daemon_folder.hook.posts) >= 1
    alert = daemon_folder.hook.posts[0].json["data"]
    assert alert["rule"] == "ferries"
    assert alert["findings"][0]["claim"] == NEW.title
    assert NEW.title in daemon_folder.out


def test_run_can_log_json_lines(daemon_folder: DaemonFolder) -> None:
    lines = [json.loads(line) for line in daemon_folder.err.splitlines()]
    assert {"stage", "event", "level", "timestamp"} <= lines[0].keys()
    assert "bulletins" in {line.get("source") for line in lines}
    assert WEBHOOK_SECRET not in daemon_folder.err


def test_run_without_rules_exits_2(empty_folder: Path, run_monitor: Monitor) -> None:
    (empty_folder / "config.toml").write_text("")
    code, out, err = run_monitor("run", "--once")
    assert (code, out) == (2, "")
    assert re.fullmatch(r"monitor: \S*rules:1:1: the rules folder does not exist", err.splitlines()[-1])


# sources


def test_sources_json_has_the_documented_keys(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    code, out, _ = run_monitor("sources", "--json")
    assert code == 0
    good, bad = json.loads(out)
    assert list(good) == [
        "name",
        "url",
        "kind",
        "state",
        "entries",
        "error",
        "last_good",
        "next_poll",
        "pace",
        "paused_at",
        "notices",
    ]
    assert (good["name"], good["state"], good["entries"], good["error"]) == ("bulletins", "ok", 2, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", good["last_good"])
    assert (bad["name"], bad["entries"], bad["last_good"]) == ("silent", 0, None)
    assert "503" in bad["error"]


def test_sources_are_printed_as_a_table(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    _, out, _ = run_monitor("sources")
    head, good, _ = out.splitlines()
    assert head.split() == ["name", "state", "entries", "last", "good", "next", "poll", "pace", "error"]
    assert good.split()[:3] == ["bulletins", "ok", "2"]


def test_a_source_never_polled_is_empty(empty_folder: Path, run_monitor: Monitor) -> None:
    text = '[[sources]]\nname = "a"\nurl = "https://example.org/"\n'
    (empty_folder / "config.toml").write_text(text)
    _, out, _ = run_monitor("sources", "--json")
    assert [(source["name"], source["state"], source["next_poll"]) for source in json.loads(out)] == [
        ("a", "empty", None)
    ]
    assert os.listdir(empty_folder) == ["config.toml"]


@pytest.mark.parametrize(
    ("keys", "stored_interval", "pace"),
    [
        ('every = "20m"', None, "every 20m (as configured)"),
        ('every = "20m"\nslowest = "3h"', 5400.0, "every 1.5h (it brings little news)"),
        ('every = "20m"', 5400.0, "every 20m (as configured)"),
        ('every = "20m"', 300.0, "every 5m (entries were lost between two polls)"),
        ('cron = "*/10 6-22 * * *"', None, "*/10 6-22 * * * (cron)"),
    ],
)
def test_sources_show_the_polling_interval_and_its_reason(
    empty_folder: Path, run_monitor: Monitor, keys: str, stored_interval: float | None, pace: str
) -> None:
    write_config_file(empty_folder, f'[[sources]]\nname = "a"\nurl = "https://example.org/"\n{keys}\n')
    config = read_config(empty_folder / "config.toml", env={})
    with closing(open_store(config.monitor.database)) as store, store.write() as conn:
        sync_sources(conn, config.sources, 0.0)
        conn.execute(update(sources).values(pace=stored_interval))

    assert [source["pace"] for source in json.loads(run_monitor("sources", "--json")[1])] == [pace]
    assert pace in run_monitor("sources")[1]


# alerts, deliveries, status


def test_alerts_lists_the_alerts(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    code, out, _ = run_monitor("alerts", "--json")
    assert code == 0
    notice, alert = json.loads(out)
    assert (notice["rule"], notice["title"]) == ("monitor", "Channel gone has missed an alert")
    assert (alert["rule"], alert["severity"]) == ("ferries", "high")
    assert alert["findings"][0]["novelty"] == "new"
    assert NEW.title in run_monitor("alerts")[1]
    assert json.loads(run_monitor("alerts", "--rule", "other", "--json")[1]) == []
    assert json.loads(run_monitor("alerts", "--message", "unknown", "--json")[1]) == []
    config = read_config(Path("config.toml"), env=dict(os.environ))
    with closing(open_store(config.monitor.database)) as store, store.read() as conn:
        message_id = conn.scalar(select(deliveries.c.message_id).where(deliveries.c.alert_id == alert["id"]))
    assert [found["id"] for found in json.loads(run_monitor("alerts", "--message", message_id, "--json")[1])] == [
        alert["id"]
    ]


def test_deliveries_shows_each_state_and_retries_a_dead_delivery(
    in_daemon_folder: DaemonFolder, run_monitor: Monitor
) -> None:
    _, out, _ = run_monitor("deliveries", "--json")
    rows: dict[str, dict[str, Any]] = {row["channel"]: row for row in json.loads(out) if row["title"] == TITLE}
    assert {name: row["state"] for name, row in rows.items()} == {"hook": "sent", "screen": "sent", "gone": "dead"}
    assert "410" in rows["gone"]["error"]
    assert "410" in run_monitor("deliveries")[1]

    hook = json.loads(run_monitor("deliveries", "--channel", "hook", "--json")[1])
    assert {row["channel"] for row in hook} == {"hook"}

    code, out, err = run_monitor("deliveries", "retry", str(rows["hook"]["id"]))
    assert (code, out) == (1, "")
    sent = rows["hook"]["id"]
    assert err == f"delivery {sent} cannot be retried: no dead or retrying delivery has this ID\n"

    dead = str(rows["gone"]["id"])
    assert run_monitor("deliveries", "retry", dead) == (0, f"delivery {dead} will be retried\n", "")
    in_daemon_folder.gone.status = 200
    run_once(in_daemon_folder.folder)
    assert [post.json["data"]["rule"] for post in in_daemon_folder.gone.posts] == ["ferries"]
    assert in_daemon_folder.gone.posts[0].headers["webhook-id"] == rows["gone"]["message"]
    in_daemon_folder.gone.status = 410
    with closing(open_store(database_url(in_daemon_folder.folder))) as store, store.write() as conn:
        conn.execute(text("UPDATE messages SET state = 'dead', error = 'answered 410' WHERE channel = 'gone'"))


def test_status_fits_on_one_screen(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    code, out, _ = run_monitor("status")
    assert code == 0
    assert len(out.splitlines()) <= 12
    _, out, _ = run_monitor("status", "--json")
    status = json.loads(out)
    assert status["sources"]["ok"] == 1
    assert status["alerts"] == 2  # one is the notice that a channel missed the other
    assert status["next_poll"].endswith("Z")


def test_status_says_how_far_the_first_poll_is(empty_folder: Path, run_monitor: Monitor) -> None:
    configured = [
        SourceConfig(name=name, url=f"https://{name}.example/feed") for name in ("wire", "harbour", "gazette")
    ]
    (empty_folder / "config.toml").write_text("")
    store = open_store(f"sqlite:///{empty_folder / 'monitor.db'}")
    with store.write() as conn:
        sync_sources(conn, configured, 0.0)
        conn.execute(update(sources).where(sources.c.name == "wire").values(last_poll=1.0))
    store.close()
    assert "first poll   2 of 3 sources not read yet\n" in run_monitor("status")[1]
    assert json.loads(run_monitor("status", "--json")[1])["never_polled"] == 2
    with closing(open_store(f"sqlite:///{empty_folder / 'monitor.db'}")) as store, store.write() as conn:
        conn.execute(update(sources).values(last_poll=2.0))
    assert "first poll" not in run_monitor("status")[1]


@pytest.mark.parametrize("name", ["alerts", "deliveries"])
def test_listings_without_a_store_are_empty(empty_folder: Path, run_monitor: Monitor, name: str) -> None:
    (empty_folder / "config.toml").write_text("")
    assert run_monitor(name, "--json") == (0, "[]\n", "")
    assert run_monitor(name)[0] == 0
    assert os.listdir(empty_folder) == ["config.toml"]


# send-test


def test_send_test_sends_a_sample_and_prints_the_response(
    in_daemon_folder: DaemonFolder, run_monitor: Monitor
) -> None:
    before = len(in_daemon_folder.hook.posts)
    code, out, err = run_monitor("send-test", "hook")
    assert (code, err) == (0, "")
    assert out.startswith("hook: sent: ")
    assert in_daemon_folder.hook.posts[before].json["data"]["rule"].startswith("sample")
    code, out, _ = run_monitor("send-test", "screen")
    assert code == 0
    assert "12,000" in out


def test_send_test_exits_1_if_the_channel_rejects_it(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    code, out, err = run_monitor("send-test", "gone")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"gone: not sent: [^\n]*410[^\n]*\n", err)
    assert WEBHOOK_SECRET not in err


def test_send_test_reports_a_failing_template_and_still_sends(
    in_daemon_folder: DaemonFolder, run_monitor: Monitor
) -> None:
    own = in_daemon_folder.folder / "templates/terminal.j2"
    own.parent.mkdir()
    own.write_text("Fine\n{{ headlin }}")
    code, out, err = run_monitor("send-test", "screen")
    shutil.rmtree(own.parent)
    assert (code, err) == (1, "screen: template terminal.j2, line 2: 'headlin' is undefined\n")
    assert "Up to 12,000" in out
    assert "screen: sent" in out


def test_send_test_uses_the_template_of_a_webhook(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    own = in_daemon_folder.folder / "templates/webhook.json.j2"
    own.parent.mkdir()
    own.write_text('{"text": {{ severity }}}')
    code, _, err = run_monitor("send-test", "hook")
    own.write_text('{"text": "{{ severity }}"}')
    failing_code, _, failing_err = run_monitor("send-test", "hook")
    shutil.rmtree(own.parent)
    assert (code, err) == (0, "")
    assert failing_code == 1
    assert failing_err.startswith("hook: template webhook.json.j2, line 1: prints invalid JSON")
    templated, default = in_daemon_folder.hook.posts[-2:]
    assert templated.json == {"text": "high"}
    assert default.json["data"]["note"].startswith("template webhook.json.j2, line 1: prints invalid JSON")


def test_send_test_to_an_unknown_channel_gives_a_hint(in_daemon_folder: DaemonFolder, run_monitor: Monitor) -> None:
    assert run_monitor("send-test", "scren") == (
        2,
        "",
        'monitor: unknown channel "scren" in config.toml; did you mean "screen"?\n',
    )


# compare, replay


def test_compare_shows_what_differs_between_two_texts(empty_folder: Path, run_monitor: Monitor) -> None:
    (empty_folder / "prior").write_text("- About 300 ferries left Halvik.\n- The bridge is open.\n")
    (empty_folder / "new").write_text(
        "- About 900 ferries left Halvik.\n- The bridge is open.\n- A lighthouse burned.\n"
    )
    code, out, _ = run_monitor("compare", "prior", "new", "--json")
    assert code == 0
    findings = {finding["novelty"]: finding for finding in json.loads(out)}
    assert findings["changed"]["nearest"] == {"text": "About 300 ferries left Halvik."}
    assert findings["changed"]["changes"][0]["kind"] == "number"
    assert findings["new"]["claim"] == "A lighthouse burned."
    _, out, _ = run_monitor("compare", "prior", "new")
    assert "~ changed    About [-300-] {+900+} ferries left Halvik." in out
    assert out.endswith("\n\n1 new, 1 changed\n")
    assert run_monitor("compare", "new", "new") == (0, "nothing new\n", "")


def test_compare_accepts_pairs(empty_folder: Path, run_monitor: Monitor) -> None:
    pair = {"id": "p", "a": "About 300 ferries left.", "b": "About 900 ferries left.", "context": "revision"}
    (empty_folder / "pairs").write_text(json.dumps(pair) + "\n\n")
    code, out, _ = run_monitor("compare", "--pairs", "pairs", "--json")
    assert code == 0
    verdict = json.loads(out)
    assert list(verdict) == ["id", "novelty", "similarity", "changes", "evidence"]
    assert (verdict["id"], verdict["novelty"]) == ("p", "changed")
    assert "pair p" in run_monitor("compare", "--pairs", "pairs")[1]


def stream_line(day: int, text: str) -> str:
    update = {
        "at": f"2026-01-0{day}T00:00:00Z",
        "source": "s",
        "entry": "e",
        "title": "The harbour today",
        "text": text,
    }
    return json.dumps(update) + "\n"


def test_replay_runs_a_stream_with_and_without_rules(
    in_daemon_folder: DaemonFolder, tmp_path: Path, run_monitor: Monitor
) -> None:
    stream = tmp_path / "stream"
    stream.write_text(
        stream_line(1, "About 300 ferries left Halvik.") + stream_line(2, "About 900 ferries left Halvik.")
    )
    code, out, _ = run_monitor("replay", str(stream), "--json")
    assert code == 0
    records = [json.loads(line) for line in out.splitlines()]
    assert {record["type"] for record in records} == {"update", "finding"}
    assert [record["novelty"] for record in records if record["type"] == "finding"][-1] == "changed"

    _, out, _ = run_monitor("replay", str(stream), "--json", "--rules", "rules")
    records = [json.loads(line) for line in out.splitlines()]
    alerts = [record for record in records if record["type"] == "alert"]
    assert [alert["rule"] for alert in alerts] == ["ferries", "ferries"]
    assert "ALERT" in run_monitor("replay", str(stream), "--rules", "rules")[1]


# backup


@pytest.mark.sqlite
def test_backup_writes_a_complete_copy_and_never_overwrites(
    in_daemon_folder: DaemonFolder, tmp_path: Path, run_monitor: Monitor
) -> None:
    copy = tmp_path / "copy.db"
    code, out, _ = run_monitor("backup", str(copy))
    assert code == 0
    assert out.startswith(f"wrote {copy} (")
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT count(*) FROM alerts").fetchone() == (2,)
    code, out, err = run_monitor("backup", str(copy))
    assert (code, out) == (2, "")
    assert re.fullmatch(r"monitor: [^\n]+copy\.db[^\n]+\n", err)
