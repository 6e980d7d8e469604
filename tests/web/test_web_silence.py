"""What an alert's mail and page lead to: the form that silences, and the list of what is silenced."""

from __future__ import annotations

import httpx
import pytest
from kit.delivery import alert as made_alert
from kit.delivery import finding
from kit.newsroom import NOW, reader_of
from kit.saying import commit, configured, message, sends
from selectolax.lexbor import LexborHTMLParser

from monitor.alerts.silences import Mode, Silence
from monitor.store import Store, silences

OURS = {"origin": "http://localhost:8080"}
SCRIPT = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
DAY = 86400.0
LEAD = "Around 3,000 North Korean soldiers are in Kursk Oblast, an intelligence official said."


@pytest.fixture
def reader(editor: httpx.AsyncClient) -> httpx.AsyncClient:
    return editor


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
        return silences.living(conn, NOW)


async def test_the_page_says_what_would_be_silenced_and_how_much_of_it_there_was(reader: httpx.AsyncClient) -> None:
    alert = await first(reader)
    found = await offered(reader, f"/alerts/{alert['id']}/silence")

    assert next(iter(found)) == f"story={alert['story']}"
    assert "p to 12,000 North Korean soldiers (was around 3,000)" in next(iter(found.values()))
    assert found["source=front-report"] == "source front-report 2 alerts in the last 7 days"
    assert found["rule=dprk-deployment"].endswith(" 4 alerts in the last 7 days")
    assert found["rule=dprk-deployment&source=front-report"].startswith("rule and source ")


async def test_a_story_offers_itself_first_and_no_other(reader: httpx.AsyncClient) -> None:
    story = (await first(reader))["story"]
    found = await offered(reader, f"/stories/{story}/silence")

    assert [key for key in found if key.startswith("story=")] == [f"story={story}"]
    assert LEAD in next(iter(found.values()))


async def test_a_story_that_nobody_was_alerted_of_can_be_silenced(bare: Store) -> None:
    configured(bare, "wire")
    commit(bare, ["Three bridges are closed."])
    async with reader_of(bare) as reader:
        assert await offered(reader, "/stories/st-1/silence") == {"story=st-1": "story Report"}


async def test_a_message_offers_all_that_it_carries(bare: Store) -> None:
    configured(bare, "wire", "isw")
    two = [made_alert(id="a1"), made_alert(id="a2", rule="flaws", title="Flaws", story="story-2")]
    commit(bare, ["News."], decisions=[sends(one) for one in two], messages=[message("m1", *two)])
    async with reader_of(bare) as reader:
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
        ({"for": "8h"}, (8 * 3600.0, Mode.ALL)),
        ({"for": "30d", "facts": "yes"}, (30 * DAY, Mode.FACTS)),
    ],
)
async def test_the_button_makes_the_silence_and_shows_it(
    own: Store, reader: httpx.AsyncClient, form: dict[str, str], expected: tuple[float, Mode]
) -> None:
    alert = await first(reader)
    what = {"what": f"story={alert['story']}", "reason": " seen  enough "}
    answer = await reader.post(f"/alerts/{alert['id']}/silence", data=form | what, headers=OURS)

    assert (answer.status_code, answer.headers["location"]) == (303, "/silences")
    (made,) = living(own)
    assert (made.story, made.rule, made.source) == (alert["story"], None, None)
    assert (made.reason, made.by, (made.until - NOW, made.mode)) == ("seen enough", "web", expected)
    assert bool(made.claims) is (made.mode is Mode.FACTS)
    assert "seen enough" in (await reader.get("/silences")).text
    listed = LexborHTMLParser((await reader.get("/silences")).text).css_first("td[data-head=What] a")
    assert (listed.attributes["href"], listed.text()) == (f"/stories/{alert['story']}", LEAD)  # type: ignore[union-attr]
    assert "Silenced until" in (await reader.get(f"/alerts/{alert['id']}")).text
    assert "Silenced until" in (await reader.get(f"/stories/{alert['story']}/silence")).text
    found = (await reader.get(f"/api/alerts/{alert['id']}")).json()["silenced"]
    assert found == (await reader.get("/api/silences")).json()
    assert [(one["state"], one["reason"]) for one in found] == [("active", "seen enough")]


async def test_a_silence_can_be_ended_where_it_is_listed(own: Store, reader: httpx.AsyncClient) -> None:
    alert = await first(reader)
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"}
    await reader.post(f"/alerts/{alert['id']}/silence", data=form, headers=OURS)
    answer = await reader.post("/silences/1/end", headers=OURS)

    assert (answer.status_code, answer.headers["location"]) == (303, "/silences")
    assert living(own) == []
    assert "Silenced until" not in (await reader.get(f"/alerts/{alert['id']}")).text
    assert (await reader.post("/silences/99/end", headers=OURS)).status_code == 303


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
    own: Store, reader: httpx.AsyncClient, change: dict[str, str], sentence: str
) -> None:
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"} | change
    answer = await reader.post(f"/alerts/{(await first(reader))['id']}/silence", data=form, headers=OURS)

    assert answer.status_code == 400
    assert sentence in answer.text
    assert living(own) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "same-site"}],
)
async def test_no_other_site_can_silence_or_end_a_silence(
    own: Store, reader: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    path = f"/alerts/{(await first(reader))['id']}/silence"
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"}
    assert (await reader.post(path, data=form, headers=headers)).status_code == 403
    assert living(own) == []

    await reader.post(path, data=form, headers=OURS)
    assert (await reader.post("/silences/1/end", headers=headers)).status_code == 403
    assert len(living(own)) == 1


async def test_looking_silences_nothing_and_what_is_not_there_cannot_be_silenced(
    own: Store, reader: httpx.AsyncClient
) -> None:
    alert = await first(reader)
    query = "?what=rule%3Ddprk-deployment&for=1d&reason=x"
    await reader.get(f"/alerts/{alert['id']}/silence{query}", headers=OURS)
    await reader.head(f"/alerts/{alert['id']}/silence{query}", headers=OURS)
    assert living(own) == []
    for path in ("/alerts/nobody", "/stories/nobody", "/messages/nobody", f"/rules/{alert['id']}", "/alerts/%00"):
        assert (await reader.get(f"{path}/silence")).status_code == 404
        assert (await reader.post(f"{path}/silence", headers=OURS)).status_code == 404
    assert (await reader.get("/silences/1/end")).status_code == 405


async def test_a_form_without_end_is_refused(own: Store, reader: httpx.AsyncClient) -> None:
    path = f"/alerts/{(await first(reader))['id']}/silence"
    for content in (b"reason=" + b"x" * 20_000, b"&".join(b"a%d=1" % n for n in range(60))):
        assert (await reader.post(path, content=content, headers=OURS)).status_code == 413
    assert living(own) == []


async def test_what_the_monitor_tells_of_itself_cannot_be_silenced(bare: Store) -> None:
    configured(bare, "wire")
    notice = made_alert(rule="monitor")
    notice = type(notice)(**{name: getattr(notice, name) for name in notice.__slots__} | {"findings": ()})
    commit(bare, ["News."], decisions=[sends(notice)])
    async with reader_of(bare) as reader:
        assert (await reader.get("/alerts/a1/silence")).status_code == 404
        assert "/alerts/a1/silence" not in (await reader.get("/alerts/a1")).text


async def test_hostile_words_stay_words(bare: Store) -> None:
    configured(bare, "wire")
    one = made_alert(finding(SCRIPT, source=SCRIPT), rule=SCRIPT, title=SCRIPT)
    commit(bare, [SCRIPT], decisions=[sends(one)])
    form = {"what": "story=story-1", "for": "1d", "reason": SCRIPT}
    async with reader_of(bare) as reader:
        assert (await reader.post("/alerts/a1/silence", data=form, headers=OURS)).status_code == 303
        for path in ("/alerts/a1/silence", "/silences", "/alerts/a1"):
            page = LexborHTMLParser((await reader.get(path)).text)
            assert page.css("script, img, iframe, [onerror]") == []
            assert SCRIPT in " ".join((page.css_first("main").text()).split())  # type: ignore[union-attr]
