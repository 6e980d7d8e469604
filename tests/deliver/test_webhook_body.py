"""Templates of webhooks: values print as JSON, and a template that fails is replaced by the default body."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.delivery import (
    NOON,
    TEMPLATES_FOLDER,
    builtin_templates,
    make_alert,
    make_alert_finding,
    make_message,
    make_prior_claim,
)

from monitor.alerts.answer_links import AnswerUrls
from monitor.deliver.json_check import json_error
from monitor.deliver.render import RenderedMessage, check_templates, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sample_message import sample_message
from monitor.deliver.webhook_payload import MAX_POST_ALERTS, split_into_posts, webhook_payload
from monitor.model import Message

UTC = ZoneInfo("UTC")
HOSTILE_TEXT = 'He said "no"\\, {{ 7 }} </script>, "x": [1, 2]} кінець 🚢'


def render(folder: Path, text: str, message: Message | None = None, name: str = "webhook.json.j2") -> RenderedMessage:
    (folder / name).write_text(text)
    template = name.removesuffix("webhook.json.j2").rstrip(".") or None
    return render_message(
        message or make_message(), "webhook", builtin_templates(folder), RenderSettings(UTC, template=template)
    )


def printed(folder: Path, text: str, message: Message | None = None) -> Any:
    rendered = render(folder, text, message)
    assert rendered.note is None
    return json.loads(rendered.body)


def default_body(message: Message) -> bytes:
    return render_message(message, "webhook", builtin_templates(), RenderSettings(UTC)).body


def problems(folder: Path, text: str, name: str = "webhook.json.j2") -> list[str]:
    (folder / name).write_text(text)
    return [str(problem).removeprefix(f"{folder}/") for problem in check_templates(folder, TEMPLATES_FOLDER)]


def test_without_a_template_the_body_is_the_documented_one(tmp_path: Path) -> None:
    (tmp_path / "slack.j2").write_text("{{ headline }}")
    message = make_message()
    rendered = render_message(message, "webhook", builtin_templates(tmp_path), RenderSettings(UTC, template="brief"))

    envelope = {"type": "alert.created", "timestamp": "2024-12-14T12:00:00Z", "data": webhook_payload(message)}
    assert rendered.body == json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    assert rendered.note is None
    assert "note" not in envelope["data"]


def test_a_template_can_print_the_default_body(tmp_path: Path) -> None:
    text = '{"type":"alert.created","timestamp":{{ "2024-12-14T12:00:00Z" }},"data":{{ data }}}'
    assert render(tmp_path, text).body == default_body(make_message())


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("title", "North Korean troops deployed for Russia"),
        ('"New: " ~ title|upper', "New: NORTH KOREAN TROOPS DEPLOYED FOR RUSSIA"),
        ('"a < b & c"', "a < b & c"),
        ("findings|length", 1),
        ("1.5", 1.5),
        ("true", True),
        ("none", None),
        ("findings[0].nearest.text", "Around 3,000 personnel from North Korea are in Kursk."),
        ('[severity, {"id": id}]', ["high", {"id": "a1"}]),
        ('findings|map(attribute="source")', ["isw"]),
        ('findings|map(attribute="source")|join(", ")', "isw"),
        ("range(3)", [0, 1, 2]),
        ("title|e", "North Korean troops deployed for Russia"),
        ("findings|length|e", 1),
        ("title|tojson", "North Korean troops deployed for Russia"),
        ("data.alerts[0].findings[0].published", "2024-12-14T11:00:00Z"),
    ],
)
def test_a_value_prints_as_json(expression: str, value: object, tmp_path: Path) -> None:
    assert printed(tmp_path, f'{{"value": {{{{ {expression} }}}}}}') == {"value": value}


@pytest.mark.parametrize("expression", ["title", "title|e", 'title|replace("x", "x")', "[title][0]", "title ~ ''"])
def test_text_from_feeds_cannot_leave_its_string(expression: str, tmp_path: Path) -> None:
    message = make_message(make_alert(title=HOSTILE_TEXT))
    assert printed(tmp_path, f'{{"value": {{{{ {expression} }}}}}}', message) == {"value": HOSTILE_TEXT}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(claim=st.text(max_size=60))
def test_any_text_prints_as_the_same_text_in_data(claim: str, tmp_path: Path) -> None:
    message = make_message(make_alert(make_alert_finding(claim)))
    expected = claim.encode("utf-8", "replace").decode()
    assert printed(tmp_path, "{{ data.findings[0].claim }}", message) == expected


def test_macros_and_set_blocks_print_the_json_they_contain(tmp_path: Path) -> None:
    text = """
    {% macro row(name, value) %}{"name": {{ name }}, "value": {{ value }}}{% endmacro %}
    {% set rows %}[{{ row("Rule", rules[0].name) }}, {{ row("At", at) }}]{% endset %}
    {"rows": {{ rows }}}"""
    assert printed(tmp_path, text) == {
        "rows": [
            {"name": "Rule", "value": "dprk-deployment"},
            {"name": "At", "value": "14 Dec 2024, 12:00 UTC"},
        ]
    }


def test_the_body_is_what_the_template_prints(tmp_path: Path) -> None:
    assert render(tmp_path, '\n{  "text" :{{ severity }}}\n\n').body == b'\n{  "text" :"high"}\n'


def test_a_template_of_a_rule_or_channel_replaces_the_general_one(tmp_path: Path) -> None:
    general = render(tmp_path, '{"general": {{ id }}}')
    brief = render(tmp_path, '{"brief": {{ id }}}', name="brief.webhook.json.j2")
    assert (general.body, brief.body) == (b'{"general": "a1"}', b'{"brief": "a1"}')
    other = render_message(
        make_message(), "webhook", builtin_templates(tmp_path), RenderSettings(UTC, template="other")
    )
    assert other.body == general.body


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '{\n  "text": "New: {{ severity }}"\n}',
            '2:3: prints invalid JSON (Expecting \',\' delimiter) between `{ "text": "New: "` and `high"" }`: '
            "values are printed with their quotes",
        ),
        (
            '{"rules": [\n{% for rule in rules[:1] %}\n  {{ rule.severity }},\n{% endfor %}\n]}',
            '3:3: prints invalid JSON (Expecting value) between `{"rules": [ "high",` and `]}`',
        ),
        ('{\n"a": {{ severity }}', '2:1: prints invalid JSON (Expecting \',\' delimiter) after `{ "a": "high"`'),
        ('{"a": {{ severity }}}\n{}', '1:1: prints invalid JSON (Extra data) between `{"a": "high"}` and `{}`'),
        ('{"a": NaN}', "1:1: ValueError: NaN is not JSON"),
        ('{"a":\n {{ dict }}}', "2:2: TypeError: type has no form in JSON"),
        ("  \n", "1:3: prints nothing"),
    ],
    ids=["quoted twice", "comma", "unclosed", "two values", "constant", "no form", "empty"],
)
def test_invalid_json_is_reported_with_its_place(text: str, problem: str, tmp_path: Path) -> None:
    (line,) = problems(tmp_path, text)
    assert line == f"webhook.json.j2:{problem}"


def test_invalid_json_of_an_extended_template_is_reported_where_it_is_printed(tmp_path: Path) -> None:
    (tmp_path / "frame.j2").write_text('{\n"text": {% block text %}{% endblock %},\n"more": {{ more }}}')
    text = '{% extends "frame.j2" %}\n{% block text %}\n{{ severity }}{{ severity }}\n{% endblock %}'
    (line,) = problems(tmp_path, text)
    assert line.startswith("webhook.json.j2:3:1: prints invalid JSON (Expecting ',' delimiter) between")


def test_a_valid_template_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, '{"text": {{ headline }}, "data": {{ data }}}') == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ oops }}", "template webhook.json.j2, line 1: 'oops' is undefined"),
        ('{"a":\n"{{ id }}"}', "template webhook.json.j2, line 2: prints invalid JSON"),
        ('{"a": {{ findings[7].claim }}}', "template webhook.json.j2, line 1: list object has no element 7"),
        ("{% for n in range(9000) %}{{ data }}{% endfor %}", "prints more than 1,000,000 characters"),
        ("", "template webhook.json.j2, line 1: prints nothing"),
    ],
)
def test_a_template_that_fails_is_replaced_by_the_default_body_with_a_note(
    text: str, fault: str, tmp_path: Path
) -> None:
    rendered = render(tmp_path, text)

    body = json.loads(rendered.body)
    assert rendered.note is not None
    assert fault in rendered.note
    assert body["data"].pop("note") == f"{rendered.note}. The default body is used instead."
    assert body == json.loads(default_body(make_message()))


def test_a_template_may_print_all_of_the_largest_post(tmp_path: Path) -> None:
    claim = "The ferry to Halvik is cancelled until the storm has passed. " * 20
    alerts = [
        make_alert(
            *[make_alert_finding(f"{number} {claim}", entry=f"e{number}", nearest=make_prior_claim(claim))] * 2,
            id=f"a{number}",
        )
        for number in range(900)
    ]
    group = split_into_posts(alerts)[0]
    data = printed(tmp_path, '{"data": {{ data }}}', make_message(*group))["data"]
    assert [alert["id"] for alert in data["alerts"]] == [alert.id for alert in group]
    assert len(json.dumps(data)) > 500_000


def test_a_template_sees_every_finding_of_a_post_of_short_alerts(tmp_path: Path) -> None:
    alerts = [make_alert(make_alert_finding(f"Ship {n}."), id=f"a{n}") for n in range(MAX_POST_ALERTS)]
    message = replace(make_message(*alerts), following_alerts=3)
    text = "[{{ findings|length }}, {{ more }}, {{ data.alerts|length }}, {{ data.more }}]"
    assert printed(tmp_path, text, message) == [MAX_POST_ALERTS, 0, MAX_POST_ALERTS, 3]


def test_a_template_sees_answer_links_and_the_style_of_the_channel(tmp_path: Path) -> None:
    (tmp_path / "webhook.json.j2").write_text("{{ [urgent, seen_url] }}")
    answers = {"a1": AnswerUrls("https://claims.example/seen", "https://claims.example/not-news")}
    bodies = [
        render_message(
            make_message(),
            "webhook",
            builtin_templates(tmp_path),
            RenderSettings(UTC, answers=answers, severity_marker=marks),
        ).body
        for marks in (True, False)
    ]
    assert [json.loads(body) for body in bodies] == [
        ["[HIGH] ", "https://claims.example/seen"],
        ["", "https://claims.example/seen"],
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: sample_message("hook", NOON),
        lambda: make_message(make_alert(findings=(), url="")),
        lambda: make_message(*[make_alert(make_alert_finding(f"Ship {n}."), id=f"a{n}") for n in range(205)]),
    ],
    ids=["news", "notice", "burst"],
)
def test_the_examples_in_the_docs_print_valid_json(make: Callable[[], Message], tmp_path: Path) -> None:
    docs = (TEMPLATES_FOLDER.parent / "docs/templates.md").read_text("utf-8")
    examples = [part.partition("```")[0] for part in docs.split("webhook.json.j2`:\n\n```jinja\n")[1:]]
    assert len(examples) >= 3
    for example in examples:
        assert isinstance(printed(tmp_path, example, make()), dict)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_json_has_no_error(value: object) -> None:
    assert json_error(json.dumps(value)) is None
    assert json_error(json.dumps([value])[:-1]) is not None
