"""Measures of the whole pipeline on archived streams."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from agreement import b_cubed
from running import Row, parse_time, read_rows, run_replay

ALERTING_NOVELTIES = ("new", "changed", "withdrawn")
MIN_STORM_COUNTRIES = 8  # a note about at least this many countries is a storm
START = parse_time("2026-01-01")
# The publisher's note of what changed, removed from pages because it is the answer.
CHANGE_NOTE_PATTERN = re.compile(r"^(?:Still current at|Updated|Latest update):\s*\n:.*\n?", re.MULTILINE)
FIGURE_PATTERN = re.compile(r"(\d[\d,. ]*\d|\d)\s*(k\b|thousand|m\b|million)?", re.IGNORECASE)

WORD_PATTERN = re.compile(r"\w+")
MIN_SHARED_WORDS = 0.6  # of the words of two findings of one bundle

Stories = set[str]


def tolls(data: Path, half: str) -> Iterator[tuple[str, float]]:
    """Measure changed tolls in headlines, among all the news of the day."""
    folder = data / "news_stream_2023"
    gold = {row["title"]: row for row in read_rows(folder / f"{half}_toll_items.jsonl")}
    stream = sorted(
        read_rows(next(folder.glob(f"{half}_20*.jsonl.xz"))), key=lambda row: parse_time(row["published"])
    )
    lines = [toll_line(i, row) for i, row in enumerate(stream)]
    toll_of = {line["entry"]: gold[line["title"]] for line in lines if line["title"] in gold}
    output, _ = run_replay(lines)
    is_shown, foreign_joins = check_moved_figures(output, toll_of)
    story = stories_of(output)
    events: dict[str | None, set[str]] = defaultdict(set)
    for entry, row in toll_of.items():
        events[story.get(entry)].add(row["event"])
    yield "tolls: moved figures", len(is_shown)
    yield "tolls: moved figures shown", sum(is_shown) / max(1, len(is_shown))
    yield "tolls: foreign joins", foreign_joins
    yield "tolls: mixed threads", sum(len(mixed) > 1 for mixed in events.values())


def toll_line(i: int, row: Row) -> Row:
    """Return an item of the stream as a line of replay."""
    at, text = parse_time(row["published"]).isoformat(), row["description"] or ""
    head = {"at": at, "source": row["feed"], "entry": f"{row['link']}#{i}"}
    return {**head, "title": row["title"], "url": row["link"], "text": text}


def check_moved_figures(output: Iterable[Row], toll_of: dict[str, Row]) -> tuple[list[bool], int]:
    """Return, for each changed reported toll, whether the new figure was reported; and the number of false joins."""
    is_shown, foreign_joins = [], 0
    for line in output:
        now = toll_of.get(line["entry"]) if line["type"] == "finding" else None
        if now is None or line["claim"] != now["title"] or line["nearest"] is None:
            continue
        before = toll_of.get(line["nearest"]["entry"])
        if not before or before["toll"] == now["toll"] or "reported" not in (now["modality"], before["modality"]):
            continue
        if before["event"] != now["event"]:
            foreign_joins += line["novelty"] != "new"
        elif now["modality"] == "reported":  # a projection does not count
            after = {parse_figure(move["after"]) for move in line["changes"] if move["kind"] == "number"}
            is_shown.append(line["novelty"] == "changed" and now["toll"] in after)
    return is_shown, foreign_joins


def parse_figure(text: str) -> int | None:
    """Return the first number in a text: 25K, 25,000 and 25 thousand are the same."""
    match = FIGURE_PATTERN.search(text)
    if match is None:
        return None
    digits, unit = match[1], (match[2] or "").lower()
    scale = {"": 1, "k": 1000, "thousand": 1000}.get(unit, 1_000_000)
    if scale > 1 and re.fullmatch(r"\d+\.\d+", digits):
        return round(float(digits) * scale)
    return int(re.sub(r"\D", "", digits)) * scale


def stories(data: Path, half: str) -> Iterator[tuple[str, float]]:
    """Measure the clustering of articles and of headlines by event."""
    documents = read_rows(data / "ecbplus" / f"{half}.jsonl")
    yield "ECB+ stories: B³", cluster_score([document_line(i, row) for i, row in enumerate(documents)], documents)
    headlines = sorted(read_rows(data / "uci_news_stories" / f"{half}.jsonl"), key=lambda row: row["time_ms"])
    yield "headlines: B³", cluster_score([headline_line(row) for row in headlines], headlines)


def document_line(i: int, row: Row) -> Row:
    """Return an article as a line of replay; its first sentence is the title. One per minute, from 40 sources."""
    title, *text = [sentence["text"] for sentence in row["sentences"] if not sentence["text"].startswith("http")]
    head = {"at": (START + timedelta(minutes=i)).isoformat(), "source": f"paper{i % 40}"}
    return {**head, "entry": row["id"], "title": title, "url": f"https://example.org/{i}", "text": "\n".join(text)}


def headline_line(row: Row) -> Row:
    at = parse_time("1970-01-01") + timedelta(milliseconds=row["time_ms"])
    head = {"at": at.isoformat(), "source": row["hostname"], "entry": row["id"], "title": row["title"]}
    return {**head, "url": f"https://{row['hostname']}/{row['id']}", "text": ""}


def cluster_score(lines: Sequence[Row], labeled: Sequence[Row]) -> float:
    """Return B-cubed F1 of the program's stories for the lines."""
    output, _ = run_replay(lines)
    return b_cubed({row["id"]: row["story"] for row in labeled}, stories_of(output))


def stories_of(output: Iterable[Row]) -> dict[str, str]:
    """Map each entry to the story of its last update."""
    return {line["entry"]: line["story"] for line in output if line["type"] == "update"}


def advisories(data: Path, half: str) -> Iterator[tuple[str, float]]:
    """Measure news among editorial changes on hundreds of pages: travel advice of two governments over months."""
    folder = data / "travel_advisories_replay"
    files = [folder / f"{half}_{country}_polls.jsonl.xz" for country in ("unitedkingdom", "canada")]
    polls = sorted((poll for file in files for poll in read_rows(file)), key=lambda poll: parse_time(poll["time"]))
    lines = [line for poll in polls for line in page_lines(poll)]
    output, seconds = run_replay(lines)
    stories_by_update = alerting_stories(output, lines)
    news: dict[tuple[object, ...], bool] = defaultdict(bool)
    editorial: dict[tuple[str, str], list[Stories]] = defaultdict(list)
    storms: dict[tuple[str, str, str], list[Stories]] = defaultdict(list)
    for update in read_rows(folder / f"{half}_gold_updates.jsonl"):
        if not update["pages_changed"]:
            continue
        at, source, note = parse_time(update["time"]), update["source"], update["note"]
        update_stories = stories_by_update[at, f"{source}/{update['country']}"]
        storms[update["poll"], source, note].append(update_stories)
        if update["cls"] == "SUBSTANTIVE":  # a note on many countries is one news item: once a week is enough
            news[source, note, at.isocalendar()[:2]] |= bool(update_stories)
        else:
            editorial[update["poll"], source].append(update_stories)
    yield "advisories: news reported", sum(news.values()) / len(news)
    yield "advisories: alerts an editorial update", alerts_per_update(editorial.values())
    yield (
        "advisories: alerts a storm update",
        alerts_per_update([group for group in storms.values() if len(group) >= MIN_STORM_COUNTRIES]),
    )
    yield "advisories: minutes", seconds / 60


def page_lines(poll: Row) -> Iterator[Row]:
    """Yield the pages of one poll as lines of replay; each page is an entry."""
    at = parse_time(poll["time"]).isoformat()
    for document, content in poll["docs"].items():
        for page, text in content["files"].items():
            if text:
                entry = f"{document}#{page}"
                head = {"at": at, "source": document.split("/")[0], "entry": entry, "title": page}
                yield {**head, "url": f"https://example.org/{entry}", "text": CHANGE_NOTE_PATTERN.sub("", text)}


def alerting_stories(output: Iterable[Row], lines: Iterable[Row]) -> dict[tuple[datetime, str], Stories]:
    """Return the alerts of each country's update, by bundle or story; the first version of a page is its baseline.

    Findings of one bundle are one alert if they share most of their words: those with other facts are another
    announcement.
    """
    wordings: dict[tuple[str, str], list[set[str]]] = defaultdict(list)
    first_seen: dict[str, datetime] = {}
    for line in lines:
        first_seen.setdefault(line["entry"], parse_time(line["at"]))
    by_update: dict[tuple[datetime, str], Stories] = defaultdict(set)
    for finding in output:
        if (
            finding["type"] == "finding"
            and finding["novelty"] in ALERTING_NOVELTIES
            and parse_time(finding["at"]) != first_seen[finding["entry"]]
        ):
            alert = finding["story"]
            if finding["bundle"]:
                number = wording_number(wordings[finding["bundle"], finding["at"]], finding["claim"])
                alert = f"{finding['bundle']}/{number}"
            by_update[parse_time(finding["at"]), finding["entry"].split("#")[0]].add(alert)
    return by_update


def wording_number(wordings: list[set[str]], claim: str) -> int:
    """Return the number of the wording that a claim shares most words with; a new one is added to `wordings`."""
    words = set(WORD_PATTERN.findall(claim.casefold()))
    for number, known in enumerate(wordings):
        if len(words & known) >= MIN_SHARED_WORDS * len(words | known):
            return number
    wordings.append(words)
    return len(wordings) - 1


def alerts_per_update(groups: Iterable[Sequence[Stories]]) -> float:
    """Return alerts per update, bundled within a group by update or by story: the smaller number."""
    groups = list(groups)
    alerts = sum(min(len(set().union(*group)), sum(map(bool, group))) for group in groups)
    return alerts / max(1, sum(map(len, groups)))
