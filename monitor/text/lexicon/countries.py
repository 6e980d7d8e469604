"""Countries in English, written by hand: what CLDR lacks, which is adjectives, nationals and short names.

Each line is an ISO 3166 code, the name that is the key of the place in the ledger, and other words for it. These
words count in lower case too. Names in other languages, and of other territories, are in `cldr.txt`.
"""

COUNTRY_LINES = """
AF afghanistan: afghan, afghans, afghani
AL albania: albanian, albanians
DZ algeria: algerian, algerians
AO angola: angolan, angolans
AR argentina: argentine, argentinian, argentinians
AM armenia: armenian, armenians
AU australia: australian, australians, aussie
AT austria: austrian, austrians
AZ azerbaijan: azerbaijani, azeri
BH bahrain: bahraini
BD bangladesh: bangladeshi, bangladeshis
BY belarus: belarusian, belarusians
BE belgium: belgian, belgians
BO bolivia: bolivian, bolivians
BA bosnia: bosnian, bosnians
BR brazil: brazilian, brazilians
GB britain: british, uk, united kingdom, great britain, briton, britons
BG bulgaria: bulgarian, bulgarians
BF burkina faso: burkinabe
BI burundi: burundian
KH cambodia: cambodian, cambodians
CM cameroon: cameroonian
CA canada: canadian, canadians
TD chad: chadian
CL chile: chilean, chileans
CN china: chinese, prc
CO colombia: colombian, colombians
CD congo: congolese, drc
HR croatia: croatian, croatians, croat
CU cuba: cuban, cubans
CY cyprus: cypriot, cypriots
CZ czechia: czech, czech republic, czechs
DK denmark: danish, dane, danes
EC ecuador: ecuadorian, ecuadorean
EG egypt: egyptian, egyptians
GB-ENG england: english
ER eritrea: eritrean
EE estonia: estonian, estonians
ET ethiopia: ethiopian, ethiopians
EU european union: eu
FI finland: finnish, finn, finns
FR france: french, frenchman
GE georgia: georgian, georgians
DE germany: german, germans
GH ghana: ghanaian
GR greece: greek, greeks
GT guatemala: guatemalan
HT haiti: haitian, haitians
HN honduras: honduran
HU hungary: hungarian, hungarians
IS iceland: icelandic
IN india: indian, indians
ID indonesia: indonesian, indonesians
IR iran: iranian, iranians, islamic republic
IQ iraq: iraqi, iraqis
IE ireland: irish
IL israel: israeli, israelis
IT italy: italian, italians
CI ivory coast: ivorian
JM jamaica: jamaican
JP japan: japanese
JO jordan: jordanian, jordanians
KZ kazakhstan: kazakh
KE kenya: kenyan, kenyans
XK kosovo: kosovar
KW kuwait: kuwaiti
KG kyrgyzstan: kyrgyz
LA laos: laotian
LV latvia: latvian, latvians
LB lebanon: lebanese
LR liberia: liberian
LY libya: libyan, libyans
LT lithuania: lithuanian, lithuanians
MY malaysia: malaysian, malaysians
ML mali: malian
MX mexico: mexican, mexicans
MD moldova: moldovan
MN mongolia: mongolian
MA morocco: moroccan, moroccans
MZ mozambique: mozambican
MM myanmar: burma, burmese
NP nepal: nepalese, nepali
NL netherlands: dutch, holland
NZ new zealand: new zealander, nz
NI nicaragua: nicaraguan
NE niger: nigerien
NG nigeria: nigerian, nigerians
KP north korea: north korean, north koreans, dprk, n korea, n. korea, nkorea
NO norway: norwegian, norwegians
OM oman: omani
PK pakistan: pakistani, pakistanis, pak
PS palestine: palestinian, palestinians
PA panama: panamanian
PY paraguay: paraguayan
PE peru: peruvian, peruvians
PH philippines: philippine, filipino, filipinos
PL poland: polish, pole, poles
PT portugal: portuguese
QA qatar: qatari
RO romania: romanian, romanians
RU russia: russian, russians, russian federation
RW rwanda: rwandan
WS samoa: samoan
SA saudi arabia: saudi, saudis
GB-SCT scotland: scottish
SN senegal: senegalese
RS serbia: serbian, serb, serbs
SL sierra leone: sierra leonean
SG singapore: singaporean
SK slovakia: slovak
SI slovenia: slovenian, slovene
SO somalia: somali, somalis
ZA south africa: south african, south africans
KR south korea: south korean, south koreans, s korea, s. korea, skorea, republic of korea, rok
SS south sudan: south sudanese
ES spain: spanish, spaniard
LK sri lanka: sri lankan
SD sudan: sudanese
SE sweden: swedish, swede, swedes
CH switzerland: swiss
SY syria: syrian, syrians
TW taiwan: taiwanese
TJ tajikistan: tajik
TZ tanzania: tanzanian
TH thailand: thai
TN tunisia: tunisian
TR turkey: turkish, turkiye, turk, turks
TM turkmenistan: turkmen
UG uganda: ugandan
UA ukraine: ukrainian, ukrainians
AE united arab emirates: uae, emirati
UN united nations: un
US united states: united states of america, usa, america, american, americans
UY uruguay: uruguayan
UZ uzbekistan: uzbek
VE venezuela: venezuelan
VN vietnam: vietnamese
GB-WLS wales: welsh
YE yemen: yemeni, yemenis
ZM zambia: zambian
ZW zimbabwe: zimbabwean
"""


def _read_lines() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Map each code to the name of the place and all its words, the name first."""
    countries: dict[str, tuple[str, tuple[str, ...]]] = {}
    for line in COUNTRY_LINES.strip().splitlines():
        place, _, words = line.partition(": ")
        code, name = place.split(" ", 1)
        countries[code] = name, (name, *words.split(", "))
    return countries


_COUNTRIES_BY_CODE = _read_lines()
# place -> all its words, its name first
COUNTRIES: dict[str, tuple[str, ...]] = dict(_COUNTRIES_BY_CODE.values())
COUNTRY_NAMES = {code: name for code, (name, _) in _COUNTRIES_BY_CODE.items()}
