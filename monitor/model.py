"""The vocabulary: one frozen dataclass for each value that passes between stages of the pipeline.

    source ─poll→ Response ─parse→ Entry ─→ Update ─split→ Claim ─compare→ Finding ─match→ Match
                                                      ─decide→ Decision, Alert ─deliver→ Message

A stage returns new values and never changes its input. A `Moment` is in seconds since 1970-01-01 UTC; people read it
as a time in their own time zone. This module imports no I/O library and reads no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from monitor.evidence import Basis, Evidence

Moment: TypeAlias = float
OPEN_DELIVERY_STATES = ("pending", "retrying")  # the other two are sent and dead


class Role(StrEnum):
    """The place of a claim in the layout of its update."""

    TITLE = "title"
    HEADING = "heading"
    BULLET = "bullet"
    ROW = "row"
    SENTENCE = "sentence"


class Noise(StrEnum):
    """Why a claim is never news."""

    SERIES_TITLE = "series title"  # "Takeaways of December 15": the name of a series and a date
    QUESTION = "question"  # "What is known about …?"
    VOLATILE = "volatile"  # "Updated 3 minutes ago", view counts, "Still current at: …"
    BOILERPLATE = "boilerplate"  # "Read more", "Subscribe to our newsletter", a bare link
    BARE_HEADING = "bare heading"  # "Earthquakes": names a topic and says nothing about it


class Novelty(StrEnum):
    """How a claim relates to everything said before it."""

    NEW = "new"  # a fact or an event not said before
    CHANGED = "changed"  # a known fact with another value
    REPEATED = "repeated"  # nothing that was not said before
    WITHDRAWN = "withdrawn"  # the entry no longer says it, and nothing replaced it


class ChangeKind(StrEnum):
    """What differs between two claims."""

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
    """Where the prior claim of a comparison comes from."""

    REVISION = "revision"  # the previous version of the same entry
    ELSEWHERE = "elsewhere"  # another entry or another source


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
    """One item of a source, as parsed.

    `key` identifies the item and survives edits. `body` is HTML or text. `article` is the full text behind a short
    item, in the same formats, if the source's config asks for it. `known_hash` is the content hash of an item whose
    bytes are the same as at the last poll. Such an item is not parsed again, so its content is missing here."""

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
    """One version of an entry: the unit that arrives. `at` is when it was published, else when it was first seen."""

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
    """One title, heading, bullet, table row or sentence: the unit that is compared. `heading` is the nearest heading
    above it, or "". `noise` is why the claim is never news, or None. `continues_paragraph`: the claim before it is in
    the same paragraph or bullet (not stored)."""

    text: str
    role: Role
    heading: str = ""
    noise: Noise | None = None
    continues_paragraph: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two claims. `before` is "" for an addition, `after` is "" for a removal."""

    kind: ChangeKind
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of comparing two claims: new, changed or repeated, the similarity (0-100), the differences, what
    decided, and the words that the earlier claim lacks, if they decided."""

    novelty: Novelty
    similarity: float
    changes: tuple[Change, ...] = ()
    basis: Basis | None = None
    unsaid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorClaim:
    """An earlier claim in the ledger. `title` and `heading`, those of its entry and section, give its subject.
    `withdrawn_at` is when the entry stopped saying it, None while it still does. `url` is where to read it, or ""."""

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
    """A claim with its novelty. `nearest` is the prior claim it was judged by, `changes` the differences from it.

    For a withdrawn finding, `claim` is the old claim. `same_words_elsewhere` marks a claim made earlier about another
    subject: new, but in the same story. Entries with stories of their own that make one edit share its `bundle`.
    `returned_from` are the entry's words before a repeated claim returned to earlier ones.
    """

    claim: Claim
    novelty: Novelty
    similarity: float
    changes: tuple[Change, ...]
    nearest: PriorClaim | None
    story: str
    same_words_elsewhere: bool = False
    bundle: str = ""
    evidence: Evidence | None = None
    returned_from: str = ""


@dataclass(frozen=True, slots=True)
class TermHit:
    """The words that matched one term of a query: [start, end) in the text of the finding at `finding_index`."""

    finding_index: int
    start: int
    end: int
    words: str
    term: str


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched an update: the indexes of the findings that fire, and the hits that made it match."""

    rule: str
    finding_indexes: tuple[int, ...]
    hits: tuple[TermHit, ...]


class Reason(StrEnum):
    """The outcome of a match. Appears in the log, the store, `explain` and messages."""

    SENT = "sent"
    BASELINE = "baseline"  # the first poll of the source
    ALREADY_ALERTED = "told"  # this rule has alerted on the same words in this story
    THROTTLED = "throttled"
    INHIBITED = "inhibited"  # another rule has alerted on the story
    INACTIVE = "inactive"  # outside the hours of the rule, or after its last day
    AWAITING_CORROBORATION = "awaiting corroboration"
    SILENCED = "silenced"
    MUTED = "muted"  # until the facts change
    NOT_NEWS = "not news"  # a similar alert was answered with "not news"
    BELOW_SEVERITY = "below severity"  # no channel of the rule accepts its severity
    QUIET_HOURS = "quiet hours"
    DIGEST = "digest"
    FLOOD = "flood"
    RULE_REMOVED = "rule gone"  # the rule was removed while the match was held
    COUNTED = "counted"  # by a rule with `count`, which needs more matches
    PRESENT = "present"  # a match of a rule with `absent`, which alerts without one


@dataclass(frozen=True, slots=True)
class FigurePoint:
    """The value of a figure at one moment, with its wording ("up to 12,000") and its source."""

    at: Moment
    value: float
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class AlertFinding:
    """A finding as an alert carries it. `matched` are the words that matched the rule, as written.

    `history` has the values of the figure that changed, oldest first and this one last. `story` is the finding's own;
    it, `entry_title` and `heading` are "" in alerts of old versions. `also_said_by` has the first claim of each other
    independent source, `also_on` other pages with the same edit, both as of when the alert is sent or shown. If the
    sources of the event give different figures, `figures` has that of each.
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
    bundle: str = ""
    also_on: tuple[PriorClaim, ...] = ()
    evidence: Evidence | None = None
    entry_title: str = ""
    heading: str = ""
    figures: tuple[FigurePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A notification for one rule and one story. `findings` are those of one update that fired the rule.

    `since_last` sums up what changed since the rule's last alert on the story, None if that cannot be said briefly.
    `counted` is what a rule with `count` has counted, such as "5 matches since 14:02".
    `confirms` are the ids of the unconfirmed alerts that this one confirms, oldest first.
    """

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
    counted: str = ""
    confirms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one match, with its reason. `alert` is the alert to send, if any.

    `pending_alert` is what a match held for corroboration or by a throttle will send on its release; it may be set
    beside `alert`, which is then marked as unconfirmed. `throttled_until` is when the throttle's window ends.
    `count_key` is what the match counts for; if it completes the count, `counted_since` is when that began."""

    match: Match
    reason: Reason
    detail: str = ""
    alert: Alert | None = None
    pending_alert: Alert | None = None
    throttled_until: Moment | None = None
    count_key: str | None = None
    counted_since: Moment | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One send to a channel, with its alerts, most severe first. Retries keep the `id`.

    `thread` is the story by which mails and posts are threaded. Until `not_before` (None: at once) it is not sent and
    more alerts may join it. `batch_reason` is why alerts of several updates share it, None if they came with one. On
    channels with threads it follows up `reply_to`, and `thread_ref` is the channel's own name for a sent message.
    `remaining_recipients` lack it, None for all. `following_alerts` did not fit and follow in further messages.
    `update` is the new state of an alert that the channel was sent, if the message only updates that.
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
    following_alerts: int = 0
    update: Alert | None = None
