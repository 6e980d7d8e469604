"""What a daemon counts while it polls and delivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer
from kit.daemon_harness import DaemonHarness
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from monitor import metrics


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaemonHarness]:
    monkeypatch.setattr(metrics, "_collectors", None)
    metrics.start_counting()
    with FeedServer(Bulletin("1", "The Halvik ferry has run aground with 40 people")) as feed:
        harness = DaemonHarness(tmp_path, feed)
        harness.write_rule("name: ferries\nseverity: high\nmatch: ferr*\n")
        yield harness


def counted() -> dict[tuple[str, ...], float]:
    registry = metrics.counting_registry()
    assert registry is not None
    return {
        (sample.name.removeprefix("claimwatch_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
        if sample.value and not sample.name.endswith(("_bucket", "_sum"))
    }


async def test_each_step_of_an_alert_is_counted(harness: DaemonHarness) -> None:
    await harness.run_round()
    first = counted()
    assert {key: first[key] for key in first if key[0] in ("polls_total", "entries_total", "claims_total")} == {
        ("polls_total", "changed"): 1,
        ("entries_total",): 1,
        ("claims_total", "new"): 1,
    }
    assert first["matches_total", "sent", "ferries"] == 1, "labels are sorted by name"
    assert first["alerts_total", "ferries", "high"] == 1
    assert first["sends_total", "screen", "sent"] == 1
    assert {stage for stage in metrics.STAGES if first.get(("stage_duration_seconds_count", stage))} == set(
        metrics.STAGES
    )
    harness.publish("2", "The Halvik ferry has run aground with 60 people")
    await harness.run_round()
    assert counted()["claims_total", "changed"] == 1

    harness.feed.status = 503
    await harness.run_round()
    later = counted()
    assert later["polls_total", "failed"] == 1
    assert sum(value for key, value in later.items() if key[0] == "poll_failures_total") == 1
    assert later["poll_duration_seconds_count",] == 3


async def test_the_claims_of_a_first_poll_are_counted_apart(harness: DaemonHarness) -> None:
    await harness.run_round(first_poll="baseline")
    assert counted()["claims_total", "baseline"] == 1
    assert ("claims_total", "new") not in counted()
