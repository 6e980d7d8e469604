"""The models of rule files: their JSON Schema for editors, and validation with a fault for each mistake."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from monitor.config.models import DurationSeconds
from monitor.model import Novelty, Severity
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.rule import MatchCount, Throttle, Within
from monitor.ruleset.yaml_tree import YamlList, YamlNode, YamlTable, YamlText
from monitor.units import parse_duration

JSON_SCHEMA_DIALECT = "http://json-schema.org/draft-07/schema#"  # supported by all editors
MAX_FAULTS_PER_RULE = 100  # of one rule or one list of rules; with more, the file is probably not a rule file
STRING_SCHEMA = WithJsonSchema({"type": "string"})


def rule_schema() -> dict[str, Any]:
    """The schema of a file with one rule, or with `rules:` and a list of rules."""
    rule = RuleModel.model_json_schema(ref_template="#/definitions/{model}")
    definitions = {**rule.pop("$defs"), "RuleShape": rule}
    single_rule = {"$ref": "#/definitions/RuleShape"}
    rule_list = {
        "type": "object",
        "properties": {"rules": {"type": "array", "items": single_rule, "description": "several rules in one file"}},
        "required": ["rules"],
        "additionalProperties": False,
    }
    return {
        "$schema": JSON_SCHEMA_DIALECT,
        "title": "A rule file",
        "if": {"required": ["rules"]},
        "then": rule_list,
        "else": single_rule,
        "definitions": definitions,
    }


def wrap_in_list(value: Any) -> Any:
    """Wrap a single word in a list."""
    if value == "":
        raise ValueError("expected a list, found nothing")
    return [value] if isinstance(value, str) else value


def check_name(value: Any) -> Any:
    """Check that a name is safe in file names, URLs and subjects."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", value):
        raise ValueError(f"expected letters, digits, - _ and ., as in `dprk-deployment`, found `{value[:40]}`")
    return value


def check_filled(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("expected text, found nothing")
    return value


def parse_throttle(value: Any) -> Throttle:
    """Parse `3 per 6h`."""
    match = re.fullmatch(r"(\d{1,6})\s+per\s+(\S+)", value.strip()) if isinstance(value, str) else None
    if not match or not int(match[1]):
        raise ValueError(f"expected a number and a duration such as `3 per 6h`, found `{short_value(value)}`")
    try:
        return Throttle(int(match[1]), parse_duration(match[2]), value.strip())
    except ValueError:
        raise ValueError(f"expected a duration such as 90s, 15m, 6h or 7d after `per`, found `{match[2]}`") from None


def parse_count(value: Any) -> MatchCount:
    """Parse `5 per 1h`."""
    throttle = parse_throttle(value)
    if throttle.count < 2:
        raise ValueError("expected 2 or more; a rule without `count` fires for each match")
    return MatchCount(throttle.count, throttle.seconds, throttle.text)


def check_count_key(value: Any) -> Any:
    if isinstance(value, str) and value not in ("source", "entry") and not re.fullmatch(r"@[\w-]+", value):
        raise ValueError(
            f'expected source, entry or the name of a list such as "@vendors", found `{short_value(value)}`'
        )
    return value


def parse_rule_duration(value: Any) -> Any:
    """Parse `7d` as seconds."""
    try:
        return parse_duration(value)
    except ValueError:
        raise ValueError(f"expected a duration such as 90s, 15m, 6h or 7d, found `{short_value(value)}`") from None


def parse_figure_limit(value: Any) -> tuple[str, float]:
    """Parse `above 10000` or `below 5`."""
    match = re.fullmatch(r"(above|below)\s+(\d[\d,_]*(?:\.\d+)?)", value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError(
            f"expected `above` or `below` and a number, as in `above 10000`, found `{short_value(value)}`"
        )
    return match[1], float(re.sub("[,_]", "", match[2]))


def one_or_more_schema(schema: dict[str, Any]) -> WithJsonSchema:
    """The JSON Schema of a value or a list of values."""
    return WithJsonSchema({"anyOf": [schema, {"type": "array", "items": schema}]})


NameList = Annotated[tuple[str, ...], BeforeValidator(wrap_in_list), one_or_more_schema({"type": "string"})]


NoveltyList = Annotated[
    tuple[Novelty, ...],
    BeforeValidator(wrap_in_list),
    one_or_more_schema({"enum": [str(novelty) for novelty in Novelty]}),
]


FilledText = Annotated[str, BeforeValidator(check_filled)]


RuleName = Annotated[str, BeforeValidator(check_name)]


class RuleFileModel(BaseModel):
    """A table of a rule file; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class FigureModel(RuleFileModel):
    """A number followed through prose."""

    of: FilledText = Field(description="the words the number refers to: a query of words, stems, phrases and OR")
    alert: Annotated[tuple[str, float] | None, BeforeValidator(parse_figure_limit), STRING_SCHEMA] = Field(
        default=None, description="alert when the figure crosses a limit: above or below a number"
    )

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The limits (above, below), None where there is none."""
        direction, number = self.alert or ("", 0.0)
        return (number if direction == "above" else None), (number if direction == "below" else None)


class RuleTestModel(RuleFileModel):
    """One test of a rule."""

    text: FilledText = Field(description="the current text")
    fires: bool = Field(description="whether the rule must fire")
    before: FilledText | None = Field(default=None, description="an earlier text")
    novelty: Novelty | None = Field(default=None, description="expected novelty of the claim")
    title: str = Field(default="", description="the title of the entry, before and now")


class RuleModel(RuleFileModel):
    """One rule."""

    name: RuleName = Field(description="unique short name, used in alerts, logs and the web UI")
    match: FilledText = Field(description="the query")
    title: FilledText | None = Field(default=None, description="title shown to people; default: the name")
    on: NoveltyList = Field(default=(Novelty.NEW, Novelty.CHANGED), description="findings that may fire")
    within: Within = Field(default=Within.CLAIM, description="where all terms must occur")
    sources: NameList | None = Field(default=None, description="names of sources, or tag:name; default: all")
    severity: Severity = Field(default=Severity.MEDIUM, description="severity of its alerts")
    notify: NameList = Field(default=(), description="channels; default: those under [alerts] in the config")
    throttle: Annotated[Throttle | None, BeforeValidator(parse_throttle), STRING_SCHEMA] = Field(
        default=None, description="maximum number of alerts per story in a period, such as 3 per 6h"
    )
    count: Annotated[MatchCount | None, BeforeValidator(parse_count), STRING_SCHEMA] = Field(
        default=None, description="fires once when so many matches fall into a period, such as 5 per 1h"
    )
    by: Annotated[str, BeforeValidator(check_count_key)] = Field(
        default="",
        description="what is counted separately: source, entry, or the entries of a list of `match`, @list",
    )
    absent: Annotated[DurationSeconds | None, BeforeValidator(parse_rule_duration), STRING_SCHEMA] = Field(
        default=None, description="fires when nothing has matched for so long, such as 2d"
    )
    corroboration: int = Field(
        default=1, ge=1, le=100, description="number of independent sources required before it fires"
    )
    unconfirmed: Severity | None = Field(
        default=None, description="severity before corroboration; without it, the rule waits"
    )
    figures: dict[str, FigureModel] = Field(default={}, description="numbers followed through prose")
    tests: tuple[RuleTestModel, ...] = Field(default=(), description="texts that must or must not fire")
    enabled: bool = Field(default=True, description="false: checked, but never fires")
    id: RuleName | None = Field(default=None, description="stable identifier that survives renaming")
    owner: str = Field(default="", description="person or team to ask")
    references: NameList = Field(default=(), description="links to background")
    tags: NameList = Field(default=(), description="labels of the rule")
    since: Annotated[DurationSeconds | None, BeforeValidator(parse_rule_duration), STRING_SCHEMA] = Field(
        default=None, description="how far a new rule looks back, once, such as 7d"
    )
    template: str | None = Field(
        default=None, description="template of its alerts: `brief` means `brief.slack.j2` and so on"
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
        hint = did_you_mean(name, allowed) or f"expected one of {', '.join(allowed)}"
        return SyntaxFault(f"unknown key `{name}`; {hint}", key_node.offset)
    if detail["type"] == "missing":
        return SyntaxFault(f"missing key `{name}`", value_node.offset)
    return SyntaxFault(f"`{name}`: {expectation_text(detail)}", value_node.offset)


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
    return tuple(model.model_fields)


def expectation_text(detail: ErrorDetails) -> str:
    """Return a sentence with what was expected and what was found."""
    found_text = short_value(detail["input"])
    context = detail.get("ctx", {})
    match detail["type"]:
        case "enum":
            return f"expected {str(context['expected']).replace(chr(39), '')}, found `{found_text}`"
        case "value_error":
            return str(context["error"])
        case "bool_parsing" | "bool_type":
            return f"expected true or false, found `{found_text}`"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"expected a whole number, found `{found_text}`"
        case "greater_than_equal" | "less_than_equal":
            return f"expected a number from 1 to 100, found `{found_text}`"
        case "string_type":
            return f"expected text, found {kind_text(detail['input'])}"
        case "tuple_type":
            return f"expected a list, found {kind_text(detail['input'])}"
        case "dict_type" | "model_type":
            return f"expected a table of keys and values, found {kind_text(detail['input'])}"
        case _:
            return detail["msg"]


def short_value(value: Any) -> str:
    """Return a value as text, shortened."""
    if isinstance(value, (list, dict)):
        return kind_text(value)
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def kind_text(value: Any) -> str:
    """Name the kind of a value, or quote it if it is text."""
    if isinstance(value, (YamlList, list, tuple)):
        return "a list"
    if isinstance(value, (YamlTable, dict)):
        return "a table"
    text = value.value if isinstance(value, YamlText) else str(value)
    return f"`{short_value(text)}`" if text else "nothing"
