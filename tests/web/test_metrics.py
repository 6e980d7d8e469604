"""`/metrics`: what is counted, what is shown of the store, and the dashboard and alert rules that read it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from kit.sample_store import KYIV, NOW, page_client
from prometheus_client.parser import text_string_to_metric_families

from monitor import metrics
from monitor.store.base import Store
from monitor.store.reports import figures
from monitor.store.reports.figures import load_figures
from monitor.web import metrics as metrics_page
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.metrics import GAUGES, StoreCache

MONITORING = Path(__file__).parents[2] / "docs/monitoring"
FAILING = {"status": "failing", "checks": {"store": {"status": "failing"}, "poll": {"status": "ok"}}}
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Counts from zero in each test."""
    monkeypatch.setattr(metrics, "_collectors", None)
    metrics.start_counting()
    yield


def samples_of(text: str) -> dict[tuple[str, ...], float]:
    """Return the samples by name and labels, those of histograms only with their sums and counts."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def names_of(text: str) -> set[str]:
    families = text_string_to_metric_families(text)
    return {sample.name for family in families for sample in family.samples} | {
        family.name for family in text_string_to_metric_families(text)
    }


async def read_metrics(store: Store) -> str:
    pages = create_app(Site(store, timezone=KYIV, clock=lambda: NOW, health=lambda: FAILING))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


async def test_the_page_shows_the_checks_and_the_store(sample_news_store: Store) -> None:
    samples = samples_of(await read_metrics(sample_news_store))
    assert samples["claimwatch_check_ok", "store"] == 0
    assert samples["claimwatch_check_ok", "poll"] == 1
    assert samples["claimwatch_store_readable",] == 1
    assert {key[1]: value for key, value in samples.items() if key[0] == "claimwatch_sources"} == {
        "ok": 2,
        "failing": 1,
        "empty": 1,
    }
    assert samples["claimwatch_messages", "osint", "dead"] == 1
    assert samples["claimwatch_messages", "osint", "retrying"] == 1
    assert samples["claimwatch_oldest_due_message_age_seconds", "osint"] > 0
    assert samples["claimwatch_source_last_good_age_seconds", "food-agency"] > 3600
    assert samples["claimwatch_store_rows", "alerts"] > 0
    assert samples["claimwatch_store_bytes",] > 100_000
    assert samples["claimwatch_process_resident_memory_bytes",] > 1_000_000


async def test_the_counters_of_the_daemon_are_shown(empty_store: Store) -> None:
    metrics.count_poll("failed", 0.2, "timeout")
    metrics.count_poll("unchanged", 0.1)
    metrics.count_all({("claims", "new"): 3, ("alerts", "ferries", "high"): 2, ("entries",): 1})
    with metrics.timed_stage("fetch"):
        pass
    samples = samples_of(await read_metrics(empty_store))
    assert samples["claimwatch_polls_total", "failed"] == 1
    assert samples["claimwatch_poll_failures_total", "timeout"] == 1
    assert samples["claimwatch_claims_total", "new"] == 3
    assert samples["claimwatch_alerts_total", "ferries", "high"] == 2
    assert samples["claimwatch_entries_total",] == 1
    assert samples["claimwatch_poll_duration_seconds_count",] == 2
    assert samples["claimwatch_stage_duration_seconds_count", "fetch"] == 1


@pytest.mark.sqlite  # where a writer blocks the readers of a database in memory
async def test_the_rest_is_shown_while_the_store_does_not_answer(
    empty_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_page, "STORE_TIMEOUT_S", 0.1)
    pages = create_app(Site(empty_store, timezone=KYIV, clock=lambda: NOW, health=lambda: FAILING))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost") as client:
        with empty_store.write():
            text = (await client.get("/metrics")).text
        await asyncio.sleep(0.1)
        later = (await client.get("/metrics")).text
    assert samples_of(text)["claimwatch_store_readable",] == 0
    assert ("claimwatch_workers",) not in samples_of(text)
    assert samples_of(later)["claimwatch_store_readable",] == 1
    assert samples_of(later)["claimwatch_workers",] == 0


def test_many_sources_have_no_figures_of_their_own(sample_news_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with sample_news_store.read() as conn:
        assert load_figures(conn, NOW).good_ages
        monkeypatch.setattr(figures, "MAX_SOURCES_BY_NAME", 3)
        assert load_figures(conn, NOW).good_ages == {}


async def test_figures_of_the_store_are_kept_for_a_while(
    sample_news_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(metrics_page, "load_figures", lambda conn, now: read.append(now) or load_figures(conn, now))
    pages = create_app(Site(sample_news_store, timezone=KYIV, clock=lambda: NOW))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://localhost") as client:
        for _ in range(3):
            await client.get("/metrics")
    assert len(read) == 1
    assert replace(StoreCache(), figures_until=5.0).size is None


async def test_reading_metrics_needs_a_get(sample_news_store: Store) -> None:
    async with page_client(sample_news_store) as client:
        assert (await client.post("/metrics")).status_code == 405


def test_nothing_is_counted_or_loaded_without_a_page() -> None:
    code = (
        "import sys\nfrom monitor import metrics\n"
        "metrics.count('entries')\nmetrics.count_poll('failed', 1.0, 'x')\n"
        "with metrics.timed_stage('fetch'): pass\n"
        "assert metrics.counting_registry() is None\n"
        "assert not any(name.startswith('prometheus_client') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_workers_of_one_machine_count_together(tmp_path: Path) -> None:
    count = (
        "import sys\nfrom monitor import metrics\nmetrics.start_counting()\nmetrics.count_all({('entries',): 2})\n"
    )
    show = (
        "from monitor.web.metrics import metrics_text\n"
        "sys.stdout.buffer.write(metrics_text([('check_ok', ('store',), 1.0)]))\n"
    )
    environment = {metrics.MULTIPROCESS_VARIABLE: str(tmp_path)}
    for code in (count, count + show):
        shown = subprocess.run(
            [sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True
        )
    samples = samples_of(shown.stdout)
    assert samples["claimwatch_entries_total",] == 4
    assert samples["claimwatch_check_ok", "store"] == 1


async def all_names(store: Store) -> set[str]:
    """Return the names of all metrics, after each was counted once."""
    for name, (labels, _) in metrics.COUNTERS.items():
        metrics.count(name, *["x"] * len(labels))
    metrics.count_poll("failed", 0.2, "timeout")
    return names_of(await read_metrics(store))


@pytest.mark.parametrize("file", ["alerts.yaml", "alerts_test.yaml", "grafana-dashboard.json", "../monitoring.md"])
async def test_each_metric_that_is_named_exists(sample_news_store: Store, file: str) -> None:
    text = (MONITORING / file).read_text()
    named = set(re.findall(r"\bclaimwatch_[a-z_]+[a-z](?=\W)", text)) - {"claimwatch_process"}
    assert named
    assert named - await all_names(sample_news_store) == set()


async def test_each_metric_is_documented_and_each_alert_tested(sample_news_store: Store) -> None:
    text = (MONITORING / "../monitoring.md").read_text()
    counters = {f"claimwatch_{name}_total" for name in metrics.COUNTERS}
    assert {name for name in counters | {f"claimwatch_{name}" for name in GAUGES} if f"`{name}`" not in text} == set()
    alerts = set(re.findall(r"alert: (\w+)", (MONITORING / "alerts.yaml").read_text()))
    tested = re.findall(r"alertname: (\w+)\n +exp_alerts", (MONITORING / "alerts_test.yaml").read_text())
    assert alerts == set(tested)


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    panels = json.loads((MONITORING / "grafana-dashboard.json").read_text())["panels"]
    cells = [
        (x, y)
        for position in (panel["gridPos"] for panel in panels)
        for x in range(position["x"], position["x"] + position["w"])
        for y in range(position["y"], position["y"] + position["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


@needs_promtool
@pytest.mark.parametrize("command", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")])
def test_promtool_accepts_the_alert_rules(command: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *command], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
async def test_promtool_accepts_the_page(sample_news_store: Store) -> None:
    await all_names(sample_news_store)
    text = await read_metrics(sample_news_store)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
