"""The day of an event, corrected dates, and words that look like a change but are none."""

from __future__ import annotations

import pytest
from kit.replay_lines import DAY_HOURS, finding_after


@pytest.mark.parametrize(
    ("earlier", "now", "days_later"),
    [
        pytest.param(
            "A drone struck the oil depot in Dolvik yesterday.",
            "A drone hit the oil depot in Dolvik yesterday.",
            3,
            id="yesterday, war",
        ),
        pytest.param(
            "Lightning killed a hiker near Lindal yesterday.",
            "Lightning has killed a hiker near Lindal today.",
            4,
            id="yesterday and today, weather",
        ),
        pytest.param("Tarnsund beat Korsby yesterday.", "Tarnsund beat Korsby today.", 6, id="today, sport"),
        pytest.param(
            "Nurses in Velden went on strike yesterday.",
            "Nurses in Velden went on strike yesterday.",
            3,
            id="same words with yesterday",
        ),
        pytest.param(
            "The ferry to Marnholm hit the pier on Monday.",
            "The ferry to Marnholm hit the pier on Monday.",
            8,
            id="same words with a weekday",
        ),
        pytest.param(
            "Shelling damaged a school in Sarna overnight.",
            "Shelling damaged a school in Sarna overnight, the governor said.",
            3,
            id="overnight, war",
        ),
        pytest.param(
            "An avalanche buried two skiers at Lindal on 28 February.",
            "An avalanche buried two skiers at Lindal on 5 March.",
            5,
            id="date, accident",
        ),
        pytest.param(
            "A landslide blocked the railway at Lindal on 1 March.",
            "A landslide blocked the railway at Lindal on 3 March.",
            2.5,
            id="date, traffic",
        ),
        pytest.param(
            "Tarnsund police dispersed a march of taxi drivers on Sunday.",
            "Tarnsund police dispersed a march of taxi drivers on Tuesday.",
            2.5,
            id="weekday, police",
        ),
    ],
)
def test_the_same_event_on_a_later_day_is_new(earlier: str, now: str, days_later: float) -> None:
    finding = finding_after(now, earlier, hours_later=days_later * DAY_HOURS)
    assert (finding["novelty"], finding["evidence"]["basis"]) == ("new", "another day")


@pytest.mark.parametrize(
    ("earlier", "now", "days_later"),
    [
        pytest.param(
            "A drone hit the oil depot in Dolvik on Saturday.",
            "A drone hit the Dolvik oil depot yesterday.",
            0.1,
            id="weekday as yesterday",
        ),
        pytest.param(
            "The ferry Orla ran aground near Halvik today.",
            "The ferry Orla ran aground near Halvik yesterday.",
            1,
            id="today as yesterday",
        ),
        pytest.param(
            "The ferry Orla ran aground near Halvik today.",
            "The ferry Orla ran aground near Halvik on 1 March.",
            3,
            id="today as date",
        ),
        pytest.param(
            "An avalanche buried two skiers at Lindal on Saturday.",
            "Two skiers were buried by an avalanche at Lindal on 28 February.",
            1,
            id="weekday as date",
        ),
    ],
)
def test_the_same_day_in_other_words_is_repeated(earlier: str, now: str, days_later: float) -> None:
    finding = finding_after(now, earlier, hours_later=days_later * DAY_HOURS)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("repeated", earlier)


@pytest.mark.parametrize(
    ("earlier", "now", "before", "after"),
    [
        pytest.param(
            "The final between Korsby and Tarnsund takes place on 14 March.",
            "The final between Korsby and Tarnsund takes place on 21 March.",
            "14 March",
            "21 March",
            id="postponed match",
        ),
        pytest.param(
            "Brennhof AG will publish its annual report on 19 March.",
            "Brennhof AG will publish its annual report on 26 March.",
            "19 March",
            "26 March",
            id="postponed report",
        ),
        pytest.param(
            "The tanker Orla sank off Halvik on 25 February.",
            "The tanker Orla sank off Halvik on 26 February.",
            "25 February",
            "26 February",
            id="corrected date",
        ),
        pytest.param(
            "The minister met striking nurses in Velden on Thursday.",
            "The minister met striking nurses in Velden on Friday.",
            "Thursday",
            "Friday",
            id="corrected weekday",
        ),
    ],
)
def test_a_corrected_or_postponed_date_is_changed(earlier: str, now: str, before: str, after: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", earlier)
    assert finding["changes"] == [{"kind": "date", "before": before, "after": after}]


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        pytest.param(
            "A flaw in the Kestrel VPN allows denial of service.",
            "Kestrel VPN: denial of service through a flaw.",
            id="denial of service",
        ),
        pytest.param(
            "The failing pump flooded the mine near Lindal.",
            "The mine near Lindal was flooded by a failing pump.",
            id="failing",
        ),
        pytest.param(
            "Police searched the villa of banker Ivo Marck without a warrant.",
            "The villa of banker Ivo Marck was searched by police without a warrant.",
            id="without",
        ),
        pytest.param(
            "HALVIK, 28 February – A crane fell on a barge in the harbour of Halvik.",
            "A crane fell on a barge in the harbour of Halvik.",
            id="dateline",
        ),
        pytest.param(
            "(14:20) Gusts tore the roof off the sports hall in Lindal.",
            "(16:45) Gusts tore the roof off the sports hall in Lindal.",
            id="time stamp",
        ),
        pytest.param(
            "BREAKING: A crane fell on a barge in the harbour of Halvik.",
            "A crane fell on a barge in the harbour of Halvik.",
            id="breaking",
        ),
    ],
)
def test_words_that_only_look_like_a_change_are_repeated(earlier: str, now: str) -> None:
    finding = finding_after(now, earlier)
    assert (finding["novelty"], finding["nearest"]["text"]) == ("repeated", earlier)
