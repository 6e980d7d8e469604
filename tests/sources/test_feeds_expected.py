"""The expectations in the test files of feed parsers are read, never executed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).parent.parent.parent / "benchmarks" / "feeds_expected.py"
RSS = "<rss version='2.0'><channel><title>T</title><item><guid isPermaLink='false'>7</guid>{}</item></channel></rss>"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("feeds_expected", BENCHMARK)
    assert spec
    assert spec.loader
    module = sys.modules["feeds_expected"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def failed_expectations(
    benchmark: ModuleType, expect: str, item: str = "<title>Bridge open</title>"
) -> list[tuple[str, object]]:
    body = f"<!--\nDescription: x\nExpect: {expect}\n-->{RSS.format(item)}".encode()
    return [(part, wanted) for result in benchmark.expectations({"a.xml": body}) for part, wanted, _ in result.missed]


def test_only_failed_expectations_are_reported(benchmark: ModuleType) -> None:
    assert failed_expectations(benchmark, "not bozo and entries[0]['title'] == 'Bridge open'") == []
    assert failed_expectations(benchmark, "feed['title'] == 'T' and entries[0]['id'] == '8'") == [("id", "8")]
    wrong_title = "entries[0]['title_detail']['value'] == u'Bridge shut'"
    assert failed_expectations(benchmark, wrong_title) == [("title", "Bridge shut")]
    assert failed_expectations(benchmark, "entries[1]['title'] == 'x'") == [("title", "x")]


def test_dates_are_compared_as_moments_and_texts_without_markup(benchmark: ModuleType) -> None:
    date = "<pubDate>Mon, 15 Dec 2025 10:00:00 +0200</pubDate>"
    right_time = "entries[0]['published_parsed'] == (2025, 12, 15, 8, 0, 0, 0, 349, 0)"
    wrong_time = "entries[0]['published_parsed'] == (2025, 12, 15, 10, 0, 0, 0, 349, 0)"
    assert failed_expectations(benchmark, right_time, date) == []
    assert failed_expectations(benchmark, wrong_time, date) != []
    text = "<description>&lt;b class='x'&gt;open&lt;/b&gt;</description>"
    assert failed_expectations(benchmark, "entries[0]['summary'] == '<i>open</i>'", text) == []
    assert failed_expectations(benchmark, "entries[0]['summary'] == '<i>shut</i>'", text) != []


@pytest.mark.parametrize(
    "code", ["__import__('os').mkdir('{}') == 1", "entries[0]['title'] == open('{}', 'w')", "exec('x')", "((", "1"]
)
def test_code_in_a_file_is_not_executed(benchmark: ModuleType, code: str, tmp_path: Path) -> None:
    assert failed_expectations(benchmark, code.replace("{}", str(tmp_path / "made"))) == []
    assert not (tmp_path / "made").exists()


def test_expectations_are_read_from_a_json_file_next_to_the_feed(benchmark: ModuleType) -> None:
    body = RSS.format("<title>Bridge open</title><link>https://halvik.example/7</link>").encode()
    expectations_json = (
        b'{"items": [{"title": "Bridge open", "link": "https://halvik.example/8", "guid": {"value": "7"}}]}'
    )
    (result,) = benchmark.expectations({"a.xml": body, "a.json": expectations_json})
    assert set(result.parts) == {"title", "link", "id"}
    assert [(part, wanted) for part, wanted, _ in result.missed] == [("link", "https://halvik.example/8")]
