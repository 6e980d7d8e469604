"""Words that carry no fact alone. A word whose loss can change a fact is not listed:
"until", "without", "against", "only" and "may" are left out on purpose.
"""

ENGLISH_STOPWORDS = """
a an the this that these those such
i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
who whom whose which what where when why how there here
am is are was were be been being isn't
have has had having do does did doing done
and or but if so as than then because while although though however whether nor yet
of at by for with about into to from in on onto upon toward towards
also just too very really quite rather still even again already now
im ive youre youve youll theyre theyve theyll weve hes shes thats whats theres lets
s t re ve ll d m
more other another own same
would shall let lets
via amid among per via thus hence therefore moreover furthermore meanwhile besides
etc eg ie mr mrs ms dr
"""

UKRAINIAN_STOPWORDS = """
і й та а але або чи що як це цей ця ці той та ті у в на з із зі до від за по при про для через між під
він вона воно вони його її їх ми ви я ти нас вас їм йому їй був була було були є бути
вже ще також так який яка яке які де коли хто
"""

RUSSIAN_STOPWORDS = """
и а но или что как это этот эта эти тот та те у в во на с со из к ко от до за по при о об про для через между под
он она оно они его ее её их мы вы я ты нас вас им ему ей был была было были есть быть
уже еще ещё также так который которая которое которые где когда кто
"""

STOPWORDS = frozenset(f"{ENGLISH_STOPWORDS} {UKRAINIAN_STOPWORDS} {RUSSIAN_STOPWORDS}".split())

# They end in s and are no plural: "2016 was" is a year, "2016 soldiers" a count.
NON_PLURAL_WORDS = frozenset("was is has as does this its his".split())

# A claim that gains or loses only such words states the same.
WEAK_WORDS = frozenset(
    """
    located situated following available currently current present presently ongoing new latest recent
    please note service services certain particular various relevant respective specific approximately
    say says said saying tell tells told according report reports reported reporting announce announces
    announced state states stated officials official source sources news video live watch photo photos
    update updates breaking read learn page country area areas place places
    """.split()
)

# Kinds of pages that links lead to: renaming one ("report" to "map") is not news.
PAGE_WORDS = frozenset(
    """
    page pages site website map maps report reports guide guides list lists form forms portal tool tools
    information info advice overview details document documents factsheet leaflet brochure handbook planner
    index online official update updates faq tips more about
    """.split()
)
