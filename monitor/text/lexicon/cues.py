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

# words in the clause of a figure, before it, that make it a forecast or a plan for a rule
FORECAST_WORDS = PROJECTION_WORDS | frozenset(
    """
    should shall plan plans planned planning expect expects expecting intend intends intended intending aim aims aimed
    aiming propose proposes proposed proposing forecasts forecasting predict predicts predicted predicting anticipate
    anticipates anticipated anticipating projecting poised consider considers considering mull mulls mulling
    буде будуть будет будут може можуть может могут планує планують планирует планируют очікує очікується очікують
    ожидает ожидается ожидают
    """.split()
)
# words that do so only before "to" ("hopes to hire 90"), and only before "of" ("a target of 90")
FORECAST_WORDS_BEFORE_TO = frozenset(
    """
    hope hopes hoped hoping seek seeks seeking scheduled set going about ready vow vows vowed pledge pledges pledged
    promise promises promised want wants
    """.split()
)
FORECAST_WORDS_BEFORE_OF = frozenset("target targets goal goals".split())
# words after the thing counted that make its figure a forecast: "1,200 jobs will go", "1,200 jobs are set to go"
MODALS_AFTER = frozenset("will would may might could should shall буде будуть будет будут може можуть".split())
PLANNED_AFTER = frozenset(
    "expected set due likely planned scheduled projected forecast slated poised to going".split()
)
BE_WORDS = frozenset("is are was were be been being".split())
# "Acme to cut 1,200 jobs": verbs after the "to" of a headline without another verb
HEADLINE_VERBS = frozenset(
    """
    cut lay shed slash axe eliminate send deploy add hire build buy sell pay invest spend raise lower recall close
    open evacuate withdraw receive supply provide train create lose fire dismiss furlough scrap release ship launch
    order acquire fine donate give lend borrow reach hit get drop remove
    """.split()
)
# past tenses not in -ed, and forms of "be" and "have": a figure after one is stated, unless "to" or a modal is before
STATED_VERBS = frozenset(
    """
    is are was were has had left hit struck rose fell lost sent saw took made found sold bought got brought began
    kept held won hurt shot became employs
    """.split()
)
DEFINITE_WORDS = frozenset("the these those its their his her our my your all other current".split())

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
