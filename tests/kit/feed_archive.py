"""An archive of feeds over some days: what each of four sources published, one source at a time.

A step is at one moment, and changes the feed of one source: when several change at once, the order in which they are
polled decides what is new.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kit.servers import Bulletin
from monitor.sources.parse.feed import parse_feed
from monitor.sources.parse.identity import content_hash, oldest_first

START = datetime(2026, 3, 2, 6, tzinfo=UTC).timestamp()
HOUR = 3600.0
SOURCES = ("wire", "press", "agency", "radio")
FEED_URL = "https://{source}.example/feed"

RULES = {
    "ferries": "name: ferries\ntitle: Ferries\nmatch: ferr*\nthrottle: 1 per 12h\n",
    "figures": "name: figures\ntitle: Passengers\nmatch: passenger* > 100\nseverity: high\n",
    "withdrawn": "name: withdrawn\ntitle: Taken back\nmatch: strike* OR bridge*\non: [changed, withdrawn]\n",
    "confirmed": "name: confirmed\ntitle: Dam\nmatch: dam OR reservoir\ncorroboration: 2\n",
    "unconfirmed": "name: unconfirmed\ntitle: Dam reports\nmatch: dam\ncorroboration: 2\nunconfirmed: low\n",
    "recalls": "name: recalls\ntitle: Many recalls\nmatch: recall*\ncount: 3 per 1d\n",
    "by-source": "name: by-source\ntitle: Recalls of one source\nmatch: recall*\ncount: 2 per 2d\nby: source\n",
    "silence": "name: silence\ntitle: No ferry news\nmatch: ferr*\nabsent: 30h\n",
    "everything": 'name: everything\nmatch: "*"\non: [new, changed, withdrawn]\nsources: [wire, press, radio]\n',
    "inhibitor": "name: inhibitor\ntitle: Storm\nmatch: storm\nseverity: critical\ninhibits: [everything]\n",
}


@dataclass(frozen=True)
class Step:
    """`source` publishes these versions of entries, `hours_later` than the step before.

    An entry is its key, title and paragraphs; without paragraphs it leaves the feed.
    """

    hours_later: float
    source: str
    entries: tuple[tuple[str, str, tuple[str, ...]], ...]


def say(hours_later: float, source: str, key: str, title: str, *paragraphs: str) -> Step:
    return Step(hours_later, source, ((key, title, paragraphs),))


FERRY = "The ferry Aurora ran aground off Brevik with 140 passengers aboard."
FERRY_TOLL = "Nine passengers were taken to the hospital of Brevik."
DAM = "Engineers found two cracks in the Corda dam on Monday."
STRIKE = "Bakers in Delmar will go on strike from Thursday."
RECALL = "Halden Foods recalls 3,000 jars of mustard because of glass."
NEWS: tuple[Step, ...] = (
    say(1.0, "wire", "w1", "Ferry aground off Brevik", FERRY, FERRY_TOLL),
    say(0.5, "press", "p1", "Aurora hits a reef", "The Aurora, a ferry with 140 passengers, ran aground off Brevik."),
    say(0.5, "radio", "r1", "Morning news", FERRY, "Fog is expected to lift by noon.", DAM),
    say(
        1.0,
        "wire",
        "w1",
        "Ferry aground off Brevik",
        FERRY,
        "Eleven passengers were taken to the hospital of Brevik.",
    ),
    say(2.0, "agency", "a1", "Cracks in the Corda dam", DAM, "The reservoir is being lowered by three metres."),
    say(
        1.0,
        "press",
        "p2",
        "Dam at Corda cracked",
        "Two cracks were found in the Corda dam.",
        "No village is evacuated.",
    ),
    say(1.0, "wire", "w2", "Bakers to strike", STRIKE, "The union asks for 6 percent more pay."),
    say(0.2, "press", "p3", "Bread may be scarce", "Bakers in Delmar go on strike from Thursday, their union says."),
    say(3.0, "wire", "w2", "Bakers to strike", STRIKE, "The union asks for 8 percent more pay."),
    say(5.0, "agency", "a2", "Mustard recalled", RECALL),
    say(1.0, "agency", "a3", "Prams recalled", "Little Wheels recalls 450 prams whose brakes fail."),
    say(0.5, "press", "p4", "Heaters recalled", "Norvik recalls 12,000 heaters after four fires."),
    say(0.5, "radio", "r2", "Evening news", RECALL, FERRY, "The Aurora was towed to Brevik at 16:00."),
    say(8.0, "wire", "w1", "Ferry aground off Brevik", FERRY),
    say(
        1.0, "press", "p1", "Correction: Aurora hits a reef", "The Aurora, a ferry with 114 passengers, ran aground."
    ),
    say(2.0, "radio", "r1", "Morning news", "Fog is expected to lift by noon.", DAM),
    say(4.0, "agency", "a1", "Cracks in the Corda dam", "Engineers found five cracks in the Corda dam on Monday."),
    say(
        0.4, "wire", "w3", "Corda dam", "Engineers found five cracks in the Corda dam.", "Marrow is being evacuated."
    ),
    say(
        0.4, "press", "p2", "Dam at Corda cracked", "Five cracks were found in the Corda dam.", "Marrow is evacuated."
    ),
    Step(
        3.0,
        "radio",
        (
            ("r3", "Noon news", (STRIKE, "A storm with gusts of 120 km/h reaches Garnet tonight.")),
            ("r4", "Sports", ("Esker beat Fallow 3-1.", "The cup final is played on Sunday.")),
            ("r5", "Weather", ("A storm with gusts of 120 km/h reaches Garnet tonight.", "Schools in Garnet close.")),
        ),
    ),
    say(
        1.0,
        "wire",
        "w4",
        "Storm over Garnet",
        "A storm reached Garnet with gusts of 140 km/h.",
        "Schools are closed.",
    ),
    say(
        6.0,
        "press",
        "p5",
        "Strike called off",
        "Bakers in Delmar called off their strike.",
        "They get 7 percent more.",
    ),
    say(0.5, "wire", "w2", "Strike of bakers called off", "Bakers in Delmar will not go on strike from Thursday."),
    say(20.0, "agency", "a2", "Mustard recalled", RECALL.replace("3,000", "30,000"), "Jars of 2025 are affected."),
    say(1.0, "agency", "a4", "Ladders recalled", "Steig recalls 900 ladders that may bend.", FERRY),
    Step(
        2.0,
        "press",
        (("p4", "", ()), ("p4b", "Heaters recalled", ("Norvik recalls 12,000 heaters after four fires.",))),
    ),
    say(
        40.0, "radio", "r6", "Morning news", "The ferry Borealis sails again.", "The Corda dam holds, engineers say."
    ),
    say(1.0, "wire", "w5", "Bridge of Istra closed", "The bridge of Istra is closed after a lorry hit it."),
    say(2.0, "wire", "w5", "Bridge of Istra open again", "The bridge of Istra is open again."),
    say(
        9.0,
        "press",
        "p6",
        "Bridge closed",
        "The bridge of Istra is closed after a lorry hit it.",
        "Buses take a detour.",
    ),
    say(3.0, "press", "p6", "Bridge closed", "Buses take a detour."),
    say(
        30.0,
        "agency",
        "a5",
        "Inquiry into the Aurora",
        "The captain of the ferry Aurora was asleep, investigators say.",
    ),
    say(5.0, "radio", "r7", "Evening news", "The captain of the ferry Aurora was not asleep, his lawyer says."),
    say(14.0, "wire", "w6", "Aurora inquiry", "Investigators say that the captain of the ferry Aurora was asleep."),
)


PLACES = "Alden Brevik Corda Delmar Esker Fallow Garnet Hollin Istra Jarrow".split()
PATTERNS = (
    "The ferry {place} ran aground with {number} passengers aboard.",
    "{number} passengers of the ferry {place} were brought ashore.",
    "Engineers found {small} cracks in the {place} dam.",
    "The {place} dam has {small} cracks, engineers say.",
    "{place} Foods recalls {number} jars of mustard.",
    "Workers in {place} will strike for {small} days.",
    "Workers in {place} will not strike for {small} days.",
    "A storm reached {place} with gusts of {number} km/h.",
    "The bridge of {place} is closed for {small} weeks.",
    "The bridge of {place} is open again.",
)


def random_news(seed: int, steps: int = 60) -> tuple[Step, ...]:
    """Return steps in which sources repeat each other, and correct, extend and shorten their entries."""
    rng = random.Random(seed)
    texts_by_entry: dict[tuple[str, str], tuple[str, ...]] = {}

    def sentence() -> str:
        if texts_by_entry and rng.random() < 0.4:
            return rng.choice(rng.choice(list(texts_by_entry.values())))
        pattern, place = rng.choice(PATTERNS), rng.choice(PLACES)
        return pattern.format(place=place, number=rng.choice([40, 95, 120, 230]), small=rng.choice([2, 3, 5]))

    def next_step() -> Step:
        source, entries = rng.choice(SOURCES), []
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            known = [key for key in texts_by_entry if key[0] == source]
            key = rng.choice(known) if known and rng.random() < 0.4 else (source, f"{source[0]}{len(texts_by_entry)}")
            kept = [text for text in texts_by_entry.get(key, ()) if rng.random() < 0.7]
            texts = tuple(dict.fromkeys([*kept, *(sentence() for _ in range(rng.choice([0, 1, 2])))]))
            texts_by_entry[key] = texts or (sentence(),)
            entries.append((key[1], f"Report {key[1]}", texts_by_entry[key]))
        return Step(rng.choice([0.2, 1.0, 1.0, 3.0, 9.0, 33.0]), source, tuple(entries))

    return tuple(next_step() for _ in range(steps))


def feed_states(news: Sequence[Step]) -> Iterator[tuple[float, str, bytes]]:
    """Yield the moment, the source and the feed that it serves from then on, for each step that changes a feed."""
    bulletins: dict[str, dict[str, Bulletin]] = {source: {} for source in SOURCES}
    now, served = START, dict.fromkeys(SOURCES, b"")
    for step in news:
        now += step.hours_later * HOUR
        for key, title, paragraphs in step.entries:
            body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
            bulletins[step.source][key] = Bulletin(key, title, body, link=f"https://{step.source}.example/{key}")
            if not paragraphs:
                del bulletins[step.source][key]
        feed = rss(bulletins[step.source].values())
        if feed != served[step.source]:
            served[step.source] = feed
            yield now, step.source, feed


def rss(bulletins: Iterable[Bulletin]) -> bytes:
    """Return a feed, newest entry first."""
    items = "".join(bulletin.rss() for bulletin in reversed(list(bulletins)))
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


def replay_lines(news: Sequence[Step]) -> Iterator[str]:
    """Yield the lines of `monitor replay`: what each state of a feed has that the one before had not."""
    current: dict[tuple[str, str], str] = {}
    for now, source, feed in feed_states(news):
        parsed = parse_feed(feed, "application/rss+xml", FEED_URL.format(source=source))
        for entry in oldest_first(parsed.entries):
            if current.get((source, entry.key)) == (digest := content_hash(entry)):
                continue
            current[source, entry.key] = digest
            line = {
                "source": source,
                "entry": entry.key,
                "title": entry.title,
                "url": entry.url,
                "text": entry.body,
            }
            yield json.dumps({"at": datetime.fromtimestamp(now, UTC).isoformat(), **line})
