"""Words that negate, hedge, limit or date a claim: negation, certainty, scope and weekdays."""

NEGATORS = frozenset(
    """
    not no never yet nobody none nothing neither nowhere cannot cant without non unable incapable
    lack lacks lacked lacking fail fails failed failing refuse refuses refused deny denies denied denying
    denial refute refutes refuted isnt arent wasnt werent dont doesnt didnt hasnt havent hadnt wont wouldnt
    shouldnt couldnt mustnt aint
    не ні ані нема немає без ніколи ніхто ніщо жоден жодного жодної жодних заперечує заперечив заперечила
    нет ни никогда никто ничто нельзя отрицает отрицал опроверг опровергла невозможно неможливо
    لا لم لن ليس ليست بدون غير
    不 没 没有 無 无 未 非 否认 沒
    않 않다 않았다 못 없다 없이 아니다
    """.split()
)

# word -> level of certainty: words of one level are equally certain
HEDGES = {
    word: level
    for level, words in {
        "will": "will buде буде будут будет",
        "must": "must shall need needs required mandatory obliged compulsory",
        "should": "should ought recommended advised",
        "can": "can",
        "may": "may might could possibly perhaps maybe potentially possible може могут может можуть можливо возможно",
        "likely": "likely probably probable expected expects expect anticipated forecast ймовірно вероятно",
        "unlikely": "unlikely improbable doubtful",
        "planned": "plan plans planned planning scheduled intends intend proposed mulls mull considers",
        "reported": "reportedly allegedly alleged purportedly purported apparently supposedly suspected "
        "unconfirmed claimed rumoured rumored нібито якобы предположительно",
        "confirmed": "confirmed confirms officially verified підтвердив підтвердили подтвердил подтвердили",
        "would": "would",
    }.items()
    for word in words.split()
}

BOOSTERS = frozenset("very highly extremely most increasingly more less".split())

# words before a figure that make it a projection
PROJECTION_WORDS = frozenset("could may might feared expected projected forecast likely would will".split())

SCOPE_WORDS = {
    word: scope
    for scope, words in {
        "all": "all every everyone everybody each entire whole total totally fully completely always "
        "всі все усі весь вся каждый кожен",
        "most": "most mostly majority mainly largely usually generally більшість большинство",
        "some": "some several certain partly partially sometimes occasionally деякі некоторые",
        "few": "few fewer rarely seldom hardly",
        "many": "many numerous lots often frequently багато много",
        "only": "only solely exclusively merely лише тільки только",
        "except": "except excluding excludes exclude excluded excepting apart крім окрім кроме",
        "any": "any",
        "both": "both",
    }.items()
    for word in words.split()
}

# What CLDR lacks: short forms in English, and the accusative in Ukrainian and Russian.
WEEKDAYS = {
    word: number
    for number, words in enumerate(
        (
            "mon",
            "tue tues",
            "wed середу среду",
            "thu thurs",
            "fri пятницю пятницу",
            "суботу субботу",
            "неділю",
        )
    )
    for word in words.split()
}
