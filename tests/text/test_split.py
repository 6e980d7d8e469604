import random
import re
import time

import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.model import Noise, Role
from monitor.text.normalize import normalized_key
from monitor.text.split import split_claims


def texts(body, title="", ignore=()):
    return [claim.text for claim in split_claims(title, body, ignore)]


def roles(body):
    return [(claim.role.value, claim.text) for claim in split_claims("", body)]


class TestTitle:
    def test_is_the_first_claim_verbatim_with_white_space_folded(self):
        first = split_claims("Troops  *arrive* &\u00a0stay\n[live] ", "They came.")[0]
        assert (first.text, first.role, first.heading) == ("Troops *arrive* & stay [live]", Role.TITLE, "")

    def test_if_empty_is_not_a_claim(self):
        assert split_claims(" \n", "") == ()

    def test_is_not_repeated_by_an_equal_heading(self):
        assert texts("<h1>Border report</h1><p>It is open.</p>", "Border report") == ["Border report", "It is open."]


class TestSentences:
    @pytest.mark.parametrize(
        "sentence",
        [
            "Deliveries begin at 9 a.m. Monday.",
            "The bridge reopened at 5 p.m. GMT on Jan. 5 as planned.",
            "He met U.S. forces near the depot.",
            "Lt. Col. Brown and Gen. Smith were flown out.",
            "The fund holds 3.5 million in No. 5 notes.",
            "On Dec. 14 the column left.",
            "Bring papers, e.g. a visa, i.e. a stamped one.",
            "About approx. 500 men, incl. 3 generals, left.",
            "George W. Bush and J. K. Rowling came.",
            "Про це сказав ген. Петренко на нараді.",
            "Зустріч відбулася на вул. Садовій у м. Львів о 5 год. ранку.",
            "Це підтвердив А. Б. Коваленко особисто.",
            "Втрати склали 3 тис. осіб за 2024 р. загалом.",
            "Об этом рассказал ген. Смирнов журналистам.",
            "В г. Туле живут 3,5 млн. человек.",
            "정부는 \"병력 1만2000명이 왔다.\"고 발표했다.",
            "「勝った。」と彼は言った。",
            "قال د. سامي إن 3.5 مليون شخص وصلوا.",
            'She said: "We hold the line. We stay." and left.',
            "Він сказав: «Ми тримаємось. Ми тут.» і пішов.",
            '"Are you ready?" he asked.',
        ],
    )  # fmt: skip
    def test_is_not_split_at_an_abbreviation_or_quote(self, sentence):
        assert texts(sentence) == [sentence]

    @pytest.mark.parametrize(
        ("body", "wanted"),
        [
            ("It rose 3.5 percent. Then it fell.", ["It rose 3.5 percent.", "Then it fell."]),
            ("They left at 5 p.m. The road is open.", ["They left at 5 p.m.", "The road is open."]),
            ("He lives in the U.S. The family moved.", ["He lives in the U.S.", "The family moved."]),
            ("Військо відійшло. Міст закрито.", ["Військо відійшло.", "Міст закрито."]),
            ("Войска ушли. Мост закрыт!", ["Войска ушли.", "Мост закрыт!"]),
            ("군인이 왔다. 다리는 닫혔다.", ["군인이 왔다.", "다리는 닫혔다."]),
            ("军队已撤离。桥梁关闭！真的吗？", ["军队已撤离。", "桥梁关闭！", "真的吗？"]),
            ("وصلت القوات. هل أغلق الجسر؟ نعم.", ["وصلت القوات.", "هل أغلق الجسر؟", "نعم."]),
            ('He said "We stay." Then he left.', ['He said "We stay."', "Then he left."]),
        ],
    )
    def test_are_separated(self, body, wanted):
        assert texts(body) == wanted

    def test_of_excessive_length_is_cut_between_words(self):
        words = " ".join(f"word{n}" for n in range(2000))
        parts = texts(words)
        assert " ".join(parts) == words
        assert max(map(len, parts)) <= 2000


class TestHtml:
    def test_separates_bullets_and_nested_bullets(self):
        body = "<ul><li>One road<ul><li>two bridges<li>three fords</ul>and a path</li><li>Four gates</ul>"
        assert roles(body) == [
            ("bullet", t) for t in ("One road", "two bridges", "three fords", "and a path", "Four gates")
        ]

    def test_separates_headings_and_assigns_them_to_the_claims_below(self):
        claims = split_claims("", "<h2>North</h2><p>Calm.</p><h3>South side</h3><ul><li>Shelling goes on</ul>")
        assert [(c.text, c.heading) for c in claims] == [
            ("North", ""), ("Calm.", "North"), ("South side", ""), ("Shelling goes on", "South side")
        ]  # fmt: skip

    def test_treats_a_bold_line_as_a_heading_but_not_a_bold_sentence(self):
        body = "<p><b>River gauge</b></p><p><strong>The river is high.</strong></p><p><b>Gauge</b> two.</p>"
        assert roles(body) == [
            ("heading", "River gauge"), ("sentence", "The river is high."), ("sentence", "Gauge two.")
        ]  # fmt: skip

    def test_treats_a_bold_line_before_a_break_as_a_heading(self):
        assert roles("<p><b>River gauge</b><br>It is high.</p>") == [
            ("heading", "River gauge"),
            ("sentence", "It is high."),
        ]

    def test_splits_tables_into_rows_and_marks_the_header_row(self):
        claims = split_claims(
            "", "<table><tr><th>Place<th>Dead</tr><tr><td>Alba<td><p>12</p></tr><tr><td>Bera</td><td>3</td></table>"
        )
        assert [(c.role, c.text, c.noise) for c in claims] == [
            (Role.ROW, "Place | Dead", Noise.BARE_HEADING),
            (Role.ROW, "Alba | 12", None),
            (Role.ROW, "Bera | 3", None),
        ]

    def test_does_not_treat_layout_tables_as_rows(self):
        body = (
            "<table><tr><td><h2>News</h2><p>One thing happened.</p></td><td><ul><li>left</li></ul></td></tr></table>"
        )
        assert roles(body) == [("heading", "News"), ("sentence", "One thing happened."), ("bullet", "left")]

    def test_joins_a_term_with_its_short_definition(self):
        assert roles("<dl><dt>Dead</dt><dd>12</dd><dt>Missing</dt><dd>3</dd></dl>") == [
            ("row", "Dead | 12"),
            ("row", "Missing | 3"),
        ]

    def test_splits_at_line_breaks(self):
        assert texts("<p>Road A12 is closed<br>Road B7 is open<br/>Ferries run</p>") == [
            "Road A12 is closed", "Road B7 is open", "Ferries run"
        ]  # fmt: skip

    def test_skips_hidden_elements(self):
        body = (
            "<p>Seen.</p><script>var a = '<p>no';</script><style>p{}</style><nav><a>Start</a></nav><!-- no -->"
            "<p hidden>no</p><p style='display: none'>no</p><noscript>no</noscript><template>no</template>"
            "<img alt='no' src=x><p class='not hidden' title='is hidden '>Also seen.</p><del>gone</del>"
        )
        assert texts(body) == ["Seen.", "Also seen."]

    def test_reads_a_hidden_element_that_is_never_closed(self):
        assert texts("<div hidden><p>Lost otherwise.</p>") == ["Lost otherwise."]

    def test_separates_words_of_adjacent_elements_and_joins_parts_of_one_word(self):
        assert texts("<p><a>North</a><a>Korea</a> <b>U</b>kraine<span>3</span>,000</p>") == [
            "North Korea Ukraine3,000"
        ]
        assert texts("<div>One</div><div>two</div>") == ["One", "two"]

    def test_splits_preformatted_text_by_lines(self):
        assert texts("<pre>Call __init__ first\n\n- then *run*\n- then stop</pre>After.") == [
            "Call __init__ first", "then *run*", "then stop", "After."
        ]  # fmt: skip

    def test_decodes_entities_and_folds_spaces(self):
        assert texts("<p>A&amp;B &lt;5&nbsp;km&shy;s&#8203; caf&eacute;</p>") == ["A&B <5 kms café"]

    def test_is_unescaped_if_the_whole_body_is_escaped(self):
        assert texts("&lt;p&gt;Roads &amp;amp; rails are shut.&lt;/p&gt;") == ["Roads & rails are shut."]


class TestMarkdown:
    def test_recognizes_every_kind_of_heading(self):
        body = "# One\na.\n\nTwo\n===\nb.\n\nThree\n---\nc.\n\n**Four**\n\nd.\n\n## Five ##\n\n__Six__\n"
        assert [t for r, t in roles(body) if r == "heading"] == ["One", "Two", "Three", "Four", "Five", "Six"]

    def test_keeps_link_text_and_drops_images_and_marks(self):
        body = (
            'See [the *full*\nreport](https://e.org/a_(b) "t") and ![map](m.png) **now**, _today_, ~~never~~ `ls` '
            "snake_case 2 * 3 * 4 a\\*b."
        )
        assert texts(body) == ["See the full report and now, today, ls snake_case 2 * 3 * 4 a*b."]

    def test_splits_tables_into_rows(self):
        body = "| Place | Dead |\n|---|---:|\n| Alba | 12 |\n\nDone."
        claims = split_claims("", body)
        assert [(c.role.value, c.text) for c in claims] == [
            ("row", "Place | Dead"), ("row", "Alba | 12"), ("sentence", "Done.")
        ]  # fmt: skip
        assert claims[0].noise is Noise.BARE_HEADING

    def test_separates_nested_bullets_and_numbered_items(self):
        body = "* One\n    * two\n      runs on\n* Three\n1. Four\n2. Five\n\n1984. That was the year."
        assert texts(body) == ["One", "two runs on", "Three", "Four", "Five", "1984. That was the year."]

    def test_joins_a_definition_to_its_term(self):
        assert texts("Valid from:\n: Monday the first") == ["Valid from: Monday the first"]

    def test_keeps_hard_line_breaks(self):
        assert texts("Tourist visa: needed  \nBusiness visa: needed\\\nstudent visa: none") == [
            "Tourist visa: needed", "Business visa: needed", "student visa: none"
        ]  # fmt: skip


class TestPlainText:
    def test_that_is_hard_wrapped_is_joined(self):
        body = (
            "The northern column crossed the river at dawn on Monday and took\n"
            "the village of Alba, said the regional governor, adding that Gen.\n"
            "Smith had ordered a halt. Two bridges\n"
            "were lost.\n\n"
            "- a bullet that is wrapped by its mailer because it is too long\n"
            "  for one line\n"
            "- another\n"
        )
        assert texts(body) == [
            "The northern column crossed the river at dawn on Monday and took the village of Alba, said the regional "
            "governor, adding that Gen. Smith had ordered a halt.",
            "Two bridges were lost.",
            "a bullet that is wrapped by its mailer because it is too long for one line",
            "another",
        ]

    def test_with_one_statement_per_line_is_not_joined(self):
        lines = [
            "Governor closes the northern crossing until further notice",
            "Two ferries return to service after the storm has passed",
            "Market in Alba reopens",
            "River falls below the alarm level at all three gauges today",
        ]
        assert texts("\n".join(lines)) == lines

    def test_treats_a_line_above_bullets_as_their_heading(self):
        claims = split_claims(
            "", "State of the roads\n- A12 is closed\n- B7 is open\nWhat is known about the ferry?\nIt runs."
        )
        assert [(c.role.value, c.text, c.heading) for c in claims] == [
            ("heading", "State of the roads", ""),
            ("bullet", "A12 is closed", "State of the roads"),
            ("bullet", "B7 is open", "State of the roads"),
            ("heading", "What is known about the ferry?", ""),
            ("sentence", "It runs.", "What is known about the ferry?"),
        ]

    def test_in_chinese_is_joined_without_spaces(self):
        line = "北部纵队于周一黎明渡河并占领了村庄据该地区州长说两座桥"
        assert texts(f"{line}\n{line}。") == [f"{line}{line}。"]

    def test_keeps_angle_brackets_that_are_not_tags(self):
        assert texts("Fewer than <5 people, or a < b, wrote to <desk@example.org>.") == [
            "Fewer than <5 people, or a < b, wrote to <desk@example.org>."
        ]


class TestHeadings:
    def test_a_claim_is_kept_once_per_heading(self):
        claims = split_claims("", "# A\n\n- Closed today\n- Closed today\n\n# B\n\n- Closed today")
        assert [(c.text, c.heading) for c in claims if c.role is Role.BULLET] == [
            ("Closed today", "A"),
            ("Closed today", "B"),
        ]

    def test_a_series_title_is_not_used_as_a_heading(self):
        claims = split_claims("", "## North\n\n- Calm all day\n\n## Key takeaways as of May 3\n\n- Calm all night")
        assert [c.heading for c in claims if c.role is Role.BULLET] == ["North", ""]


class TestIgnore:
    @pytest.mark.parametrize("compiler", [re.compile, re2.compile])
    def test_drops_matching_lines_and_claims_as_a_whole(self, compiler):
        body = "<p>Ticket 12 is open. The road is shut.</p><p>The gate is shut.</p><ul><li>Ticket 9</ul>"
        assert texts(body, "T", [compiler(r"Ticket \d+")]) == ["T", "The gate is shut."]

    def test_drops_a_matching_title(self):
        assert texts("Body.", "Ticket 3", [re.compile("Ticket")]) == ["Body."]

    def test_an_ignored_heading_is_not_assigned_to_claims(self):
        assert split_claims("", "# Ad\n\nText here.", [re.compile("^Ad$")])[0].heading == ""


@pytest.mark.slow
class TestHostileInput:
    @pytest.mark.parametrize(
        "body",
        [
            "<div>" * 50_000 + "end",
            "<p a=" + "x" * 1_000_000 + ">end",
            "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">end",
            "".join(f"<b id={n}>" for n in range(5_000)) + "<p>x" * 5_000,
            "<div hidden>" * 30_000 + "end",
            "<!--" * 100_000,
            "<" * 300_000,
            '<a href="' * 50_000,
            "<table><tr><td>" * 10_000 + "end",
            "<ul><li>" * 20_000 + "end",
            "<script>" * 20_000,
            "« a. " * 60_000,
            '"a. ' * 60_000,
            "(" * 300_000,
            "[" * 200_000,
            "[a](" * 60_000,
            "![" * 100_000,
            "*a " * 100_000,
            "_a" * 100_000,
            "`a" * 100_000,
            "|" * 300_000,
            "a\n" * 150_000,
            "> " * 150_000,
            "- " * 150_000,
            "&amp;" * 60_000,
            "\ud800\x00\u200b" * 1000,
            "1. " * 100_000,
            "~~a" * 100_000,
            "<b " * 100_000 + "\n",
        ],
        ids=lambda body: repr(body[:12]),
    )
    def test_is_parsed_in_linear_time_without_an_error(self, body):
        started = time.perf_counter()
        split_claims(body[:5000], body)
        assert time.perf_counter() - started < 10

    def test_of_excessive_length_is_cut_at_the_end_of_a_block(self):
        claims = split_claims("", "<p>The same road is shut today.</p>" * 80_000 + "<p>Never reached.</p>")
        assert [c.text for c in claims] == ["The same road is shut today."]

    @given(st.text())
    def test_of_any_characters_raises_no_error(self, text):
        split_claims(text, text)

    @example("1\n\\")  # a line that is empty without its marks
    @example("1\n\\\nb")
    @given(st.text(alphabet="<>/abp h1=\"'!-#*_[]()`|\\\n.&;: lidtr"))
    def test_of_any_markup_characters_raises_no_error(self, text):
        split_claims(text, text)


WORDS = st.lists(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzабвгґєіїäöüß한국中文", min_size=1, max_size=8),
    min_size=1,
    max_size=12,
)


class TestCompleteness:
    @given(st.lists(st.tuples(st.sampled_from(["p", "li", "h2", "div", "td", "blockquote", "dd", "span"]), WORDS)))
    def test_all_words_of_html_are_kept(self, elements):
        body = "<html>" + "".join(f"<{tag}>{' '.join(words)}</{tag}>\n" for tag, words in elements)
        kept = " ".join(texts(body)).split()
        assert set(kept) - {"|"} == {word for _, words in elements for word in words}

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["", "- ", "# ", "1. ", "    * ", "> "]), WORDS, st.sampled_from(["\n", "\n\n"])
            )
        )
    )
    def test_all_words_of_lines_are_kept(self, lines):
        body = "".join(f"{mark}{' '.join(words)}{end}" for mark, words, end in lines)
        unspaced = "".join(" ".join(texts(body)).split())
        assert all(word in unspaced for _, words, _ in lines for word in words)

    @given(st.randoms(use_true_random=False), st.sampled_from(["<p>{}</p>", "{}\n\n", "- {}\n"]))
    def test_an_edit_of_one_paragraph_leaves_the_other_claims_unchanged(self, rng, template):
        old = [sentence(rng) for _ in range(8)]
        index = rng.randrange(8)
        new = [*old[:index], "Wholly other words stand here. And here.", *old[index + 1 :]]
        before, after = (texts("".join(template.format(paragraph) for paragraph in page)) for page in (old, new))
        assert set(before) - set(after) <= set(texts(old[index]))
        assert set(after) - set(before) <= {"Wholly other words stand here.", "And here."}


def sentence(rng: random.Random) -> str:
    words = "road bridge column river governor gauge ferry crossing village market reopens closes falls".split()
    return " ".join(rng.choice(words) for _ in range(rng.randint(3, 25))).capitalize() + "."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("“Road’s”  shut – now.", '"road\'s" shut - now', True),
        ("3,000 men", "30,00 men", False),
        ("Road shut", "Road not shut", False),
    ],
)
def test_normalized_keys_are_equal_for_the_same_words(one, other, same):
    assert (normalized_key(one) == normalized_key(other)) is same


@pytest.mark.parametrize(
    "text",
    [
        "The flaw is in Acme.Security.Tokens and lets anyone in.",
        "Acme .NET Runtime contains a flaw.",
        "Norvale Active! Mail contains a buffer overflow.",
        "Version 4.2.1 of Acme.Net is fixed.",
    ],
)
def test_a_dotted_or_exclaimed_name_does_not_end_a_sentence(text):
    claims = split_claims("", f"{text} A fix is out.")
    assert [claim.text for claim in claims] == [text, "A fix is out."]


@pytest.mark.parametrize("text", ["It ended badly.He left.", "It ended in Ostra.Then he left."])
def test_a_missing_space_still_ends_a_sentence(text):
    assert len(split_claims("", text)) == 2


def test_underscores_of_a_name_are_kept():
    claims = split_claims("", "The key __REQUEST_TOKEN leaks in logs. __Rotate it__ and sign in.")
    assert [claim.text for claim in claims] == [
        "The key __REQUEST_TOKEN leaks in logs.",
        "Rotate it and sign in.",
    ]
