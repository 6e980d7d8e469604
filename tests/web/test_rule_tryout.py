"""The try-out: an edited copy against the running rule, problems at their lines, limits, and no side effects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from kit.databases import all_rows
from kit.endless_work import sleep_on
from kit.page_reading import main_of, text_of, texts
from kit.sample_store import SHIPPED_RULES, copy_rules, page_client
from kit.tryout_workers import HeldTryouts, KilledWorkers, StoppedWorkers, ThreadWorkers
from kit.web_access import PASSWORD, SAME_ORIGIN, form_token, log_in, visitor_client
from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.store import history
from monitor.store.base import Store
from monitor.web import rule_tryout, tryout_runner
from monitor.web.access import Access
from monitor.web.rule_files import RuleFiles

EDIT = """\
name: dprk-deployment
title: Brigades
match: brigade OR Sumy
severity: high
tests:
  - text: A brigade left.
    fires: true
  - text: A battalion left.
    fires: true
"""
SCRIPT = "<script>alert(1)</script></textarea>'\"<img src=x>"


@pytest.fixture
def folder(tmp_path: Path, editable_store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the sample store, with rules that a test may change; tests of the rules on disk do not run."""
    monkeypatch.setattr(RuleFiles, "_run_tests", lambda self, config: {})
    copy_rules(tmp_path)
    return tmp_path


@pytest.fixture
async def editor(editable_store: Store, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with page_client(editable_store, folder=folder) as client:
        client.headers.update(SAME_ORIGIN)
        yield client


async def try_text(
    client: httpx.AsyncClient, text: str, path: str = "/rules/dprk-deployment/try", status: int = 200, **fields: str
) -> LexborNode:
    answer = await client.post(path, data={"text": text, "since": "30d", **fields})
    return main_of(answer, status)


def shown_text(main: LexborNode | LexborHTMLParser) -> str:
    area = main.css_first("textarea")
    assert area is not None
    return area.text().removeprefix("\n")


async def test_the_form_has_a_copy_of_the_rule_and_says_where_its_file_is(editor: httpx.AsyncClient) -> None:
    main = LexborHTMLParser((await editor.get("/rules/dprk-deployment/try")).text)

    assert shown_text(main) == (SHIPPED_RULES / "dprk-deployment.yaml").read_text(encoding="utf-8")
    assert "Nothing is saved or sent: to keep an edit, change rules/dprk-deployment.yaml." in text_of(main.body)


async def test_one_of_several_rules_of_a_file_is_edited_alone(editor: httpx.AsyncClient) -> None:
    answer = await editor.get("/rules/recall-pathogens/try")
    text = shown_text(LexborHTMLParser(answer.text))

    assert text.startswith("rules:\n  - name: recall-pathogens\n")
    assert "recall-allergens" not in text
    assert "change <code>rules/product-recalls.yaml</code> from line 20" in answer.text


async def test_an_edit_gains_and_loses_alerts_with_the_matched_words_marked(editor: httpx.AsyncClient) -> None:
    main = await try_text(editor, EDIT)  # in a process, as the daemon does it
    gained, lost = main.css("section")

    assert text_of(main.css_first(".summary .big")) == (
        "2 alerts in 8 updates since 16 Nov 2026, 20:30 EET: +1 gained, −4 lost against the running rule."
    ), text_of(main)
    assert texts(gained, ".said") == ["Russian forces shelled villages along the Sumy border during the night."]
    assert texts(gained, "mark") == ["Sumy"]
    assert texts(gained, ".novelty") == ["new"]
    assert "Up to 12,000 North Korean soldiers are in Kursk Oblast, an intelligence official said." in texts(
        lost, ".said"
    )
    assert texts(lost, "article")[0].startswith("− high 16 Dec 2026, 20:06 EET · update 8 · story")
    assert texts(main, ".failures li") == [
        "Line 8: expected to fire, but does not (the claim is new): “A battalion left.”; "
        "no match for any of `brigade`, `Sumy`"
    ]
    assert shown_text(main) == EDIT


@pytest.mark.usefixtures("in_thread")
async def test_a_copy_without_an_edit_gains_and_loses_nothing(editor: httpx.AsyncClient) -> None:
    copy = shown_text(LexborHTMLParser((await editor.get("/rules/dprk-deployment/try")).text))
    main = await try_text(editor, copy.replace("\n", "\r\n"))  # as browsers send it

    assert "+0 gained, −0 lost" in text_of(main)
    assert "All 6 tests pass." in text_of(main)
    assert texts(main, "section .empty") == ["Nothing.", "Nothing."]
    assert shown_text(main) == copy


@pytest.mark.usefixtures("in_thread")
async def test_a_new_rule_shows_what_it_would_have_alerted(editor: httpx.AsyncClient, folder: Path) -> None:
    form = await editor.get("/rules/try")
    main = await try_text(editor, EDIT.replace("dprk-deployment", "fresh"), "/rules/try")

    assert "name: my-rule" in form.text
    assert str(folder / "rules") in form.text
    assert texts(main, "h2") == ["Alerts 2"]
    assert "No running rule is named fresh" in text_of(main)
    assert texts(main, "section mark") == ["brigade", "Sumy"]


@pytest.mark.usefixtures("in_thread")
async def test_of_many_alerts_the_latest_are_shown(
    editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_tryout, "MAX_KEPT_ALERTS", 1)
    main = await try_text(editor, EDIT)

    assert "+1 gained, −4 lost" in text_of(main)
    assert texts(main, "h2") == ["Gained 1", "Lost 4, the latest 1 shown"]
    assert texts(main, "article time") == ["13 Dec 2026, 18:30 EET", "16 Dec 2026, 20:06 EET"]


@pytest.mark.usefixtures("in_thread")
async def test_the_text_for_a_new_rule_can_be_tried_as_it_is(editor: httpx.AsyncClient) -> None:
    main = await try_text(editor, rule_tryout.NEW_RULE, "/rules/try")

    assert "All 2 tests pass." in text_of(main)
    assert "It would not have alerted." in text_of(main)


@pytest.mark.usefixtures("in_thread")
async def test_problems_have_their_line_and_column_and_show_the_line(editor: httpx.AsyncClient) -> None:
    main = await try_text(editor, "name: dprk-deployment\nmatch: >-\n  brigade AND\n  (Sumy\nsverity: high\n")

    assert texts(main, "#result b") == ["Line 4, column 3:", "Line 5, column 1:"]
    assert texts(main, "#result .query") == ["(Sumy", "sverity: high"]
    assert texts(main, "#result .caret") == ["(", "s"]
    assert main.css_first(".summary") is None


@pytest.mark.usefixtures("in_thread")
async def test_a_warning_does_not_keep_a_rule_from_being_tried(editor: httpx.AsyncClient) -> None:
    main = await try_text(editor, EDIT.replace("brigade OR Sumy", "brigade AND more than 500"))

    assert texts(main, "#text-problems .tag") == ["warning"]
    assert main.css_first(".summary") is not None


@pytest.mark.usefixtures("in_thread")
@pytest.mark.parametrize("text", ["", "\x00", "- a", "\ud83d", "name: x\nmatch: a\n" + "#" * 1000, "rules: []"])
async def test_any_text_gets_an_answer(editor: httpx.AsyncClient, text: str) -> None:
    data = {"text": text.encode("utf-8", "surrogatepass"), "since": "7d"}
    answer = await editor.post("/rules/try", data=data)

    assert answer.status_code == 200
    assert "textarea" in answer.text


@pytest.mark.usefixtures("in_thread")
async def test_hostile_text_is_escaped(editor: httpx.AsyncClient) -> None:
    edits = [
        SCRIPT,
        f"name: a\ntitle: |\n  {SCRIPT}\nmatch: (brigade\n{SCRIPT}: 1",
        EDIT.replace("Brigades", '"' + SCRIPT.replace('"', "") + '"').replace("A battalion", SCRIPT),
    ]
    for text in edits:
        answer = await editor.post("/rules/dprk-deployment/try", data={"text": text, "since": "30d"})
        tree = LexborHTMLParser(answer.text)

        assert answer.status_code == 200
        assert tree.css("script, img, iframe, style, base, meta[http-equiv]") == []
        assert [name for node in tree.css("*") for name in node.attributes if name.startswith("on")] == []
        assert shown_text(tree) == text


@pytest.mark.usefixtures("in_thread")
async def test_a_try_out_stops_after_its_time_and_says_how_far_it_got(
    editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_tryout, "TRYOUT_S", 0.0)
    monkeypatch.setattr(history, "PAGE_ROWS", 3)
    main = await try_text(editor, EDIT)

    assert (
        "Stopped after 0 seconds: 3 of 8 updates were read, up to 14 Dec 2026, 18:30 EET. Newer ones were not tried;"
    ) in text_of(main)
    assert texts(main, ".said")[0].startswith("Russian forces shelled villages")
    assert "12,000" not in text_of(main.css("section")[1])  # what was not read is not lost


async def test_one_try_out_runs_at_a_time_and_pages_do_not_wait(
    editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tryouts = HeldTryouts(monkeypatch)
    first = asyncio.create_task(try_text(editor, EDIT))
    await tryouts.wait_until_started()
    busy = await asyncio.wait_for(try_text(editor, "name: mine", "/rules/try", 503), 5)
    pages = [await asyncio.wait_for(editor.get(path), 5) for path in ("/", "/rules", "/rules/try", "/alerts")]
    tryouts.released.set()

    assert text_of(busy.css_first("#result")) == "Another try-out is running. Try again in a few seconds."
    assert shown_text(busy) == "name: mine"  # nothing that was typed is lost
    assert [page.status_code for page in pages] == [200] * 4
    assert "gained" in text_of(await first)
    assert "gained" in text_of(await try_text(editor, EDIT))


async def test_a_try_out_that_is_killed_says_so(editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryout_runner, "WorkerPool", KilledWorkers)
    main = await try_text(editor, EDIT)

    assert text_of(main.css_first("#result")) == "The try-out took more than it may. Choose a shorter period."
    monkeypatch.setattr(tryout_runner, "WorkerPool", ThreadWorkers)
    assert "gained" in text_of(await try_text(editor, EDIT))


async def test_a_try_out_ends_when_the_server_stops(
    editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tryout_runner, "WorkerPool", StoppedWorkers)

    assert "This monitor is stopping." in text_of(await try_text(editor, EDIT, status=503))


async def test_a_process_that_does_not_end_is_killed(
    editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tryout_runner, "try_text", sleep_on)
    monkeypatch.setattr(tryout_runner, "KILLED_AFTER_S", 0.5)
    main = await try_text(editor, EDIT)

    assert "The try-out took more than 0.5 seconds." in text_of(main)


@pytest.mark.usefixtures("in_thread")
async def test_with_problems_on_disk_a_rule_is_tried_without_a_comparison(
    editor: httpx.AsyncClient, folder: Path
) -> None:
    (folder / "rules/broken.yaml").write_text("name: [\n")
    main = await try_text(editor, EDIT)

    assert "The rules on disk have problems, so there is nothing to compare with." in text_of(main)
    assert texts(main, "h2") == ["Alerts 2"]


@pytest.mark.usefixtures("in_thread")
async def test_trying_a_rule_saves_nothing(editor: httpx.AsyncClient, editable_store: Store, folder: Path) -> None:
    rows = all_rows(editable_store)
    files = {path: path.read_bytes() for path in (folder / "rules").iterdir()}
    for path in ("/rules/try", "/rules/dprk-deployment/try"):
        await try_text(editor, EDIT, path)

    assert all_rows(editable_store) == rows
    assert {path: path.read_bytes() for path in (folder / "rules").iterdir()} == files


async def test_a_get_tries_nothing(editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryout_runner, "WorkerPool", None)

    assert (await editor.get("/rules/try")).status_code == 200
    assert (await editor.get("/rules/try?text=x")).status_code == 400


async def test_a_form_of_another_site_or_without_its_token_is_refused(
    editable_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tryout_runner, "WorkerPool", None)
    async with visitor_client(editable_store, Access(password=PASSWORD), folder=folder) as client:
        form = {"text": EDIT, "since": "30d"}
        stranger = await client.post("/rules/try", data=form, headers=SAME_ORIGIN)
        await log_in(client)
        token = form_token((await client.get("/rules/try")).text.partition("<main")[2])
        without = await client.post("/rules/try", data=form, headers=SAME_ORIGIN)
        foreign = await client.post(
            "/rules/try", data=form | {"csrf_token": token}, headers={"origin": "https://evil.example"}
        )

    assert stranger.headers["location"] == "/login"
    assert (without.status_code, foreign.status_code) == (403, 403)


@pytest.mark.usefixtures("in_thread")
async def test_the_form_rejects_a_long_period_a_long_text_and_an_unknown_rule(editor: httpx.AsyncClient) -> None:
    assert "Choose a period." in text_of(await try_text(editor, EDIT, status=400, since="9y"))
    too_long = "#" * rule_tryout.MAX_TEXT_FORM_BYTES
    assert (await editor.post("/rules/try", data={"text": too_long, "since": "7d"})).status_code == 413
    assert (await editor.post("/rules/nobody/try", data={"text": EDIT, "since": "7d"})).status_code == 404
