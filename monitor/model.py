"""The vocabulary: one frozen dataclass for each thing that crosses a boundary of the pipeline.

    source ─poll→ Fetched ─parse→ Entry ─→ Update ─split→ Claim ─compare→ Finding ─match→ Match
                                                     ─decide→ Decision, Alert ─deliver→ Message

A moment is a number of seconds since 1970-01-01 UTC; people's time zones appear only when text is rendered.
No stage changes what it was given. Nothing here imports an I/O library or reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Moment: TypeAlias = float


class Role(StrEnum):
    """Where a claim stood in its update."""

    TITLE = "title"
    HEADING = "heading"
    BULLET = "bullet"
    ROW = "row"
    SENTENCE = "sentence"


class Noise(StrEnum):
    """Why a claim can never be news by itself."""

    SERIES_TITLE = "series title"  # "Takeaways of December 15": the name of a series and a date
    QUESTION = "question"  # "What is known about …?"
    VOLATILE = "volatile"  # "Updated 3 minutes ago", view counts, "Still current at: …"
    BOILERPLATE = "boilerplate"  # "Read more", "Subscribe to our newsletter", a bare link
    BARE_HEADING = "bare heading"  # "Earthquakes": names a topic and says nothing of it


class Novelty(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    REPEATED = "repeated"
    WITHDRAWN = "withdrawn"


class ChangeKind(StrEnum):
    """What moved between two claims."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    PLACE = "place"
    NEGATION = "negation"
    CERTAINTY = "certainty"
    SCOPE = "scope"
    ANTONYM = "antonym"
    ADDED = "added"
    REMOVED = "removed"
    WORDING = "wording"


class Relation(StrEnum):
    """How two claims stand to each other: an edit of one entry, or another entry or source."""

    REVISION = "revision"
    ELSEWHERE = "elsewhere"


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a source as parsed. `key` is its identity, which survives edits; `body` is HTML or text, and so is
    `article`, the whole text behind a short item, if it was asked for.

    `known` is the hash of what it says if it was recognised by its bytes: it was not parsed again, and what it says
    is left out."""

    key: str
    title: str
    url: str
    body: str
    author: str = ""
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    article: str = ""
    known_hash: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """One version of an entry: the unit that arrives. `at` is when it was said: published, or first seen."""

    source: str
    entry: str
    at: Moment
    title: str
    url: str
    text: str
    author: str = ""
    tags: tuple[str, ...] = ()
    published: Moment | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One title, heading, bullet, table row or sentence: the unit that is compared.

    `heading` is the nearest heading above it ("" if none); `quiet` says why it is never news, or None.
    """

    text: str
    role: Role
    heading: str = ""
    noise: Noise | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that moved; `before` is "" for what was added, `after` "" for what was removed."""

    kind: ChangeKind
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing two claims says: new, changed or repeated; similarity 0-100; what moved."""

    novelty: Novelty
    similarity: float
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorClaim:
    """An earlier claim: what was said, by which source, in which entry, when, and the story it belongs to.

    `title` is its entry's title and `heading` what it stood under: the subject it was said of. `gone` is when
    the entry stopped saying it, None while it still stands. `url` is where it can be read, "" if nowhere.
    """

    text: str
    source: str
    entry: str
    at: Moment
    story: str
    title: str = ""
    heading: str = ""
    withdrawn_at: Moment | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with its novelty. For a withdrawn one `claim` is the old claim.

    `echo` is true when the same words stood already about another subject: new here, but one story with them.
    """

    claim: Claim
    novelty: Novelty
    similarity: float
    changes: tuple[Change, ...]
    nearest: PriorClaim | None
    story: str
    same_words_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class TermHit:
    """One term of a query and the words that met it: [start, end) in the text of finding number `finding`."""

    finding_index: int
    start: int
    end: int
    words: str
    term: str


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that held: the indexes of the findings that fire, and the words that made it hold."""

    rule: str
    finding_indexes: tuple[int, ...]
    hits: tuple[TermHit, ...]


class Reason(StrEnum):
    """What becomes of a match, and why. Reaches the log, the store, `explain` and the message."""

    SENT = "sent"
    BASELINE = "baseline"  # the source's first poll
    ALREADY_ALERTED = "told"  # this rule has told of the same words in this story
    THROTTLED = "throttled"
    AWAITING_CORROBORATION = "awaiting corroboration"
    SILENCED = "silenced"
    MUTED = "muted"  # until the facts change
    NOT_NEWS = "not news"  # somebody said so of the like
    BELOW_SEVERITY = "below severity"  # no channel of the rule takes what is so light
    QUIET_HOURS = "quiet hours"
    DIGEST = "digest"
    FLOOD = "flood"
    RULE_REMOVED = "rule gone"  # it was held, and its rule runs no more


@dataclass(frozen=True, slots=True)
class Alert:
    """What people are told; belongs to a rule and a story. `findings`: those of one update that fired it."""

    id: str
    rule: str
    title: str
    severity: Severity
    story: str
    reason: str
    url: str
    at: Moment
    findings: tuple[AlertFinding, ...]
    since_last: str | None = None


@dataclass(frozen=True, slots=True)
class FigurePoint:
    """What a figure was at a moment: its value, how it was said ("up to 12,000"), and by which source."""

    at: Moment
    value: float
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class AlertFinding:
    """A finding as an alert carries it: `matched` are the words that met the rule, as they stand.

    `history` is where the figure that moved stood before and stands now, oldest first; empty if none moved. `story`
    is the finding's own, which need not be the alert's; "" in alerts kept before it was. `also_said_by` are the first
    sayings of the other independent sources, as the ledger knows them when the alert is sent or shown.
    """

    claim: str
    novelty: Novelty
    similarity: float
    matched: tuple[str, ...]
    source: str
    entry: str
    entry_url: str
    published: Moment
    nearest: PriorClaim | None
    changes: tuple[Change, ...]
    history: tuple[FigurePoint, ...] = ()
    story: str = ""
    also_said_by: tuple[PriorClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one match: `alert` is set when people are told.

    `waiting` is the alert that a held match (corroboration, throttle) will become, even where it is told as
    unconfirmed; `opens` is when a throttle lets it out.
    """

    match: Match
    reason: Reason
    detail: str = ""
    alert: Alert | None = None
    pending_alert: Alert | None = None
    throttled_until: Moment | None = None


@dataclass(frozen=True, slots=True)
class PendingMatch:
    """A match that was held, as the store kept it: its row, why, and the alert it will become."""

    id: int
    reason: Reason
    alert: Alert


@dataclass(frozen=True, slots=True)
class ReleasedMatches:
    """Held matches that are told of after all, as one alert."""

    match_ids: tuple[int, ...]
    alert: Alert
    detail: str
    reason: Reason = Reason.SENT


@dataclass(frozen=True, slots=True)
class Message:
    """One send to a channel: the alerts it carries, most severe first. `id` is the same on every try.

    `thread` is the story that mails and posts are threaded by. `due` is when it may be sent, None for at once; until
    then alerts can still be gathered into it. `first` is the message that this one follows up, if the channel keeps
    threads; `handle` is what the other side calls a message that it took, by which it can be followed up. `gathers`
    is why its alerts were put together, None if one update brought them. `left_to` are the recipients that have not
    got it yet, None while that is all.
    """

    id: str
    channel: str
    thread: str
    created: Moment
    alerts: tuple[Alert, ...]
    attempt: int = 1
    not_before: Moment | None = None
    thread_ref: str = ""
    reply_to: Message | None = None
    batch_reason: Reason | None = None
    remaining_recipients: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class HealthIssue:
    """What one poll gives cause to tell: the kind of notice, and the sentences that say it."""

    kind: str
    text: str


OPEN_DELIVERY_STATES = ("pending", "retrying")
