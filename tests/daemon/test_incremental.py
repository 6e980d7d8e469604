"""Only unseen items of a changed feed are parsed, and the same rows are stored as if all of it were parsed."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.databases import write_config_file
from sqlalchemy import Row, select, update

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.net.response import Response
from monitor.pipeline import parse_and_ingest
from monitor.polling.outcome import PollContext
from monitor.runtime import Runtime, open_runtime
from monitor.store import feed_fingerprints, schema, sources

HOUR = 3600.0
NOW = 1_800_000_000.0
URL = "https://harbour.example/feed.xml"
PORTS = "Halvik Marnholm Ostra Brevik Torvald Selby Aldor Kesten Lunde Varde".split()
CONFIG = f'[[sources]]\nname = "harbour"\nurl = "{URL}"\n'
RULE = "name: ferries\ntitle: Ferries\nmatch: ferr*\non: [new, changed, withdrawn]\n"
STORED_TABLES = (
    schema.entries,
    schema.updates,
    schema.findings,
    schema.matches,
    schema.alerts,
    schema.notices,
    schema.sources,
)

Items = Sequence[tuple[int, str]]


def feed(items: Items, at: float = NOW, head: str = "<link>https://harbour.example/</link>") -> bytes:
    """Return a feed with this build date, whose items have no dates."""
    rendered_items = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><title>Ferry {number} leaves for {port}</title>"
        f"<link>/ferries/{number}</link>"
        f"<description>{escape(f'<p>It carries {number + 13} lorries to {port}.</p>')}</description></item>\n"
        for number, port in items
    )
    root = "<?xml version='1.0'?>\n<rss version='2.0'><channel><title>Harbour</title>"
    return f"{root}{head}<lastBuildDate>{at}</lastBuildDate>{rendered_items}</channel></rss>".encode()


@dataclass
class ParseCounter:
    """A monitor of one feed; `parsed_counts` has the number of parsed items of each poll."""

    runtime: Runtime
    now: float = NOW
    parsed_counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        parse = self.runtime.parser.parse

        async def counting(options: object, body: bytes, *args: object) -> object:
            self.parsed_counts[-1] += body.count(b"<item>")
            return await parse(options, body, *args)  # type: ignore[arg-type]

        self.runtime.parser.parse = counting  # type: ignore[assignment,method-assign]

    async def poll(self, body: bytes, url: str = URL) -> int:
        """Poll with this body as response. Return how many of its items were parsed."""
        self.now += HOUR
        self.parsed_counts.append(0)
        with self.runtime.store.read() as conn:
            (source_state,) = sources.load_sources(conn)
        source = self.runtime.sources[source_state.name]
        fetched = Response(200, url, body, "application/rss+xml", None, None, None)
        await parse_and_ingest(
            self.runtime, PollContext(source, source_state, self.now, ZoneInfo("UTC"), 0.0), fetched
        )
        return self.parsed_counts[-1]

    def delete_fingerprint(self) -> None:
        with self.runtime.store.write() as conn:
            feed_fingerprints.delete_fingerprint(conn, "harbour")

    def stored_rows(self) -> list[Sequence[Row[tuple[object, ...]]]]:
        """Return all rows stored for the feed."""
        with self.runtime.store.read() as conn:
            return [conn.execute(select(table).order_by(*table.primary_key.columns)).all() for table in STORED_TABLES]


@pytest.fixture
async def two_monitors(tmp_path: Path) -> AsyncIterator[tuple[ParseCounter, ParseCounter]]:
    async with AsyncExitStack() as stack:
        monitors = []
        for name in ("one", "other"):
            (tmp_path / name / "rules").mkdir(parents=True)
            (tmp_path / name / "rules" / "ferries.yaml").write_text(RULE)
            write_config_file(tmp_path / name, CONFIG)
            config = read_config(tmp_path / name / "config.toml", env={})
            runtime = await stack.enter_async_context(open_runtime(config, clock=lambda: NOW))
            await runtime.run_in_store_thread(prepare_store, runtime)
            monitors.append(ParseCounter(runtime))
        yield monitors[0], monitors[1]


@pytest.fixture
async def monitor(two_monitors: tuple[ParseCounter, ParseCounter]) -> ParseCounter:
    return two_monitors[0]


ITEMS = list(enumerate(PORTS))


async def test_only_unseen_items_of_a_changed_feed_are_parsed(monitor: ParseCounter) -> None:
    new, edited = (50, "Skarvik"), (3, "Brevik at noon")

    assert await monitor.poll(feed(ITEMS)) == 10
    assert await monitor.poll(feed([new, *ITEMS])) == 1
    assert await monitor.poll(feed([new, *ITEMS[:3], edited, *ITEMS[4:]])) == 1
    assert await monitor.poll(feed([*reversed(ITEMS), new])) == 1, "the edited item has its old text again"
    assert await monitor.poll(feed([new, *ITEMS[:8]])) == 0
    assert await monitor.poll(feed(ITEMS)) == 2, (
        "items that were missing from the last poll are no longer known by their bytes"
    )


@pytest.mark.parametrize("seed", range(3))
async def test_incremental_parsing_stores_the_same_rows_as_parsing_everything(
    two_monitors: tuple[ParseCounter, ParseCounter], seed: int
) -> None:
    incremental, whole = two_monitors
    rng = random.Random(seed)
    items = ITEMS[:8]
    older = list(items)
    for step in range(14):
        whole.delete_fingerprint()
        body = feed(items, at=NOW + step)
        await incremental.poll(body)
        await whole.poll(body)
        assert incremental.stored_rows() == whole.stored_rows()
        match rng.randrange(7):
            case 0:
                items = [*((100 * step + n, rng.choice(PORTS)) for n in range(rng.randrange(9))), *items][:9]
            case 1:
                items = [(number, f"{port} {step}" if rng.random() < 0.4 else port) for number, port in items]
            case 2:
                rng.shuffle(items)
            case 3:
                items, older = older, list(items)  # an older copy
            case 4:
                items = [*items, (items[0][0], "two places")]  # a duplicate id
            case 5:
                items = [(number + 1000 * step, port) for number, port in items]  # new ids
            case _:
                items = items[2:] or ITEMS[:5]
    assert sum(incremental.parsed_counts) < sum(whole.parsed_counts)


async def test_a_malformed_item_causes_a_full_parse(monitor: ParseCounter) -> None:
    await monitor.poll(feed(ITEMS))
    for step in range(2):
        broken = feed([(50, "Skarvik"), *ITEMS], at=NOW + step).replace(b"for Skarvik", b"for Skarvik &nbsp;")
        assert await monitor.poll(broken) == 1 + 11


async def test_a_changed_feed_header_or_url_causes_a_full_parse(monitor: ParseCounter) -> None:
    await monitor.poll(feed(ITEMS))

    assert await monitor.poll(feed(ITEMS, head="<atom:link xmlns:atom='http://www.w3.org/2005/Atom'/>")) == 10
    assert await monitor.poll(feed(ITEMS), url="https://www.harbour.example/feed.xml") == 10
    assert await monitor.poll(feed(ITEMS, at=NOW + 1), url="https://www.harbour.example/feed.xml") == 0


async def test_a_feed_with_duplicate_ids_is_parsed_in_full(monitor: ParseCounter) -> None:
    shared = [*ITEMS, (0, "two places")]
    await monitor.poll(feed(shared))

    assert await monitor.poll(feed(shared, at=NOW + 1)) == 11
    assert await monitor.poll(feed(ITEMS)) == 10
    assert await monitor.poll(feed(shared)) == 1 + 11


async def test_an_entry_that_differs_in_the_store_causes_a_full_parse(monitor: ParseCounter) -> None:
    await monitor.poll(feed(ITEMS))
    with monitor.runtime.store.write() as conn:
        conn.execute(update(schema.entries).where(schema.entries.c.key == "3").values(content_hash="another"))

    assert await monitor.poll(feed(ITEMS, at=NOW + 1)) == 10
    assert await monitor.poll(feed(ITEMS, at=NOW + 2)) == 0
    with monitor.runtime.store.read() as conn:
        reparsed_titles = conn.scalars(select(schema.updates.c.title).order_by(schema.updates.c.id)).all()[10:]
    assert reparsed_titles == ["Ferry 3 leaves for Brevik"]


def one_item(text: str, at: float) -> bytes:
    return (
        f"<?xml version='1.0'?>\n<rss version='2.0'><channel><title>Harbour</title>"
        f"<lastBuildDate>{at}</lastBuildDate><item><guid isPermaLink='false'>pier</guid>"
        f"<title>State of the ferry pier</title><description>{escape(text)}</description></item></channel></rss>"
    ).encode()


async def test_an_entry_whose_hash_is_from_an_old_version_causes_no_alert(monitor: ParseCounter) -> None:
    """The hash of text in angle brackets differs from the one of older versions; the claims are the same."""
    await monitor.poll(one_item("The ferry pier is <OPEN> for Halvik.", NOW))
    with monitor.runtime.store.write() as conn:
        conn.execute(update(schema.entries).values(content_hash="of an old version"))

    await monitor.poll(one_item("The ferry pier is <OPEN> for Halvik.", NOW + 1))
    with monitor.runtime.store.read() as conn:
        assert len(conn.execute(select(schema.updates)).all()) == 2
        assert conn.execute(select(schema.alerts)).all() == []

    await monitor.poll(one_item("The ferry pier is <CLOSED> for Halvik.", NOW + 2))
    with monitor.runtime.store.read() as conn:
        assert len(conn.execute(select(schema.alerts)).all()) == 1
