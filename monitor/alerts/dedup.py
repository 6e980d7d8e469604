"""How alerted claims are remembered, so that a rule does not alert on them again."""

from __future__ import annotations

from monitor.model import Alert, Finding, Novelty


def can_be_duplicate(finding: Finding) -> bool:
    """Return whether the finding may duplicate an alerted one.

    News about a subject of its own may not, even in the same words: a level that rose, fell and rose again is news.
    """
    return finding.same_words_elsewhere or bool(finding.bundle) or finding.novelty is Novelty.WITHDRAWN


def dedup_key(bundle: str, story: str, novelty: Novelty, text: str) -> tuple[str, str]:
    """Return the scope and the key under which an alerted claim is remembered: its bundle, or its story and words.

    A claim and its withdrawal have different keys.
    """
    if bundle:
        return bundle, bundle
    return story, f"{novelty}: {text}" if novelty is Novelty.WITHDRAWN else text


def dedup_keys(alert: Alert) -> set[tuple[str, str]]:
    """Return the `dedup_key` of each finding of an alert, and those of the claims of other sources merged into it."""
    merged = {(prior.story or alert.story, prior.text) for f in alert.findings for prior in f.also_said_by}
    return merged | {dedup_key(f.bundle, f.story or alert.story, f.novelty, f.claim) for f in alert.findings}
