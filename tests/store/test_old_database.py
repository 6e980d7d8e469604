"""A database made by version 0.1 opens and works: listings, pending messages, and a daemon that continues from it.

`old_database/store_v0.1.sql` is a dump with ten days of invented news up to NOW; `old_database/golden` holds what
version 0.1 printed for it. All times come from a clock that the test sets. Keys whose sentence this version composes
(COMPOSED_WHEN_SHOWN, COMPOSED_WHEN_DECIDED) are left out, and with them the similarity of findings made after it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kit.builders import drain_channel

from monitor.cli import main
from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.deliver.webhook_payload import webhook_payload
from monitor.model import Message
from monitor.net.response import Request, Response
from monitor.runtime import open_runtime
from monitor.store import feed_fingerprints
from monitor.store.connect import open_store

pytestmark = pytest.mark.slow

ADDED_SINCE = {
    "also_on",
    "counted",
    "daemon",
    "branches",
    "bundle",
    "confirms",
    "entry_title",
    "evidence",
    "figures",
    "headline",
    "heading",
    "never_polled",
    "paused_at",
    "web_url",
}  # keys that version 0.1 did not print
COMPOSED_WHEN_SHOWN = {"headline", "pace", "verdict", "why"} | ADDED_SINCE
COMPOSED_WHEN_DECIDED = COMPOSED_WHEN_SHOWN | {"detail", "error", "reason", "said", "similarity"}
DATA = Path(__file__).with_name("old_database")
NOW = "2026-01-10T22:45:36Z"  # when the dump was made
AFTER_ALL_DUE = "2026-01-20T00:00:00Z"  # when all that was owed then is due
CHANNELS = ("broken", "chat", "desk", "flaky", "grave", "mail", "morning", "night", "ops", "screen")
COMMANDS = {
    "status": ("status",),
    "sources": ("sources",),
    "alerts": ("alerts", "--limit", "100"),
    "alerts-of-a-renamed-rule": ("alerts", "--rule", "ferries"),
    "deliveries": ("deliveries", "--limit", "100"),
    "silences": ("silence", "list"),
    "answers": ("answers",),
    "story": ("story", "st-6c4d332c63df8c5a"),
    "explain-alert": ("explain", "al-ab90fa8fd4c2baf102ba"),
    "explain-baseline": ("explain", "1"),
    "explain-withdrawn": ("explain", "32"),
    "explain-already-alerted": ("explain", "60"),
    "explain-looked-back": ("explain", "49"),
    "explain-quiet-claims": ("explain", "51"),
    "explain-silenced": ("explain", "61"),
    "explain-not-news": ("explain", "66"),
    "explain-muted": ("explain", "67"),
    "explain-below-severity": ("explain", "65"),
    "explain-awaiting-corroboration": ("explain", "71"),
    "explain-rule-gone": ("explain", "74"),
    "explain-digest": ("explain", "75"),
    "explain-throttled": ("explain", "78"),
    "explain-partly-sent": ("explain", "79"),
    "explain-retrying": ("explain", "80"),
    "explain-quiet-hours": ("explain", "81"),
    "explain-flood": ("explain", "94"),
    "search": ("search", "ferr* OR oil OR title:takeaways"),
}

# Edits of the rules before the daemon continues: one rule is renamed and keeps its history; one that has looked back
# would match more now, but does not look back again.
RULE_EDITS = (
    ("port.yaml", "name: ferries\n", "name: ships\n"),
    ("town.yaml", "match: museum*", "match: museum* OR plough*"),
)
# What happens after the dump: a time, a source, and its changed items. First a held channel, a burst, retries, a
# throttle, quiet hours and the digest; then a second source for two pending matches, repeats and silenced news,
# another value of a figure, and the end of what was pending for a removed rule.
MOMENTS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("2026-01-10T22:46:00Z", "", ()),
    ("2026-01-10T22:48:00Z", "", ()),
    ("2026-01-11T04:30:00Z", "", ()),
    ("2026-01-11T07:00:00Z", "", ()),
    ("2026-01-11T08:00:00Z", "", ()),
    (
        "2026-01-11T09:00:00Z",
        "daily",
        (
            ("d5", "Oil has spilled from a pipeline beneath Lake Norrin"),
            ("d6", "Tram drivers in Oldmere begin a strike over night shifts"),
        ),
    ),
    (
        "2026-01-11T10:00:00Z",
        "herald",
        (
            ("h9", "The ferry Aster ran aground off Ostrel with 168 people aboard"),
            ("h10", "The Tarn Hollow fair expects 1,500 visitors"),
            ("h11", "Herring sells at 14 crowns a crate in Vesper Bay"),
            ("h12", "Dredging of the harbour at Lindholm begins after Easter"),
            ("h13", "A brass concert in Marrow is sold out"),
        ),
    ),
    ("2026-01-11T11:00:00Z", "wire", (("w1", "The ferry Aster ran aground off Ostrel with 190 people aboard"),)),
    ("2026-01-11T21:00:00Z", "", ()),
)
FIRST_NEW_UPDATE = 97  # the number of the first update after the dump
PENDING_UPDATES = (70, 71, 72, 78)  # the updates of which a match waited when the dump was made


def timestamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def restored(folder: Path) -> Path:
    """A folder with the database as version 0.1 left it, its config and its rules."""
    shutil.copy(DATA / "config.toml", folder)
    shutil.copytree(DATA / "rules", folder / "rules")
    with contextlib.closing(sqlite3.connect(folder / "monitor.db")) as connection:
        connection.executescript((DATA / "store_v0.1.sql").read_text(encoding="utf-8"))
    return folder


def migrated(folder: Path) -> Path:
    """The same, upgraded to the schema of this version."""
    with pytest.raises(SystemExit) as end:
        main(["migrate", "-c", str(restored(folder) / "config.toml")])
    assert end.value.code == 0
    return folder


def golden(name: str) -> Any:
    """What version 0.1 printed."""
    return json.loads((DATA / "golden" / f"{name}.json").read_text(encoding="utf-8"))


def command_json(folder: Path, *arguments: str, now: str = NOW) -> Any:
    """What a command prints with `--json` at a given time."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setattr("time.time", lambda: timestamp(now))
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--json", "-c", str(folder / "config.toml")])
    assert end.value.code == 0
    return json.loads(out.getvalue())


def feedback_pairs(folder: Path) -> list[Any]:
    """The answers as lines for `monitor calibrate`."""
    with contextlib.redirect_stdout(io.StringIO()) as out, pytest.raises(SystemExit):
        main(["answers", "--pairs", "-c", str(folder / "config.toml")])
    return [json.loads(line) for line in out.getvalue().splitlines()]


def pending_messages(folder: Path) -> list[dict[str, Any]]:
    """Every pending message with its webhook body, in the order of delivery once all are due."""
    store = open_store(f"sqlite:///{folder}/monitor.db", create=False)
    taken = [message for channel in CHANNELS for message in drain_channel(store, channel, timestamp(AFTER_ALL_DUE))]
    store.close()
    return [{**message_json(message), "body": webhook_payload(message)} for message in taken]


def message_json(message: Message) -> dict[str, Any]:
    """A message without the text of its alerts."""
    parent = message.reply_to
    return {
        "channel": message.channel,
        "id": message.id,
        "thread": message.thread,
        "created": message.created,
        "attempt": message.attempt,
        "gathers": None if message.batch_reason is None else str(message.batch_reason),
        "left_to": None if message.remaining_recipients is None else list(message.remaining_recipients),
        "follows": parent
        and {"id": parent.id, "handle": parent.thread_ref, "rules": [alert.rule for alert in parent.alerts]},
        "alerts": [alert.id for alert in message.alerts],
    }


@dataclass
class RecordedFeeds:
    """Serves each source's feed as it was when the dump was made, with changed items, and records the requests."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def show(self, url: str, source: str, items: tuple[tuple[str, str], ...]) -> None:
        body = (DATA / f"feeds/{source}.xml").read_text(encoding="utf-8")
        for key, title in items:
            if f">{key}</guid>" in body:
                before, found, rest = body.partition(f">{key}</guid><title>")
                body = f"{before}{found}{title}</title>{rest.partition('</title>')[2]}"
            else:
                item = f"<item><guid isPermaLink='false'>{key}</guid><title>{title}</title></item>"
                body = body.replace("</title>", f"</title>{item}", 1)
        self.bodies[url] = body.encode()

    async def fetch(self, request: Request, *_: object) -> Response:
        self.requests.append({"url": request.url, "etag": request.etag, "last_modified": request.last_modified})
        body = self.bodies[request.url]
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        return Response(200, request.url, body, "application/rss+xml", etag, None, None)

    def is_polite_to(self, host: str) -> bool:
        return True

    async def close(self) -> None:
        pass


@dataclass
class RecordingNotifier:
    """A channel that accepts every message and records it."""

    accepted: list[dict[str, Any]]

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        self.accepted.append({**message_json(message), "count": len(message.alerts)})
        return Receipt("taken", thread_ref="" if message.reply_to else "C1:9.5")

    async def close(self) -> None:
        pass


async def continue_run(folder: Path) -> dict[str, Any]:
    """The requests and messages of a daemon that continues after the dump, and the listings at the end."""
    clock = [timestamp(MOMENTS[0][0])]
    accepted: list[dict[str, Any]] = []
    steps = []
    feeds = RecordedFeeds()
    for name, old, new in RULE_EDITS:
        rules = folder / "rules" / name
        rules.write_text(rules.read_text().replace(old, new))
    config = read_config(folder / "config.toml", env={})
    urls = {source.name: source.url for source in config.sources}
    async with open_runtime(config, clock=lambda: clock[0]) as runtime:
        await runtime.fetcher.close()
        runtime.fetcher = runtime.robots = feeds  # type: ignore[assignment]
        runtime.notifiers = {channel: RecordingNotifier(accepted) for channel in config.channels}  # type: ignore[misc]
        await runtime.run_in_store_thread(prepare_store, runtime)
        daemon = Daemon(runtime)
        for at, source, items in MOMENTS:
            clock[0] = timestamp(at)
            await daemon.look_back()
            if source:
                feeds.show(urls[source], source, items)
                daemon.start_polls(await daemon.lease_batch([source]))
                await daemon.finish_tasks()
            await daemon.release_due()
            await daemon.run_retention()
            await daemon.deliver_due()
            await daemon.finish_tasks()
            steps.append(
                {
                    "at": at,
                    "asked": feeds.requests[:],
                    "sent": sorted(accepted, key=lambda message: message["channel"]),
                }
            )
            feeds.requests.clear()
            accepted.clear()
    return {"steps": steps, **listings_after(folder)}


def listings_after(folder: Path) -> dict[str, Any]:
    """What the commands print at the end, as far as it can differ from the time of the dump."""
    now = MOMENTS[-1][0]
    alerts = command_json(folder, "alerts", "--limit", "100", now=now)
    last_number = command_json(folder, "status", now=now)["updates"]
    explained = {}
    for number in (
        *PENDING_UPDATES,
        *range(FIRST_NEW_UPDATE, last_number + 1),
    ):
        explanation = command_json(folder, "explain", str(number), now=now)
        explained[str(number)] = {
            "title": explanation["title"],
            "story": explanation["story"],
            "findings": [(finding["claim"], finding["novelty"]) for finding in explanation["findings"]],
            "decisions": {rule["rule"]: rule["decisions"] for rule in explanation["rules"] if rule["decisions"]},
        }
    return {
        "alerts": [alert for alert in alerts if alert["at"] > NOW],
        "explained": explained,
        "status": command_json(folder, "status", now=now),
        "sources": command_json(folder, "sources", now=now),
        "deliveries": command_json(folder, "deliveries", "--limit", "100", now=now),
    }


def without(keys: Collection[str], value: Any) -> Any:
    """JSON without some keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(keys, item) for key, item in value.items() if key not in keys}
    return [without(keys, item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_for_an_old_database_what_version_0_1_printed(name: str, tmp_path: Path) -> None:
    printed = command_json(migrated(tmp_path), *COMMANDS[name])

    assert without(COMPOSED_WHEN_SHOWN, printed) == without(COMPOSED_WHEN_SHOWN, golden(name))


def test_old_answers_are_printed_as_pairs_for_calibration(tmp_path: Path) -> None:
    assert feedback_pairs(migrated(tmp_path)) == golden("answers-as-pairs")


def test_pending_messages_keep_their_ids_recipients_and_bodies(tmp_path: Path) -> None:
    pending = without(ADDED_SINCE, pending_messages(migrated(tmp_path)))
    assert pending == without(ADDED_SINCE, golden("pending-messages"))


def test_old_feed_fingerprints_recognize_the_stored_entries(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{migrated(tmp_path)}/monitor.db", create=False)
    with store.read() as conn:
        query = "SELECT key, content_hash FROM entries WHERE source = 'herald'"
        stored_hashes = dict(conn.exec_driver_sql(query).all())
        fingerprint = feed_fingerprints.load_fingerprint(conn, "herald")
    store.close()

    assert fingerprint is not None
    assert {entry.key: entry.known_hash for entry in fingerprint.entries_by_hash.values()} == stored_hashes


async def test_a_daemon_continues_from_an_old_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.random", lambda: 0.5)
    result = json.loads(json.dumps(await continue_run(restored(tmp_path))))
    expected = golden("continued")

    for step, expected_step in zip(result["steps"], expected["steps"], strict=True):
        assert without(COMPOSED_WHEN_DECIDED, step) == without(COMPOSED_WHEN_DECIDED, expected_step)
    for name, listing in expected.items():
        assert without(COMPOSED_WHEN_DECIDED, result[name]) == without(COMPOSED_WHEN_DECIDED, listing), name
