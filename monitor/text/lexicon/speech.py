"""Words that attribute a statement to a speaker, and words for days relative to the day of publication."""

# Verbs that only report what somebody said. "Announced" and "ordered" are acts and are not among them.
SPEECH_VERBS = frozenset(
    """
    said says say saying stated states reported reports report claimed claims noted notes added adds told tells
    confirmed confirms observed argued believes believe assessed assesses posted wrote writes
    сказав сказала сказали каже заявив заявила заявили заявляє повідомив повідомила повідомили повідомляє повідомляють
    зазначив зазначила зазначили додав додала розповів розповіла
    сказал сказала сказали говорит заявил заявила заявили заявляет сообщил сообщила сообщили сообщает сообщают
    отметил отметила добавил добавила рассказал рассказала
    sagte sagt sagten erklarte berichtet berichtete meldete meldet
    dit declare affirme annonce
    dijo dice afirmo informo senalo
    disse diz afirmou informou
    """.split()
)
# A noun may follow these as the object of an act: "Acme reported a profit". At the start they need a "that".
REPORTING_VERBS = frozenset(
    "reported reports report confirmed confirms observed told tells posted wrote writes assessed assesses".split()
)
# They also report what somebody said if "that" follows; else they may be the event.
CONDITIONAL_VERBS = frozenset(
    """
    announced announces warned warns denied denies alleged alleges revealed reveals indicated indicates suggested
    suggests declared declares acknowledged emphasized stressed insisted concluded estimates estimated
    оголосив оголосила попередив попередила підтвердив підтвердили объявил объявила предупредил подтвердил подтвердили
    """.split()
)
SUBORDINATORS = frozenset("that що что dass que che".split())
# What may stand between the verb and "that", or after the verb at the end of a sentence.
SPEECH_MODIFIERS = frozenset(
    """
    on in at a an the to statement interview briefing post tweet telegram reporters journalists press conference late
    early also previously earlier separately again today yesterday morning evening afternoon night
    у в на під час заяві брифінгу також вчора сьогодні сегодня вчера также заявлении
    """.split()
)
ACCORDING = (
    "according to", "as reported by", "as stated by", "as noted by", "як повідомляє", "як повідомив", "как сообщает",
    "за словами", "за даними", "по словам", "по данным", "selon", "segun", "segundo", "laut",
)  # fmt: skip

# Phrases, folded, by the first and last day that they mean, in days from the day of publication.
RELATIVE_DAYS: dict[tuple[int, int], tuple[str, ...]] = {
    (0, 0): (
        "today", "this morning", "this afternoon", "this evening", "tonight", "earlier today", "сьогодні", "сегодня",
        "heute", "aujourdhui", "hoy", "hoje", "oggi",
    ),
    (-1, -1): ("yesterday", "вчора", "учора", "вчера", "gestern", "hier", "ayer", "ontem", "ieri"),
    (1, 1): ("tomorrow", "завтра", "morgen", "demain", "manana", "amanha", "domani"),
    (-1, 0): (
        "overnight", "last night", "past 24 hours", "last 24 hours", "the past day", "the last day", "минулої доби",
        "минулу добу", "за добу", "вночі", "за сутки", "прошедшие сутки", "ночью",
    ),
}  # fmt: skip

# Phrases for one more thing of a kind, which no earlier claim can be about.
ADDITIONAL = (
    "another", "one more", "yet another", "a second", "a third", "a further", "ще один", "ще одна", "ще одне",
    "еще один", "еще одна", "еще одно",
)  # fmt: skip
