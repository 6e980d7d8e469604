"""Measures how long the server takes for each page of the web UI with many alerts and claims.

    python benchmarks/pages.py [--alerts 200000] [--claims 1000000] [--database FILE] [--browser]

Fills a SQLite database with generated 21-word claims, or uses the one that FILE holds already, and requests each page
five times in this process. Prints the first and the median time of each in milliseconds and the median CPU time, and
exits with 1 if a median is above 300 ms. FILE is kept; without it, a temporary one is used. With --browser, Chromium
then opens each page in light, in dark and on a phone, and axe-core looks for what is not accessible.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

import httpx
from ledger import claims as generated_claims
from pages_store import NOW, RULES, fill, write_config
from sqlalchemy import func, select

from monitor.config.models import Config
from monitor.store import schema
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.server import running_server

MODES: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "light": (1200, "light"),
    "dark": (1200, "dark"),
    "phone": (390, "light"),
}
REQUESTS, LIMIT_MS = 5, 300.0


def page_paths(alert_count: int) -> dict[str, str]:
    """Return the pages, also with filters that find nothing among all alerts."""
    word, rare = next(generated_claims(alert_count)).split()[0], "zzzz"
    return {
        "overview": "/",
        "alerts": "/alerts",
        "alerts, older": f"/alerts?before={alert_count // 2}",
        "alerts, newer": f"/alerts?after={alert_count // 2}",
        "alerts of a rule": "/alerts?rule=rule-7",
        "alerts of a rule, critical": "/alerts?rule=rule-7&severity=critical",
        "alerts, critical": "/alerts?severity=critical",
        "alerts, no such severity": "/alerts?severity=info",
        "alerts of a source": "/alerts?source=source-8",
        "alerts of a source, critical": "/alerts?source=source-8&severity=critical",
        "alerts, not answered": "/alerts?answered=no",
        "alerts, not news": "/alerts?answered=not-news",
        "alerts, not news of a source": "/alerts?answered=not-news&source=source-8",
        "alerts until a day": "/alerts?until=2026-09-20",
        "alerts since a day": "/alerts?since=2026-09-20",
        "alerts with a frequent word": f"/alerts?q={word}",
        "alerts with a word of all": "/alerts?q=title",
        "alerts with a beginning": "/alerts?q=ba*",
        "alerts with a rare number": f"/alerts?q={alert_count // 3}",
        "alerts with a phrase": f"/alerts?q=%22up+to+{alert_count // 3}%22",
        "alerts without a match": f"/alerts?q={rare}",
        "alerts, a word and a rule": "/alerts?q=title&rule=rule-7&severity=critical",
        "alert": f"/alerts/al-{alert_count // 2}",
        "alert of a long story": f"/alerts/al-{alert_count}",
        "story": f"/stories/al-st-{alert_count // 6}",
        "long story": "/stories/al-st-long",
        "search, frequent": f"/search?q={word}",
        "search, nothing": f"/search?q={rare}",
        "search, a source": f"/search?q={word}&source=source-8",
        "coverage": "/coverage",
        "sources": "/sources",
        "sources, failing": "/sources?state=failing&q=source-1",
        "source": "/sources/source-8",
        "add a source": "/add-source",
        "deliveries": "/deliveries",
        "deliveries, older": f"/deliveries?before={alert_count // 2}",
        "deliveries of a channel": "/deliveries?channel=desk",
        "deliveries, no such channel": "/deliveries?channel=nobody",
        "deliveries, sent": "/deliveries?state=sent",
        "deliveries, sent to a channel": "/deliveries?state=sent&channel=desk",
        "dead letters": "/deliveries?state=dead",
        "silences": "/silences",
        "new silence": "/silences/new",
        "silence of a rule": "/silences/new?rule=rule-7",
        "silence of a source": "/silences/new?source=source-8",
        "silence of a frequent word": f"/silences/new?match={word}",
        "silence of a rare word": f"/silences/new?match={rare}",
        "silence of an alert": f"/alerts/al-{alert_count}/silence",
        "status, API": "/api/v1/status",
        "rules": "/rules",
        "rule": "/rules/rule-0",
        "rule of few alerts": f"/rules/rule-{RULES - 1}",
        "edit of a rule": "/rules/rule-0/try",
        "new rule": "/rules/try",
    }


async def measure(store: Store, config: Config, alert_count: int) -> bool:
    """Print the times of every page; return whether all are fast enough."""
    app = create_app(Site(store, timezone=ZoneInfo("UTC"), clock=lambda: NOW, config=lambda: config))
    too_slow = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        await client.get("/silences")  # loads modules and templates
        for name, path in page_paths(alert_count).items():
            times, cpu_times = list[float](), list[float]()
            for _ in range(REQUESTS):
                began, cpu_began = time.perf_counter(), time.process_time()
                answer = await client.get(path)
                times.append((time.perf_counter() - began) * 1000)
                cpu_times.append((time.process_time() - cpu_began) * 1000)
                assert answer.status_code == 200, (path, answer.text)
            size = len(answer.content) / 1024
            middle = f"median {median(times):6.0f} ms, CPU {median(cpu_times):4.0f} ms"
            print(f"{name:<32} first {times[0]:6.0f} ms, {middle}, {size:5.0f} KB", flush=True)
            if median(times) > LIMIT_MS:
                too_slow.append(name)
    print(f"slower than {LIMIT_MS:.0f} ms: {', '.join(too_slow) or 'none'}")
    return not too_slow


async def walk_in_browser(store: Store, config: Config, alert_count: int) -> bool:
    """Print what axe-core finds on the pages in each mode; return whether that is nothing."""
    import axe_playwright_python
    from playwright.async_api import async_playwright

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    app = create_app(Site(store, timezone=ZoneInfo("UTC"), clock=lambda: NOW, config=lambda: config))
    count = 0
    async with running_server("127.0.0.1:0", app) as base, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for mode, (width, scheme) in MODES.items():
            page = await browser.new_page(
                viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
            )
            for name, path in page_paths(alert_count).items():
                if path.startswith("/api/"):
                    continue
                answer = await page.goto(base + path)
                assert answer and answer.status == 200, path
                await page.evaluate(axe)
                for violation in (await page.evaluate("axe.run()"))["violations"]:
                    count += 1
                    print(f"{name}, {mode}: {violation['id']}: {violation['help']}")
        await browser.close()
    print(f"{len(page_paths(alert_count))} pages in {len(MODES)} modes: {count} violations")
    return count == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--alerts", type=int, default=200_000)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--browser", action="store_true", help="look for what is not accessible, in Chromium")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = options.database or Path(folder) / "pages.db"
        store = open_store(f"sqlite:///{database}")
        with store.read() as conn:
            stored = conn.scalar(select(func.max(schema.alerts.c.number)))
        if not stored:
            fill(store, options.alerts, options.claims)
            print(file=sys.stderr)
        config = write_config(Path(folder), database)
        is_good = asyncio.run(measure(store, config, stored or options.alerts))
        if options.browser:
            is_good = asyncio.run(walk_in_browser(store, config, stored or options.alerts)) and is_good
        store.close()
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
