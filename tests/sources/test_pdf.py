"""A page that is a PDF is read as its text, in paragraphs."""

from __future__ import annotations

import sys

import pytest
from kit.pdf_writer import write_pdf

from monitor.errors import ParseError
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.sources.parse.pdf import is_pdf, paragraphs
from monitor.text.split import split_claims

URL = "https://harbour.example/files/notices.pdf"
LINES = [
    "Notices of the harbour",
    "The ferry from Halvik to Nordby sails at 14:00 on Friday, and the harbour mas-",
    "ter asks all passengers to be at the pier half an hour before. Tickets are sold at",
    "Quay 1 (near the crane).",
    "Closures",
    "- Pier 3 is closed until the end of May because of the repairs to the crane that",
    "fell in the storm.",
    "- Pier 4 is open.",
]


def parse(body: bytes, content_type: str = "application/pdf", **options: str) -> Feed:
    return parse_page(body, content_type, URL, ParseOptions("page", URL, **options))  # type: ignore[arg-type]


def claims(feed: Feed) -> list[str]:
    return [claim.text for entry in feed.entries for claim in split_claims(entry.title, entry.body)]


def failure(body: bytes, **options: str) -> ParseError:
    with pytest.raises(ParseError) as raised:
        parse(body, **options)
    return raised.value


@pytest.mark.parametrize("content_type", ["application/pdf", "application/octet-stream", "text/html", ""])
def test_the_lines_of_a_pdf_are_joined_into_claims(content_type: str) -> None:
    assert claims(parse(write_pdf([LINES]), content_type)) == [
        "Notices of the harbour",
        "The ferry from Halvik to Nordby sails at 14:00 on Friday, and the harbour master asks all passengers to be "
        "at the pier half an hour before.",
        "Tickets are sold at Quay 1 (near the crane).",
        "Closures",
        "Pier 3 is closed until the end of May because of the repairs to the crane that fell in the storm.",
        "Pier 4 is open.",
    ]


def test_an_edit_elsewhere_keeps_the_other_claims() -> None:
    before = set(claims(parse(write_pdf([LINES]))))
    after = set(claims(parse(write_pdf([[line.replace("14:00", "16:00") for line in LINES]]))))
    assert len(before - after) == len(after - before) == 1


def test_a_paragraph_continues_on_the_next_page_without_running_heads() -> None:
    pages = [
        [
            "Port of Halvik",
            f"Chapter {number}",
            "The repairs of the pier will take until the end of",
            f"Page {number} of 4",
        ]
        for number in range(1, 5)
    ]
    pages[0][2:3] = ["Repairs go on. The crane of the pier will be replaced before the end of"]
    pages[1][1:3] = ["the month by a new one."]
    read = claims(parse(write_pdf(pages)))
    assert "The crane of the pier will be replaced before the end of the month by a new one." in read
    assert not [claim for claim in read if claim.startswith(("Page", "Port of"))]


@pytest.mark.parametrize(
    ("title", "expected"), [("Bulletin 7", "Bulletin 7"), ("Microsoft Word - b.docx", LINES[0]), ("", LINES[0])]
)
def test_the_title_is_declared_or_the_first_line(title: str, expected: str) -> None:
    entry = parse(write_pdf([LINES], title=title)).entries[0]
    assert (entry.title, entry.key, entry.url) == (expected, URL, URL)


def test_a_pdf_that_begins_with_a_sentence_is_named_after_its_file() -> None:
    assert parse(write_pdf([["Pier 3 is closed until the end of May."]])).entries[0].title == "notices.pdf"


def test_other_languages_and_angle_brackets_are_read() -> None:
    read = claims(
        parse(write_pdf([["Bekanntmachung", "Der Anleger ist für Fähren gesperrt: Zustand <ZU>.", "Größe: 3 m"]]))
    )
    assert read[1:] == ["Der Anleger ist für Fähren gesperrt: Zustand <ZU>.", "Größe: 3 m"]


def test_an_unreadable_pdf_is_a_clear_error() -> None:
    assert str(failure(write_pdf([LINES], encrypted=True))) == "the PDF is encrypted and needs a password"
    assert str(failure(write_pdf([[], []]))) == "the PDF has no text: its pages are images"
    assert str(failure(b"%PDF-1.7 x")) == "the PDF is damaged and cannot be read"
    assert "`select` and `each` do not apply" in str(failure(write_pdf([LINES]), select="main"))


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    error = failure(write_pdf([LINES]))
    assert error.code == "no_pdf_reader"
    assert "pip install claimwatch[fulltext]" in str(error)


def test_a_page_about_pdf_files_is_not_one() -> None:
    assert is_pdf(b"\n%PDF-1.7\n")
    assert not is_pdf(b"<html>A file begins with %PDF-1.4.</html>")
    assert not is_pdf(b"A file begins with\n%PDF-1.4, says the manual.")


def test_narrow_lists_and_headings_are_not_joined() -> None:
    assert list(paragraphs(["Ferries", "Line 4", "Line 5", "", "delayed"])) == [
        "Ferries",
        "Line 4",
        "Line 5",
        "delayed",
    ]
