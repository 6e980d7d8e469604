"""What parsers expect of their own files is read, never run."""

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


def missed(benchmark: ModuleType, expect: str, item: str = "<title>Bridge open</title>") -> list[tuple[str, object]]:
    body = f"<!--\nDescription: x\nExpect: {expect}\n-->{RSS.format(item)}".encode()
    return [(part, wanted) for held in benchmark.expectations({"a.xml": body}) for part, wanted, _ in held.missed]


def test_what_holds_is_not_missed_and_what_does_not_is(benchmark: ModuleType) -> None:
    assert missed(benchmark, "not bozo and entries[0]['title'] == 'Bridge open'") == []
    assert missed(benchmark, "feed['title'] == 'T' and entries[0]['id'] == '8'") == [("id", "8")]
    assert missed(benchmark, "entries[0]['title_detail']['value'] == u'Bridge shut'") == [("title", "Bridge shut")]
    assert missed(benchmark, "entries[1]['title'] == 'x'") == [("title", "x")]


def test_a_date_is_a_moment_and_a_text_what_a_reader_sees(benchmark: ModuleType) -> None:
    date = "<pubDate>Mon, 15 Dec 2025 10:00:00 +0200</pubDate>"
    assert missed(benchmark, "entries[0]['published_parsed'] == (2025, 12, 15, 8, 0, 0, 0, 349, 0)", date) == []
    assert missed(benchmark, "entries[0]['published_parsed'] == (2025, 12, 15, 10, 0, 0, 0, 349, 0)", date) != []
    text = "<description>&lt;b class='x'&gt;open&lt;/b&gt;</description>"
    assert missed(benchmark, "entries[0]['summary'] == '<i>open</i>'", text) == []
    assert missed(benchmark, "entries[0]['summary'] == '<i>shut</i>'", text) != []


@pytest.mark.parametrize(
    "code", ["__import__('os').mkdir('{}') == 1", "entries[0]['title'] == open('{}', 'w')", "exec('x')", "((", "1"]
)
def test_no_code_of_a_file_is_run(benchmark: ModuleType, code: str, tmp_path: Path) -> None:
    assert missed(benchmark, code.replace("{}", str(tmp_path / "made"))) == []
    assert not (tmp_path / "made").exists()


def test_a_json_file_beside_it_says_what_is_expected(benchmark: ModuleType) -> None:
    body = RSS.format("<title>Bridge open</title><link>https://halvik.example/7</link>").encode()
    said = b'{"items": [{"title": "Bridge open", "link": "https://halvik.example/8", "guid": {"value": "7"}}]}'
    (held,) = benchmark.expectations({"a.xml": body, "a.json": said})
    assert set(held.parts) == {"title", "link", "id"}
    assert [(part, wanted) for part, wanted, _ in held.missed] == [("link", "https://halvik.example/8")]
