"""The JSON of an API becomes entries, by expressions of the config or by what most APIs call things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.errors import ParseError
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.jsonapi import parse_json
from monitor.sources.parse.options import ParseOptions

URL = "https://ferries.example/api/incidents"
AT = 1767323045
ANSWER = {
    "page": {"number": 1},
    "results": [
        {"id": 7, "name": "Pier closed", "link": "/i/7", "body": "<p>Until Friday.</p>", "created_at": "2026-01-02"},
        {"id": 8, "name": "Fog", "link": "/i/8", "details": [{"text": "Line 4"}, {"text": "Line 5"}], "date": AT},
    ],
}


def read(document: Any, entries: str = "", **fields: str) -> Feed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_json(body, "application/json", URL, ParseOptions("json", URL, entries=entries, fields=fields))


def failure(document: Any, entries: str = "", **fields: str) -> ParseError:
    with pytest.raises(ParseError) as raised:
        read(document, entries, **fields)
    return raised.value


def test_without_expressions_the_first_list_of_objects_is_read_by_common_names() -> None:
    first, second = read(ANSWER).entries
    assert (first.key, first.title, first.url) == ("7", "Pier closed", "https://ferries.example/i/7")
    assert (first.body, first.published) == ("<p>Until Friday.</p>", 1767312000.0)
    assert (second.key, second.published) == ("8", 1767323045.0)


def test_expressions_find_entries_and_their_parts() -> None:
    found = read(
        ANSWER, "results[?id > `7`]", key="link", text="details[].text", title="join(': ', ['Halvik', name])"
    )
    assert [(entry.key, entry.title, entry.body) for entry in found.entries] == [
        ("/i/8", "Halvik: Fog", "- Line 4\n- Line 5")
    ]


def test_an_entry_keeps_its_key_when_all_else_is_edited() -> None:
    after = json.loads(json.dumps(ANSWER).replace("Friday", "Monday").replace("Pier", "Bridge").replace("/i/", "/j/"))
    assert [entry.key for entry in read(after).entries] == [entry.key for entry in read(ANSWER).entries]


def test_a_list_or_a_lonely_object_is_read_too() -> None:
    assert [entry.title for entry in read([{"title": "Fog"}, "x", None, {"title": "Storm"}]).entries] == [
        "Fog",
        "Storm",
    ]
    assert [entry.body for entry in read({"status": "x", "message": "All lines run."}).entries] == ["All lines run."]


def test_a_list_that_is_empty_is_no_entry_and_no_error() -> None:
    for nothing in ([], {}, {"results": []}):
        assert read(nothing).entries == ()
    assert read({"results": []}, "results").entries == ()


def test_an_object_as_text_is_a_line_for_each_of_its_values() -> None:
    found = read([{"title": "Fog", "text": {"line": 4, "late": True, "stops": ["Pier", "Town"]}}]).entries[0]
    assert found.body == "- line: 4\n- stops: - Pier - Town"


def test_what_the_expressions_do_not_find_is_said() -> None:
    assert str(failure(ANSWER, "incidents")) == 'the JSON has no list where "entries" looks for it'
    assert failure({"error": "no token"}, "results").code == "not_the_page"
    assert '"fields"' in str(failure([{"a": 1}, {"a": 2}]))
    assert failure("maintenance").code == "not_the_page"


def test_an_expression_that_does_not_fit_an_entry_finds_nothing_there() -> None:
    found = read([{"title": "Fog", "n": 4}, {"title": "Storm", "n": "x"}], text="join(' ', n)")
    assert [entry.title for entry in found.entries] == ["Fog", "Storm"]


@pytest.mark.parametrize(
    "body", [b"[" * 10**6, b'[{"title": NaN}]', b"<html>", b'{"a": ' * 10**5 + b"1", b"\xff\xfe"]
)
def test_hostile_json_is_one_error(body: bytes) -> None:
    assert failure(body).code == "malformed"


def test_text_nested_deeply_ends_where_it_is_no_prose() -> None:
    deep: Any = "bottom"
    for _ in range(300):
        deep = [deep]
    assert read([{"title": "Fog", "text": deep}]).entries[0].body == ""


def test_entries_of_one_key_are_kept_apart() -> None:
    keys = [entry.key for entry in read([{"id": 1, "title": "Fog"}, {"id": 1, "title": "Storm"}]).entries]
    assert len(set(keys)) == 2
