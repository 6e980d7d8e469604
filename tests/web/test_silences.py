"""What an alert's mail and page lead to: the form that silences, and the list of what is silenced."""

from __future__ import annotations

import httpx
import pytest
from kit.builders import add_sources, commit_texts, example_message, sent_decision
from kit.delivery import make_alert as made_alert
from kit.delivery import make_alert_finding
from kit.sample_store import NOW, page_client
from selectolax.lexbor import LexborHTMLParser

from monitor.alerts.silences import Silence, SilenceMode
from monitor.store import silences
from monitor.store.base import Store

OURS = {"origin": "http://localhost:8080"}
SCRIPT = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
DAY = 86400.0
LEAD = "Around 3,000 North Korean soldiers are in Kursk Oblast, an intelligence official said."


@pytest.fixture
def page_reader(page_editor: httpx.AsyncClient) -> httpx.AsyncClient:
    return page_editor


async def first(reader: httpx.AsyncClient) -> dict[str, str]:
    found: dict[str, str] = (await reader.get("/api/alerts")).json()["alerts"][0]
    return found


async def offered(reader: httpx.AsyncClient, path: str) -> dict[str, str]:
    """What can be chosen on a page: what people read, by what the form sends."""
    answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    labels = LexborHTMLParser(answer.text).css("label.offer:has(input[name=what])")
    return {str(one.css_first("input").attributes["value"]): " ".join(one.text().split()) for one in labels}  # type: ignore[union-attr]


def living(store: Store) -> list[Silence]:
    with store.read() as conn:
        return silences.load_active_silences(conn, NOW)


async def test_the_page_says_what_would_be_silenced_and_how_much_of_it_there_was(
    page_reader: httpx.AsyncClient,
) -> None:
    alert = await first(page_reader)
    found = await offered(page_reader, f"/alerts/{alert['id']}/silence")

    assert next(iter(found)) == f"story={alert['story']}"
    assert "p to 12,000 North Korean soldiers (was around 3,000)" in next(iter(found.values()))
    assert found["source=front-report"] == "source front-report 2 alerts in the last 7 days"
    assert found["rule=dprk-deployment"].endswith(" 4 alerts in the last 7 days")
    assert found["rule=dprk-deployment&source=front-report"].startswith("rule and source ")


async def test_a_story_offers_itself_first_and_no_other(page_reader: httpx.AsyncClient) -> None:
    story = (await first(page_reader))["story"]
    found = await offered(page_reader, f"/stories/{story}/silence")

    assert [key for key in found if key.startswith("story=")] == [f"story={story}"]
    assert LEAD in next(iter(found.values()))


async def test_a_story_that_nobody_was_alerted_of_can_be_silenced(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    commit_texts(empty_store, ["Three bridges are closed."])
    async with page_client(empty_store) as reader:
        assert await offered(reader, "/stories/st-1/silence") == {"story=st-1": "story Report"}


async def test_a_message_offers_all_that_it_carries(empty_store: Store) -> None:
    add_sources(empty_store, "wire", "isw")
    two = [made_alert(id="a1"), made_alert(id="a2", rule="flaws", title="Flaws", story="story-2")]
    commit_texts(
        empty_store, ["News."], decisions=[sent_decision(one) for one in two], messages=[example_message("m1", *two)]
    )
    async with page_client(empty_store) as reader:
        found = await offered(reader, "/messages/m1/silence")

    assert list(found) == [
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
async def test_the_button_makes_the_silence_and_shows_it(
    editable_store: Store, page_reader: httpx.AsyncClient, form: dict[str, str], expected: tuple[float, SilenceMode]
) -> None:
    alert = await first(page_reader)
    what = {"what": f"story={alert['story']}", "reason": " seen  enough "}
    answer = await page_reader.post(f"/alerts/{alert['id']}/silence", data=form | what, headers=OURS)

    assert (answer.status_code, answer.headers["location"]) == (303, "/silences")
    (made,) = living(editable_store)
    assert (made.story, made.rule, made.source) == (alert["story"], None, None)
    assert (made.reason, made.by, (made.until - NOW, made.mode)) == ("seen enough", "web", expected)
    assert bool(made.claims) is (made.mode is SilenceMode.UNTIL_FACTS_CHANGE)
    assert "seen enough" in (await page_reader.get("/silences")).text
    listed = LexborHTMLParser((await page_reader.get("/silences")).text).css_first("td[data-head=What] a")
    assert (listed.attributes["href"], listed.text()) == (f"/stories/{alert['story']}", LEAD)  # type: ignore[union-attr]
    assert "Silenced until" in (await page_reader.get(f"/alerts/{alert['id']}")).text
    assert "Silenced until" in (await page_reader.get(f"/stories/{alert['story']}/silence")).text
    found = (await page_reader.get(f"/api/alerts/{alert['id']}")).json()["silenced"]
    assert found == (await page_reader.get("/api/silences")).json()
    assert [(one["state"], one["reason"]) for one in found] == [("active", "seen enough")]


async def test_a_silence_can_be_ended_where_it_is_listed(
    editable_store: Store, page_reader: httpx.AsyncClient
) -> None:
    alert = await first(page_reader)
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"}
    await page_reader.post(f"/alerts/{alert['id']}/silence", data=form, headers=OURS)
    answer = await page_reader.post("/silences/1/end", headers=OURS)

    assert (answer.status_code, answer.headers["location"]) == (303, "/silences")
    assert living(editable_store) == []
    assert "Silenced until" not in (await page_reader.get(f"/alerts/{alert['id']}")).text
    assert (await page_reader.post("/silences/99/end", headers=OURS)).status_code == 303


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"what": "rule=another"}, "Say what to silence."),
        ({"what": "rule=dprk-deployment&story=st-other"}, "Say what to silence."),
        ({"what": ""}, "Say what to silence."),
        ({"for": "1000d"}, "Say for how long."),
        ({"for": ""}, "Say for how long."),
        ({"reason": " \t"}, "Say why, in at most 500 characters"),
        ({"reason": "x" * 501}, "Say why, in at most 500 characters"),
    ],
)
async def test_what_cannot_be_meant_silences_nothing(
    editable_store: Store, page_reader: httpx.AsyncClient, change: dict[str, str], sentence: str
) -> None:
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"} | change
    answer = await page_reader.post(f"/alerts/{(await first(page_reader))['id']}/silence", data=form, headers=OURS)

    assert answer.status_code == 400
    assert sentence in answer.text
    assert living(editable_store) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "same-site"}],
)
async def test_no_other_site_can_silence_or_end_a_silence(
    editable_store: Store, page_reader: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    path = f"/alerts/{(await first(page_reader))['id']}/silence"
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"}
    assert (await page_reader.post(path, data=form, headers=headers)).status_code == 403
    assert living(editable_store) == []

    await page_reader.post(path, data=form, headers=OURS)
    assert (await page_reader.post("/silences/1/end", headers=headers)).status_code == 403
    assert len(living(editable_store)) == 1


async def test_looking_silences_nothing_and_what_is_not_there_cannot_be_silenced(
    editable_store: Store, page_reader: httpx.AsyncClient
) -> None:
    alert = await first(page_reader)
    query = "?what=rule%3Ddprk-deployment&for=1d&reason=x"
    await page_reader.get(f"/alerts/{alert['id']}/silence{query}", headers=OURS)
    await page_reader.head(f"/alerts/{alert['id']}/silence{query}", headers=OURS)
    assert living(editable_store) == []
    for path in ("/alerts/nobody", "/stories/nobody", "/messages/nobody", f"/rules/{alert['id']}", "/alerts/%00"):
        assert (await page_reader.get(f"{path}/silence")).status_code == 404
        assert (await page_reader.post(f"{path}/silence", headers=OURS)).status_code == 404
    assert (await page_reader.get("/silences/1/end")).status_code == 405


async def test_a_form_without_end_is_refused(editable_store: Store, page_reader: httpx.AsyncClient) -> None:
    path = f"/alerts/{(await first(page_reader))['id']}/silence"
    for content in (b"reason=" + b"x" * 20_000, b"&".join(b"a%d=1" % n for n in range(60))):
        assert (await page_reader.post(path, content=content, headers=OURS)).status_code == 413
    assert living(editable_store) == []


async def test_what_the_monitor_tells_of_itself_cannot_be_silenced(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    notice = made_alert(rule="monitor")
    notice = type(notice)(**{name: getattr(notice, name) for name in notice.__slots__} | {"findings": ()})
    commit_texts(empty_store, ["News."], decisions=[sent_decision(notice)])
    async with page_client(empty_store) as reader:
        assert (await reader.get("/alerts/a1/silence")).status_code == 404
        assert "/alerts/a1/silence" not in (await reader.get("/alerts/a1")).text


async def test_hostile_words_stay_words(empty_store: Store) -> None:
    add_sources(empty_store, "wire")
    one = made_alert(make_alert_finding(SCRIPT, source=SCRIPT), rule=SCRIPT, title=SCRIPT)
    commit_texts(empty_store, [SCRIPT], decisions=[sent_decision(one)])
    form = {"what": "story=story-1", "for": "1d", "reason": SCRIPT}
    async with page_client(empty_store) as reader:
        assert (await reader.post("/alerts/a1/silence", data=form, headers=OURS)).status_code == 303
        for path in ("/alerts/a1/silence", "/silences", "/alerts/a1"):
            page = LexborHTMLParser((await reader.get(path)).text)
            assert page.css("script, img, iframe, [onerror]") == []
            assert SCRIPT in " ".join((page.css_first("main").text()).split())  # type: ignore[union-attr]
