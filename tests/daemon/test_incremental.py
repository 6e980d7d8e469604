"""Of a changed feed only what is unseen is parsed; what is stored is what parsing all of it would store."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
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
KEPT = (
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
    """A feed made at a moment, whose items say nothing of when they were."""
    said = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><title>Ferry {number} leaves for {port}</title>"
        f"<link>/ferries/{number}</link>"
        f"<description>{escape(f'<p>It carries {number + 13} lorries to {port}.</p>')}</description></item>\n"
        for number, port in items
    )
    root = "<?xml version='1.0'?>\n<rss version='2.0'><channel><title>Harbour</title>"
    return f"{root}{head}<lastBuildDate>{at}</lastBuildDate>{said}</channel></rss>".encode()


@dataclass
class Harbour:
    """A monitor of one feed that is handed its bodies; `parsed` counts the items that its parser got, by poll."""

    engine: Runtime
    now: float = NOW
    parsed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        parse = self.engine.parser.parse

        async def counting(how: object, body: bytes, *told: object) -> object:
            self.parsed[-1] += body.count(b"<item>")
            return await parse(how, body, *told)  # type: ignore[arg-type]

        self.engine.parser.parse = counting  # type: ignore[assignment,method-assign]

    async def poll(self, body: bytes, url: str = URL) -> int:
        """One poll that brings this body; how many of its items were parsed."""
        self.now += HOUR
        self.parsed.append(0)
        with self.engine.store.read() as conn:
            (row,) = sources.load_sources(conn)
        source = self.engine.sources[row.name]
        fetched = Response(200, url, body, "application/rss+xml", None, None, None)
        await parse_and_ingest(self.engine, PollContext(source, row, self.now, ZoneInfo("UTC"), 0.0), fetched)
        return self.parsed[-1]

    def forget(self) -> None:
        with self.engine.store.write() as conn:
            feed_fingerprints.delete_fingerprint(conn, "harbour")

    def kept(self) -> list[Sequence[Row[tuple[object, ...]]]]:
        """All that is stored of the feed."""
        with self.engine.store.read() as conn:
            return [conn.execute(select(table)).all() for table in KEPT]


@pytest.fixture
async def harbours(tmp_path: Path) -> AsyncIterator[tuple[Harbour, Harbour]]:
    async with AsyncExitStack() as stack:
        opened = []
        for name in ("one", "other"):
            (tmp_path / name / "rules").mkdir(parents=True)
            (tmp_path / name / "rules" / "ferries.yaml").write_text(RULE)
            (tmp_path / name / "config.toml").write_text(CONFIG)
            config = read_config(tmp_path / name / "config.toml", env={})
            engine = await stack.enter_async_context(open_runtime(config, clock=lambda: NOW))
            await engine.run_in_store_thread(prepare_store, engine)
            opened.append(Harbour(engine))
        yield opened[0], opened[1]


@pytest.fixture
async def harbour(harbours: tuple[Harbour, Harbour]) -> Harbour:
    return harbours[0]


ITEMS = list(enumerate(PORTS))


async def test_a_changed_feed_has_only_its_unseen_items_parsed(harbour: Harbour) -> None:
    new, edited = (50, "Skarvik"), (3, "Brevik at noon")

    assert await harbour.poll(feed(ITEMS)) == 10
    assert await harbour.poll(feed([new, *ITEMS])) == 1
    assert await harbour.poll(feed([new, *ITEMS[:3], edited, *ITEMS[4:]])) == 1
    assert await harbour.poll(feed([*reversed(ITEMS), new])) == 1, "what was edited says again what it said"
    assert await harbour.poll(feed([new, *ITEMS[:8]])) == 0
    assert await harbour.poll(feed(ITEMS)) == 2, "what had left is no more known by its bytes"


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_stored_is_what_parsing_all_would_store(harbours: tuple[Harbour, Harbour], seed: int) -> None:
    in_part, whole = harbours
    chance = random.Random(seed)
    items = ITEMS[:8]
    older = list(items)
    for step in range(14):
        whole.forget()
        body = feed(items, at=NOW + step)
        await in_part.poll(body)
        await whole.poll(body)
        assert in_part.kept() == whole.kept()
        match chance.randrange(7):
            case 0:
                items = [*((100 * step + n, chance.choice(PORTS)) for n in range(chance.randrange(9))), *items][:9]
            case 1:
                items = [(number, f"{port} {step}" if chance.random() < 0.4 else port) for number, port in items]
            case 2:
                chance.shuffle(items)
            case 3:
                items, older = older, list(items)  # an older copy
            case 4:
                items = [*items, (items[0][0], "two places")]  # they share an id
            case 5:
                items = [(number + 1000 * step, port) for number, port in items]  # new ids
            case _:
                items = items[2:] or ITEMS[:5]
    assert sum(in_part.parsed) < sum(whole.parsed)


async def test_an_item_that_is_ill_makes_the_whole_feed_be_parsed(harbour: Harbour) -> None:
    await harbour.poll(feed(ITEMS))
    for step in range(2):
        ill = feed([(50, "Skarvik"), *ITEMS], at=NOW + step).replace(b"for Skarvik", b"for Skarvik &nbsp;")
        assert await harbour.poll(ill) == 1 + 11


async def test_another_head_or_address_makes_the_whole_feed_be_parsed(harbour: Harbour) -> None:
    await harbour.poll(feed(ITEMS))

    assert await harbour.poll(feed(ITEMS, head="<atom:link xmlns:atom='http://www.w3.org/2005/Atom'/>")) == 10
    assert await harbour.poll(feed(ITEMS), url="https://www.harbour.example/feed.xml") == 10
    assert await harbour.poll(feed(ITEMS, at=NOW + 1), url="https://www.harbour.example/feed.xml") == 0


async def test_a_feed_of_shared_ids_is_parsed_whole(harbour: Harbour) -> None:
    shared = [*ITEMS, (0, "two places")]
    await harbour.poll(feed(shared))

    assert await harbour.poll(feed(shared, at=NOW + 1)) == 11
    assert await harbour.poll(feed(ITEMS)) == 10
    assert await harbour.poll(feed(shared)) == 1 + 11


async def test_what_the_store_does_not_have_is_parsed_again(harbour: Harbour) -> None:
    await harbour.poll(feed(ITEMS))
    with harbour.engine.store.write() as conn:
        conn.execute(update(schema.entries).where(schema.entries.c.key == "3").values(content_hash="another"))

    assert await harbour.poll(feed(ITEMS, at=NOW + 1)) == 10
    assert await harbour.poll(feed(ITEMS, at=NOW + 2)) == 0
    with harbour.engine.store.read() as conn:
        again = conn.scalars(select(schema.updates.c.title).order_by(schema.updates.c.id)).all()[10:]
    assert again == ["Ferry 3 leaves for Brevik"]
