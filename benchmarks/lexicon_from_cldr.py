"""Write `monitor/text/lexicon/cldr.txt`: names of months, weekdays and territories from the CLDR data in Babel.

    python benchmarks/lexicon_from_cldr.py [FILE]

One line is one name: its folded words, a tab, and its meaning (`monitor/text/lexicon/cldr.py` reads both):
`UA` is a territory, `m12` a month, `d0` Monday, `Y`, `M`, `D` what follows a number in "2024年12月14日".
After a month or weekday, `+` means that it counts without a number beside it, `_` that a capital makes it another
word, `^` that it needs a capital.
A line that starts with ~ holds the stem of a territory's name, for its inflections.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel import Locale, localedata

from monitor.text.facts.tokens import script_name, spelling_key, stem_word, tokenize
from monitor.text.lexicon.countries import COUNTRIES
from monitor.text.lexicon.stopwords import STOPWORDS

OUTPUT = Path(__file__).parent.parent / "monitor/text/lexicon/cldr.txt"

# Languages with coverage moderate or modern in coverageLevels.json of CLDR 47; a script counts where it is listed.
COVERED = frozenset(
    """
    af am ar as az az-Latn be bg bn bs bs-Latn ca chr cs cy da de dsb el en es et eu fa fi fil fr ga gd gl gu ha he hi
    hi-Latn hr hsb ht hu hy id ig is it ja jv ka kk kk-Cyrl km kn ko kok kok-Deva ky lo lt lv mk ml mn mr ms my nb ne
    nl nn no or pa pa-Guru pcm pl ps pt ro ru sd sd-Arab si sk sl so sq sr sr-Cyrl sr-Latn sv sw ta te th ti tk tr uk
    ur uz uz-Latn vi yo yue yue-Hans yue-Hant zh zh-Hans zh-Hant zu
    ak bal-Latn br ceb fo ia ku mi qu sc tg tt vec wo xh
    """.split()
)
# Names in other languages that are English words or personal names: at least 0.3 in a million words of English, by
# wordfreq 3.1.1 (zipf frequency 2.5). Also names in English that are too frequent to mean the territory and not in
# `countries.py`: at least 30 in a million.
ENGLISH_WORDS = frozenset(
    """
    abe abu adr afi ag aga ago agt america anna api ara argentine ascension augusta augusto aus avg azerbaijani
    bahama bal bangladeshi bazar beal bharat brasil brasilia burney cab chili chin chine columbia congo cot dag
    das des deutschland dez dic dis dominique du dub elo end ene eph epr ez fab fas few filipina fn frans fre
    gen gene gini gor granada grenade gris gru guadalupe guiana gush gwen hep here holland hongkong hun ian indi
    indie ion ira irani island israeli italia jen jersey jug julie kata kol kota lao led lichtenstein lip lis lug lul
    lun luxemburg maa mac macau mach machi mae mag malt man mane maris mars marti mas mat maurice mauricio
    maurizio maw medi mee meh mrt nad naw nederland nepa nepali nga nis nob noe noll norfolk now ots ott out
    pakistani par pole pri pro reunion rugs rus sabo salvador sam sat seb sen set sie sin sina siri somali
    somalis srp sta stg stu suis suisse sul svalbard swaziland swede swiss tai tem tet tra tunis uk usa ut vas
    yan yemeni yul yun
    """.split()
)
MIN_TERRITORY_LETTERS = {"arabic": 5, "hebrew": 5, "latin": 4, "cyrillic": 3, "greek": 4, "armenian": 4}
MIN_OTHER_TERRITORY_LETTERS = 2  # in scripts with a sign for each syllable or word
MIN_STEM_LETTERS = 5
MIN_ALONE_LETTERS = 4  # of a month that counts without a number
MIN_ABBREVIATION_LETTERS = 3
# The same for months and weekdays that are 30 times as frequent in a language that writes them in lower case.
ENGLISH_NAMES = frozenset("augustus avril domingo janeiro juli julio maj maja mai marca mardi mart mayo mei".split())
FLAGS = "+_^"
CASED_SCRIPTS = frozenset({"latin", "cyrillic", "greek", "armenian"})
STEMMED_SCRIPTS = frozenset({"cyrillic", "arabic"})
# The cases of names of one word, which CLDR lacks: ending of the nominative -> endings of the other cases.
CASE_ENDINGS = {
    "ru": {"ия": "ии ию ией", "й": "я ю ем е", "а": "ы и е у ой", "я": "и е ю ей", "н": "на ну ном не",
           "к": "ка ку ком ке", "р": "ра ру ром ре", "т": "та ту том те", "с": "са су сом се", "д": "да ду дом де"},
    "uk": {"ія": "ії ію ією", "й": "ю я єм ї", "а": "и і у ою", "я": "і ю ею", "н": "ну на ном ні",
           "к": "ку ка ком", "р": "ру ра ром рі", "т": "ту та том ті", "с": "су са сом сі", "д": "ду да дом ді"},
}  # fmt: skip
TERRITORY_CODE = re.compile(r"[A-Z]{2}")
NO_TERRITORIES = frozenset({"ZZ", "XA", "XB", "QO", "EZ"})
NUMBERED_DATE = re.compile(r"y(\w)M+(\w?) ?d+(\w)")


class Name(NamedTuple):
    """One name as CLDR spells it."""

    text: str
    meaning: str
    is_english: bool
    is_wide: bool = True

    @property
    def key(self) -> str:
        """The form in which the name is looked up: the folded words, the first one with its accents."""
        first, *rest = tokenize(self.text) or [None]
        return "" if first is None else " ".join([spelling_key(first.word.text), *(t.word.folded for t in rest)])

    @property
    def letters(self) -> int:
        return sum(map(str.isalpha, self.text))

    @property
    def script(self) -> str:
        return script_name(self.key)


def is_covered(identifier: str) -> bool:
    language, *subtags = identifier.split("_")
    script = next((tag for tag in subtags[:1] if len(tag) == 4), "")
    return (f"{language}-{script}" if script else language) in COVERED


def locales() -> Iterator[Locale]:
    for identifier in sorted(localedata.locale_identifiers()):
        if is_covered(identifier):
            yield Locale.parse(identifier)


def calendar_names(locale: Locale) -> Iterator[Name]:
    """The months, wide and abbreviated, in running text and alone, and the weekdays, wide only."""
    is_english = locale.language == "en"
    for forms in (locale.months, locale.days):
        for width in ("wide", "abbreviated") if forms is locale.months else ("wide",):
            for context in ("format", "stand-alone"):
                for number, text in forms[context][width].items():
                    meaning = f"m{number}" if forms is locale.months else f"d{number}"
                    yield Name(text.rstrip(".॰"), meaning, is_english, width == "wide")


def territory_names(locale: Locale) -> Iterator[Name]:
    for code, text in locale.territories.items():
        if TERRITORY_CODE.fullmatch(code) and code not in NO_TERRITORIES and text != code:
            yield Name(text.split(" (")[0], code, locale.language == "en")


def date_markers(locale: Locale) -> Iterator[Name]:
    """What follows the numbers of a date: 年, 月 and 日."""
    pattern = NUMBERED_DATE.match(locale.date_formats["long"].pattern.replace(" ", "").replace("'", ""))
    month = re.sub(r"\d", "", locale.months["format"]["wide"][12])
    if pattern:
        for text, meaning in zip((pattern[1], pattern[2] or month, pattern[3]), "YMD", strict=True):
            yield Name(text, meaning, is_english=False)


def calendar_line(name: Name) -> str | None:
    """The meaning of a month or weekday, or None if it is no safe evidence of a date."""
    is_word = name.key in ENGLISH_WORDS
    is_month = name.meaning[0] == "m"
    is_lower = name.script in CASED_SCRIPTS and name.text[:1].islower()
    if name.is_english:
        return f"{name.meaning}+^"
    if name.key in ENGLISH_NAMES and not is_lower:
        return name.meaning if is_month else None
    if not is_month:
        return None if is_word else f"{name.meaning}+" + "_" * is_lower
    if not name.is_wide and (is_word or name.letters < MIN_ABBREVIATION_LETTERS):
        return None
    if is_word and not is_lower:
        return None
    alone = "+" if name.is_wide and name.letters >= MIN_ALONE_LETTERS and not is_word else ""
    if name.script != "latin":
        return name.meaning + alone
    return name.meaning + alone + ("^" if not is_lower else "_" * (is_word or bool(alone)))


def is_safe_territory(name: Name) -> bool:
    """Whether the name is no other word, as far as length, capitals and English tell."""
    if " - " in name.text or name.text[:1].islower() or name.key in HAND_WRITTEN:
        return False
    if name.letters < MIN_TERRITORY_LETTERS.get(name.script, MIN_OTHER_TERRITORY_LETTERS):
        return False
    return name.script != "latin" or not is_english_text(name)


def is_english_text(name: Name) -> bool:
    """Whether a name is made of English words: one that English uses for other things too, or most of several.

    Names of several words stay separate words in English: so a misspelling ("Saint Kiits and Nevis") or a part
    ("Central African") is compared with the name word by word.
    """
    words = name.key.split()
    if len(words) == 1:
        return name.key in ENGLISH_WORDS or (name.key in ENGLISH_NAME_PARTS and not name.is_english)
    return 2 * len([word for word in words if word in ENGLISH_NAME_PARTS | ENGLISH_TERRITORIES | STOPWORDS]) > len(
        words
    )


HAND_WRITTEN = frozenset(text for names in COUNTRIES.values() for text in names)
ENGLISH_TERRITORIES = frozenset(text.casefold() for text in Locale("en").territories.values())
ENGLISH_NAME_PARTS = (  # "Island" is Iceland in German, and part of "Norfolk Island"
    frozenset(word for text in ENGLISH_TERRITORIES for word in text.split()) - ENGLISH_TERRITORIES
)


def stems(name: Name) -> Iterator[str]:
    """The stem of a name of one word, if it is long and lacks only vowels of the name."""
    if name.script in STEMMED_SCRIPTS and " " not in name.key:
        stem = stem_word(name.key)
        if len(stem) >= MIN_STEM_LETTERS and stem not in STOPWORDS and not name.key.startswith(f"{stem}н"):
            yield f"~{stem}"


def cases(name: Name, language: str) -> Iterator[Name]:
    """The name and its inflections."""
    yield name
    endings = CASE_ENDINGS.get(language, {}) if name.text.isalpha() else {}
    ending = next((ending for ending in endings if name.text.endswith(ending)), None)
    for other in endings[ending].split() if ending else ():
        yield name._replace(text=name.text.removesuffix(ending) + other)


def unambiguous(meanings: dict[str, set[str]]) -> dict[str, str]:
    """The names that mean one thing in all languages."""
    return {key: next(iter(found)) for key, found in meanings.items() if len(found) == 1}


def calendar_lines(names: list[Name]) -> dict[str, str]:
    """English names have priority, so that no other language changes what an English word means.

    A name that is wide in one language and abbreviated in another counts as wide. It needs a capital or lower case if
    all languages agree.
    """
    lines: dict[str, set[str]] = defaultdict(set)
    english = {name.key: f"{name.meaning}+^" for name in names if name.is_english}
    for name in names:
        if name.key not in english and (line := calendar_line(name)):
            lines[name.key].add(line)
    numbers = unambiguous({key: {line.rstrip(FLAGS) for line in found} for key, found in lines.items()})
    return {key: meaning + joint_flags(lines[key]) for key, meaning in numbers.items()} | english


def joint_flags(lines: set[str]) -> str:
    """The flags of a name that several languages have."""
    flagged = [line for line in lines if line[-1] in FLAGS]
    is_alone = any("+" in line for line in flagged)
    is_lower = bool(flagged) and all("_" in line for line in flagged)
    return "+" * is_alone + "_" * is_lower + "^" * all("^" in line for line in lines)


def territory_lines(names: list[Name], taken: dict[str, str]) -> dict[str, str]:
    meanings: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for key in (name.key, *stems(name)) if is_safe_territory(name) else ():
            meanings[key].add(name.meaning)
    return {key: code for key, code in unambiguous(meanings).items() if key and key not in taken}


def render() -> bytes:
    calendar: list[Name] = []
    territories: list[Name] = []
    markers: list[Name] = []
    for locale in locales():
        calendar += calendar_names(locale)
        for name in territory_names(locale):
            territories += cases(name, locale.language)
        markers += date_markers(locale)
    calendar = [name for name in dict.fromkeys(calendar) if name.key and not name.key[0].isdigit()]
    dates = calendar_lines(calendar) | {name.key: name.meaning for name in markers}
    lines = dates | territory_lines(list(dict.fromkeys(territories)), dates)
    return b"\n".join(sorted(f"{key}\t{meaning}".encode() for key, meaning in lines.items())) + b"\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT).write_bytes(render())
