"""Detects the charset of a body that does not declare it, or declares a wrong one. Pure.

charset-normalizer finds the script. In short texts it is often wrong among the charsets of European languages with
Latin letters, so these are distinguished by their letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_SAMPLE_BYTES = 1500
MAX_SEARCHED_BYTES = 2**16  # for words of the sample
_FOREIGN_TEXT = re.compile(rb"[\x80-\xff][^\s<>]{0,400}")
_FOREIGN_RUN = re.compile(rb"[\x80-\xff]+")
MAX_MEAN_RUN = 1.7
MIN_KANA_SHARE = 0.2
MIN_JUDGED_BYTES = 24  # shorter samples say too little against a declaration
MAX_MESS = 0.1  # of charset-normalizer, from 0 to 1
_HALFWIDTH_KATAKANA = re.compile(r"[\uff61-\uff9f]{2}")  # hardly used; what other charsets look like in Shift_JIS
MIN_KNOWN_LETTERS, MIN_BETTER_SHARE = (
    0.8,
    0.95,
)  # shares of letters: of a declared charset, and of one that replaces it
_PUNCTUATION = frozenset("\u00a0«»‹›„“”‚‘’–—…•·§°€£©®™\u00ad")
_OTHER_SCRIPTS = (
    *("cp1251", "koi8_u", "koi8_r", "iso8859_5", "cp1253", "cp1255", "cp1256", "tis_620"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949"),
)
_CENTRAL_EUROPE = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ")
# The letters of languages beyond a to z. The first charset wins a tie.
_LETTERS_BY_CHARSET = {
    "cp1252": (
        *("àâçéèêëîïôœùûü", "äöüß", "áéíñóúü¿¡", "áâãàçéêíóôõúü", "àèéìíòóùú", "àçèéíïòóúü"),
        *("åäæöøéü", "áèéëïóöü", "áæðéíóöþúý"),
    ),
    "cp1250": _CENTRAL_EUROPE,
    "iso8859_2": _CENTRAL_EUROPE,
    "cp1254": ("âçğıîöşûüi\u0307",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
}


def detect_charset(body: bytes) -> str:
    """Return Python's name of the most likely charset of a body that is not UTF-8; "" if none is likely."""
    sample = _sample(body)
    if _has_single_letters(sample):
        return _european_charset(sample)
    if japanese := next((charset for charset in ("euc_jp", "cp932") if _has_kana(sample, charset)), ""):
        return japanese
    charset = next(iter(_plausible_charsets(sample, [*_LETTERS_BY_CHARSET, *_OTHER_SCRIPTS])), "")
    return _european_charset(sample) if charset in _LETTERS_BY_CHARSET else charset


def makes_sense(body: bytes, charset: str) -> bool:
    """Return whether a body, which can be decoded in a charset, is likely in that charset."""
    sample = _sample(body)
    if charset in _LETTERS_BY_CHARSET:
        return _has_letters_of(sample, charset)
    if _has_single_letters(sample):
        return charset not in _OTHER_SCRIPTS
    return len(sample) < MIN_JUDGED_BYTES or bool(_plausible_charsets(sample, [charset]))


def _plausible_charsets(sample: bytes, candidates: list[str]) -> list[str]:
    """Return those of the charsets in which the sample is not a mess, the most likely first."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_isolation=candidates, enable_fallback=False)
    return [
        match.encoding for match in matches if match.chaos < MAX_MESS and not _HALFWIDTH_KATAKANA.search(str(match))
    ]


def _has_letters_of(sample: bytes, charset: str) -> bool:
    """Whether a language that is written in a European charset accounts for the letters; true if no other does."""
    if not _has_single_letters(sample):
        return len(sample) < MIN_JUDGED_BYTES
    best = _european_charset(sample)
    share = _share_of_known_letters(sample, charset)
    return share >= MIN_KNOWN_LETTERS or _share_of_known_letters(sample, best) < MIN_BETTER_SHARE


def _has_single_letters(sample: bytes) -> bool:
    """Whether most bytes beyond ASCII stand alone, as the accented letters of a European language do."""
    runs = _FOREIGN_RUN.findall(sample)
    return sum(map(len, runs)) < MAX_MEAN_RUN * len(runs)


def _has_kana(sample: bytes, charset: str) -> bool:
    """Whether the sample is Japanese in this charset: other languages hardly ever decode to hiragana and katakana."""
    try:
        letters = [letter for letter in sample.decode(charset) if letter > "\x7f"]
    except UnicodeDecodeError:
        return False
    return sum("\u3041" <= letter <= "\u30ff" for letter in letters) > MIN_KANA_SHARE * len(letters)


def _sample(body: bytes) -> bytes:
    """The parts of words that begin with a byte beyond ASCII."""
    first = _FOREIGN_RUN.search(body)
    start = first.start() if first else len(body)
    return b" ".join(_take(_FOREIGN_TEXT.finditer(body, start, start + MAX_SEARCHED_BYTES)))


def _take(matches: Iterator[re.Match[bytes]]) -> Iterator[bytes]:
    length = 0
    for match in matches:
        yield match[0]
        length += len(match[0])
        if length > MAX_SAMPLE_BYTES:
            return


def _european_charset(sample: bytes) -> str:
    return max(_LETTERS_BY_CHARSET, key=lambda charset: _share_of_known_letters(sample, charset))


def _share_of_known_letters(sample: bytes, charset: str) -> float:
    """How much of the letters and signs beyond ASCII one language of the charset accounts for."""
    text = sample.decode(charset, "replace").lower()
    letters = [letter for letter in text if letter > "\x7f" and letter not in _PUNCTUATION]
    counts = (sum(letter in alphabet for letter in letters) for alphabet in _LETTERS_BY_CHARSET[charset])
    return max(counts) / len(letters) if letters else 1.0
