"""The form for a silence of any scope, with its preview."""

from __future__ import annotations

import httpx
import pytest
from kit.builders import add_sources, commit_texts, sent_decision
from kit.databases import all_rows
from kit.delivery import make_alert, make_alert_finding
from kit.page_reading import main_of, text_of
from kit.sample_store import NOW, active_silences, page_client

from monitor.alerts.silences import SilenceMode
from monitor.store.base import Store
from monitor.web import silence_new

SAME_ORIGIN = {"origin": "http://localhost:8080"}
DAY = 86400.0


async def submit(reader: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await reader.post("/silences/new", data=form, headers=SAME_ORIGIN)


@pytest.mark.parametrize(
    ("scope", "sentence"),
    [
        ({"rule": "dprk-deployment"}, "Would have silenced 4 of the 8 alerts of the last 7 days."),
        ({"source": "food-agency"}, "Would have silenced 3 of the 8 alerts of the last 7 days."),
        ({"rule": "dprk-deployment", "source": "food-agency"}, "Would have silenced 0 of"),
        ({"match": "assault"}, "Would have silenced 2 of the 8 alerts"),
        ({"match": "assault", "rule": "recall-allergens"}, "Would have silenced 0 of the 8 alerts"),
        ({"match": "brigade"}, "Would have silenced 0 of the 8 alerts"),  # its alert has another finding
        ({"match": "assault", "facts": "yes"}, "Would have silenced at most 1 of the 8 alerts"),
    ],
)
async def test_the_preview_counts_the_alerts_that_would_have_been_silenced(
    editable_store: Store, page_editor: httpx.AsyncClient, scope: dict[str, str], sentence: str
) -> None:
    before = all_rows(editable_store)
    main = main_of(await submit(page_editor, action="preview", **scope))

    assert text_of(main.css_first("[role=status]")).startswith(sentence)
    assert all_rows(editable_store) == before


async def test_a_link_fills_in_the_form_and_shows_the_preview(page_reader: httpx.AsyncClient) -> None:
    main = main_of(await page_reader.get("/silences/new?rule=dprk-deployment&match=assault"))

    chosen = main.css_first("select[name=rule] option[selected]")
    assert text_of(chosen) == "dprk-deployment"
    assert main.css_first("input[name=match]").attributes["value"] == "assault"  # type: ignore[union-attr]
    assert "Would have silenced 2 of" in text_of(main)
    assert [link.text().startswith("North Korean soldiers have") for link in main.css(".preview a")] == [True, True]
    assert "Preview" not in text_of(main_of(await page_reader.get("/silences/new")).css_first("h1"))


async def test_the_silence_is_created_with_its_scope(editable_store: Store, page_editor: httpx.AsyncClient) -> None:
    scope = {"rule": "dprk-deployment", "source": "kyiv-wire", "match": "  assault  OR   brigade "}
    details = {"for": "7d", "reason": " seen  enough ", "facts": "yes"}
    answer = await page_editor.post("/silences/new", data=scope | details | {"action": "create"}, headers=SAME_ORIGIN)
    page = await page_editor.get(answer.headers["location"])
    (silence,) = active_silences(editable_store)

    assert (answer.status_code, answer.headers["location"]) == (303, "/silences?done=created")
    assert "The silence is active." in page.text
    assert (silence.rule, silence.source, silence.story) == ("dprk-deployment", "kyiv-wire", None)
    assert (silence.match, silence.reason, silence.by) == ("assault OR brigade", "seen enough", "web")
    assert (silence.until - NOW, silence.mode) == (7 * DAY, SilenceMode.UNTIL_FACTS_CHANGE)
    assert silence.claims


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rule": ""}, "Choose at least one condition."),
        ({"match": "(assault"}, "Words, character 1: unclosed"),
        ({"source": "<script>"}, "There is no source <script>."),
        ({"story": "st 1"}, "The id of a story has"),
        ({"for": "1000d"}, "Choose a duration."),
        ({"reason": " "}, "Enter a reason of at most 500 characters."),
        ({"reason": "x" * 501}, "Enter a reason of at most 500 characters."),
    ],
)
async def test_a_fault_is_shown_in_the_form_which_keeps_what_was_entered(
    editable_store: Store, page_editor: httpx.AsyncClient, change: dict[str, str], sentence: str
) -> None:
    form = {"rule": "dprk-deployment", "for": "8h", "reason": "seen enough", "action": "create"} | change
    main = main_of(await submit(page_editor, **form), 400)

    assert text_of(main.css_first("[role=alert]")).startswith(sentence)
    if "reason" not in change:
        assert main.css_first("input[name=reason]").attributes["value"] == "seen enough"  # type: ignore[union-attr]
    assert active_silences(editable_store) == []


async def test_a_preview_that_takes_long_says_how_far_it_came(
    empty_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_sources(empty_store, "isw")
    for n in range(120):
        alert = make_alert(make_alert_finding(f"Bridge {n} is closed."), id=f"a{n}", at=NOW - 60)
        commit_texts(empty_store, [f"News {n}."], source="isw", entry=f"e{n}", decisions=[sent_decision(alert)])
    monkeypatch.setattr(silence_new, "PREVIEW_S", -1.0)
    async with page_client(empty_store) as reader:
        main = main_of(await submit(reader, action="preview", match="bridge"))

    sentence = text_of(main.css_first("[role=status]"))
    assert sentence.startswith("Would have silenced 100 of the newest 100 alerts of the last 7 days, which is as far")


async def test_the_end_of_a_silence_is_confirmed(editable_store: Store, page_editor: httpx.AsyncClient) -> None:
    await submit(page_editor, rule="dprk-deployment", reason="x", action="create", **{"for": "8h"})
    first = await page_editor.post("/silences/1/end", headers=SAME_ORIGIN)
    second = await page_editor.post("/silences/1/end", headers=SAME_ORIGIN)

    assert "The silence has ended" in (await page_editor.get(first.headers["location"])).text
    assert "had ended already" in (await page_editor.get(second.headers["location"])).text
