"""Makes the database of `store_v0.1.sql` with version 0.1: ten days of invented news, taken in by its own daemon.

    cd CHECKOUT-OF-VERSION-0.1 && PYTHONPATH=tests .venv/bin/python PATH/TO/make.py [--golden-only]

The clock is moved by hand, every random number is one half, and no network is used: a shelf of bodies answers for
every source, and a post office for every channel. The same version always makes the same dump. The config and the
rules beside this file are those that the database ends with; the first days run with some others.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import io
import json
import logging
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import structlog

from monitor.cli.frame import run
from monitor.config.file import read_config
from monitor.daemon import Daemon, prepare
from monitor.deliver.channels import Receipt
from monitor.deliver.render import Rendered
from monitor.engine import open_engine
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.reload import take_up
from monitor.sources.failures import refusal
from monitor.sources.fetch import Fetched, Request
from monitor.store import index, open_store, outbox

HERE = Path(__file__).parent
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0
TEST = "test_old_database.py"
GOING_ON = ("wire", "daily", "herald")  # the sources that the test goes on with

EARLY_RULES = """
rules:
  - name: storms
    title: Storms
    match: storm*
    throttle: 1 per 6h
    notify: [desk]
  - name: gales
    title: Gales
    match: gale*
    corroboration: 2
    notify: [desk]
"""
LATE_RULES = """
rules:
  - name: fogs
    title: Fogs
    match: fog*
    corroboration: 2
    notify: [desk]
  - name: hails
    title: Hails
    match: hail*
    throttle: 1 per 12h
    notify: [desk]
"""
LEAFLET = '\n[[sources]]\nname = "leaflet"\nurl = "https://leaflet.example/feed.xml"\n'


@dataclass
class Shelf:
    """Answers for every source: a body with an ETag, or a refusal."""

    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    async def fetch(self, request: Request, *_: object) -> Fetched:
        url = request.url
        if url in self.refused:
            raise refusal(self.refused[url], {}, httpx.URL(url), 0.0, stripped=False)
        content_type, body = self.bodies[url]
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        if request.etag == etag:
            return Fetched(304, url, None, content_type, etag, None, None)
        return Fetched(200, url, body, content_type, etag, "Thu, 01 Jan 2026 00:00:00 GMT", None)

    def is_polite_to(self, host: str) -> bool:
        return True

    async def close(self) -> None:
        pass


@dataclass
class PostOffice:
    """Takes the messages of one channel, or does with them what `answers` says for it."""

    channel: str
    answers: dict[str, Callable[[Message], Receipt]]

    async def send(self, message: Message, rendered: Rendered) -> Receipt:
        answer = self.answers.get(self.channel)
        return answer(message) if answer else Receipt(f"{self.channel} took it")

    async def close(self) -> None:
        pass


@dataclass
class Item:
    """An item of a feed; `at` is when it was published."""

    key: str
    title: str
    text: str = ""
    at: float | None = None
    author: str = ""
    tags: tuple[str, ...] = ()

    def rss(self) -> str:
        dated = "" if self.at is None else datetime.fromtimestamp(self.at, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return (
            f"<item><guid isPermaLink='false'>{escape(self.key)}</guid><title>{escape(self.title)}</title>"
            f"<link>https://news.example/{self.key}</link><description>{escape(self.text)}</description>"
            + (f"<pubDate>{dated}</pubDate>" if dated else "")
            + (f"<author>{escape(self.author)}</author>" if self.author else "")
            + "".join(f"<category>{escape(tag)}</category>" for tag in self.tags)
            + "</item>"
        )


@dataclass
class Maker:
    """The folder, the clock, and what the sources show and the channels answer; `feeds` by source."""

    folder: Path
    now: float = START
    shelf: Shelf = field(default_factory=Shelf)
    feeds: dict[str, list[Item]] = field(default_factory=dict)
    answers: dict[str, Callable[[Message], Receipt]] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def at(self, day: float, hour: float) -> None:
        """Moves the clock."""
        moment = START + day * DAY + hour * HOUR
        assert moment > self.now or moment == START, "the clock goes forward only"
        self.now = moment

    def url(self, source: str) -> str:
        config = read_config(self.config, env={})
        return next(one.url for one in config.sources if one.name == source)

    def feed(self, source: str, *items: Item) -> None:
        """Puts items into a feed: a key that is there already is edited in its place."""
        feed = self.feeds.setdefault(source, [])
        for item in items:
            keys = [one.key for one in feed]
            if item.key in keys:
                feed[keys.index(item.key)] = item
            else:
                feed.insert(0, item)
        body = f"<rss version='2.0'><channel><title>{source}</title>{''.join(i.rss() for i in feed)}</channel></rss>"
        self.shelf.bodies[self.url(source)] = ("application/rss+xml", body.encode())

    def page(self, *lines: str) -> None:
        said = "".join(f"<p>{line}</p>" for line in lines)
        body = f"<html><title>Today in Ostrel</title><body><main>{said}</main></body></html>"
        self.shelf.bodies[self.url("board")] = ("text/html", body.encode())

    def berths(self, prefix: str) -> None:
        berths = [
            {
                "id": f"{prefix}{n}",
                "name": f"Berth {n}",
                "note": f"Berth {n} takes barges of {n + 3} metres in width.",
            }
            for n in range(1, 7)
        ]
        self.shelf.bodies[self.url("berths")] = ("application/json", json.dumps({"berths": berths}).encode())

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[Daemon]:
        """One life of the daemon."""
        async with open_engine(read_config(self.config, env={}), clock=lambda: self.now) as engine:
            await engine.fetcher.close()
            engine.fetcher = engine.robots = self.shelf  # type: ignore[assignment]
            engine.notifiers = {name: PostOffice(name, self.answers) for name in engine.config.channels}  # type: ignore[misc]
            await engine.in_store(prepare, engine)
            yield Daemon(engine)

    async def lives(self, *polled: str, deliver: bool = True) -> None:
        """Looks back, polls these sources one after the other, lets go what is due, and delivers."""
        async with self.daemon() as daemon:
            await daemon.look_back()
            for source in polled:
                daemon.start_polls(await daemon.lease([source]))
                await daemon.finish()
            await daemon.release_due()
            await daemon.tend()
            if deliver:
                for _ in range(2):
                    await daemon.deliver_due()
                    await daemon.finish()

    def command(self, *words: str) -> str:
        """What a command prints, at the moment of the clock."""
        with stopped_clock(self.now), contextlib.redirect_stdout(io.StringIO()) as out:
            code = run([*words, "-c", str(self.config)])
        assert code == 0, (words, code, out.getvalue())
        return out.getvalue()

    def alert(self, rule: str, nth: int = 0) -> dict[str, str]:
        """The newest alert of a rule, or an earlier one."""
        found: dict[str, str] = json.loads(self.command("alerts", "--rule", rule, "--json"))[nth]
        return found


@contextmanager
def stopped_clock(now: float) -> Iterator[None]:
    """Commands read the wall clock: here it shows this moment."""
    real = time.time
    time.time = lambda: now
    try:
        yield
    finally:
        time.time = real


def out_of_reach(_: Message) -> Receipt:
    raise DeliveryError("flaky.example refuses the connection", unreached=True)


def refused_for_good(_: Message) -> Receipt:
    raise DeliveryError("webhook answered 404", permanent=True)


def thread(message: Message) -> Receipt:
    if message.first is not None:
        return Receipt("Slack put it into the story's thread")
    return Receipt("Slack posted it", handle=f"C1:{int(message.created)}.5")


def for_some(_: Message) -> Receipt:
    refused = {"ben@desk.example": "450 come back later", "cid@desk.example": "550 no such user"}
    return Receipt("mail.example took it: 250 kept", refused, later=("ben@desk.example",))


LINES = [f"Line {n} of the trams leaves the square at {n} o'clock." for n in range(5, 12)]
BRIDGE = "The swing bridge at Ostrel is closed to lorries."
REPORT = (
    "<h2>Upper valley</h2><ul><li>The ice on Lake Norrin carries sledges again.</li>"
    "<li>Two snow ploughs reached Hask.</li></ul>"
    "<table><tr><td>Pass</td><td>Closed</td></tr></table><p>What is known about the avalanche?</p><p>Read more</p>"
)
BULLETINS = (
    "an anchor was auctioned for 70 crowns",
    "painters gave the beacon a yellow coat",
    "frost halted the cable car",
    "derrick seven retires in spring",
    "sea water flooded an engine room",
    "lightning struck a flagpole",
    "prams get a wider gangway",
    "two tugs collided in thick fog",
    "the school receives an icebox",
    "carpenters replace rotten planks",
    "a schooner gets a new keel",
)


async def days(m: Maker) -> None:
    """Ten days of news."""
    rules = m.folder / "rules"
    final = {path.name: path.read_text() for path in (m.config, rules / "port.yaml", rules / "town.yaml")}
    m.config.write_text(final["config.toml"].replace('name = "daily"', 'name = "morning-daily"') + LEAFLET)
    (rules / "early.yaml").write_text(EARLY_RULES)
    (rules / "late.yaml").write_text(LATE_RULES)
    (rules / "port.yaml").write_text(final["port.yaml"].replace("name: ferries\n", "name: ferry-watch\n"))
    before_museum, _, rest = final["town.yaml"].partition("  - name: archive")
    (rules / "town.yaml").write_text(before_museum + "  - name: asleep" + rest.partition("  - name: asleep")[2])
    m.answers |= {"chat": thread, "flaky": out_of_reach, "broken": refused_for_good}
    await first_days(m)

    # Day 3: the rules of storms and gales go; a rule and a source get other names; the museum is not asked for yet.
    m.at(3, 8)
    m.config.write_text(final["config.toml"])
    (rules / "early.yaml").unlink()
    (rules / "port.yaml").write_text(final["port.yaml"])
    m.feeds["daily"] = m.feeds.pop("morning-daily")
    m.feed("wire", Item("w5", "The museum in Eddlestow reopens its east wing after repairs"))
    await m.lives("wire", "gazette")
    await middle_days(m)

    # Day 8: the rule about the museum comes and looks back; one source is silent against its habit.
    m.at(8, 9)
    (rules / "town.yaml").write_text(final["town.yaml"])
    await m.lives("gull")

    # Day 9: what is open at the end begins. Two rules go while something waits for each.
    m.at(9, 9)
    m.feed("wire", Item("w13", "Oil has spilled from a pipeline beneath Lake Norrin"))
    m.feed("wire", Item("w14", "Tram drivers in Oldmere begin a strike over night shifts"))
    m.feed("wire", Item("w18", "Fog grounded all balloons above Winterbourne"))
    m.feed("wire", Item("w19", "Hail broke 60 windows in Pellow"))
    await m.lives("wire", "gull")
    m.at(9, 19.5)
    m.feed("wire", Item("w19", "Hail broke 85 windows in Pellow"))
    await m.lives("wire")
    m.at(9, 20)
    (rules / "late.yaml").unlink()
    m.feed("wire", Item("w15", "Turnip prices have halved in the Uskdale villages"))
    await m.lives("wire")
    m.at(9, 21)
    m.feed("herald", Item("h2", "A gardener grew a turnip weighing 9 kilograms"))
    await m.lives("herald")
    await last_hour(m)


async def first_days(m: Maker) -> None:
    """Every source is polled for the first time; some are refused; a ferry, oil, a storm."""
    m.feed("wire", Item("w0", "The ferry Aster leaves Ostrel at noon", "It calls at Marrow and at Kestrel Sound."))
    m.feed("morning-daily", Item("d0", "Snow falls on the upper valley", "Schools stay open."))
    m.feed("herald", Item("h0", "The choir looks for tenors", "It sings on Sundays."))
    tides = [
        Item(f"g{n}", f"Tide table {n} for Kestrel Sound is out", "", START - (25 - 3 * n) * DAY) for n in range(9)
    ]
    m.feed("gull", *tides)
    m.feed("lamp", Item("l0", "The lamp shop has new wicks"))
    m.feed("pump", Item("p0", "Pump two was oiled on Tuesday"))
    m.feed("vault", Item("v0", "The vault opens at ten"))
    m.feed("gazette", Item("z0", "The gazette prints the minutes of the council"))
    m.feed("leaflet", Item("f0", "The leaflet of the week is yellow"))
    m.feed("bursts", *(Item(f"b{n}", f"Notice {n} is on the wall", "", START - DAY + n) for n in range(3)))
    m.feed("void")
    m.page(*LINES, BRIDGE, "Page generated at 2026-01-01 00:00:00")
    m.berths("a")
    m.at(0, 0)
    await m.lives(*(one.name for one in read_config(m.config, env={}).sources))

    # Four sources are refused, again and again; one page tells the time.
    m.shelf.refused |= {m.url("lamp"): 503, m.url("pump"): 503, m.url("vault"): 403, m.url("gazette"): 410}
    for hour in (1, 2, 4, 10):
        m.at(0, hour)
        if hour < 10:
            m.page(*LINES, BRIDGE, f"Page generated at 2026-01-01 {hour:02}:00:00")
        gone = ["gazette"] if hour == 1 else []
        await m.lives("lamp", "pump", *(["vault", "board"] if hour < 10 else []), *gone)

    # Day 1: a ferry, told and then throttled; the page takes something back, twice.
    m.at(1, 9)
    m.feed("wire", Item("w1", "The ferry Aster ran aground off Ostrel with 40 people aboard", "A tug is on its way."))
    m.page(*LINES)
    await m.lives("wire", "lamp", "pump", "gazette", "board")
    m.at(1, 10)
    m.feed("wire", Item("w1", "The ferry Aster ran aground off Ostrel with 95 people aboard", "A tug is on its way."))
    m.page(*LINES, BRIDGE)
    m.berths("b")
    await m.lives("wire", "board", "berths")
    m.at(1, 11)
    m.page(*LINES)
    await m.lives("board")
    m.at(1, 15.5)
    await m.lives()

    # Day 2: the figure again, said by others too; oil that two sources report; two rules that will go.
    m.at(2, 8)
    m.feed(
        "wire", Item("w1", "The ferry Aster ran aground off Ostrel with 130 people aboard", "A tug is on its way.")
    )
    m.feed("wire", Item("w2", "About 300 tonnes of oil spilled from the tanker Corvane near Kestrel Sound"))
    await m.lives("wire")
    m.at(2, 9)
    m.feed("morning-daily", Item("d1", "The ferry Aster ran aground off Ostrel with 130 people aboard"))
    m.feed(
        "morning-daily", Item("d2", "Some 300 tonnes of oil have spilled from the tanker Corvane near Kestrel Sound")
    )
    await m.lives("morning-daily", "gazette")
    m.at(2, 10)
    m.feed("wire", Item("w3", "A storm tore 12 roofs off houses in Brannock"))
    await m.lives("wire")
    m.at(2, 11)
    m.feed("wire", Item("w3", "A storm tore 31 roofs off houses in Brannock"))
    m.feed("wire", Item("w4", "Sailors expect a gale along the Dunfell coast"))
    await m.lives("wire")


async def middle_days(m: Maker) -> None:
    """A source is back, an entry alternates, a figure crosses its limit; silences and answers; a wreck."""
    m.at(4, 9)
    del m.shelf.refused[m.url("pump")]
    m.feed("pump", Item("p1", "Pump three was oiled on Sunday"))
    report = Item(
        "h6", "Takeaways of January 5", REPORT, m.now - HOUR, author="Dora Finch", tags=("weather", "roads")
    )
    m.feed("herald", report)
    await m.lives("lamp", "pump", "herald")
    for hour, colour in ((10, "red"), (11, "blue"), (12, "red"), (13, "blue")):
        m.at(4, hour)
        m.feed("herald", Item("h1", "The town hall is painted", f"The council wants a {colour} front door."))
        await m.lives("herald")
    with_store(m, file_indexes)

    m.at(5, 8)
    for hour, figure in ((8, "900"), (9, "1,400"), (10, "6,200")):
        m.now = START + 5 * DAY + hour * HOUR
        m.feed("wire", Item("w6", f"Around {figure} residents were evacuated from Farrowgate after the flood"))
        await m.lives("wire")
    m.at(5, 12)
    for key, country in (("h7", "Arlia"), ("h8", "Borvia")):
        m.feed(
            "herald",
            Item(key, f"{country}: notes for travellers", "Border posts close at dusk until further notice."),
        )
    await m.lives("herald")

    m.at(6, 8)
    silence = "silence", "add", "--reason"
    m.command(*silence, "dredging goes on all month", "--rule", "harbours", "--for", "30d", "--by", "Ada")
    m.command(*silence, "not our town", "--match", "concert* AND Marrow", "--for", "20d")
    m.command(*silence, "a mistake", "--source", "daily", "--for", "1h")
    m.command("silence", "end", "3")
    m.feed(
        "wire",
        Item("w7", "Dredging of the harbour at Quillon goes on until spring"),
        Item("w8", "A concert in Marrow raised money for the lifeboat"),
        Item("w9", "The Tarn Hollow fair expects 200 visitors"),
        Item("w10", "Herring sells at 14 crowns a crate in Vesper Bay"),
        Item("w11", "A kitten slept in the hat of a customs officer"),
    )
    await m.lives("wire")
    m.at(6, 9)
    fair, fish, ferry, ferry_before = m.alert("fairs"), m.alert("fish"), m.alert("ferries"), m.alert("ferries", 1)
    mute = "--story", fair["story"], "--until-facts-change", "--until", "2026-02-01T00:00Z"
    m.command(*silence, "we go every year", *mute, "--by", "Ben")
    m.command("not-news", fish["id"], "--by", "Cid", "--note", "a price is no news")
    m.command("ack", ferry["id"], "--by", "Ada", "--note", "seen at once")
    m.command("not-news", ferry_before["id"])
    m.command("ack", ferry_before["id"], "--note", "it was news after all")
    m.feed("daily", Item("d3", "Herring sells at 14 crowns a crate in Vesper Bay"))
    m.feed("daily", Item("d4", "The Tarn Hollow fair expects 200 visitors"))
    await m.lives("daily")
    m.at(6, 10)
    m.feed("wire", Item("w9", "The Tarn Hollow fair expects 800 visitors"))
    await m.lives("wire")
    m.command("not-news", m.alert("fairs")["id"], "--by", "Ada")

    m.at(7, 9)
    m.feed("wire", Item("w12", "The wreck of the brig Petrel lies 40 metres deep"))
    await m.lives("wire")


async def last_hour(m: Maker) -> None:
    """What is owed, held and refused when the dump is made."""
    m.at(9, 22)
    m.answers["mail"] = for_some
    m.feed(
        "wire", Item("w1", "The ferry Aster ran aground off Ostrel with 152 people aboard", "A tug is on its way.")
    )
    await m.lives("wire", "lamp")
    m.at(9, 22.5)
    m.feed(
        "wire", Item("w1", "The ferry Aster ran aground off Ostrel with 168 people aboard", "A tug is on its way.")
    )
    m.feed("wire", Item("w6", "Around 7,300 residents were evacuated from Farrowgate after the flood"))
    m.feed("wire", Item("w16", "The paper mill at Hask burned for 2 hours"))
    m.feed("wire", Item("w17", "The lighthouse on Skerry Point went dark after a short circuit"))
    await m.lives("wire")
    m.at(9, 22.6)
    m.feed("wire", Item("w16", "The paper mill at Hask burned for 5 hours"))
    await m.lives("wire")
    m.at(9, 22.75)
    await m.lives()
    m.at(9, 22.755)
    m.feed("herald", Item("h3", "Two lighthouse keepers demand a second rowing boat"))
    m.feed("herald", Item("h4", "A wreck blocks the canal lock near Thornby"))
    m.feed("herald", Item("h5", "The Tarn Hollow fair expects 1,500 visitors"))
    await m.lives("herald", deliver=False)

    # A feed with too much at once, rules that are refused, and a sender that dies.
    m.at(9, 22.76)
    m.feeds["bursts"] = []
    said = [Item(f"c{n}", f"Bulletin: {text}", "", m.now - 600 + n) for n, text in enumerate(BULLETINS)]
    m.feed("bursts", *said)
    await m.lives("bursts", deliver=False)
    broken = m.folder / "rules/broken.yaml"
    async with m.daemon() as daemon:
        broken.write_text("name: broken\ntitle: Not closed\nmatch: (anchor* OR\nsverity: high\n")
        await take_up(daemon.engine, None)
    broken.unlink()
    with_store(m, lambda conn: outbox.lease(conn, "desk", m.now, lease=900.0))


def file_indexes(conn: object) -> None:
    """Files what waits in both indexes; what comes later waits again."""
    index.file(conn, index.CLAIMS)  # type: ignore[arg-type]
    index.file(conn, index.STORIES)  # type: ignore[arg-type]


def with_store(m: Maker, work: Callable[..., object]) -> None:
    """Does something in one transaction of the store."""
    store = open_store(f"sqlite:///{m.folder}/monitor.db", create=False)
    with store.write() as conn:
        work(conn)
    store.close()


def dump(database: Path, to: Path) -> None:
    """Writes the database as SQL text."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        to.write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")


def record() -> None:
    """Writes what this version says of the dump: the values that the test expects."""
    path = next(one for one in (HERE, HERE.parent) if (one / TEST).exists()) / TEST
    spec = importlib.util.spec_from_file_location("test_old_database", path)
    assert spec and spec.loader
    test = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = test
    spec.loader.exec_module(test)
    (HERE / "golden").mkdir(exist_ok=True)
    for name, values in test.recordings():
        text = json.dumps(values, ensure_ascii=False, indent=1)
        (HERE / "golden" / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"wrote golden/{name}.json")


def make() -> None:
    """Lives through the days, and writes the dump and the feeds as they stood in the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(HERE / "config.toml", folder)
        shutil.copytree(HERE / "rules", folder / "rules")
        maker = Maker(folder)
        asyncio.run(days(maker))
        assert (folder / "config.toml").read_text() == (HERE / "config.toml").read_text()
        dump(folder / "monitor.db", HERE / "store_v0.1.sql")
        (HERE / "feeds").mkdir(exist_ok=True)
        for source in GOING_ON:
            (HERE / f"feeds/{source}.xml").write_bytes(maker.shelf.bodies[maker.url(source)][1])
    print(f"wrote store_v0.1.sql; the clock stood at {maker.now:.0f}")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    random.random = lambda: 0.5  # type: ignore[assignment]
    if "--golden-only" not in sys.argv:
        make()
    record()
