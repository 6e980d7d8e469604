"""The silences that can be created from alerts: by story, rule, source, or rule and source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from monitor.deliver.finding_context import MAX_TITLE_CHARS
from monitor.deliver.headline import finding_headline
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Alert

MAX_OPTIONS_PER_KIND = 30


@dataclass(frozen=True, slots=True)
class SilenceOption:
    """The scope of a possible silence; `label` describes it to people."""

    label: str
    story: str | None = None
    rule: str | None = None
    source: str | None = None

    @property
    def kind(self) -> str:
        """The kind shown before the label."""
        if self.rule and self.source:
            return "rule and source"
        return "story" if self.story else "rule" if self.rule else "source"

    @property
    def form_value(self) -> str:
        """The value of its radio button, such as `rule=x&source=y`."""
        scope = {"story": self.story, "rule": self.rule, "source": self.source}
        return urlencode({name: value for name, value in scope.items() if value})


def silence_options(alerts: Sequence[Alert]) -> tuple[SilenceOption, ...]:
    """Return the options for these alerts, narrowest first; none for the monitor's own notices."""
    alerts_with_findings = [alert for alert in alerts if alert.findings]
    return tuple(
        option
        for options_of_kind in (story_options, rule_options, source_options)
        for option in islice(options_of_kind(alerts_with_findings), MAX_OPTIONS_PER_KIND)
    )


def story_options(alerts: Sequence[Alert]) -> Iterator[SilenceOption]:
    """Yield an option per story, labeled with the headline of its first finding."""
    seen_stories: set[str] = set()
    for alert in alerts:
        for finding in alert.findings:
            story = finding.story or alert.story
            if story not in seen_stories:
                yield SilenceOption(str(finding_headline(finding, alert.title)), story=story)
            seen_stories.add(story)


def rule_options(alerts: Sequence[Alert]) -> Iterator[SilenceOption]:
    """Yield an option per rule, preceded by the rule for the source if there is only one."""
    titles_by_rule = {alert.rule: alert.title or alert.rule for alert in alerts}
    source_names = {finding.source for alert in alerts for finding in alert.findings}
    for rule, title in titles_by_rule.items():
        label = shorten(sanitize(title), MAX_TITLE_CHARS)
        if len(source_names) == 1:
            source = next(iter(source_names))
            yield SilenceOption(f"{label}, from {sanitize(source)}", rule=rule, source=source)
        yield SilenceOption(label, rule=rule)


def source_options(alerts: Sequence[Alert]) -> Iterator[SilenceOption]:
    for name in dict.fromkeys(finding.source for alert in alerts for finding in alert.findings):
        yield SilenceOption(shorten(sanitize(name), MAX_TITLE_CHARS), source=name)
