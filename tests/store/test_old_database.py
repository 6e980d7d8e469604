"""A database that version 0.1 made opens and works: the listings, the messages owed, and the daemon that goes on.

`old_database/store_v0.1.sql` holds ten days of invented news up to NOW, `old_database/golden` what version 0.1 said
of it. `old_database/make.py` made both. The moments come from a clock that is moved by hand, so no key is left out of
the listings; of what the daemon finds later only the similarity is, which belongs to comparing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kit.saying import taken_by

from monitor.cli import main
from monitor.config.file import read_config
from monitor.daemon import Daemon, prepare
from monitor.deliver.channels import Receipt
from monitor.deliver.payload import payload
from monitor.deliver.render import Rendered
from monitor.engine import open_engine
from monitor.model import Message
from monitor.sources.fetch import Fetched, Request
from monitor.store import imprints, open_store

DATA = Path(__file__).with_name("old_database")
NOW = "2026-01-10T22:45:36Z"  # when the dump was made
LATER = "2026-01-20T00:00:00Z"  # when all that was owed then is due
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
    "explain-told": ("explain", "60"),
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

# Edits of the rules before the daemon goes on: one rule gets another name, under which its past goes on; one that has
# looked back would find more now, but does not look back again.
EDITS = (
    ("port.yaml", "name: ferries\n", "name: ships\n"),
    ("town.yaml", "match: museum*", "match: museum* OR plough*"),
)
# What the daemon lives through after the dump: moments, and what a source shows then that it did not before. First a
# channel that still rests, a burst, retries, a throttle, quiet hours and the digest; then a second source for two
# matches that wait, repeats and news that silences cover, a figure that moves again, and the end of what waited for a
# rule that went.
DAYS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
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
FIRST_LATER = 97  # the number of the first update after the dump
WAITED = (70, 71, 72, 78)  # the updates of which a match waited when the dump was made


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def restored(folder: Path) -> Path:
    """A folder with the database as version 0.1 left it, its config and its rules."""
    shutil.copy(DATA / "config.toml", folder)
    shutil.copytree(DATA / "rules", folder / "rules")
    with contextlib.closing(sqlite3.connect(folder / "monitor.db")) as connection:
        connection.executescript((DATA / "store_v0.1.sql").read_text(encoding="utf-8"))
    return folder


def golden(name: str) -> Any:
    """What version 0.1 said."""
    return json.loads((DATA / "golden" / f"{name}.json").read_text(encoding="utf-8"))


def said(folder: Path, *words: str, now: str = NOW) -> Any:
    """The JSON that a command prints at a moment."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setattr("time.time", lambda: moment(now))
        with pytest.raises(SystemExit) as end:
            main([*words, "--json", "-c", str(folder / "config.toml")])
    assert end.value.code == 0
    return json.loads(out.getvalue())


def pairs(folder: Path) -> list[Any]:
    """The answers as lines for `monitor calibrate`."""
    with contextlib.redirect_stdout(io.StringIO()) as out, pytest.raises(SystemExit):
        main(["answers", "--pairs", "-c", str(folder / "config.toml")])
    return [json.loads(line) for line in out.getvalue().splitlines()]


def owed(folder: Path) -> list[dict[str, Any]]:
    """Every message that is owed, with the body of a webhook, as they are taken once all are due."""
    store = open_store(f"sqlite:///{folder}/monitor.db", create=False)
    taken = [message for channel in CHANNELS for message in taken_by(store, channel, moment(LATER))]
    store.close()
    return [{**outline(message), "body": payload(message)} for message in taken]


def outline(message: Message) -> dict[str, Any]:
    """What is told of a message beside its alerts."""
    first = message.first
    return {
        "channel": message.channel,
        "id": message.id,
        "thread": message.thread,
        "created": message.created,
        "attempt": message.attempt,
        "gathers": None if message.gathers is None else str(message.gathers),
        "left_to": None if message.left_to is None else list(message.left_to),
        "follows": first and {"id": first.id, "handle": first.handle, "rules": [one.rule for one in first.alerts]},
        "alerts": [one.id for one in message.alerts],
    }


@dataclass
class Shelf:
    """Shows each source's feed as it stood when the dump was made, with what is put into it, and keeps what it was
    asked."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

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

    async def fetch(self, request: Request, *_: object) -> Fetched:
        self.asked.append({"url": request.url, "etag": request.etag, "last_modified": request.last_modified})
        body = self.bodies[request.url]
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        return Fetched(200, request.url, body, "application/rss+xml", etag, None, None)

    def is_polite_to(self, host: str) -> bool:
        return True

    async def close(self) -> None:
        pass


@dataclass
class Taker:
    """A channel that takes everything and keeps what it was: the message, and its headline as it was rendered."""

    took: list[dict[str, Any]]

    async def send(self, message: Message, rendered: Rendered) -> Receipt:
        told = json.loads(rendered.body)["data"] if rendered.body else {}
        headline = rendered.subject or told["title"]
        self.took.append({**outline(message), "headline": headline, "count": len(message.alerts)})
        return Receipt("taken", handle="" if message.first else "C1:9.5")

    async def close(self) -> None:
        pass


async def continued(folder: Path) -> dict[str, Any]:
    """What the daemon does after the dump: what it asks and sends at each moment, and what the listings say then."""
    clock = [moment(DAYS[0][0])]
    took: list[dict[str, Any]] = []
    steps = []
    shelf = Shelf()
    for name, old, new in EDITS:
        rules = folder / "rules" / name
        rules.write_text(rules.read_text().replace(old, new))
    config = read_config(folder / "config.toml", env={})
    urls = {source.name: source.url for source in config.sources}
    async with open_engine(config, clock=lambda: clock[0]) as engine:
        await engine.fetcher.close()
        engine.fetcher = engine.robots = shelf  # type: ignore[assignment]
        engine.notifiers = {channel: Taker(took) for channel in config.channels}  # type: ignore[misc]
        await engine.in_store(prepare, engine)
        daemon = Daemon(engine)
        for at, source, items in DAYS:
            clock[0] = moment(at)
            await daemon.look_back()
            if source:
                shelf.show(urls[source], source, items)
                daemon.start_polls(await daemon.lease([source]))
                await daemon.finish()
            await daemon.release_due()
            await daemon.tend()
            await daemon.deliver_due()
            await daemon.finish()
            steps.append({"at": at, "asked": shelf.asked[:], "sent": sorted(took, key=lambda one: one["channel"])})
            shelf.asked.clear()
            took.clear()
    return {"steps": steps, **afterwards(folder)}


def afterwards(folder: Path) -> dict[str, Any]:
    """What the listings say after the last of these moments, as far as it is another than before."""
    now = DAYS[-1][0]
    alerts = [one for one in said(folder, "alerts", "--limit", "100", now=now) if one["at"] > NOW]
    explained = {}
    for number in (*WAITED, *range(FIRST_LATER, said(folder, "status", now=now)["updates"] + 1)):
        found = said(folder, "explain", str(number), now=now)
        explained[str(number)] = {
            "title": found["title"],
            "story": found["story"],
            "findings": [(one["claim"], one["novelty"]) for one in found["findings"]],
            "decisions": {one["rule"]: one["decisions"] for one in found["rules"] if one["decisions"]},
        }
    values = {
        "alerts": alerts,
        "explained": explained,
        "status": said(folder, "status", now=now),
        "sources": said(folder, "sources", now=now),
        "deliveries": said(folder, "deliveries", "--limit", "100", now=now),
    }
    found: dict[str, Any] = without_similarity(values)
    return found


def without_similarity(value: Any) -> Any:
    """JSON without the similarity of findings."""
    if isinstance(value, dict):
        return {key: without_similarity(one) for key, one in value.items() if key != "similarity"}
    return [without_similarity(one) for one in value] if isinstance(value, list | tuple) else value


def recordings() -> Iterator[tuple[str, Any]]:
    """What this version says, by the names of the golden files: `make.py` keeps it."""
    for name, words in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            yield name, said(restored(Path(folder)), *words)
    with tempfile.TemporaryDirectory() as folder:
        yield "answers-as-pairs", pairs(restored(Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        yield "owed", owed(restored(Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        yield "continued", asyncio.run(continued(restored(Path(folder))))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_listing_says_of_an_old_database_what_it_always_said(name: str, tmp_path: Path) -> None:
    assert said(restored(tmp_path), *COMMANDS[name]) == golden(name)


def test_old_answers_are_pairs_for_calibrating(tmp_path: Path) -> None:
    assert pairs(restored(tmp_path)) == golden("answers-as-pairs")


def test_messages_owed_since_then_have_the_same_ids_recipients_and_bodies(tmp_path: Path) -> None:
    assert owed(restored(tmp_path)) == golden("owed")


def test_old_imprints_of_feeds_recognise_the_entries_that_are_stored(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{restored(tmp_path)}/monitor.db", create=False)
    with store.read() as conn:
        contents = "SELECT key, content_hash FROM entries WHERE source = 'herald'"
        stored = dict(conn.exec_driver_sql(contents).all())
        imprint = imprints.of_source(conn, "herald")
    store.close()
    assert imprint is not None
    assert {entry.key: entry.known for entry in imprint.entries.values()} == stored


async def test_the_daemon_goes_on_where_the_old_one_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.random", lambda: 0.5)
    found = json.loads(json.dumps(await continued(restored(tmp_path))))
    expected = golden("continued")
    for step, before in zip(found["steps"], expected["steps"], strict=True):
        assert step == before
    for name, listing in expected.items():
        assert found[name] == listing, name
