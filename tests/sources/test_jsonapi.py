"""The JSON of an API is parsed into entries, with the expressions of the config or common field names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.errors import ParseError
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.jsonapi import parse_json
from monitor.sources.parse.options import ParseOptions

URL = "https://ferries.example/api/incidents"
PUBLISHED_AT = 1767323045
RESPONSE = {
    "page": {"number": 1},
    "results": [
        {"id": 7, "name": "Pier closed", "link": "/i/7", "body": "<p>Until Friday.</p>", "created_at": "2026-01-02"},
        {
            "id": 8,
            "name": "Fog",
            "link": "/i/8",
            "details": [{"text": "Line 4"}, {"text": "Line 5"}],
            "date": PUBLISHED_AT,
        },
    ],
}


def parse(document: Any, entries: str = "", **fields: str) -> Feed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_json(body, "application/json", URL, ParseOptions("json", URL, entries=entries, fields=fields))


def failure(document: Any, entries: str = "", **fields: str) -> ParseError:
    with pytest.raises(ParseError) as raised:
        parse(document, entries, **fields)
    return raised.value


def test_without_expressions_common_field_names_of_the_first_list_are_used() -> None:
    first, second = parse(RESPONSE).entries
    assert (first.key, first.title, first.url) == ("7", "Pier closed", "https://ferries.example/i/7")
    assert (first.body, first.published) == ("<p>Until Friday.</p>", 1767312000.0)
    assert (second.key, second.published) == ("8", 1767323045.0)


def test_expressions_select_entries_and_fields() -> None:
    feed = parse(
        RESPONSE, "results[?id > `7`]", key="link", text="details[].text", title="join(': ', ['Halvik', name])"
    )
    assert [(entry.key, entry.title, entry.body) for entry in feed.entries] == [
        ("/i/8", "Halvik: Fog", "- Line 4\n- Line 5")
    ]


def test_an_entry_keeps_its_key_when_everything_else_is_edited() -> None:
    after = json.loads(
        json.dumps(RESPONSE).replace("Friday", "Monday").replace("Pier", "Bridge").replace("/i/", "/j/")
    )
    assert [entry.key for entry in parse(after).entries] == [entry.key for entry in parse(RESPONSE).entries]


def test_a_top_level_list_or_single_object_is_read() -> None:
    assert [entry.title for entry in parse([{"title": "Fog"}, "x", None, {"title": "Storm"}]).entries] == [
        "Fog",
        "Storm",
    ]
    assert [entry.body for entry in parse({"status": "x", "message": "All lines run."}).entries] == ["All lines run."]


def test_an_empty_list_has_no_entries_and_is_not_an_error() -> None:
    for empty in ([], {}, {"results": []}):
        assert parse(empty).entries == ()
    assert parse({"results": []}, "results").entries == ()


def test_an_object_as_text_has_a_line_per_value() -> None:
    entry = parse([{"title": "Fog", "text": {"line": 4, "late": True, "stops": ["Pier", "Town"]}}]).entries[0]
    assert entry.body == "- line: 4\n- stops: - Pier - Town"


def test_expressions_without_result_are_errors() -> None:
    assert str(failure(RESPONSE, "incidents")) == 'the expression of "entries" finds no list'
    assert failure({"error": "no token"}, "results").code == "not_the_page"
    assert '"fields"' in str(failure([{"a": 1}, {"a": 2}]))
    assert failure("maintenance").code == "not_the_page"


def test_an_expression_that_fails_on_an_entry_gives_no_value() -> None:
    feed = parse([{"title": "Fog", "n": 4}, {"title": "Storm", "n": "x"}], text="join(' ', n)")
    assert [entry.title for entry in feed.entries] == ["Fog", "Storm"]


@pytest.mark.parametrize(
    "body", [b"[" * 10**6, b'[{"title": NaN}]', b"<html>", b'{"a": ' * 10**5 + b"1", b"\xff\xfe"]
)
def test_hostile_json_is_one_error(body: bytes) -> None:
    assert failure(body).code == "malformed"


def test_deeply_nested_text_is_dropped() -> None:
    nested: Any = "bottom"
    for _ in range(300):
        nested = [nested]
    assert parse([{"title": "Fog", "text": nested}]).entries[0].body == ""


def test_different_entries_with_the_same_id_get_different_keys() -> None:
    keys = [entry.key for entry in parse([{"id": 1, "title": "Fog"}, {"id": 1, "title": "Storm"}]).entries]
    assert len(set(keys)) == 2


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"<!doctype html><title>429</title><p>Too many requests. Please slow down.</p>", "too many requests"),
        (b"<html><body><h1>Ferries of Halvik</h1><p>The ferry to Ostra leaves at noon.</p>", "an HTML page"),
        ({"error": "Too many requests"}, "too many requests"),
        ({"status": "error", "message": "Service unavailable. Please try again later."}, "error message"),
        ({"code": 401, "message": "Please log in to continue."}, "login"),
    ],
)
def test_the_error_names_the_page_that_was_served_instead_of_json(document: Any, said: str) -> None:
    error = failure(document)
    assert error.code == ("malformed" if isinstance(document, bytes) else "not_the_page")
    assert said in str(error)


def test_an_entry_with_the_words_of_an_error_is_no_error() -> None:
    notice = {"id": 3, "title": "Pier closed", "text": "Too many requests for berths: pier 4 is closed until Friday."}
    assert parse(notice).entries[0].title == "Pier closed"
    assert len(parse([{"id": 1, "message": "Too many requests"}]).entries) == 1
