"""Does parsing the unknown items of a feed alone give what parsing all of it gives? Over captured feeds.

    python benchmarks/feeds_parts.py --data DIR [--rounds 3]

DIR holds *.tar.xz archives of feed files, as for feeds_corpus.py. Feeds whose heads are the same swap items: feeds of
two to eight of them are read, then some more are mixed in and only these are parsed. Prints how many such feeds were
cut, found separable and compared, and names those that differ, which must be none; exits 1 if there are.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import warnings
from collections import Counter, defaultdict
from itertools import count
from pathlib import Path

from feeds_corpus import files

from monitor.errors import ParseError
from monitor.sources.cut import Cut, cut
from monitor.sources.feed import Feed, parse_feed

XML = "application/xml"
SPACE = re.compile(rb"\s+|<!--.*?-->", re.DOTALL)
FRESH = count()


def parsed(body: bytes) -> Feed | None:
    try:
        return parse_feed(body, XML, "https://feeds.example/feed.xml")
    except ParseError:
        return None


def with_own_id(item: bytes) -> bytes:
    """The item with an id that no other has."""
    tag, end = (b"guid" if item.startswith(b"<item") else b"id"), item.rindex(b"</")
    return item[:end] + b"<%s>urn:item:%d</%s>" % (tag, next(FRESH), tag) + item[end:]


def compared(frame: Cut, pool: list[tuple[str, bytes]], chance: random.Random) -> str:
    """What became of one feed of items that were chosen by chance, and of its next version."""
    chosen = chance.sample(pool, min(len(pool), chance.randint(2, 8)))
    old = [item for _, item in chosen]
    before = cut(frame.of(old), XML)
    first = parsed(frame.of(old)) if before else None
    if not before or not first:
        return "whole"
    if not first.separable or len(first.entries) != len(before.items):
        return "not separable"
    known = dict(zip(before.marks(), first.entries, strict=True))
    new = old + [item for _, item in chance.sample(pool, min(len(pool), 3))]
    chance.shuffle(new)
    after = cut(frame.of(new), XML)
    if not after or after.frame() != before.frame():
        return "whole"
    marks = after.marks()
    unseen = [item for mark, item in zip(marks, after.items, strict=True) if mark not in known]
    part, whole = parsed(after.of(unseen)), parsed(frame.of(new))
    if not part or not part.separable or len(part.entries) != len(unseen):
        return "not separable"
    left = iter(part.entries)
    entries = tuple(known.get(mark) or next(left) for mark in marks)
    return "alike" if whole and whole.entries == entries else "DIFFERS: " + ", ".join(name for name, _ in chosen)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--rounds", type=int, default=3, help="feeds for each that was captured")
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    alike: dict[tuple[bytes, bytes], list[tuple[str, Cut]]] = defaultdict(list)
    for _, path, body in files(chosen.data):
        if found := cut(body, XML):
            alike[SPACE.sub(b"", found.head), SPACE.sub(b"", found.foot)].append((path, found))
    chance, ends = random.Random(1), Counter[str]()
    for feeds in alike.values():
        frame = feeds[0][1]
        pool = [(path, with_own_id(item)) for path, one in feeds for item in one.items]
        if len(pool) > 3:
            ends.update(compared(frame, pool, chance) for _ in range(chosen.rounds * len(feeds)))
    for end, times in ends.most_common():
        print(f"{times:>6} {end}")
    return any(end.startswith("DIFFERS") for end in ends)


if __name__ == "__main__":
    sys.exit(main())
