"""Names of countries and their adjectives and nationals: each line is one place."""

COUNTRY_LINES = """
afghanistan, afghan, afghans, afghani
albania, albanian, albanians
algeria, algerian, algerians
angola, angolan, angolans
argentina, argentine, argentinian, argentinians
armenia, armenian, armenians
australia, australian, australians, aussie
austria, austrian, austrians
azerbaijan, azerbaijani, azeri
bahrain, bahraini
bangladesh, bangladeshi, bangladeshis
belarus, belarusian, belarusians
belgium, belgian, belgians
bolivia, bolivian, bolivians
bosnia, bosnian, bosnians
brazil, brazilian, brazilians
britain, british, uk, united kingdom, great britain, briton, britons
bulgaria, bulgarian, bulgarians
burkina faso, burkinabe
burundi, burundian
cambodia, cambodian, cambodians
cameroon, cameroonian
canada, canadian, canadians
chad, chadian
chile, chilean, chileans
china, chinese, prc
colombia, colombian, colombians
congo, congolese, drc
croatia, croatian, croatians, croat
cuba, cuban, cubans
cyprus, cypriot, cypriots
czechia, czech, czech republic, czechs
denmark, danish, dane, danes
ecuador, ecuadorian, ecuadorean
egypt, egyptian, egyptians
england, english
eritrea, eritrean
estonia, estonian, estonians
ethiopia, ethiopian, ethiopians
european union, eu
finland, finnish, finn, finns
france, french, frenchman
georgia, georgian, georgians
germany, german, germans
ghana, ghanaian
greece, greek, greeks
guatemala, guatemalan
haiti, haitian, haitians
honduras, honduran
hungary, hungarian, hungarians
iceland, icelandic
india, indian, indians
indonesia, indonesian, indonesians
iran, iranian, iranians, islamic republic
iraq, iraqi, iraqis
ireland, irish
israel, israeli, israelis
italy, italian, italians
ivory coast, ivorian
jamaica, jamaican
japan, japanese
jordan, jordanian, jordanians
kazakhstan, kazakh
kenya, kenyan, kenyans
kosovo, kosovar
kuwait, kuwaiti
kyrgyzstan, kyrgyz
laos, laotian
latvia, latvian, latvians
lebanon, lebanese
liberia, liberian
libya, libyan, libyans
lithuania, lithuanian, lithuanians
malaysia, malaysian, malaysians
mali, malian
mexico, mexican, mexicans
moldova, moldovan
mongolia, mongolian
morocco, moroccan, moroccans
mozambique, mozambican
myanmar, burma, burmese
nepal, nepalese, nepali
netherlands, dutch, holland
new zealand, new zealander, nz
nicaragua, nicaraguan
niger, nigerien
nigeria, nigerian, nigerians
north korea, north korean, north koreans, dprk, n korea, n. korea, nkorea
norway, norwegian, norwegians
oman, omani
pakistan, pakistani, pakistanis, pak
palestine, palestinian, palestinians
panama, panamanian
paraguay, paraguayan
peru, peruvian, peruvians
philippines, philippine, filipino, filipinos
poland, polish, pole, poles
portugal, portuguese
qatar, qatari
romania, romanian, romanians
russia, russian, russians, russian federation
rwanda, rwandan
samoa, samoan
saudi arabia, saudi, saudis
scotland, scottish
senegal, senegalese
serbia, serbian, serb, serbs
sierra leone, sierra leonean
singapore, singaporean
slovakia, slovak
slovenia, slovenian, slovene
somalia, somali, somalis
south africa, south african, south africans
south korea, south korean, south koreans, s korea, s. korea, skorea, republic of korea, rok
south sudan, south sudanese
spain, spanish, spaniard
sri lanka, sri lankan
sudan, sudanese
sweden, swedish, swede, swedes
switzerland, swiss
syria, syrian, syrians
taiwan, taiwanese
tajikistan, tajik
tanzania, tanzanian
thailand, thai
tunisia, tunisian
turkey, turkish, turkiye, turk, turks
turkmenistan, turkmen
uganda, ugandan
ukraine, ukrainian, ukrainians
united arab emirates, uae, emirati
united nations, un
united states, united states of america, usa, america, american, americans
uruguay, uruguayan
uzbekistan, uzbek
venezuela, venezuelan
vietnam, vietnamese
wales, welsh
yemen, yemeni, yemenis
zambia, zambian
zimbabwe, zimbabwean
"""

# place -> all its words, its name first
COUNTRIES: dict[str, tuple[str, ...]] = {
    names[0]: names for line in COUNTRY_LINES.strip().splitlines() for names in [tuple(line.split(", "))]
}
