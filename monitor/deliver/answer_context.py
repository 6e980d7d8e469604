"""What a template sees of the two answers to an alert: their links, and the commands that do the same."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.alerts.answer_links import AnswerUrls
from monitor.deliver.sanitize import safe_web_link, sanitize
from monitor.model import Alert


def answer_names(alert: Alert | None, urls: Mapping[str, AnswerUrls]) -> dict[str, str]:
    """Return the links to answer an alert, "" if `urls` has none, and the commands. All are "" for a notice."""
    if alert is None or not alert.findings:
        return dict.fromkeys(("seen_url", "not_news_url", "seen_command", "not_news_command"), "")
    links, alert_id = urls.get(alert.id, AnswerUrls("", "")), sanitize(alert.id)
    return {
        "seen_url": safe_web_link(links.seen),
        "not_news_url": safe_web_link(links.not_news),
        "seen_command": f"monitor ack {alert_id}",
        "not_news_command": f"monitor not-news {alert_id}",
    }
