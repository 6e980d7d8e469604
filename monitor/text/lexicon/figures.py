"""Words for numbers, scales, bounds, currencies and units."""

CARDINALS: dict[str, float] = {
    word: float(value)
    for value, words in {
        0: "zero нуль ноль",
        1: "one один одна одне одно одного однієї одной",
        2: "two два дві две двох двух",
        3: "three три трьох трех трёх",
        4: "four чотири чотирьох четыре четырех четырёх",
        5: "five пять пяти",
        6: "six шість шести шесть",
        7: "seven сім семи семь",
        8: "eight вісім восьми восемь",
        9: "nine девять девяти",
        10: "ten десять десяти",
        11: "eleven одинадцять одиннадцать",
        12: "twelve дванадцять двенадцать",
        13: "thirteen тринадцять тринадцать",
        14: "fourteen чотирнадцять четырнадцать",
        15: "fifteen пятнадцять пятнадцать",
        16: "sixteen шістнадцять шестнадцать",
        17: "seventeen сімнадцять семнадцать",
        18: "eighteen вісімнадцять восемнадцать",
        19: "nineteen девятнадцять девятнадцать",
        20: "twenty двадцять двадцать двадцяти двадцати",
        30: "thirty тридцять тридцать",
        40: "forty сорок",
        50: "fifty пятдесят пятьдесят",
        60: "sixty шістдесят шестьдесят",
        70: "seventy сімдесят семьдесят",
        80: "eighty вісімдесят восемьдесят",
        90: "ninety девяносто девяносто",
    }.items()
    for word in words.split()
}

ORDINALS: dict[str, float] = {
    word: float(value)
    for value, words in {
        1: "first перший перша перше первый первая первое",
        2: "second другий друга второй вторая",
        3: "third третій третя третий третья",
        4: "fourth",
        5: "fifth",
        6: "sixth",
        7: "seventh",
        8: "eighth",
        9: "ninth",
        10: "tenth",
        11: "eleventh",
        12: "twelfth",
        20: "twentieth",
    }.items()
    for word in words.split()
}

SCALES: dict[str, float] = {
    word: value
    for value, words in {
        1e2: "hundred hundreds сто сотні сотни сотень сотен",
        12.0: "dozen dozens десятки десятків десятков",
        1e3: "k thousand thousands тис тыс тисяча тисячі тисяч тысяча тысячи тысяч 千",
        1e4: "万",
        1e6: "m mn mln million millions млн мільйон мільйона мільйони мільйонів миллион миллиона миллионов",
        1e8: "亿",
        1e9: "b bn bln billion billions млрд мільярд мільярда мільярдів миллиард миллиарда миллиардов",
        1e12: "tn trillion trillions",
    }.items()
    for word in words.split()
}

FRACTIONS: dict[str, float] = {
    "half": 0.5,
    "halves": 0.5,
    "quarter": 0.25,
    "quarters": 0.25,
    "половина": 0.5,
    "половину": 0.5,
    "третина": 1 / 3,
}

# phrase before (or after, "or more") a figure -> its bound; longer phrases are tried first
BOUNDS: dict[tuple[str, ...], str] = {
    tuple(phrase.strip().split()): bound
    for bound, phrases in {
        "about": "about, around, approximately, roughly, some, nearly, almost, close to, "
        "near, nears, nearing, approaches, approaching, an estimated, estimated, "
        "circa, ca, approx, близько, майже, приблизно, около, почти, примерно, порядка, 约, 大约",
        "over": "over, more than, above, exceeding, exceeds, exceed, passes, passed, pass, tops, topped, top, "
        "surpasses, surpassed, surpass, surpassing, passing, topping, crosses, crossed, exceeded, "
        "greater than, beyond, upwards of, понад, більше, более, больше, свыше, 超过",
        "least": "at least, no fewer than, no less than, not less than, a minimum of, minimum, "
        "щонайменше, принаймні, не менше, по меньшей мере, как минимум, не менее, 至少",
        "under": "under, fewer than, less than, below, short of, менше, меньше, менее",
        "most": "up to, as many as, as much as, at most, no more than, not more than, a maximum of, maximum, "
        "до, не більше, не более, 最多",
    }.items()
    for phrase in phrases.split(",")
}
BOUND_LENGTHS = tuple(sorted({len(words) for words in BOUNDS}, reverse=True))
BOUND_LAST_WORDS = frozenset(words[-1] for words in BOUNDS)

CURRENCIES = {
    word: name
    for name, words in {
        "usd": "$ dollar dollars usd us$ долар доларів доллар долларов",
        "eur": "€ euro euros eur євро евро",
        "gbp": "£ pound pounds gbp sterling",
        "jpy": "¥ yen yuan jpy",
        "uah": "₴ uah hryvnia hryvnias гривень гривні",
        "rub": "₽ rub rouble roubles ruble rubles рублей рубля",
    }.items()
    for word in words.split()
}

# codes before a figure: "EUR 3m"
CURRENCY_CODES = frozenset(("USD", "EUR", "GBP", "JPY", "UAH", "RUB"))

BASIS_POINT, PERCENTAGE_POINT = "bp", "percentage point"  # one percentage point is 100 basis points
POINTS = {"basis": BASIS_POINT, "percentage": PERCENTAGE_POINT}  # the word before "point"

MEASURES = {
    word: name
    for name, words in {
        "%": "% percent pct percentage проценти процентов відсотків відсотки процент",
        "km": "km kms kilometre kilometres kilometer kilometers км кілометрів километров",
        "m": "metre metres meter meters м метрів метров",
        "mi": "mile miles mi",
        "kg": "kg kilo kilos kilogram kilograms кг",
        "t": "tonne tonnes ton tons тонн",
        "year": "year years yr yrs yo рік роки років год года лет",
        "month": "month months місяць місяців месяц месяцев",
        "week": "week weeks wk тиждень тижнів неделя недель",
        "day": "day days день дні днів дня дней",
        "hour": "hour hours hr hrs h година годин час часов",
        "minute": "minute minutes min mins хвилин минут",
        BASIS_POINT: "bp bps",
        "magnitude": "magnitude",
        "mph": "mph",
        "kb": "kb",
        "mb": "mb",
        "gb": "gb",
        "ft": "ft feet foot",
        "inch": "inch inches",
        "kmh": "kmh kph",
    }.items()
    for word in words.split()
}

# units of several tokens, after a figure
COMPOUND_MEASURES = {
    tuple(words.split()): name
    for name, phrases in {
        "%": "per cent",
        "kmh": "km / h, kms / h, км / год, км / ч, kilometres per hour, kilometers per hour, km per hour",
        "mps": "m / s, metres per second, meters per second",
        "mph": "miles per hour, mi / h",
    }.items()
    for words in phrases.split(", ")
}
COMPOUND_STARTS = frozenset(words[0] for words in COMPOUND_MEASURES)

# unit -> (dimension, its size in the base unit of the dimension); currencies and other units are their own dimension
DIMENSIONS = {
    unit: (dimension, size)
    for dimension, sizes in {
        "": {"": 1.0, "magnitude": 1.0},
        "length": {"m": 1.0, "km": 1000.0, "mi": 1609.344, "ft": 0.3048, "inch": 0.0254},
        "speed": {"kmh": 1.0, "mph": 1.609344, "mps": 3.6},
        "mass": {"kg": 1.0, "t": 1000.0},
        "time": {
            "minute": 60.0,
            "hour": 3600.0,
            "day": 86_400.0,
            "week": 604_800.0,
            "month": 2_629_800.0,
            "year": 31_557_600.0,
        },
        "size": {"kb": 1e3, "mb": 1e6, "gb": 1e9},
    }.items()
    for unit, size in sizes.items()
}

# Verbs that only say how a figure moved: "rises to 31" and "passes 31" are values of one toll.
MOVEMENT_VERBS = frozenset(
    """
    rise rises rose risen rising climb climbs climbed climbing top tops topped topping pass passes passed passing
    cross crosses crossed crossing exceed exceeds exceeded exceeding near nears neared nearing reach reaches reached
    reaching surpass surpasses surpassed surpassing soar soars soared soaring jump jumps jumped jumping hit hits
    hitting
    approach approaches approached approaching grow grows grew grown growing increase increases increased increasing
    fall falls fell fallen falling drop drops dropped dropping decline declines declined declining stand stands stood
    total totals totaled totalled number numbers revise revises revised raise raises raised cut cuts lower lowers
    lowered now currently least
    зросла зріс зросло зросли перевищила перевищив перевищили досягла досяг досягли сягнула становить становила
    выросло вырос выросла превысила превысил превысило достигла достиг достигло составила составляет
    """.split()
)
