"""The keys of a rule file and what each may hold; every mistake becomes a sentence at its place."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from monitor.config import Seconds, seconds
from monitor.model import Novelty, Severity
from monitor.ruleset.faults import Fault, did_you_mean
from monitor.ruleset.rule import Throttle, Within
from monitor.ruleset.yamltree import Listing, Table, Text, Tree

MOST_FAULTS = 100  # of one rule or one list of rules; whoever has more has saved something else


def listed(value: Any) -> Any:
    """One word where a list is expected is a list of one."""
    if value == "":
        raise ValueError("expected a list, found nothing")
    return [value] if isinstance(value, str) else value


def named(value: Any) -> Any:
    """A name that is safe in files, URLs and subjects."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", value):
        raise ValueError(f"expected letters, digits, - _ and ., as in `dprk-deployment`, found `{value[:40]}`")
    return value


def filled(value: Any) -> Any:
    """Text that says something."""
    if isinstance(value, str) and not value.strip():
        raise ValueError("expected text, found nothing")
    return value


def throttle_of(value: Any) -> Throttle:
    """`3 per 6h`."""
    found = re.fullmatch(r"(\d{1,6})\s+per\s+(\S+)", value.strip()) if isinstance(value, str) else None
    if not found or not int(found[1]):
        raise ValueError(f"expected a number and a time such as `3 per 6h`, found `{shown(value)}`")
    try:
        return Throttle(int(found[1]), seconds(found[2]), value.strip())
    except ValueError:
        raise ValueError(f"expected a time such as 90s, 15m, 6h or 7d after `per`, found `{found[2]}`") from None


def duration(value: Any) -> Any:
    """`7d`."""
    try:
        return seconds(value)
    except ValueError:
        raise ValueError(f"expected a time such as 90s, 15m, 6h or 7d, found `{shown(value)}`") from None


def bound(value: Any) -> tuple[str, float]:
    """`above 10000` or `below 5`."""
    found = re.fullmatch(r"(above|below)\s+(\d[\d,_]*(?:\.\d+)?)", value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"expected `above` or `below` and a number, as in `above 10000`, found `{shown(value)}`")
    return found[1], float(re.sub("[,_]", "", found[2]))


TEXT = WithJsonSchema({"type": "string"})


def one_or_more(schema: dict[str, Any]) -> WithJsonSchema:
    """What editors are told of `listed`: one, or a list."""
    return WithJsonSchema({"anyOf": [schema, {"type": "array", "items": schema}]})


Names = Annotated[tuple[str, ...], BeforeValidator(listed), one_or_more({"type": "string"})]
Novelties = Annotated[
    tuple[Novelty, ...], BeforeValidator(listed), one_or_more({"enum": [str(novelty) for novelty in Novelty]})
]
Filled = Annotated[str, BeforeValidator(filled)]
Named = Annotated[str, BeforeValidator(named)]


class Shape(BaseModel):
    """A table of a rule file: an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class FigureShape(Shape):
    """A number followed through prose."""

    of: Filled = Field(description="the words it is said of: a query of words, stems, phrases and OR")
    alert: Annotated[tuple[str, float] | None, BeforeValidator(bound), TEXT] = Field(
        default=None, description="alert when the figure crosses: above or below a number"
    )

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """(above, below): the number whose crossing alerts, or None."""
        way, number = self.alert or ("", 0.0)
        return (number if way == "above" else None), (number if way == "below" else None)


class TestShape(Shape):
    """One test of a rule."""

    text: Filled = Field(description="what is said now")
    fires: bool = Field(description="whether the rule must fire")
    before: Filled | None = Field(default=None, description="what was said before")
    novelty: Novelty | None = Field(default=None, description="what the claim must be found to be")


class RuleShape(Shape):
    """One rule."""

    name: Named = Field(description="short and unique; alerts, logs and the web page call it so")
    match: Filled = Field(description="the query")
    title: Filled | None = Field(default=None, description="what people read; default: the name")
    on: Novelties = Field(default=(Novelty.NEW, Novelty.CHANGED), description="findings that may fire")
    within: Within = Field(default=Within.CLAIM, description="where all terms must meet")
    sources: Names | None = Field(default=None, description="names of sources, or tag:name; default: all")
    severity: Severity = Field(default=Severity.MEDIUM, description="how grave it is")
    notify: Names = Field(default=(), description="channels; default: those under [alerts] in the config")
    throttle: Annotated[Throttle | None, BeforeValidator(throttle_of), TEXT] = Field(
        default=None, description="most alerts of one story in a time, such as 3 per 6h"
    )
    corroboration: int = Field(default=1, ge=1, le=100, description="independent sources before it fires")
    unconfirmed: Severity | None = Field(
        default=None, description="how grave it is before they have said it; without it, it waits for them"
    )
    figures: dict[str, FigureShape] = Field(default={}, description="numbers followed through prose")
    tests: tuple[TestShape, ...] = Field(default=(), description="what must fire and what must not")
    enabled: bool = Field(default=True, description="false: checked, but never fires")
    id: Named | None = Field(default=None, description="stays the same when the rule is renamed")
    owner: str = Field(default="", description="who to ask")
    references: Names = Field(default=(), description="links to what the rule is about")
    tags: Names = Field(default=(), description="words to find the rule by")
    since: Annotated[Seconds | None, BeforeValidator(duration), TEXT] = Field(
        default=None, description="how far a new rule looks back, once, such as 7d"
    )
    template: str | None = Field(
        default=None, description="the template of its alerts: brief stands for brief.slack.j2 and its like"
    )


def read_shape(tree: Tree) -> tuple[RuleShape | None, list[Fault]]:
    """One rule as written, or every fault of it with its offset in the file."""
    if not isinstance(tree, Table):
        hint = "; for several rules write `rules:` above the list" if isinstance(tree, Listing) else ""
        return None, [Fault(f"expected a rule with `name:` and `match:`, found {kind(tree)}{hint}", tree.offset)]
    try:
        return RuleShape.model_validate(plain(tree)), []
    except ValidationError as error:
        return None, [fault_of(detail, tree) for detail in error.errors(include_url=False)[:MOST_FAULTS]]


def plain(tree: Tree) -> Any:
    """The tree as strings, lists and dicts."""
    if isinstance(tree, Text):
        return tree.value
    if isinstance(tree, Listing):
        return [plain(entry) for entry in tree.entries]
    return {key: plain(value) for key, value in tree.values.items()}


def fault_of(detail: ErrorDetails, tree: Tree) -> Fault:
    """A mistake as a person would say it."""
    key, holder = place_of(detail["loc"], tree)
    name = str(next((step for step in reversed(detail["loc"]) if isinstance(step, str)), "rule"))
    if detail["type"] == "extra_forbidden":
        known = known_keys(detail["loc"])
        hint = did_you_mean(name, known) or f"expected one of {', '.join(known)}"
        return Fault(f"unknown key `{name}`; {hint}", key.offset)
    if detail["type"] == "missing":
        return Fault(f"`{name}` is missing", holder.offset)
    return Fault(f"`{name}`: {expected(detail)}", holder.offset)


def place_of(loc: tuple[int | str, ...], tree: Tree) -> tuple[Tree, Tree]:
    """The key and the value that a mistake is about, as far as they exist."""
    key = value = tree
    for step in loc:
        if isinstance(value, Table) and step in value.values:
            key, value = value.keys[str(step)], value.values[str(step)]
        elif isinstance(value, Listing) and isinstance(step, int):
            key = value = value.entries[step]
    return key, value


def known_keys(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that may stand where an unknown one stood."""
    shapes: dict[str, type[Shape]] = {"figures": FigureShape, "tests": TestShape}
    shape = shapes[str(loc[0])] if len(loc) > 1 else RuleShape
    return tuple(shape.model_fields)


def expected(detail: ErrorDetails) -> str:
    """What was expected and what was found."""
    found = shown(detail["input"])
    context = detail.get("ctx", {})
    match detail["type"]:
        case "enum":
            return f"expected {str(context['expected']).replace(chr(39), '')}, found `{found}`"
        case "value_error":
            return str(context["error"])
        case "bool_parsing" | "bool_type":
            return f"expected true or false, found `{found}`"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"expected a whole number, found `{found}`"
        case "greater_than_equal" | "less_than_equal":
            return f"expected a number from 1 to 100, found `{found}`"
        case "string_type":
            return f"expected text, found {kind(detail['input'])}"
        case "tuple_type":
            return f"expected a list, found {kind(detail['input'])}"
        case "dict_type" | "model_type":
            return f"expected a table of keys and values, found {kind(detail['input'])}"
        case _:
            return detail["msg"]


def shown(value: Any) -> str:
    """What was found, in few letters."""
    if isinstance(value, (list, dict)):
        return kind(value)
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def kind(value: Any) -> str:
    """What sort of thing stands there."""
    if isinstance(value, (Listing, list, tuple)):
        return "a list"
    if isinstance(value, (Table, dict)):
        return "a table"
    text = value.value if isinstance(value, Text) else str(value)
    return f"`{shown(text)}`" if text else "nothing"
