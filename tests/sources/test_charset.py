"""Bodies are decoded right, whatever charset they declare; else the operator learns that the text is garbled."""

from __future__ import annotations

import random
import time
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts.source_notices import NOTICE_TITLES, HealthIssue
from monitor.config.models import SourceConfig
from monitor.net.response import Response
from monitor.polling.outcome import PollContext, read_outcome
from monitor.sources.adaptive_interval import PollNews
from monitor.sources.parse.charset import decode_body, python_charset, xml_as_utf8
from monitor.sources.parse.feed import GARBLED_WARNING, parse_feed, warn_if_garbled
from monitor.sources.parse.garbled import looks_garbled
from monitor.sources.parse.jsonapi import parse_json
from monitor.sources.parse.options import ParseOptions
from monitor.sources.state import SourceState

TEXTS = {
    "ru": "Лодка с рыбаками вернулась в гавань Марнхольма. Совет обещал починить маяк до весны. Школа открыта.",
    "uk": "Човен із рибалками повернувся до гавані. Рада пообіцяла відремонтувати маяк до весни. Школу вже відкрито.",
    "bg": "Лодката с рибарите се върна в пристанището. Съветът обеща да ремонтира фара до пролетта.",
    "fr": "Le bateau des pêcheurs est rentré à la crique. Le conseil a promis de réparer le phare d’ici l’été.",
    "de": "Das Boot der Fischer kehrte in die Bucht zurück. Der Rat will den Turm im Frühling für alle öffnen.",
    "es": "El barco regresó a la bahía. ¿Cuándo arreglará el concejo el faro? Mañana empezará la reparación.",
    "pl": "Łódź rybacka wróciła do zatoki. Rada obiecała naprawić latarnię przed wiosną, a szkołę już otwarto.",
    "cs": "Člun s rybáři se vrátil do zátoky. Rada slíbila opravit maják před létem, škola je už otevřená.",
    "hu": "A halászok csónakja visszatért az öbölbe. A tanács ígérte, hogy rendbe hozza az erőművet és a fűtést.",
    "el": "Η βάρκα των ψαράδων γύρισε στο λιμάνι. Το συμβούλιο υποσχέθηκε να επισκευάσει τον φάρο ως την άνοιξη.",
    "tr": "Balıkçıların teknesi koya döndü. Meclis feneri bahara kadar onaracağını söyledi, okul açıldı ve güvenli.",
    "he": "סירת הדייגים חזרה למפרץ. המועצה הבטיחה לתקן את המגדלור עד האביב. בית הספר כבר פתוח.",
    "ar": "عاد قارب الصيادين إلى الخليج. وعد المجلس بإصلاح المنارة قبل الربيع. المدرسة مفتوحة الآن.",
    "zh": "渔民的船回到了港湾。市议会答应在春天之前修好灯塔。学校已经重新开放。",
    "zh-tw": "漁民的船回到了港灣。市議會答應在春天之前修好燈塔。學校已經重新開放。",
    "ja": "漁師の船が湾に戻った。市議会は春までに灯台を修理すると約束した。学校はもう再開している。",
    "ko": "어부들의 배가 만으로 돌아왔다. 시의회는 봄까지 등대를 고치겠다고 약속했다. 학교는 다시 문을 열었다.",
}
ENCODINGS = {
    "windows-1251": "ru uk bg",
    "koi8-r": "ru",
    "koi8-u": "uk",
    "iso-8859-5": "ru",
    "windows-1252": "fr de es",
    "windows-1250": "pl cs hu",
    "iso-8859-2": "pl cs hu",
    "windows-1253": "el",
    "windows-1254": "tr",
    "windows-1255": "he",
    "windows-1256": "ar",
    "gb18030": "zh",
    "big5": "zh-tw",
    "shift_jis": "ja",
    "euc-jp": "ja",
    "euc-kr": "ko",
    "utf-16": "ru fr ja",
    "utf-8": " ".join(TEXTS),
}
CASES = [(encoding, language) for encoding, languages in ENCODINGS.items() for language in languages.split()]
# Hungarian in ISO 8859-2 differs from other languages in Latin-1 in two letters only.
UNDECIDABLE = {("windows-1250", "hu", "iso-8859-1"), ("iso-8859-2", "hu", "iso-8859-1")}


def labels(encoding: str) -> list[str]:
    """Right, wrong and missing."""
    wrong = "windows-1251" if encoding == "utf-8" else "utf-8"
    return [encoding, encoding.replace("-", "_").upper(), wrong, "iso-8859-1", "no-such-charset", ""]


@pytest.mark.parametrize(("encoding", "language"), CASES)
def test_a_page_is_read_under_a_right_wrong_or_missing_label(encoding: str, language: str) -> None:
    text = TEXTS[language]
    page = f"<html lang=en><title>{text}</title><p class='intro text'>{text}</p><a href=/>Read more</a></html>"
    body = page.encode(encoding)
    for label in labels(encoding):
        if (encoding, language, label) in UNDECIDABLE:
            continue
        assert decode_body(body, f"text/html; charset={label}" if label else "text/html") == page, label
        tagged = page.replace("<title>", f"<meta charset='{label}'><title>")
        assert decode_body(tagged.encode(encoding), "text/html") == tagged, label


@pytest.mark.parametrize(("encoding", "language"), CASES)
def test_a_feed_is_read_under_a_right_wrong_or_missing_label(encoding: str, language: str) -> None:
    text = TEXTS[language]
    for label in labels(encoding):
        if (encoding, language, label) in UNDECIDABLE:
            continue
        prolog = f"<?xml version='1.0' encoding='{label}'?>" if label else ""
        items = "".join(f"<item><guid>{n}</guid><title>{text}</title></item>" for n in range(3))
        body = f"{prolog}<rss version='2.0'><channel>{items}</channel></rss>".encode(encoding)
        for content_type in ("text/xml", "application/rss+xml", f"application/xml; charset={label}"):
            feed = warn_if_garbled(parse_feed(body, content_type, "https://harbour.example/feed"))
            assert [entry.title for entry in feed.entries] == [text] * 3, (label, content_type)
            assert GARBLED_WARNING not in feed.warnings


@pytest.mark.parametrize(
    ("wrong", "encoding", "language"),
    [
        ("koi8-r", "windows-1251", "ru"),
        ("windows-1251", "koi8-r", "ru"),
        ("koi8-r", "koi8-u", "uk"),
        ("windows-1251", "windows-1252", "fr"),
        ("windows-1252", "windows-1250", "pl"),
        ("gb2312", "windows-1252", "de"),
        ("gb2312", "euc-kr", "ko"),
        ("shift_jis", "euc-jp", "ja"),
        ("big5", "shift_jis", "ja"),
        ("windows-1256", "windows-1251", "ru"),
        ("utf-16", "utf-8", "ru"),
        ("gb2312", "utf-8", "zh"),
        ("iso-2022-jp", "shift_jis", "ja"),
    ],
)
def test_a_charset_that_does_not_fit_the_text_is_not_believed(wrong: str, encoding: str, language: str) -> None:
    assert decode_body(TEXTS[language].encode(encoding), f"text/html; charset={wrong}") == TEXTS[language]


def test_utf16_and_utf32_need_no_byte_order_mark() -> None:
    page = f"<html><title>{TEXTS['ru']}</title>"
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        assert decode_body(page.encode(encoding), "text/html") == page
        assert decode_body(page.encode(encoding.removesuffix("-le").removesuffix("-be")), "text/html") == page


def test_iso_2022_jp_is_read_if_it_is_declared() -> None:
    assert decode_body(TEXTS["ja"].encode("iso-2022-jp"), "text/html; charset=ISO-2022-JP") == TEXTS["ja"]


def test_a_short_text_in_an_east_asian_charset_may_also_be_utf8() -> None:
    assert decode_body("联通".encode("gbk"), "text/html; charset=gbk") == "联通"


def test_a_few_wrong_bytes_do_not_change_the_charset() -> None:
    body = TEXTS["ru"].encode() + b" caf\xe9 \xff"
    assert decode_body(body, "text/html; charset=utf-8").startswith(TEXTS["ru"])
    assert decode_body(body, "text/html").startswith(TEXTS["ru"])


def test_a_meta_tag_in_an_item_says_nothing_about_the_feed() -> None:
    body = "<rss><item><description><![CDATA[<meta charset=gbk>Паром]]></description></item></rss>".encode()
    assert "Паром" in xml_as_utf8(body, "text/xml").decode()


def test_json_in_another_charset_is_read() -> None:
    body = f'[{{"id": 1, "title": "{TEXTS["ru"]}"}}]'.encode("windows-1251")
    feed = parse_json(body, "application/json", "https://harbour.example/api", ParseOptions("json", ""))
    assert feed.entries[0].title == TEXTS["ru"]


@pytest.mark.parametrize(
    ("label", "charset"),
    [
        ("utf8", "utf_8"), ("UTF_8", "utf_8"), ("cp-1251", "cp1251"), ("windows1251", "cp1251"),
        ("win-1251", "cp1251"), ("Windows-1251", "cp1251"), ("x-cp1251", "cp1251"), ("1251", "cp1251"),
        ("iso8859_1", "cp1252"),
        ("Latin-1", "cp1252"), ("us-ascii", "cp1252"), ("iso_8859-2", "iso8859_2"), ("ISO8859-9", "cp1254"),
        ("x-sjis", "cp932"), ("Shift-JIS", "cp932"), ("x-euc-jp", "euc_jp"), ("GB_2312-80", "gb18030"),
        ("x-gbk", "gb18030"), ("ks_c_5601-1987", "cp949"), ("Big5-HKSCS", "big5hkscs"), ("KOI8R", "koi8_r"),
        ("unicode", "utf_16"), ("tis-620", "cp874"), ("x-mac-cyrillic", "mac_cyrillic"), ("macintosh", "mac_roman"),
        ("punycode", None), ("idna", None), ("undefined", None), ("zlib", None), ("no-such-charset", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_label_is_known_in_any_spelling(label: str, charset: str | None) -> None:
    assert python_charset(label) == charset


@pytest.mark.parametrize("seed", range(3))
def test_hostile_bytes_are_decoded_in_bounded_time(seed: int) -> None:
    rng = random.Random(seed)
    bodies = [
        rng.randbytes(200_000),
        b"\xe9" * 10**6,
        b"a" * 10**6 + b"\xff",
        b"<" * 10**6 + b"\x98",
        b"\xe9 " * 500_000,
    ]
    started_at = time.process_time()
    for body in bodies:
        for label in ("utf-8", "gb18030", "windows-1251", "iso-8859-1"):
            looks_garbled(decode_body(body, f"text/html; charset={label}")[:100_000])
    assert time.process_time() - started_at < 5


# What cannot be repaired


@pytest.mark.parametrize(
    ("encoding", "read_as"), [("utf-8", "windows-1252"), ("utf-8", "latin-1"), ("utf-8", "windows-1251")]
)
@pytest.mark.parametrize("language", ["ru", "fr", "de", "el", "pl"])
def test_text_of_a_wrong_charset_looks_garbled(encoding: str, read_as: str, language: str) -> None:
    assert looks_garbled(TEXTS[language].encode(encoding).decode(read_as, "replace"))


@pytest.mark.parametrize(
    "text",
    [
        TEXTS["ru"].encode("windows-1251").decode("latin-1"),
        TEXTS["el"].encode("windows-1253").decode("windows-1252", "replace"),
        TEXTS["fr"].encode("windows-1252").decode("windows-1251"),
        TEXTS["de"].encode("windows-1252").decode("utf-8", "replace") * 2,
        "The mayorâ€™s office said it wonâ€™t close; it isnâ€™t safe.",
    ],
)
def test_text_that_no_language_has_looks_garbled(text: str) -> None:
    assert looks_garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        *TEXTS.values(),
        "",
        "plain",
        "Résistors of 10 kΩ, 4.7 kΩ and 22 kΩ; 5 µF – “new”, it’s 20 °C",
        "CAFÉ «ÉTÉ» — DÉJÀ VU… NAÏVETÉ",
        "IT-специалисты Wi-Fi‑сети и iPhone’ы: COVID‑19, SMS‑код",
        "Það er mjög góð hugmynd, sögðu íbúar Þórshafnar",
        "Thủ tướng đến thăm Hà Nội, nơi đường phố đông đúc",
        "日本のITサービスがAI企業と提携、ＯＳを公開",
        "One example of garbled text is Ã©.",
    ],
)
def test_text_of_a_language_does_not_look_garbled(text: str) -> None:
    assert not looks_garbled(text)


def test_garbled_text_is_a_notice_of_a_source_that_is_ok() -> None:
    garbled = TEXTS["ru"].encode().decode("windows-1251", "replace")
    body = f"<rss version='2.0'><channel><item><guid>1</guid><title>{garbled}</title></item></channel></rss>".encode()
    feed = warn_if_garbled(parse_feed(body, "text/xml", "https://harbour.example/feed"))
    source = SourceConfig(name="a", url="https://harbour.example/feed", every="15m")  # type: ignore[arg-type]
    state = SourceState("a", source.url, "feed", None, None, "x", "ok", None, 0, 0.0, 0.0, True, 5)
    response = Response(200, source.url, body, "text/xml", None, None, None)
    outcome = read_outcome(PollContext(source, state, 9.0, ZoneInfo("UTC"), 0.0), response, feed, PollNews(1.0))

    assert feed.entries[0].title == garbled.strip()
    assert feed.warnings == (GARBLED_WARNING,)
    assert outcome.state == "ok"
    assert [issue.kind for issue in outcome.issues if isinstance(issue, HealthIssue)] == ["garbled"]
    assert "garbled" in NOTICE_TITLES
