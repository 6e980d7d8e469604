"""Renders example mails and takes screenshots of them with Chromium, for the docs.

    python benchmarks/screenshots.py --out DIR

Writes one PNG for each mail: light, dark, on a phone (375 px), a follow-up, a digest and a roll.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.alerts.answer_links import answer_urls
from monitor.alerts.ids import group_by_rule
from monitor.deliver.render import load_templates, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.model import (
    Alert,
    AlertFinding,
    Change,
    ChangeKind,
    FigurePoint,
    Message,
    Novelty,
    PriorClaim,
    Reason,
    Severity,
)
from monitor.resources import builtin_path

NOON = 1_796_904_000.0  # 10 December 2026, 12:00 UTC
DAY, HOUR = 86400.0, 3600.0
WEB_URL = "https://claims.example"
DESKTOP, PHONE = 680, 375
DARK = "--blink-settings=preferredColorScheme=0"
numbers = count(1)


def finding(
    claim: str, source: str, before: str = "", change: tuple[str, str] | None = None, **more: object
) -> AlertFinding:
    """Return a finding; with `before` it changed an earlier claim."""
    number = next(numbers)
    prior = PriorClaim(before, source, f"e{number}", NOON - DAY, "st-1", url=f"https://{source}.example/{number - 1}")
    fields = {
        "claim": claim,
        "novelty": Novelty.CHANGED if before else Novelty.NEW,
        "similarity": 88.0,
        "matched": (),
        "source": source,
        "entry": f"e{number}",
        "entry_url": f"https://{source}.example/{number}",
        "published": NOON - HOUR,
        "nearest": prior if before else None,
        "changes": (Change(ChangeKind.NUMBER, *change),) if change else (),
    }
    return AlertFinding(**fields | more)  # type: ignore[arg-type]


def alert(rule: str, title: str, severity: Severity, *findings: AlertFinding, **more: object) -> Alert:
    number = next(numbers)
    first = findings[0]
    reason = f"“{first.matched[0]}” matched rule {rule} in a {first.novelty} claim"
    fields = {
        "id": f"al-{number}",
        "rule": rule,
        "title": title,
        "severity": severity,
        "story": f"st-{number}",
        "reason": reason,
        "url": first.entry_url,
        "at": NOON,
        "findings": findings,
    }
    return Alert(**fields | more)  # type: ignore[arg-type]


def troops(**more: object) -> Alert:
    history = (
        (NOON - 9 * DAY, 1_500.0, "1,500", "wire"),
        (NOON - 6 * DAY, 3_000.0, "around 3,000", "front-report"),
        (NOON, 12_000.0, "up to 12,000", "front-report"),
    )
    return alert(
        "dprk-troops",
        "North Korean troops in Russia",
        Severity.HIGH,
        finding(
            "Up to 12,000 North Korean soldiers are in Kursk Oblast, an intelligence official said.",
            "front-report",
            "Around 3,000 North Korean soldiers are in Kursk Oblast, an intelligence official said.",
            ("Around 3,000", "Up to 12,000"),
            matched=("North Korean", "soldiers"),
            history=tuple(FigurePoint(*point) for point in history),
            also_said_by=(PriorClaim("About 12,000 North Koreans came.", "gazette", "g1", NOON - 2 * HOUR, "st-1"),),
        ),
        **more,
    )


def everyday_alerts() -> list[Alert]:
    return [
        troops(),
        alert(
            "recalls",
            "Vehicle recalls",
            Severity.MEDIUM,
            finding(
                "Norda recalls 145,000 vans because the seat belts may open.",
                "recall-register",
                "Norda recalls 45,000 vans because the seat belts may open.",
                ("45,000", "145,000"),
                matched=("recalls",),
            ),
        ),
        alert(
            "recalls",
            "Vehicle recalls",
            Severity.MEDIUM,
            finding("Selby Motors recalls 900 buses to replace the doors.", "recall-register", matched=("recalls",)),
        ),
        alert(
            "bridges",
            "Bridges and ferries",
            Severity.LOW,
            finding("The Halvik ferry will not run until Friday.", "harbor-news", matched=("ferry",)),
        ),
        alert(
            "bridges",
            "Bridges and ferries",
            Severity.LOW,
            finding(
                "The Ostra bridge is open to cars.",
                "road-notices",
                "The Ostra bridge is closed to cars.",
                matched=("bridge",),
            ),
        ),
    ]


def example_messages() -> dict[str, Message]:
    batch = Message("roll-1", "desk", "roll-1", NOON, group_by_rule(everyday_alerts()))
    follow_up = troops(since_last="Around 3,000 → Up to 12,000")
    first = Message("m1", "desk", "st-1", NOON, (troops(),))
    return {
        "single": first,
        "follow-up": Message("m2", "desk", "st-1", NOON, (follow_up,)),
        "digest": replace(batch, batch_reason=Reason.DIGEST),
        "roll": replace(batch, batch_reason=Reason.FLOOD),
    }


# File name, message, width and height in pixels, Chromium options.
SHOTS: tuple[tuple[str, str, int, int, tuple[str, ...]], ...] = (
    ("alert-email-light.png", "single", DESKTOP, 860, ()),
    ("alert-email-dark.png", "single", DESKTOP, 860, (DARK,)),
    ("alert-email-narrow.png", "single", PHONE, 900, ()),
    ("alert-email-follow-up.png", "follow-up", PHONE, 960, ()),
    ("alert-email-digest.png", "digest", DESKTOP, 1500, ()),
    ("alert-email-roll.png", "roll", PHONE, 1700, ()),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the screenshots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the PNG files")
    options = parser.parse_args(arguments)
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("chromium is not installed")
    templates = load_templates(None, builtin_path("templates"))
    messages = example_messages()
    for name, message_name, width, height, flags in SHOTS:
        message = messages[message_name]
        answers = answer_urls(message, WEB_URL, b"example")
        rendered = render_message(
            message, "email", templates, RenderSettings(ZoneInfo("UTC"), WEB_URL, answers=answers)
        )
        print(name, rendered.subject, sep="\t")
        take_screenshot(browser, rendered.html, options.out / name, width, height, flags)


def take_screenshot(browser: str, html: str, file: Path, width: int, height: int, flags: Sequence[str]) -> None:
    """Show the mail in a frame of this width, because a browser window cannot be as narrow as a phone."""
    frame = (
        f'<body style="margin:0"><iframe style="border:0;width:{width}px;height:{height}px" srcdoc="{escape(html)}">'
    )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<!DOCTYPE html><meta charset="utf-8">{frame}', "utf-8")
        command = [browser, "--headless", "--no-sandbox", "--hide-scrollbars", *flags, f"--screenshot={file}"]
        command += [f"--window-size={width},{height}", f"--user-data-dir={folder}/profile", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main()
