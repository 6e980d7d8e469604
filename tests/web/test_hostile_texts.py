"""Attacks in everything that others wrote, on every route: no page contains an element, handler or link of theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import feedparser
import httpx
import pytest
from kit.builders import commit_texts, example_finding, example_message, example_prior, sent_decision
from kit.databases import new_database_url
from kit.delivery import make_alert, make_alert_finding, make_prior_claim
from kit.sample_store import KYIV, NOW, page_client
from selectolax.lexbor import LexborHTMLParser
from starlette.routing import Route

from monitor.actions import record_feedback
from monitor.alerts.answer_links import sign_answer
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.alerts.silences import Silence
from monitor.alerts.source_notices import SourceNotice
from monitor.config.models import SourceConfig
from monitor.model import Change, ChangeKind, Novelty
from monitor.sources.state import PollResult
from monitor.store import outbox, silences, source_notices, sources
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.rule_state import mark_rules_refused
from monitor.store.secret_keys import ANSWER_KEY, ensure_secret_key
from monitor.web.app import create_app
from monitor.web.endpoint import Site

MARK = "zq7"  # in each attack: a page without it has shown none
ATTACKS = (
    f"<script>alert('{MARK}')</script>",
    f"</title></style></textarea></noscript></template><script>{MARK}</script>",
    f"\"><img src=x onerror=alert('{MARK}')>",
    f"' autofocus onfocus=alert('{MARK}') x='",
    f"<svg/onload=alert('{MARK}')><math><mi xlink:href='javascript:{MARK}'>",
    f"<iframe srcdoc='<script>{MARK}</script>'></iframe><object data={MARK}><embed src={MARK}>",
    f"<a href=javascript:alert('{MARK}')>news</a><form action=//evil.example><button>{MARK}",
    f"<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example/{MARK}'>",
    f"<!--><script>{MARK}</script>--> <![CDATA[<script>{MARK}]]> &lt;script&gt;{MARK} &#60;b&#62;",
    f"\u202e{MARK}\u2066 <mark>{MARK}</mark> \ufeff\u00ad<b",
    f"{{{{ 7*7 }}}} {{% raw %}} ${{7*7}} {MARK}",
)
URLS = (
    "javascript:alert(1)",
    "data:text/html,<script>1</script>",
    "//evil.example",
    "https://a.example/'\"><script>",
    "\x01javascript:1",
)
FOREIGN_ELEMENTS = "script, img, iframe, object, embed, base, meta[http-equiv], style, math, template, textarea"
ACTIVE_ATTRIBUTES = ("srcdoc", "style", "autofocus")
URL_ATTRIBUTES = ("href", "src", "action", "formaction", "xlink:href")
QUERIES = {
    "/alerts": ["?q={}", "?rule={}", "?source={}&since=9d", "?x={}", "?{}=1", "?before={}"],
    "/search": ["?q={}", "?q=alert&source={}", "?q=%28{}", "?x={}"],
    "/login": ["?next={}"],
    "/deliveries": ["?state={}", "?channel={}"],
    "/feed.atom": ["?rule={}", "?x={}"],
}


@dataclass(frozen=True)
class HostileStore:
    store: Store
    alert_ids: list[str]
    answer_token: str


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileStore]:
    """A store in which everything that feeds, services, people and other programs wrote is an attack."""
    with closing(open_store(new_database_url())) as store:
        names = [source_name(number) for number in range(len(ATTACKS))]
        with store.write() as conn:
            configs = [SourceConfig(name=name, url="https://news.example/feed") for name in names]
            sources.sync_sources(conn, configs, NOW)
        ids = [commit_attack(store, number, names[number], text) for number, text in enumerate(ATTACKS)]
        with store.write() as conn:
            mark_rules_refused(conn, ATTACKS, NOW)
        token = sign_answer(ensure_secret_key(store, ANSWER_KEY), FeedbackKind.ACK, ids[0], "m0", NOW + 60)
        yield HostileStore(store, ids, token)


def source_name(number: int) -> str:
    """Return an attack as the config accepts it."""
    return "".join(filter(str.isprintable, f"source {number} {ATTACKS[number]}"))[:100]


def commit_attack(store: Store, number: int, source: str, text: str) -> str:
    """Store an attack as a claim, title, rule, source, error, reason, name and reply. Return the id of the alert."""
    url, story = URLS[number % len(URLS)], f"st-{number}"
    finding = make_alert_finding(
        text,
        novelty=Novelty.CHANGED,
        matched=("script", "alert", "'", "<"),
        source=source,
        entry_url=url,
        nearest=make_prior_claim(text + " before", source=source, story=story),
        also_on=(make_prior_claim(text, source=source, story=story),),
        heading=text,
        entry_title=text,
        changes=tuple(Change(kind, text, text + " now") for kind in (ChangeKind.NAME, ChangeKind.NUMBER)),
    )
    texts = {"rule": f"rule of {source}", "title": text, "reason": text, "since_last": text}
    alert = make_alert(finding, id=f"al-{number}", url=url, story=story, **texts)
    message = example_message(f"m{number}", alert, channel=f"channel of {source}", thread=story)
    commit_texts(
        store,
        [text],
        NOW - 60,
        source=source,
        entry=f"e{number}",
        title=text,
        story=story,
        findings=[example_finding(text, Novelty.CHANGED, story, example_prior(source, text))],
        decisions=[sent_decision(alert)],
        messages=[message],
    )
    failed = PollResult(NOW - 30, "failing", text, "status", 3, NOW + 60, text, text, text, True)
    with store.write() as conn:
        sources.record_polls(conn, {source: failed})
        source_notices.save_notices(conn, source, [SourceNotice("clock", text, NOW, NOW, NOW)])
        outbox.mark_dead(conn, message.id, text, NOW - 20)
        silences.insert_silence(conn, Silence(0, text, NOW, NOW + 600, rule=alert.rule, by=text, match=text))
    record_feedback(store, Feedback(alert.id, FeedbackKind.NOT_NEWS, NOW, text, text), 9e6)
    return alert.id


def hostile_paths(hostile: HostileStore) -> list[str]:
    """Return every path that answers GET: with the ids of all attacks, and with attacks as parameters."""
    paths = []
    routes = create_app(Site(hostile.store, timezone=KYIV, clock=lambda: NOW)).routes
    for template in [route.path for route in routes if isinstance(route, Route) and "GET" in (route.methods or ())]:
        for number, text in enumerate(ATTACKS):
            path = fill_path(template, hostile, number)
            paths += [path, *(path + query.format(quote(text)) for query in QUERIES.get(template, ()))]
            paths.append(re.sub(r"\{[\w:]+\}", quote(text, safe=""), template))
    return list(dict.fromkeys(paths))


def fill_path(path: str, hostile: HostileStore, number: int) -> str:
    values = {
        "id": f"st-{number}" if "stories" in path else hostile.alert_ids[number],
        "kind": "alerts",
        "name": quote(source_name(number), safe=""),
        "token": hostile.answer_token,
    }
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: values[found[1]], path)


async def test_no_attack_becomes_part_of_a_page(hostile: HostileStore) -> None:
    shown: set[str] = set()
    async with page_client(hostile.store) as client:
        for path in hostile_paths(hostile):
            answer = await client.get(path)
            kind = answer.headers.get("content-type", "text/plain").partition(";")[0]
            assert kind in CHECKS, (path, kind)
            assert answer.headers["x-content-type-options"] == "nosniff", path
            CHECKS[kind](path, answer)
            if MARK in answer.text and answer.status_code == 200:
                shown.add(path.split("?")[0].split("/")[1])

    assert shown >= {"", *"alerts stories search sources deliveries silences answer feed.atom api".split()}


def check_page(path: str, answer: httpx.Response) -> None:
    tree = LexborHTMLParser(answer.text)
    attributes = [(name, value or "") for node in tree.css("*") for name, value in node.attributes.items()]
    assert tree.css(FOREIGN_ELEMENTS) == [], path
    assert [name for name, _ in attributes if name.startswith("on") or name in ACTIVE_ATTRIBUTES] == [], path
    for value in (value for name, value in attributes if name in URL_ATTRIBUTES):
        assert urlsplit(value).scheme in ("", "http", "https"), (path, value)
        assert value.isprintable(), (path, value)
        assert not value.startswith("//"), (path, value)
    for form in tree.css("form"):
        assert (form.attributes.get("action") or "/").startswith("/"), path
    if not path.startswith("/search?"):  # which repeats the query as it was typed
        assert "\u202e" not in (tree.root.text() if tree.root else ""), path


def check_json(path: str, answer: httpx.Response) -> None:
    assert json.loads(answer.text) is not None, path


def check_feed(path: str, answer: httpx.Response) -> None:
    feed = feedparser.parse(answer.content, sanitize_html=False)
    assert feed.bozo is False, path
    assert b"<script" not in answer.content, path
    for entry in feed.entries:
        assert (entry.title_detail.type, entry.summary_detail.type) == ("text/plain", "text/plain"), path
        assert {urlsplit(link.href).scheme for link in entry.links} <= {"http", "https"}, path


def check_nothing(_path: str, _answer: httpx.Response) -> None:
    """A browser shows this type as text."""


CHECKS = {
    "text/html": check_page,
    "application/json": check_json,
    "application/atom+xml": check_feed,
    "text/plain": check_nothing,
    "text/css": check_nothing,
}
