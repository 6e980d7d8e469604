"""The pages in Chromium: no axe violation, no horizontal scroll, no console error, everything within reach of Tab.

Each page in light, in dark and at the width of a phone. Skipped where no chromium is installed.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import axe_playwright_python
import pytest
from kit.builders import add_sources, commit_texts, example_alert, sent_decision
from kit.sample_store import KYIV, NOW, build_sample_store, copy_rules
from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from sqlalchemy import Connection, select
from starlette.applications import Starlette

from monitor.actions import create_silence, record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.alerts.silences import Silence
from monitor.config_file.load import read_config
from monitor.model import Entry, FigurePoint
from monitor.sources.discover import DiscoveredFeed
from monitor.sources.parse.feed import Feed
from monitor.store import schema
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.deliveries import load_delivery_page
from monitor.store.rule_state import mark_rules_refused
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.server import running_server

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
MODES = {
    "light": (1200, "light"),
    "dark": (1200, "dark"),
    "phone": (390, "light"),
    "phone in the dark": (390, "dark"),
}
VALID_CONFIG = "valid.toml"  # with the rules as shipped
BROKEN_RULES = """\
rules:
  - {name: broken-one, match: (a, sverity: high}
  - {name: asleep, match: ship*, enabled: false}
  - {name: ships, match: ship*, severity: {low: true, critical: deaths > 100}, tests: [{text: A boat., fires: true}]}
"""
MAX_TABS = 400  # focus moves of one page
PAGES = {
    "overview": "/",
    "alerts": "/alerts",
    "alerts with filters": "/alerts?q=korean&severity=high&since=9d&answered=no",
    "alerts without a match": "/alerts?q=zzz",
    "all selected": "/alerts?select=all&done=2",
    "alert": "/alerts/{changed}",
    "notice": "/alerts/{dead}",
    "story": "/stories/{story}",
    "silence": "/alerts/{changed}/silence",
    "search": "/search",
    "results": "/search?q=soldier*+OR+recall*",
    "fault": "/search?q=(soldier",
    "sources": "/sources?done=poll&count=2",
    "sources with filters": "/sources?state=failing&q=food&select=all",
    "no source": "/sources?q=zzz",
    "source": "/sources/food-agency?done=pause",
    "add a source": "/add-source",
    "deliveries": "/deliveries?done=retry",
    "dead letters": "/deliveries?state=dead&channel=osint&select=all",
    "silences": "/silences?done=created",
    "new silence": "/silences/new",
    "preview of a silence": "/silences/new?rule=dprk-deployment&match=soldier*",
    "rules": "/rules",
    "rule": "/rules/dprk-deployment",
    "rule with problems": "/rules/broken-one",
    "new rule": "/rules/try",
    "edit of a rule": "/rules/dprk-deployment/try",
    "coverage": "/coverage",
    "unknown page": "/nowhere",
    "wrong parameter": "/alerts?colour=red",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def full_store(folder: Path) -> Iterator[Store]:
    """The sample store with answers, a silence, rejected rules and a figure that changed often."""
    with closing(build_sample_store(folder)) as store:
        shutil.copy(folder / "config.toml", folder / VALID_CONFIG)
        copy_rules(folder)
        (folder / "rules/broken.yaml").write_text(BROKEN_RULES)
        ids = alert_ids(store)
        record_feedback(store, Feedback(ids[1], FeedbackKind.NOT_NEWS, NOW, "web"), 1e9)
        record_feedback(store, Feedback(ids[2], FeedbackKind.ACK, NOW, "Ola", "an old list"), 1e9)
        create_silence(store, Silence(0, "maintenance", NOW - 60, NOW + 3600, rule="recall-allergens", by="web"))
        with store.write() as conn:
            mark_rules_refused(conn, ["rules/a.yaml:2:5: unknown key `sverity`"], NOW - 120)
            add_history(conn)
        yield store


def full_app(store: Store, folder: Path, config_name: str = "config.toml") -> Starlette:
    config = partial(read_config, folder / config_name, env={})
    return create_app(Site(store, timezone=KYIV, clock=lambda: NOW, config=config))


def alert_ids(store: Store) -> list[str]:
    """Return the ids of the alerts, newest first."""
    with store.read() as conn:
        return list(conn.scalars(select(schema.alerts.c.id).order_by(schema.alerts.c.number.desc())))


def add_history(conn: Connection) -> None:
    """Give the newest alert a figure with five values."""
    newest = select(schema.alerts.c.number, schema.alerts.c.body).order_by(schema.alerts.c.number.desc()).limit(1)
    number, body = conn.execute(newest).one()
    points = [FigurePoint(NOW - 86400 * day, 12_000 - 2_000 * day, f"{12 - 2 * day},000", "wire") for day in range(5)]
    body["findings"][0]["history"] = [
        {"at": f"2026-12-{12 + index}T10:00:00Z", "value": point.value, "text": point.text, "source": point.source}
        for index, point in enumerate(reversed(points))
    ]
    conn.execute(schema.alerts.update().where(schema.alerts.c.number == number).values(body=body))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def problems_of(page: Page, url: str) -> list[str]:
    """Open a page, and return what axe finds on it, and how far it scrolls sideways."""
    await page.goto(url)
    return await problems_here(page)


async def problems_here(page: Page) -> list[str]:
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run()")
    problems = [f"{one['id']}: {[node['target'] for node in one['nodes'][:3]]}" for one in found["violations"]]
    too_wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return problems + ([f"{too_wide} px too wide"] if too_wide > 0 else [])


@pytest.mark.parametrize("mode", MODES)
async def test_every_page_is_accessible_and_fits(
    full_store: Store, folder: Path, browser: Browser, mode: str
) -> None:
    width, scheme = MODES[mode]
    app = full_app(full_store, folder)
    size: ViewportSize = {"width": width, "height": 900}
    context = await browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = await context.new_page()
    problems: dict[str, list[str]] = {}
    async with running_server("127.0.0.1:0", app) as url:
        for name, path in PAGES.items():
            if found := await problems_of(page, url + fill_in(full_store, path)):
                problems[name] = found
    assert problems == {}


def fill_in(store: Store, path: str) -> str:
    ids = alert_ids(store)
    with store.read() as conn:
        story = conn.scalar(select(schema.alerts.c.story).order_by(schema.alerts.c.number.desc()).limit(1))
    return path.format(changed=ids[0], dead=ids[-1], story=story)


async def test_no_page_logs_an_error(full_store: Store, folder: Path, browser: Browser) -> None:
    """With the content security policy on: a blocked style or script would be an error."""
    app = full_app(full_store, folder)
    page = await browser.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: messages.append(str(error)))
    async with running_server("127.0.0.1:0", app) as url:
        for path in PAGES.values():
            answer = await page.goto(url + fill_in(full_store, path))
            if answer and answer.status >= 400:
                messages = [text for text in messages if "Failed to load resource" not in text]
    assert messages == []


@pytest.mark.parametrize(
    "name",
    [
        "overview",
        "alerts",
        "alert",
        "search",
        "coverage",
        "sources",
        "source",
        "dead letters",
        "preview of a silence",
        "rules",
        "edit of a rule",
    ],
)
async def test_everything_can_be_reached_by_keyboard(
    full_store: Store, folder: Path, browser: Browser, name: str
) -> None:
    app = full_app(full_store, folder)
    page = await browser.new_page(viewport={"width": 1200, "height": 900})
    async with running_server("127.0.0.1:0", app) as url:
        await page.goto(url + fill_in(full_store, PAGES[name]))
        wanted = await page.evaluate(
            "Array.from(document.querySelectorAll("
            "'a[href], button, input:not([type=hidden]), select, textarea, summary'"
            ")).filter(node => node.checkVisibility()).length"
        )
        reached, first_has_outline = 0, False
        for step in range(MAX_TABS):
            await page.keyboard.press("Tab")
            focus = await page.evaluate(
                "() => { const node = document.activeElement; if (node === document.body) return null;"
                " const seen = node.dataset.seen; node.dataset.seen = 'yes';"
                " return {seen, outline: getComputedStyle(node).outlineStyle, text: node.textContent} }"
            )
            if focus is None or focus["seen"]:
                break
            reached += 1
            first_has_outline = first_has_outline or (step == 0 and focus["text"] == "Skip to content")
            assert focus["outline"] != "none", focus
    assert first_has_outline
    assert reached == wanted


@pytest.mark.parametrize("mode", MODES)
async def test_a_rule_is_tried_out(full_store: Store, folder: Path, browser: Browser, mode: str) -> None:
    width, scheme = MODES[mode]
    size: ViewportSize = {"width": width, "height": 900}
    context = await browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = await context.new_page()
    app = full_app(full_store, folder, VALID_CONFIG)  # with problems there is no comparison
    async with running_server("127.0.0.1:0", app) as url:
        await page.goto(f"{url}/rules/dprk-deployment/try")
        copy = await page.input_value("textarea")
        edit = copy.replace("@north-koreans NEAR/15", "Sumy OR recall* OR brigade* NEAR/15")
        found = []
        for text, selector in ((edit, ".summary"), (edit.replace("match:", "mach:"), ".fault")):
            await page.fill("textarea", text)
            await page.locator("textarea").focus()
            for key in ("Tab", "Tab", "Enter"):  # to the button
                await page.keyboard.press(key)
            await page.wait_for_selector(selector)
            assert await page.input_value("textarea") == text
            assert await page.evaluate(f"document.querySelector('{selector}').getBoundingClientRect().top < 900")
            found.append(await page.locator(selector).inner_text())
            assert await problems_here(page) == []

    assert "+4 gained, −4 lost" in found[0]
    assert "unknown key `mach`" in found[1]


async def test_alerts_are_answered_with_the_keyboard(browser: Browser) -> None:
    with closing(open_store("sqlite:///:memory:")) as store:
        add_sources(store, "wire")
        for n in range(3):
            alert = example_alert(f"al-{n}", f"News {n}.")
            commit_texts(store, [f"News {n}."], entry=f"e{n}", decisions=[sent_decision(alert)])
        page = await browser.new_page()
        async with running_server("127.0.0.1:0", create_app(Site(store, timezone=KYIV, clock=lambda: NOW))) as url:
            await page.goto(f"{url}/alerts")
            for box in (0, 2):
                await page.locator(".pick input").nth(box).focus()
                await page.keyboard.press("Space")
            await page.get_by_role("button", name="Not news").focus()
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/alerts?done=2")
            assert await page.locator(".answered").all_text_contents() == ["Not news", "Not news"]


ENTRIES = tuple(
    Entry(f"k{n}", f"Bridge {n} is closed", f"https://orle.example/{n}", "x", published=NOW - 3600 * n)
    for n in range(9)
)


async def discover_two(_url: str) -> list[DiscoveredFeed]:
    return [
        DiscoveredFeed("https://orle.example/feed.xml", Feed("Orle Courier", ENTRIES, None, ())),
        DiscoveredFeed("https://front-report.example/daily.xml", Feed("Front report", (), None, ())),
    ]


@pytest.mark.parametrize("mode", MODES)
async def test_a_source_is_added_with_accessible_pages(browser: Browser, tmp_path: Path, mode: str) -> None:
    """From the list to the form, the feeds that were found, one that is refused, and one that is added."""
    width, scheme = MODES[mode]
    size: ViewportSize = {"width": width, "height": 900}
    with closing(build_sample_store(tmp_path)) as store:
        path = tmp_path / "config.toml"
        app = create_app(
            Site(
                store,
                timezone=KYIV,
                clock=lambda: NOW,
                config=lambda: read_config(path, env={}),
                discover=discover_two,
            )
        )
        context = await browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
        page = await context.new_page()
        async with running_server("127.0.0.1:0", app) as url:
            await page.goto(f"{url}/sources")
            await page.get_by_role("link", name="Add a source").click()
            await page.get_by_label("Address of a site or feed").fill("orle.example")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("article")
            found = await problems_here(page)
            await page.get_by_label("Name of the source").fill("kyiv-wire")  # taken
            await page.get_by_role("button", name="Add this feed").click()
            await page.wait_for_selector("pre")
            refused = await problems_here(page)
            await page.get_by_role("button", name="Find feeds").click()
            await page.get_by_role("button", name="Add this feed").click()
            await page.wait_for_url("**/sources?done=added")
            added = await problems_here(page)

        assert (found, refused, added) == ([], [], [])
        assert read_config(path, env={}).sources[-1].name == "orle-courier"


async def test_sources_and_deliveries_are_changed_with_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    with closing(build_sample_store(tmp_path)) as store:
        page = await browser.new_page()
        async with running_server("127.0.0.1:0", create_app(Site(store, timezone=KYIV, clock=lambda: NOW))) as url:
            await page.goto(f"{url}/sources?state=ok")
            await page.locator(".pick input").first.focus()
            await page.keyboard.press("Space")
            await page.get_by_role("button", name="Pause").focus()
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/sources?state=ok&done=pause")
            await page.goto(f"{url}/deliveries")
            await page.locator(".pick input").last.focus()
            await page.keyboard.press("Space")
            await page.keyboard.press("Enter")  # in a box, a browser may press the first button of its form
            if "done" not in page.url:
                await page.get_by_role("button", name="Retry selected").focus()
                await page.keyboard.press("Enter")
            await page.wait_for_url("**/deliveries?done=retry")
        with store.read() as conn:
            rows = load_delivery_page(conn)

    assert [row.state for row in rows if row.attempts == 0 and row.id == 2] == ["pending"]
    assert [row.state for row in rows if row.id == 4] == ["retrying"]
