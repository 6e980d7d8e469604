"""A daemon killed with SIGKILL at any point loses no alert, and a message sent twice has the same id."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

from kit import Bulletin, FeedServer, PostSink
from kit.config import loopback_config, notify_table, source_table, webhook_table
from kit.databases import ON_POSTGRES, database_url, write_config_file
from kit.waiting import block_until
from kit.worker_processes import silence_workers

from monitor.store.connect import open_store

KILLS = int(os.environ.get("MONITOR_TEST_KILLS", "5" if ON_POSTGRES else "20"))
PLACES = "Alden Brevik Corda Delmar Esker Fallow Garnet Hollin Istra Jarrow Kelda Lorne Marrow Nesbit Orsk".split()


def bulletin(number: int) -> Bulletin:
    """Return one of a hundred distinct claims."""
    place, other = PLACES[number % len(PLACES)], PLACES[(number * 7 + number // len(PLACES) + 3) % len(PLACES)]
    return Bulletin(f"id-{number}", f"Convoy {number * 37 + 1000} left {place}{number} for {other}{number} at dawn")


def start_daemon(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start `monitor run` in a new process."""
    return subprocess.Popen(
        [sys.executable, "-m", "monitor", "run", *options],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def run_until_idle(folder: Path) -> None:
    """Run rounds until the source is read and no message is pending."""
    for _ in range(10):
        process = start_daemon(folder, "--once")
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr.decode()
        [source], messages = list_json(folder, "sources"), list_json(folder, "status")["messages"]
        if source["state"] == "ok" and not set(messages) & {"pending", "retrying"}:
            return
        time.sleep(2)
    raise AssertionError(f"not idle: {source}, {messages}")


def list_json(folder: Path, command: str) -> Any:
    """Return the JSON output of a command."""
    finished = subprocess.run(
        [sys.executable, "-m", "monitor", command, "--json"], cwd=folder, capture_output=True, check=True
    )
    return json.loads(finished.stdout)


def wait_for_poll(feed: FeedServer) -> None:
    polls = len(feed.answered)
    block_until(lambda: len(feed.answered) > polls)


def test_a_daemon_killed_at_random_points_loses_no_alert_and_repeats_with_the_same_id(
    tmp_path: Path, hook: PostSink
) -> None:
    rng = random.Random(20)
    with FeedServer(Bulletin("0", "Nothing moved on the roads last night")) as feed:
        source = source_table("bulletins", feed.url, every="1s")
        config = loopback_config(source, webhook_table("hook", hook.url), notify_table("hook"))
        write_config_file(tmp_path, config, "name: convoys\ntitle: Convoys\nmatch: convoy*\n")
        run_until_idle(tmp_path)
        assert hook.posts == []
        for number in range(KILLS):
            process = start_daemon(tmp_path)
            wait_for_poll(feed)
            feed.bulletins.insert(0, bulletin(number))
            time.sleep(rng.uniform(0.0, 1.8))
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
            with closing(open_store(database_url(tmp_path))) as store:
                silence_workers(store)
        run_until_idle(tmp_path)

    ids = defaultdict(set)
    for post in hook.posts:
        for finding in post.json["data"]["findings"]:
            ids[finding["claim"]].add(post.headers["webhook-id"])
    assert set(ids) == {bulletin(number).title for number in range(KILLS)}
    assert {claim: message_ids for claim, message_ids in ids.items() if len(message_ids) > 1} == {}
