"""Takes screenshots of the pages with Chromium, for the docs: two made-up weeks, ingested by the real pipeline.

    python benchmarks/page_screenshots.py --out DIR

Writes one PNG each for the overview, an alert, a try-out of an edited rule and a search, and one for the overview in
dark mode. The pages have no scripts and are rendered by the server, so the try-out is submitted as a browser would,
and Chromium gets its answer from a file.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text, update

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.config.models import Config
from monitor.config_file.load import read_config
from monitor.model import Update
from monitor.policy import load_policy
from monitor.polling.ingest import ingest_update
from monitor.store import schema, sources
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.server import running_server

NOW = 1_796_904_000.0  # 10 December 2026, 12:00 UTC
DAY, HOUR, MINUTE = 86400.0, 3600.0, 60.0
WIDTH, HEIGHT = 1180, 760
DARK = "--blink-settings=preferredColorScheme=0"
CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
timezone = "Europe/Kyiv"
[[sources]]
name = "Harbour wire"
url = "https://harbour-wire.example/feed.xml"
tags = ["wire"]
[[sources]]
name = "Eastern brief"
url = "https://eastern-brief.example/feed.xml"
tags = ["war"]
[[sources]]
name = "Northern post"
url = "https://northern-post.example/rss"
[[sources]]
name = "Relief agency"
url = "https://relief.example/updates"
kind = "page"
[[sources]]
name = "Ministry bulletin"
url = "https://ministry.example/bulletin.json"
kind = "json"
[channels.desk]
type = "terminal"
[channels.duty]
type = "terminal"
[alerts]
notify = ["desk"]
"""
RULES = {
    "dprk-troops": """name: dprk-troops
title: North Korean troops
match: (@dprk OR "north korean") AND (soldier* OR troop* OR general*)
severity: high
notify: [desk, duty]
tests:
  - text: North Korean soldiers have arrived in the region.
    fires: true
""",
    "floods": """name: floods
title: Floods on the Orla
match: (flood* OR dyke OR evacuat*) AND (orla OR tolna OR merrin)
severity: medium
""",
    "ferries": """name: ferries
title: Ferry traffic
match: ferr* AND (cancel* OR aground OR storm)
severity: low
""",
    "outages": """name: outages
title: Power cuts
match: (power OR electricity) AND (cut* OR outage* OR household*)
severity: critical
""",
}
EDITED_RULE = RULES["floods"].replace("flood* OR dyke OR evacuat*", "flood* OR dyke* OR evacuat* OR bridge*")
# What each source publishes: title and sentence of each entry.
STREAMS = {
    "Eastern brief": (
        ("General staff on Kursk", "Around 3,000 North Korean soldiers are in Kursk region, the general staff said."),
        ("Training with drones", "North Korean soldiers train with drones near Kursk, according to two officers."),
        (
            "More troops from the east",
            "Up to 8,000 North Korean soldiers are in Kursk region, the general staff said.",
        ),
        ("Fighting near Plekhovo", "North Korean troops took part in the fighting near Plekhovo for the first time."),
        (
            "Estimate raised",
            "Up to 12,000 North Korean soldiers are in Kursk region, the general staff said.",
        ),
    ),
    "Northern post": (
        ("Who has come", "About 3,000 North Korean soldiers have arrived in the Kursk region."),
        ("Command", "Three North Korean generals command the troops in Kursk, diplomats said."),
        ("New estimate", "Up to 12,000 North Korean soldiers are in the Kursk region."),
    ),
    "Relief agency": (
        ("Water rises", "The Orla has flooded 40 houses in Tolna."),
        ("Evacuation begins", "The Orla has flooded 120 houses in Tolna; 300 people were evacuated."),
        ("Roads", "The bridge over the Orla in Merrin is closed to lorries."),
        ("Dyke watch", "The dyke at Merrin on the Orla is leaking over 60 metres."),
        ("Evacuation continues", "The Orla has flooded 310 houses in Tolna; 900 people were evacuated."),
        ("Crossing", "A temporary bridge over the Orla opens in Tolna on Friday."),
    ),
    "Harbour wire": (
        ("Storm warning", "The ferry to Skarvoy is cancelled because of a storm."),
        ("Halvik", "The Halvik ferry has run aground with 40 people on board."),
        ("Halvik, update", "The Halvik ferry has run aground with 60 people on board."),
        ("All ashore", "All passengers of the Halvik ferry are ashore."),
        ("Timetable", "The ferry to Skarvoy runs again, with two boats a day."),
        ("Brevik", "The evening ferry to Brevik is cancelled on Thursday because of a storm."),
    ),
    "Ministry bulletin": (
        ("Storm damage", "A storm has cut electricity to 18,000 households in Brevik."),
        ("Supply", "A storm has cut electricity to 25,000 households in Brevik."),
        ("Repairs", "The power cut affects 9,000 households in Brevik; Sund is supplied again."),
    ),
}
ALERT_WORDS = "%Up to 12,000%"  # of the alert that is shown


def sample_updates() -> Iterator[Update]:
    """Yield what the sources publish in two weeks, in the order of time."""
    updates = []
    for place, (source, entries) in enumerate(STREAMS.items()):
        pause = 12.5 * DAY / (len(entries) - 1)
        for number, (title, sentence) in enumerate(entries):
            is_last = number == len(entries) - 1
            at = NOW - (5 - place) * HOUR if is_last else NOW - 13 * DAY + number * pause + place * 71 * MINUTE
            url = f"https://{source.split()[0].lower()}.example/{number + 1}"
            updates.append(Update(source, f"{place}-{number}", at, title, url, f"<p>{sentence}</p>"))
    yield from sorted(updates, key=lambda one: one.at)


def fill_store(store: Store, config: Config) -> None:
    policy = load_policy(config)
    first = NOW - 13.5 * DAY
    with store.write() as conn:
        sources.sync_sources(conn, config.sources, first)
    for number, one in enumerate(sample_updates()):
        with store.write() as conn:
            ingest_update(conn, one, policy, digest=str(number), memory=90 * DAY, now=one.at)
    with store.write() as conn:
        read = {
            "state": "ok",
            "last_poll": NOW - 2 * MINUTE,
            "last_good": NOW - 2 * MINUTE,
            "next_poll": NOW + 9 * MINUTE,
        }
        conn.execute(update(schema.sources).values(read))
        failed = {
            "state": "failing",
            "error": "HTTP 503 from relief.example",
            "failures": 3,
            "last_good": NOW - 4 * HOUR,
        }
        conn.execute(update(schema.sources).where(schema.sources.c.name == "Relief agency").values(failed))
        conn.execute(
            text("UPDATE messages SET state = 'sent', attempts = 1, sent_at = created + 2, detail = 'printed'")
        )
        alerts = conn.execute(text("SELECT id, rule FROM alerts ORDER BY at")).all()
    for number, (id, rule) in enumerate(alerts):
        kind = FeedbackKind.NOT_NEWS if rule == "ferries" and number % 3 else FeedbackKind.ACK
        if number % 2 and rule != "dprk-troops":
            record_feedback(store, Feedback(id, kind, NOW - DAY, "web"), 0.0)


def find_browser() -> str:
    return next(path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)))


async def take_screenshot(address: str, target: Path, *flags: str, height: int = HEIGHT) -> None:
    command = [find_browser(), "--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu", *flags]
    command += [f"--window-size={WIDTH},{height}", f"--screenshot={target}", address]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if await process.wait():
        raise SystemExit(f"Chromium could not take {target}")


def healthy() -> dict[str, Any]:
    names = ("store", "poll", "deliver", "rules")
    return {"status": "ok", "checks": {name: {"status": "ok", "since": None, "reason": None} for name in names}}


async def submit_tryout(base: str) -> str:
    """Return the page of a try-out, with its style sheet inside."""
    async with httpx.AsyncClient(base_url=base, timeout=60, headers={"origin": base}) as client:
        form_page = (await client.get("/rules/floods/try")).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form_page)
        assert token
        fields = {"csrf_token": token[1], "text": EDITED_RULE, "since": "30d"}
        answer = await client.post("/rules/floods/try", data=fields)
        style = (await client.get("/style.css")).text
    answer.raise_for_status()
    return re.sub(r"<link[^>]+style\.css[^>]*>", lambda _: f"<style>{style}</style>", answer.text)


async def take_all(out: Path, folder: Path) -> None:
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rules").mkdir()
    for name, content in RULES.items():
        (folder / "rules" / f"{name}.yaml").write_text(content)
    config = read_config(folder / "config.toml", env={})
    store = open_store(config.monitor.database)
    fill_store(store, config)
    application = create_app(
        Site(store, timezone=config.monitor.timezone, clock=lambda: NOW, config=lambda: config, health=healthy)
    )
    async with running_server("127.0.0.1:0", application) as base:
        with store.read() as conn:
            query = text(
                "SELECT id FROM alerts WHERE rule = 'dprk-troops' AND body LIKE '%12,000%' ORDER BY at LIMIT 1"
            )
            alert = conn.execute(query).scalar_one()
        await take_screenshot(f"{base}/", out / "web-overview.png")
        await take_screenshot(f"{base}/", out / "web-overview-dark.png", DARK)
        await take_screenshot(f"{base}/alerts/{alert}", out / "web-alert.png", height=1000)
        await take_screenshot(f"{base}/search?q=soldier*", out / "web-search.png")
        page = folder / "tryout.html"
        page.write_text(await submit_tryout(base))
        await take_screenshot(page.as_uri(), out / "web-tryout.png", height=1000)
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(take_all(options.out.absolute(), Path(folder)))


if __name__ == "__main__":
    main()
