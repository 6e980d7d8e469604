"""The pages of the rules: what they alerted on, how noisy they are, problems of the files, results of the tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from kit.endless_work import sleep_on
from kit.page_reading import read_main, text_of, texts
from kit.sample_store import NOW, copy_rules, page_client
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import func, select

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.store import schema
from monitor.store.base import Store
from monitor.web import count_cache, rule_files
from monitor.web.rule_files import RuleFiles

SCRIPT = "<script>alert(1)</script>'\"\u202e"
MIXED = """\
rules:
  - name: ships
    title: Ships at sea
    match: ship* OR vessel*
    severity:
      low: true
      critical: deaths > 100
    notify: [desk]
    owner: harbor
    references: ["https://harbor.example/rules", "javascript:alert(1)"]
    tests:
      - text: A ship left.
        fires: true
      - text: A boat left.
        fires: true
      - sequence:
          - text: A vessel left.
            fires: true
          - text: A boat left.
            fires: false
  - name: asleep
    match: bridge*
    enabled: false
"""


@pytest.fixture
def folder(tmp_path: Path, editable_store: Store) -> Path:
    """The folder of the sample store, with rules of its own that a test may change."""
    for name in ("aliases.yaml", "dprk-deployment.yaml"):
        copy_rules(tmp_path, name)
    (tmp_path / "rules/mixed.yaml").write_text(MIXED)
    return tmp_path


@pytest.fixture
async def reader(
    editable_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The pages, with tests of rules that all pass at once."""
    monkeypatch.setattr(RuleFiles, "_run_tests", lambda self, config: {})
    async with page_client(editable_store, folder=folder) as client:
        yield client


@pytest.fixture
async def running_reader(editable_store: Store, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The pages, with the tests of rules in a process."""
    async with page_client(editable_store, folder=folder) as client:
        yield client


async def main_after_tests(reader: httpx.AsyncClient, path: str) -> LexborNode:
    """Return a page once the tests have run."""
    for _ in range(400):
        if "are running" not in text_of((await read_main(reader, "/rules")).css_first("h1")):
            return await read_main(reader, path)
        await asyncio.sleep(0.05)
    raise AssertionError("the tests did not end")


async def test_the_list_has_severity_channels_alerts_answers_and_tests(
    running_reader: httpx.AsyncClient, editable_store: Store
) -> None:
    alerts = (await running_reader.get("/api/v1/alerts?rule=dprk-deployment")).json()["alerts"]
    for alert, kind in zip(alerts, (FeedbackKind.NOT_NEWS, FeedbackKind.ACK, FeedbackKind.ACK), strict=False):
        record_feedback(editable_store, Feedback(alert["id"], kind, NOW, "web"), 1e9)
    main = await main_after_tests(running_reader, "/rules")

    assert text_of(main.css_first("h1")) == "Rules 3 in rules · 1 failed in 9 tests"
    rows = [texts(row, "td") for row in main.css("tbody tr:not(.below)")]
    assert rows[0] == [
        "North Korean troops deployed for Russiadprk-deployment",
        "high",
        "desk, osint",
        str(len(alerts)),
        "33 % 33 % 1 of 3",
        "6 pass",
        "24 min ago",
    ]
    assert rows[1] == ["asleep", "disabled", "–", "0", "no answers", "none", "never"]
    assert rows[2] == ["Ships at seaships", "low", "desk", "0", "no answers", "1 failed", "never"]
    assert texts(main, ".below td") == [
        "Disabled by enabled: false.",
        "critical when deaths > 100",
        "Never matched since 13 Dec 2026, 18:30 EET.",
        "Test: expected to fire, but does not (the claim is new): “A boat left.”; "
        "no match for any of `ship*`, `vessel*`",
    ]


async def test_a_rule_that_matched_without_an_alert_is_not_shown_as_never_matched(
    reader: httpx.AsyncClient, editable_store: Store
) -> None:
    with editable_store.write() as conn:
        first = select(func.min(schema.matches.c.id)).scalar_subquery()
        conn.execute(schema.matches.update().where(schema.matches.c.id == first).values(rule="ships", alert_id=None))

    assert "Never matched" not in text_of(await read_main(reader, "/rules"))


async def test_problems_of_rejected_files_have_path_line_and_column(reader: httpx.AsyncClient, folder: Path) -> None:
    (folder / "rules/broken.yaml").write_text("name: broken\nmatch: (a\nsverity: high\n")
    main = await read_main(reader, "/rules")

    assert text_of(main.css_first("h2")) == "Rejected: the last valid rules stay in use"
    assert texts(main, ".problems code") == ["rules/broken.yaml:2:8", "rules/broken.yaml:3:1"]
    assert texts(main, ".problems .error")[1] == "unknown key `sverity`; did you mean `severity`?"
    assert "broken" not in texts(main, "tbody b")

    page = await read_main(reader, "/rules/broken")
    assert texts(page, ".problems code") == ["rules/broken.yaml:2:8", "rules/broken.yaml:3:1"]
    assert texts(page, ".source code") == ["name: broken", "match: (a", "sverity: high"]
    assert "this text is not in use" in text_of(page)


async def test_an_edit_shows_at_once_and_tests_run_once_for_each(
    reader: httpx.AsyncClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[Path] = []
    monkeypatch.setattr(RuleFiles, "_run_tests", lambda self, config: runs.append(config.path) or {})
    for _ in range(3):
        await main_after_tests(reader, "/rules")
        await read_main(reader, "/rules/ships")
    assert len(runs) == 1

    (folder / "rules/mixed.yaml").write_text(MIXED.replace("Ships at sea", "Ships"))
    assert texts(await main_after_tests(reader, "/rules"), "tbody b")[-1] == "Ships"
    (folder / "rules/mixed.yaml").unlink()
    assert texts(await main_after_tests(reader, "/rules"), "tbody b") == ["North Korean troops deployed for Russia"]
    assert len(runs) == 3


async def test_a_page_waits_for_no_slow_tests(reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def slow(_files: RuleFiles, _config: object) -> dict[str, Any]:
        release.wait(20)
        return {}

    monkeypatch.setattr(RuleFiles, "_run_tests", slow)
    try:
        main, page = await read_main(reader, "/rules"), await read_main(reader, "/rules/ships")
    finally:
        release.set()

    assert "9 tests are running" in text_of(main.css_first("h1"))
    assert "reload this page" in text_of(main)
    assert texts(page, ".tests .state") == ["not run"] * 3
    assert "all 9 tests pass" in text_of((await main_after_tests(reader, "/rules")).css_first("h1"))


async def test_tests_that_take_too_long_are_stopped(
    running_reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_files, "failed_tests_on_disk", sleep_on)
    monkeypatch.setattr(rule_files, "TESTS_S", 0.5)
    main = await main_after_tests(running_reader, "/rules")

    assert "9 tests were stopped: running them took more than 0.5 seconds" in text_of(main.css_first("h1"))
    assert texts(main, "td[data-head=Tests] .state") == ["6 not run", "3 not run"]


async def test_a_rule_has_its_lines_settings_tests_and_alerts(running_reader: httpx.AsyncClient) -> None:
    main = await main_after_tests(running_reader, "/rules/ships")
    source = main.css_first("ol.source")

    assert source is not None
    assert source.attributes["start"] == "2"
    assert texts(main, ".source code") == [" ".join(line.split()) for line in MIXED.split("\n")[1:20]]
    assert source.css("code")[1].text() == "    title: Ships at sea"
    assert "rules/mixed.yaml, line 2" in text_of(main.css_first("h2"))
    facts = dict(zip(texts(main, "dt"), texts(main, "dd"), strict=True))
    assert (facts["owner"], facts["channels"], facts["sources"]) == ("harbor", "desk", "all")
    assert facts["severity"] == "low critical when deaths > 100"
    assert [link.attributes["href"] for link in main.css("dd a")] == ["https://harbor.example/rules"]
    assert texts(main, ".tests .state") == ["passes", "fails", "passes"]
    assert texts(main, ".tests .faint") == ["line 12: fires", "line 14: fires", "line 16: as its items say"]
    assert texts(main, ".tests .error")[0].startswith("expected to fire, but does not")
    assert "This rule has not alerted yet." in text_of(main)


async def test_the_last_alerts_of_a_rule_are_linked_with_their_answers(
    reader: httpx.AsyncClient, editable_store: Store
) -> None:
    alerts = (await reader.get("/api/v1/alerts?rule=dprk-deployment")).json()["alerts"]
    record_feedback(editable_store, Feedback(alerts[0]["id"], FeedbackKind.NOT_NEWS, NOW, "Ola"), 1e9)
    main = await main_after_tests(reader, "/rules/dprk-deployment")

    links = [link.attributes["href"] for link in main.css("td[data-head=Alert] a")]
    assert links == [f"/alerts/{alert['id']}" for alert in alerts]
    assert texts(main, "td[data-head=Answer]")[0] == "Not news: similar alerts are muted · Ola"
    assert texts(main, ".tests .state") == ["passes"] * 6


async def test_a_disabled_rule_has_a_page(reader: httpx.AsyncClient) -> None:
    main = await main_after_tests(reader, "/rules/asleep")

    assert texts(main, ".source code") == ["- name: asleep", "match: bridge*", "enabled: false"]
    assert "Disabled by enabled: false." in text_of(main)
    assert "Tests of a rule that is not in use are not run." in text_of(main)


@pytest.mark.parametrize(
    "path", ["/rules/nobody", "/rules/aliases", "/rules/..%2fconfig", "/rules/%00", "/rules/nobody/try"]
)
async def test_an_unknown_rule_is_not_found(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(f"/rules/{path}")

    assert answer.status_code == 404
    assert "There is no such" in answer.text


@pytest.mark.parametrize("path", ["/rules", "/rules/ships", "/rules/try", "/rules/ships/try"])
async def test_an_unknown_parameter_is_refused(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(f"{path}?colour=red")

    assert answer.status_code == 400
    assert "Unknown parameter colour: this page has none." in answer.text


@pytest.mark.parametrize("path", ["/rules", "/rules/try"])
async def test_without_a_config_the_page_says_so(empty_store: Store, path: str) -> None:
    async with page_client(empty_store) as reader:
        assert "This server has no config." in text_of(await read_main(reader, path, 503))


async def test_without_rules_the_page_says_what_to_do(reader: httpx.AsyncClient, folder: Path) -> None:
    for file in (folder / "rules").glob("*.yaml"):
        file.unlink()
    main = await read_main(reader, "/rules")

    assert texts(main, ".problems .tag") == ["warning"]
    assert "There are no valid rules in this folder yet." in text_of(main)

    (folder / "rules").rename(folder / "gone")
    assert texts(await read_main(reader, "/rules"), ".problems .error") == ["the rules folder does not exist"]
    await read_main(reader, "/rules/ships", 404)


async def test_hostile_text_of_rule_files_is_escaped(reader: httpx.AsyncClient, folder: Path) -> None:
    quoted = SCRIPT.replace("'", "''")
    (folder / "rules/hostile.yaml").write_text(
        f"name: hostile\ntitle: '{quoted}'\nmatch: '\"script alert\" # {quoted}'\nowner: '{quoted}'\n"
        f"tests:\n  - text: '{quoted}'\n    fires: true\n",
        encoding="utf-8",
    )
    (folder / "rules/wrong.yaml").write_text(f"name: wrong\nmatch: a\n'{quoted}': 1\n", encoding="utf-8")
    for path in ("/rules", "/rules/hostile", "/rules/wrong", "/rules/hostile/try"):
        page = (await reader.get(path)).text
        tree = LexborHTMLParser(page)

        assert tree.css("script, img, iframe, style, base, meta[http-equiv]") == [], path
        assert [name for node in tree.css("*") for name in node.attributes if name.startswith("on")] == []
        assert all((link.attributes["href"] or "").startswith(("/", "#", "http")) for link in tree.css("a"))
        assert "\u202e" not in page or path.endswith("/try")  # what is edited stays as it is
    page = await read_main(reader, "/rules/hostile")
    assert quoted.replace("\u202e", "\\u202e") in text_of(page.css_first(".source"))


async def test_counts_are_kept_for_a_minute(reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await read_main(reader, "/rules")
    monkeypatch.setattr("monitor.web.rule_pages.rule_activity", None)  # it must not be called

    await read_main(reader, "/rules")

    monkeypatch.setattr(count_cache, "CACHE_S", -1.0)
    assert (await reader.get("/rules")).status_code == 500
