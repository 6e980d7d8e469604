"""The models of rule files, and validation with a fault for each mistake."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from monitor.config.models import DurationSeconds
from monitor.model import Novelty, Severity
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.query.limits import Amount
from monitor.ruleset.rule import MatchCount, Throttle, Within
from monitor.ruleset.rule_test_schema import RuleTestModel, SequenceItemModel
from monitor.ruleset.schema_base import (
    FilledText,
    NameList,
    RuleFileModel,
    kind_text,
    one_or_more_schema,
    short_value,
    text_schema,
    wrap_in_list,
)
from monitor.ruleset.spellings import (
    COUNT_KEY_PATTERN,
    DATE_PATTERN,
    DURATION_PATTERN,
    FIGURE_LIMIT_PATTERN,
    HOURS_PATTERN,
    NAME_PATTERN,
    THROTTLE_PATTERN,
    SeverityLevels,
    lower_case,
    parse_count,
    parse_count_key,
    parse_expiry,
    parse_figure_limit,
    parse_hours,
    parse_rule_duration,
    parse_severity,
    parse_throttle,
)
from monitor.ruleset.yaml_tree import YamlList, YamlNode, YamlTable, YamlText
from monitor.validation_text import EXPECTED_BY_ERROR, LIST, TABLE

MAX_FAULTS_PER_RULE = 100  # of one rule or one list of rules; with more, the file is probably not a rule file
SEVERITY_NAMES = [str(severity) for severity in Severity]
KEYS_OF_OTHER_TOOLS = {
    "match": ("query", "filter", "keywords", "condition", "expr", "search", "pattern", "detection"),
    "severity": ("priority", "level", "importance"),
    "notify": ("channels", "channel", "receivers", "receiver", "alert", "to"),
    "sources": ("feeds", "feed", "source", "from"),
    "title": ("description", "summary", "label"),
    "throttle": ("realert", "cooldown", "rate_limit", "limit", "repeat_interval"),
    "count": ("num_events", "frequency", "threshold"),
    "by": ("query_key", "group_by", "group-by"),
    "absent": ("flatline", "absence", "missing"),
    "expires": ("until", "expiry", "end"),
    "active": ("hours", "schedule", "when"),
    "inhibits": ("inhibit", "suppresses", "suppress", "mutes"),
    "fires": ("expect", "expected", "result", "should_fire", "matches"),
    "at": ("time", "after", "date"),
    "text": ("body", "content", "input"),
}
NO_DEFAULT_KEYS = ("name", "match", "title", "id", "tests")  # keys that `defaults:` cannot set


def check_name(value: Any) -> Any:
    """Check that a name is safe in file names, URLs and subjects."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", value):
        raise ValueError(f"expected letters, digits, - _ and ., as in `dprk-deployment`, found `{value[:40]}`")
    return value


NoveltyList = Annotated[
    tuple[Novelty, ...],
    BeforeValidator(lambda value: wrap_in_list(lower_case(value))),
    one_or_more_schema({"enum": [str(novelty) for novelty in Novelty]}),
]


RuleName = Annotated[str, BeforeValidator(check_name), text_schema(NAME_PATTERN)]


SeverityByCondition = Annotated[
    Severity | SeverityLevels,
    PlainValidator(parse_severity),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": SEVERITY_NAMES},
                {
                    "type": "object",
                    "properties": {name: {"type": ["string", "boolean"]} for name in SEVERITY_NAMES},
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    ),
]


class FigureModel(RuleFileModel, title="Figure"):
    """A number followed through prose."""

    of: FilledText = Field(description="the words the number refers to: a query of words, stems, phrases and OR")
    alert: Annotated[
        tuple[str, Amount] | None, BeforeValidator(parse_figure_limit), text_schema(FIGURE_LIMIT_PATTERN)
    ] = Field(
        default=None, description="alert when the figure crosses a limit: above or below a number, such as above 4.5%"
    )

    @property
    def limits(self) -> tuple[float | None, float | None, str]:
        """The limits (above, below) in the base unit, None where there is none, and their dimension."""
        direction, amount = self.alert or ("", Amount(0.0))
        return (
            amount.base_value if direction == "above" else None,
            amount.base_value if direction == "below" else None,
            amount.dimension,
        )


class RuleModel(RuleFileModel, title="Rule"):
    """One rule."""

    name: RuleName = Field(description="unique short name, used in alerts, logs and the web UI")
    match: FilledText = Field(description="the query")
    title: FilledText | None = Field(default=None, description="title shown to people; default: the name")
    on: NoveltyList = Field(default=(Novelty.NEW, Novelty.CHANGED), description="findings that may fire")
    within: Annotated[Within, BeforeValidator(lower_case)] = Field(
        default=Within.CLAIM, description="where all terms must occur"
    )
    sources: NameList | None = Field(default=None, description="names of sources, or tag:name; default: all")
    severity: SeverityByCondition = Field(
        default=Severity.MEDIUM, description="severity of its alerts; or several, each with a query or `true`"
    )
    notify: NameList = Field(default=(), description="channels; default: those under [alerts] in the config")
    throttle: Annotated[Throttle | None, BeforeValidator(parse_throttle), text_schema(THROTTLE_PATTERN)] = Field(
        default=None, description="maximum number of alerts per story in a period, such as 3 per 6h"
    )
    count: Annotated[MatchCount | None, BeforeValidator(parse_count), text_schema(THROTTLE_PATTERN)] = Field(
        default=None, description="fires once when so many matches fall into a period, such as 5 per 1h"
    )
    by: Annotated[str, BeforeValidator(parse_count_key), text_schema(COUNT_KEY_PATTERN)] = Field(
        default="",
        description="what is counted separately: source, entry, or the entries of a list of `match`, @list",
    )
    absent: Annotated[DurationSeconds | None, BeforeValidator(parse_rule_duration), text_schema(DURATION_PATTERN)] = (
        Field(default=None, description="fires when nothing has matched for so long, such as 2d")
    )
    corroboration: int = Field(
        default=1, ge=1, le=100, description="number of independent sources required before it fires"
    )
    unconfirmed: Annotated[Severity | None, BeforeValidator(lower_case)] = Field(
        default=None, description="severity before corroboration; without it, the rule waits"
    )
    figures: dict[str, FigureModel] = Field(default={}, description="numbers followed through prose")
    tests: tuple[RuleTestModel, ...] = Field(default=(), description="texts that must or must not fire")
    enabled: bool = Field(default=True, description="false: checked, but never fires")
    id: RuleName | None = Field(default=None, description="stable identifier that survives renaming")
    owner: str = Field(default="", description="person or team to ask")
    references: NameList = Field(default=(), description="links to background")
    tags: NameList = Field(default=(), description="labels of the rule")
    since: Annotated[DurationSeconds | None, BeforeValidator(parse_rule_duration), text_schema(DURATION_PATTERN)] = (
        Field(default=None, description="how far a new rule looks back, once, such as 7d")
    )
    template: str | None = Field(
        default=None, description="template of its alerts: `brief` means `brief.slack.j2` and so on"
    )
    expires: Annotated[date | None, BeforeValidator(parse_expiry), text_schema(DATE_PATTERN, format="date")] = Field(
        default=None, description="the day from which it does not alert any more, such as 2027-01-01"
    )
    active: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(parse_hours),
        one_or_more_schema({"type": "string", "pattern": HOURS_PATTERN}),
    ] = Field(default=None, description="hours in which it alerts, such as mon-fri 08:00-18:00; default: always")
    inhibits: NameList = Field(
        default=(), description="rules that stay quiet on a story after this rule has alerted on it"
    )


def read_rule_model(tree: YamlNode) -> tuple[RuleModel | None, list[SyntaxFault]]:
    """Return one rule as written, or every fault with its offset in the file."""
    if not isinstance(tree, YamlTable):
        hint = "; for several rules write `rules:` above the list" if isinstance(tree, YamlList) else ""
        message = f"expected a rule with `name:` and `match:`, found {kind_text(tree)}{hint}"
        return None, [SyntaxFault(message, tree.offset)]
    try:
        return RuleModel.model_validate(to_plain_value(tree)), []
    except ValidationError as error:
        details = error.errors(include_url=False)[:MAX_FAULTS_PER_RULE]
        return None, [fault_from_error(detail, tree) for detail in details]


def to_plain_value(tree: YamlNode) -> Any:
    """Convert a tree to strings, lists and dicts."""
    if isinstance(tree, YamlText):
        return tree.value
    if isinstance(tree, YamlList):
        return [to_plain_value(item) for item in tree.items]
    return {key: to_plain_value(value) for key, value in tree.values.items()}


def fault_from_error(detail: ErrorDetails, tree: YamlNode) -> SyntaxFault:
    """Convert a validation error to a fault at its key or value."""
    key_node, value_node = locate_error(detail["loc"], tree)
    name = str(next((step for step in reversed(detail["loc"]) if isinstance(step, str)), "rule"))
    if detail["type"] == "extra_forbidden":
        allowed = allowed_keys(detail["loc"])
        hint = key_of_other_tools(name, allowed) or did_you_mean(name, allowed)
        hint = hint or f"expected one of {', '.join(allowed)}"
        return SyntaxFault(f"unknown key `{name}`; {hint}", key_node.offset)
    if detail["type"] == "invalid_key" and isinstance(value_node, YamlTable):
        context = detail["ctx"]
        return SyntaxFault(f"`{name}`: {context['message']}", value_node.keys[context["key"]].offset)
    if detail["type"] in ("missing", "missing_key"):
        return SyntaxFault(f"missing key `{detail.get('ctx', {}).get('key', name)}`", value_node.offset)
    return SyntaxFault(f"{named_value(detail['loc'], name)}: {expectation_text(detail)}", value_node.offset)


def named_value(loc: tuple[int | str, ...], name: str) -> str:
    """Return the key of a value, as a message begins; of a figure, with where it stands."""
    return f"`{name}` under `figures`" if loc[:-1] == ("figures",) else f"`{name}`"


def key_of_other_tools(name: str, allowed: Collection[str]) -> str:
    """Return a hint for a key by which other tools call one of these, "" if there is none."""
    if name.lower() in ("language", "languages", "lang"):
        return "there is no language filter: tag the sources, as in `sources: ['tag:french']`"
    meant = next((key for key, others in KEYS_OF_OTHER_TOOLS.items() if name.lower() in others), "")
    return f"did you mean `{meant}`?" if meant in allowed else ""


def locate_error(loc: tuple[int | str, ...], tree: YamlNode) -> tuple[YamlNode, YamlNode]:
    """Return the key and the value of an error, or of the nearest parent that exists."""
    key_node = value_node = tree
    for step in loc:
        if isinstance(value_node, YamlTable) and step in value_node.values:
            key_node, value_node = value_node.keys[str(step)], value_node.values[str(step)]
        elif isinstance(value_node, YamlList) and isinstance(step, int):
            key_node = value_node = value_node.items[step]
    return key_node, value_node


def allowed_keys(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys allowed in the table with the unknown key."""
    models: dict[str, type[RuleFileModel]] = {"figures": FigureModel, "tests": RuleTestModel}
    model = models[str(loc[0])] if len(loc) > 1 else RuleModel
    if model is RuleTestModel and "sequence" in loc[:-1]:
        model = SequenceItemModel
    return tuple(model.model_fields)


def list_hint(text: str) -> str:
    """Return how to write several values, for text with commas; else ""."""
    return f"; for several write a list: `[{text}]`" if re.search(r"\w\s*,\s*\w", text) else ""


def expectation_text(detail: ErrorDetails) -> str:
    """Return a sentence with what was expected and what was found."""
    found_text = short_value(detail["input"])
    context = detail.get("ctx", {})
    match detail["type"]:
        case "enum":
            expected = str(context["expected"]).replace(chr(39), "")
            return f"expected {expected}, found {kind_text(detail['input'])}{list_hint(found_text)}"
        case "value_error":
            return str(context["error"])
        case "bool_parsing" | "bool_type" | "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"expected {EXPECTED_BY_ERROR[detail['type']]}, found `{found_text}`"
        case "greater_than_equal" | "less_than_equal":
            return f"expected a number from 1 to 100, found `{found_text}`"
        case "string_type":
            hint = "; put text with `: ` in quotes" if isinstance(detail["input"], dict) else ""
            return f"expected text, found {kind_text(detail['input'])}{hint}"
        case "tuple_type":
            return f"expected {LIST}, found {kind_text(detail['input'])}"
        case "dict_type" | "model_type":
            example = ", as in `{of: dead, alert: above 50}`" if detail["loc"][:-1] == ("figures",) else ""
            return f"expected {TABLE} of keys and values{example}, found {kind_text(detail['input'])}"
        case _:
            return detail["msg"]
