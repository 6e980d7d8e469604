"""The answer buttons below an alert: answers are stored, shown, and accepted only from our own pages."""

from __future__ import annotations

import httpx
import pytest
from kit.sample_store import NOW
from kit.web_access import FORM_PATHS

from monitor.alerts.feedback import FeedbackKind
from monitor.alerts.silences import Silence, SilenceMode
from monitor.store import feedback, silences
from monitor.store.base import Store

SAME_ORIGIN = {"origin": "http://localhost:8080"}


@pytest.fixture
def page_reader(page_editor: httpx.AsyncClient) -> httpx.AsyncClient:
    return page_editor


async def first_alert(reader: httpx.AsyncClient) -> str:
    id: str = (await reader.get("/api/v1/alerts")).json()["alerts"][0]["id"]
    return id


async def test_a_not_news_answer_is_stored_and_shown_and_mutes_similar_alerts(
    editable_store: Store, page_reader: httpx.AsyncClient
) -> None:
    id = await first_alert(page_reader)
    answer = await page_reader.post(f"/alerts/{id}/not-news", headers=SAME_ORIGIN)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{id}?done=not-news")
    assert "Recorded: this alert was not news." in (await page_reader.get(answer.headers["location"])).text
    assert "Not news: similar alerts are muted" in (await page_reader.get(f"/alerts/{id}")).text
    assert (await page_reader.get(f"/api/v1/alerts/{id}")).json()["answer"] == "not news"
    with editable_store.read() as conn:
        (mute,) = silences.load_active_silences(conn, NOW)
        assert (mute.mode, mute.rule, mute.by) == (SilenceMode.NOT_NEWS, "dprk-deployment", "web")


async def test_the_latest_answer_replaces_the_earlier_one(
    editable_store: Store, page_reader: httpx.AsyncClient
) -> None:
    id = await first_alert(page_reader)
    await page_reader.post(f"/alerts/{id}/not-news", headers=SAME_ORIGIN)
    await page_reader.post(f"/alerts/{id}/ack", headers={"sec-fetch-site": "same-origin"})

    with editable_store.read() as conn:
        assert [answer.kind for answer in feedback.all_feedback(conn)] == [FeedbackKind.ACK]
        assert silences.load_active_silences(conn, NOW) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"origin": "http://localhost:8080", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_an_answer_from_another_site_is_rejected(
    editable_store: Store, page_reader: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await page_reader.post(f"/alerts/{await first_alert(page_reader)}/ack", headers=headers)

    assert answer.status_code == 403
    with editable_store.read() as conn:
        assert feedback.all_feedback(conn) == []


async def test_get_does_not_answer_and_an_unknown_alert_is_404(
    page_reader: httpx.AsyncClient,
) -> None:
    assert (await page_reader.get(f"/alerts/{await first_alert(page_reader)}/ack")).status_code == 405
    assert (await page_reader.post("/alerts/nobody/ack", headers=SAME_ORIGIN)).status_code == 404


def fill_path(path: str, alert: str) -> str:
    """Fill the placeholders of a route."""
    filled = path.replace("{kind}", "alerts").replace("{id:int}", "1").replace("{id}", alert)
    return filled.replace("{name:path}", "front-report")


@pytest.mark.parametrize("path", FORM_PATHS)
@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
async def test_every_form_is_rejected_from_another_site(
    editable_store: Store, page_reader: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    id = await first_alert(page_reader)
    with editable_store.write() as conn:
        silences.insert_silence(conn, Silence(0, "x", NOW, NOW + 60, rule="dprk-deployment"))
    form = {"what": "rule=dprk-deployment", "for": "1d", "reason": "x"}

    assert (await page_reader.post(fill_path(path, id), data=form, headers=headers)).status_code == 403
    with editable_store.read() as conn:
        assert (len(silences.load_active_silences(conn, NOW)), feedback.all_feedback(conn)) == (1, [])
