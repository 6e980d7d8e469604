"""What of an alert can be silenced: its stories, its rule, its source, and that rule for that source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from monitor.deliver.headline import finding_headline
from monitor.deliver.sanitize import sanitize, shorten
from monitor.deliver.template_context import MAX_TITLE_CHARS
from monitor.model import Alert

MAX_OPTIONS_PER_KIND = 30  # stories, rules and sources on a page


@dataclass(frozen=True, slots=True)
class SilenceOption:
    """What a silence would name; `said` is how people know it."""

    label: str
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
    def form_value(self) -> str:
        """What a form calls it."""
        scope = {"story": self.story, "rule": self.rule, "source": self.source}
        return urlencode({name: value for name, value in scope.items() if value})


def silence_options(alerts: Sequence[Alert]) -> tuple[SilenceOption, ...]:
    """What can be silenced of these alerts, the narrowest first; none of what the monitor tells of itself."""
    alerts_with_findings = [alert for alert in alerts if alert.findings]
    return tuple(
        option
        for options_of_kind in (story_options, rule_options, source_options)
        for option in islice(options_of_kind(alerts_with_findings), MAX_OPTIONS_PER_KIND)
    )


def story_options(alerts: Sequence[Alert]) -> Iterator[SilenceOption]:
    """Each story with the news that it was first told with."""
    seen_stories: set[str] = set()
    for alert in alerts:
        for finding in alert.findings:
            story = finding.story or alert.story
            if story not in seen_stories:
                yield SilenceOption(str(finding_headline(finding)), story=story)
            seen_stories.add(story)


def rule_options(alerts: Sequence[Alert]) -> Iterator[SilenceOption]:
    """Each rule, before it the rule for the one source that it is about."""
    titles_by_rule = {alert.rule: alert.title or alert.rule for alert in alerts}
    source_names = {finding.source for alert in alerts for finding in alert.findings}
    for rule, title in titles_by_rule.items():
        label = shorten(sanitize(title), MAX_TITLE_CHARS)
        if len(source_names) == 1:
            source = next(iter(source_names))
            yield SilenceOption(f"{label}, from {sanitize(source)}", rule=rule, source=source)
        yield SilenceOption(label, rule=rule)


def source_options(alerts: Sequence[Alert]) -> Iterator[SilenceOption]:
    """Each source."""
    for name in dict.fromkeys(finding.source for alert in alerts for finding in alert.findings):
        yield SilenceOption(shorten(sanitize(name), MAX_TITLE_CHARS), source=name)
