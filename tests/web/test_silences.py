"""The form that creates a silence, which pages and messages link to, and the list of silences."""

from __future__ import annotations

import httpx
import pytest
from kit.builders import add_sources, commit_texts, example_message, sent_decision
from kit.delivery import make_alert, make_alert_finding
from kit.sample_store import NOW, active_silences, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.alerts.silences import SilenceMode
from monitor.store.base import Store

SAME_ORIGIN = {"origin": "http://localhost:8080"}
SCRIPT = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
DAY = 86400.0
LEAD = "Around 3,000 North Korean soldiers are in Kursk Oblast, an intelligence official said."


@pytest.fixture
def page_reader(page_editor: httpx.AsyncClient) -> httpx.AsyncClient:
    return page_editor


async def first_alert(reader: httpx.AsyncClient) -> dict[str, str]:
    alert: dict[str, str] = (await reader.get("/api/v1/alerts")).json()["alerts"][0]
    return alert


async def silence_options(reader: httpx.AsyncClient, path: str) -> dict[str, str]:
    """Return the options of a silence form: label by form value."""
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    labels = LexborHTMLParser(answer.text).css("label.option:has(input[name=what])")
    return {
        str(label.css_first("input").attributes["value"]): " ".join(label.text().split())  # type: ignore[union-attr]
        for label in labels
    }


async def test_the_form_shows_each_option_with_its_recent_alerts(
    page_reader: httpx.AsyncClient,
) -> None:
    alert = await first_alert(page_reader)
    options = await silence_options(page_reader, f"/alerts/{alert['id']}/silence")

    assert next(iter(options)) == f"story={alert['story']}"
    label = next(iter(options.values()))
    assert "Up to 12,000 North Korean soldiers" in label
    assert "(was around 3,000)" in label
    assert options["source=front-report"] == "source front-report 2 alerts in the last 7 days"
    assert options["rule=dprk-deployment"].endswith(" 4 alerts in the last 7 days")
    assert options["rule=dprk-deployment&source=front-report"].startswith("rule and source ")


async def test_the_form_of_a_story_has_that_story_first_and_no_other(page_reader: httpx.AsyncClient) -> None:
    story = (await first_alert(page_reader))["story"]
    options = await silence_options(page_reader, f"/stories/{story}/silence")

    assert [key for key in options if key.startswith("story=")] == [f"story={story}"]
    assert LEAD in next(iter(options.values()))


async def test_a_story_without_alerts_can_be_silenced(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    commit_texts(empty_store, ["Three bridges are closed."])
    async with page_client(empty_store) as reader:
        assert await silence_options(reader, "/stories/st-1/silence") == {"story=st-1": "story Report"}


async def test_the_form_of_a_message_has_options_for_all_its_alerts(empty_store: Store) -> None:
    add_sources(empty_store, "wire", "isw")
    alerts = [make_alert(id="a1"), make_alert(id="a2", rule="flaws", title="Flaws", story="story-2")]
    commit_texts(
        empty_store,
        ["News."],
        decisions=[sent_decision(alert) for alert in alerts],
        messages=[example_message("m1", *alerts)],
    )
    async with page_client(empty_store) as reader:
        options = await silence_options(reader, "/messages/m1/silence")

    assert list(options) == [
        "story=story-1",
        "story=story-2",
        "rule=dprk-deployment&source=isw",
        "rule=dprk-deployment",
        "rule=flaws&source=isw",
        "rule=flaws",
        "source=isw",
    ]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"for": "8h"}, (8 * 3600.0, SilenceMode.ALL)),
        ({"for": "30d", "facts": "yes"}, (30 * DAY, SilenceMode.UNTIL_FACTS_CHANGE)),
    ],
)
async def test_submitting_the_form_creates_the_silence_and_shows_it(
    editable_store: Store, page_reader: httpx.AsyncClient, form: dict[str, str], expected: tuple[float, SilenceMode]
) -> None:
    alert = await first_alert(page_reader)
    target = {"what": f"story={alert['story']}", "reason": " seen  enough "}
    answer = await page_reader.post(f"/alerts/{alert['id']}/silence", data=form | target, headers=SAME_ORIGIN)

    assert (answer.status_code, answer.headers["location"]) == (303, "/silences?done=created")
    (created,) = active_silences(editable_store)
    assert (created.story, created.rule, created.source) == (alert["story"], None, None)
    assert (created.reason, created.by, (created.until - NOW, created.mode)) == ("seen enough", "web", expected)
    assert bool(created.claims) is (created.mode is SilenceMode.UNTIL_FACTS_CHANGE)
    assert "seen enough" in (await page_reader.get("/silences")).text
    listed = LexborHTMLParser((await page_reader.get("/silences")).text).css_first("td[data-head=What] a")
    assert (listed.attributes["href"], listed.text()) == (f"/stories/{alert['story']}", LEAD)  # type: ignore[union-attr]
    assert "Silenced until" in (await page_reader.get(f"/alerts/{alert['id']}")).text
    assert "Silenced until" in (await page_reader.get(f"/stories/{alert['story']}/silence")).text
    silenced = (await page_reader.get(f"/api/v1/alerts/{alert['id']}")).json()["silenced"]
    assert silenced == (await page_reader.get("/api/v1/silences")).json()["silences"]
    assert [(silence["state"], silence["reason"]) for silence in silenced] == [("active", "seen enough")]


async def test_a_silence_can_be_ended_from_the_list(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    alert = await first_alert(page_reader)
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"}
    await page_reader.post(f"/alerts/{alert['id']}/silence", data=form, headers=SAME_ORIGIN)
    answer = await page_reader.post("/silences/1/end", headers=SAME_ORIGIN)

    assert (answer.status_code, answer.headers["location"]) == (303, "/silences?done=ended")
    assert active_silences(editable_store) == []
    assert "Silenced until" not in (await page_reader.get(f"/alerts/{alert['id']}")).text
    assert (await page_reader.post("/silences/99/end", headers=SAME_ORIGIN)).status_code == 303


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"what": "rule=another"}, "Choose what to silence."),
        ({"what": "rule=dprk-deployment&story=st-other"}, "Choose what to silence."),
        ({"what": ""}, "Choose what to silence."),
        ({"for": "1000d"}, "Choose a duration."),
        ({"for": ""}, "Choose a duration."),
        ({"reason": " \t"}, "Enter a reason of at most 500 characters"),
        ({"reason": "x" * 501}, "Enter a reason of at most 500 characters"),
    ],
)
async def test_an_invalid_form_creates_no_silence(
    editable_store: Store, page_reader: httpx.AsyncClient, change: dict[str, str], sentence: str
) -> None:
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"} | change
    answer = await page_reader.post(
        f"/alerts/{(await first_alert(page_reader))['id']}/silence", data=form, headers=SAME_ORIGIN
    )

    assert answer.status_code == 400
    assert sentence in answer.text
    assert active_silences(editable_store) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "same-site"}],
)
async def test_another_site_cannot_create_or_end_a_silence(
    editable_store: Store, page_reader: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    path = f"/alerts/{(await first_alert(page_reader))['id']}/silence"
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"}
    assert (await page_reader.post(path, data=form, headers=headers)).status_code == 403
    assert active_silences(editable_store) == []

    await page_reader.post(path, data=form, headers=SAME_ORIGIN)
    assert (await page_reader.post("/silences/1/end", headers=headers)).status_code == 403
    assert len(active_silences(editable_store)) == 1


async def test_get_creates_no_silence_and_an_unknown_target_is_404(
    editable_store: Store, page_reader: httpx.AsyncClient
) -> None:
    alert = await first_alert(page_reader)
    query = "?what=rule%3Ddprk-deployment&for=1d&reason=x"
    await page_reader.get(f"/alerts/{alert['id']}/silence{query}", headers=SAME_ORIGIN)
    await page_reader.head(f"/alerts/{alert['id']}/silence{query}", headers=SAME_ORIGIN)
    assert active_silences(editable_store) == []
    for path in ("/alerts/nobody", "/stories/nobody", "/messages/nobody", f"/rules/{alert['id']}", "/alerts/%00"):
        assert (await page_reader.get(f"{path}/silence")).status_code == 404
        assert (await page_reader.post(f"{path}/silence", headers=SAME_ORIGIN)).status_code == 404
    assert (await page_reader.get("/silences/1/end")).status_code == 405


async def test_an_oversized_form_is_rejected(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    path = f"/alerts/{(await first_alert(page_reader))['id']}/silence"
    for content in (b"reason=" + b"x" * 70_000, b"&".join(b"a%d=1" % n for n in range(110))):
        assert (await page_reader.post(path, content=content, headers=SAME_ORIGIN)).status_code == 413
    assert active_silences(editable_store) == []


async def test_a_notice_of_the_monitor_cannot_be_silenced(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    notice = make_alert(rule="monitor")
    notice = type(notice)(**{name: getattr(notice, name) for name in notice.__slots__} | {"findings": ()})
    commit_texts(empty_store, ["News."], decisions=[sent_decision(notice)])
    async with page_client(empty_store) as reader:
        assert (await reader.get("/alerts/a1/silence")).status_code == 404
        assert "/alerts/a1/silence" not in (await reader.get("/alerts/a1")).text


async def test_hostile_text_is_escaped(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    alert = make_alert(make_alert_finding(SCRIPT, source=SCRIPT), rule=SCRIPT, title=SCRIPT)
    commit_texts(empty_store, [SCRIPT], decisions=[sent_decision(alert)])
    form = {"what": "story=story-1", "for": "1d", "reason": SCRIPT}
    async with page_client(empty_store) as reader:
        assert (await reader.post("/alerts/a1/silence", data=form, headers=SAME_ORIGIN)).status_code == 303
        for path in ("/alerts/a1/silence", "/silences", "/alerts/a1"):
            page = LexborHTMLParser((await reader.get(path)).text)
            assert page.css("script, img, iframe, [onerror]") == []
            assert SCRIPT in " ".join((page.css_first("main").text()).split())  # type: ignore[union-attr]
