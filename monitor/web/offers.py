"""What of an alert can be silenced: its stories, its rule, its source, and that rule for that source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from monitor.deliver.headline import headline
from monitor.deliver.safe import shorten, tame
from monitor.deliver.view import TITLE
from monitor.model import Alert

MOST = 30  # stories, rules and sources on a page


@dataclass(frozen=True, slots=True)
class Offer:
    """What a silence would name; `said` is how people know it."""

    said: str
    story: str | None = None
    rule: str | None = None
    source: str | None = None

    @property
    def kind(self) -> str:
        """What it is, before what it is called."""
        if self.rule and self.source:
            return "rule and source"
        return "story" if self.story else "rule" if self.rule else "source"

    @property
    def key(self) -> str:
        """What a form calls it."""
        named = {"story": self.story, "rule": self.rule, "source": self.source}
        return urlencode({name: value for name, value in named.items() if value})


def offers_of(alerts: Sequence[Alert]) -> tuple[Offer, ...]:
    """What can be silenced of these alerts, the narrowest first; none of what the monitor tells of itself."""
    told = [alert for alert in alerts if alert.findings]
    return tuple(offer for kind in (stories, rules, sources) for offer in islice(kind(told), MOST))


def stories(alerts: Sequence[Alert]) -> Iterator[Offer]:
    """Each story with the news that it was first told with."""
    seen: set[str] = set()
    for alert in alerts:
        for finding in alert.findings:
            story = finding.story or alert.story
            if story not in seen:
                yield Offer(str(headline(finding)), story=story)
            seen.add(story)


def rules(alerts: Sequence[Alert]) -> Iterator[Offer]:
    """Each rule, before it the rule for the one source that it is about."""
    named = {alert.rule: alert.title or alert.rule for alert in alerts}
    heard = {finding.source for alert in alerts for finding in alert.findings}
    for rule, title in named.items():
        said = shorten(tame(title), TITLE)
        if len(heard) == 1:
            source = next(iter(heard))
            yield Offer(f"{said}, from {tame(source)}", rule=rule, source=source)
        yield Offer(said, rule=rule)


def sources(alerts: Sequence[Alert]) -> Iterator[Offer]:
    """Each source."""
    for name in dict.fromkeys(finding.source for alert in alerts for finding in alert.findings):
        yield Offer(shorten(tame(name), TITLE), source=name)
