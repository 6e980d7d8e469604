"""A store with a few days of news, ingested by the daemon's own pipeline, and its web pages.

PYTHONPATH=tests python -m kit.sample_store [PORT]     serves the pages until Ctrl-C
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import Connection

from kit.databases import write_config_file
from monitor.alerts.silences import Silence
from monitor.config_file.load import read_config
from monitor.model import Update
from monitor.policy import load_policy
from monitor.polling.ingest import ingest_update
from monitor.sources.state import PollResult
from monitor.store import outbox, silences, sources
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.sources import record_polls
from monitor.web.access import Access
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.server import running_server

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime(2026, 12, 16, 18, 30, tzinfo=UTC).timestamp()
HOUR = 3600.0
SECRET_TOKEN = "token-that-nobody-may-see"

SHIPPED_RULES = Path(__file__).parents[2] / "rules"
SAMPLE_CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
rules = "{rules}"
timezone = "Europe/Kyiv"
[[sources]]
name = "front-report"
url = "https://front-report.example/daily.xml"
[[sources]]
name = "kyiv-wire"
url = "https://wire.example/feed?key={private}"
[[sources]]
name = "food-agency"
url = "https://food.example/recalls.atom"
[[sources]]
name = "flaw-notices"
url = "https://flaws.example/notices.json"
[channels.desk]
type = "terminal"
[channels.osint]
type = "terminal"
[alerts]
notify = ["desk", "osint"]
"""

# Hours before NOW, source, entry, title, text; the same entry again is a revision of it.
SAMPLE_UPDATES = (
    (
        74.0,
        "front-report",
        "d13",
        "Takeaways of December 13",
        "- Around 3,000 North Korean soldiers are in Kursk Oblast, an intelligence official said.\n"
        "- Russian forces shelled villages along the Sumy border during the night.",
    ),
    (
        51.0,
        "food-agency",
        "r-17",
        "Hill Farm soft cheese recalled after listeria was found",
        "The recall of Hill Farm soft cheese covers 300 packs in which listeria was found.",
    ),
    (
        50.0,
        "kyiv-wire",
        "w4",
        "North Korean soldiers have not taken part in the assault near Plekhovo, Kyiv says",
        "North Korean soldiers have not taken part in the assault near Plekhovo, a spokesman said on Monday.",
    ),
    (
        27.0,
        "flaw-notices",
        "n9",
        "CVE-2026-31337 in Postbox mail servers is exploited in the wild",
        "The vendor confirms that CVE-2026-31337 is exploited in attacks on mail servers and asks all to update.",
    ),
    (
        26.0,
        "food-agency",
        "r-17",
        "Hill Farm soft cheese recalled after listeria was found",
        "The recall of Hill Farm soft cheese covers 4,000 packs in which listeria was found.",
    ),
    (
        9.0,
        "food-agency",
        "r-18",
        "Oat bars withdrawn from sale",
        "A maker of oat bars is recalling two kinds because they contain almonds not named on the label.",
    ),
    (
        3.0,
        "kyiv-wire",
        "w4",
        "North Korean soldiers have taken part in the assault near Plekhovo, Kyiv says",
        "North Korean soldiers have taken part in the assault near Plekhovo, a spokesman said on Wednesday.",
    ),
    (
        0.4,
        "front-report",
        "d16",
        "Takeaways of December 16",
        "- Up to 12,000 North Korean soldiers are in Kursk Oblast, an intelligence official said.\n"
        "- A second North Korean brigade was seen at a railway station near Belgorod.\n"
        "- Snow slowed both sides along the Oskil.",
    ),
)


def build_sample_store(folder: Path) -> Store:
    """Build a store with alerts, sources in several states, and deliveries in every state."""
    write_config_file(folder, SAMPLE_CONFIG.format(rules=SHIPPED_RULES, private=SECRET_TOKEN))
    config = read_config(folder / "config.toml", env={})
    policy = load_policy(config)
    store = open_store(config.monitor.database)
    with store.write() as conn:
        sources.sync_sources(conn, config.sources, NOW - 80 * HOUR)
        for hours_ago, source, entry, title, text in SAMPLE_UPDATES:
            at = NOW - hours_ago * HOUR
            update = Update(source, entry, at, title, f"https://{source}.example/{entry}", text)
            ingest_update(conn, update, policy, digest=f"{entry} at {hours_ago}", memory=90 * 24 * HOUR, now=at)
        record_sample_polls(conn)
        record_sample_deliveries(conn)
    return store


def copy_rules(folder: Path, names: str = "*.yaml") -> None:
    """Copy shipped rule files into `rules/` of the folder of a sample store, and let its config use that."""
    (folder / "rules").mkdir(exist_ok=True)
    for file in SHIPPED_RULES.glob(names):
        shutil.copy(file, folder / "rules")
    config = folder / "config.toml"
    config.write_text(config.read_text().replace(f'rules = "{SHIPPED_RULES}"', 'rules = "rules"'))


def active_silences(store: Store) -> list[Silence]:
    with store.read() as conn:
        return silences.load_active_silences(conn, NOW)


def record_sample_polls(conn: Connection) -> None:
    """Record the last polls of the sources: two successful ones, a failed one and none."""
    good_poll = PollResult(NOW - 240, "ok", None, None, 0, NOW + 660, None, None, None, True)
    for name in ("front-report", "kyiv-wire"):
        record_polls(conn, {name: good_poll})
    record_polls(conn, {"food-agency": replace(good_poll, polled_at=NOW - 9 * HOUR)})
    error = "the server answered 503 Service Unavailable, for the fourth time in a row"
    failing_poll = replace(
        good_poll, state="failing", error=error, error_code="status", failures=4, next_poll=NOW + 3300
    )
    record_polls(conn, {"food-agency": failing_poll})


def record_sample_deliveries(conn: Connection) -> None:
    """Record deliveries: all of `desk` sent; of `osint` one dead, one retrying, one sent, the others pending."""
    while message := outbox.lease_message(conn, "desk", NOW, lease_seconds=60):
        outbox.mark_sent(conn, message.id, message.created + 2, "250 2.0.0 accepted")
    leased = [outbox.lease_message(conn, "osint", NOW, lease_seconds=60) for _ in range(3)]
    first, second, third = (message.id for message in leased if message)
    outbox.mark_dead(conn, first, "the service answered 404 no_service: the webhook was removed", NOW - 49 * HOUR)
    outbox.schedule_retry(conn, second, NOW + 200, "no connection to the service within 10 seconds")
    outbox.mark_sent(conn, third, NOW - 26 * HOUR, "ok")


class PageClient(httpx.AsyncClient):
    """A client that posts each form with the token of `access`, as the pages do without a login."""

    access: Access

    async def post(self, url: httpx.URL | str, **options: Any) -> httpx.Response:
        if not {"json", "content"} & options.keys():
            token = {"csrf_token": self.access.csrf_token("open")}
            options["data"] = token | (options.get("data") or {})
        return await super().post(url, **options)


@asynccontextmanager
async def page_client(
    store: Store, base: str = "", access: Access | None = None, folder: Path | None = None, **options: Any
) -> AsyncIterator[PageClient]:
    """Yield an HTTP client for the web pages of `store`, without a network. `folder` has its config; `options` are
    those of `Site`."""
    access = access or Access()
    if folder:
        options["config"] = partial(read_config, folder / "config.toml", env={})
    application = create_app(Site(store, timezone=KYIV, clock=lambda: NOW, base=base, access=access, **options))
    transport = httpx.ASGITransport(application)
    async with PageClient(transport=transport, base_url="http://localhost:8080") as client:
        client.access = access
        yield client


async def serve_sample(port: str) -> None:
    """Serve the pages of the sample store."""
    with tempfile.TemporaryDirectory() as folder:
        store = build_sample_store(Path(folder))
        config = partial(read_config, Path(folder) / "config.toml", env={})
        pages = create_app(Site(store, timezone=KYIV, clock=lambda: NOW, config=config))
        async with running_server(f"127.0.0.1:{port}", pages) as url:
            print(url, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve_sample(*(sys.argv[1:] or ["8080"])))
