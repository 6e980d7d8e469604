import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from monitor.text.blocks import looks_like_html, parse_blocks


@pytest.mark.parametrize(
    "text", ["<p>One</p>", "One<br>two", "<B>One</B>", "see <a href='x'>this</a>", "<!DOCTYPE html>x", "text</div>"]
)
def test_text_with_tags_looks_like_html(text):
    assert looks_like_html(text)


@pytest.mark.parametrize(
    "text", ["", "a < b > c", "<desk@example.org>", "<https://example.org>", "# One\n- two", "AT&amp;T"]
)
def test_text_without_tags_does_not_look_like_html(text):
    assert not looks_like_html(text)


def test_a_page_is_parsed_into_blocks_with_roles():
    page = (
        "<h1>Roads</h1><p>The <b>A12</b> is&nbsp;shut.<br>Use the B7.</p><ul><li>Alba<li>Bera</ul>"
        "<table><tr><td>Alba<td>12</tr><tr><td>Bera<td>3</tr></table><p>End.</p>"
    )
    assert [(block.role.value, block.text) for block in parse_blocks(page)] == [
        ("heading", "Roads"),
        ("sentence", "The A12 is shut."),
        ("sentence", "Use the B7."),
        ("bullet", "Alba"),
        ("bullet", "Bera"),
        ("row", "Alba | 12"),
        ("row", "Bera | 3"),
        ("sentence", "End."),
    ]


def test_empty_html_has_no_blocks():
    assert parse_blocks("") == parse_blocks("<p> </p>") == []


TEXT = st.lists(st.text(alphabet="abcdefgхїє한中&", min_size=1, max_size=6), min_size=1, max_size=5).map(" ".join)
TAGS = st.sampled_from("p div ul li span b em a section blockquote h2 table tr td article td center".split())


@st.composite
def trees(draw, depth=3):
    """Generate possibly ill-formed HTML: elements in any order, some never closed."""
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        if depth and draw(st.booleans()):
            tag = draw(TAGS)
            parts.append(f"<{tag}>{draw(trees(depth - 1))}" + draw(st.sampled_from((f"</{tag}>", ""))))
        else:
            parts.append(draw(TEXT).replace("&", "&amp;") + draw(st.sampled_from((" ", ""))))
    return "".join(parts)


@given(trees())
def test_blocks_have_the_same_letters_as_lexbor_finds(html):
    body = LexborHTMLParser(f"<div>{html}</div>").body
    expected = "".join(sorted(body.text(separator="") if body else ""))
    parsed = "".join(sorted("".join(block.text for block in parse_blocks(f"<div>{html}</div>"))))
    without_separators = str.maketrans("", "", " \n|-")
    assert parsed.translate(without_separators) == expected.translate(without_separators)
