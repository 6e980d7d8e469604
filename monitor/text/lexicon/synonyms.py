"""Words that mean the same in a report, so that "quake" matches "earthquake" and "killed" matches "dead".

Each line is one meaning. A line must not join words whose exchange would be news: "wounded" and "dead",
"troops" and "civilians", "missile" and "drone" are on separate lines or on none.
"""

SYNONYM_LINES = """
kill kills killed killing killer dead die dies died dying death deaths slain fatal fatality fatalities perish lethal
injure injured injuring injury injuries wound wounded wounding hurt hurts
arrest arrested arresting arrests detain detained detention detains custody held
earthquake quake tremor temblor
explosion blast explode exploded explodes explosions blasts
troop troops soldier soldiers serviceman servicemen military army
personnel staff
assault attack attacked attacking attacks assaults raid
begin begins began begun beginning start starts started starting commence commenced launch launched launches
end ends ended ending finish finished conclude concluded
say says said tell tells told state states stated announce announces announced declare declared
vote votes voting poll polls ballot election elections electoral
president presidential
prime minister premier
police policeman officer cop cops
man guy gentleman
woman lady
child children kid kids
person people someone somebody
father dad
mother mom mum
baby infant
buy buys bought purchase purchases purchased acquire acquires acquired
sell sells sold sale
rise rises rose risen rising increase increases increased climb climbs climbed soar soars soared jump jumps jumped
fall falls fell fallen falling drop drops dropped decline declines declined decrease decreased slump slumps
win wins won winning victory triumph
lose loses lost losing defeat defeated
large big huge massive major
small little tiny
quick quickly fast rapid rapidly swift
ship vessel boat
plane aircraft airplane jet
car automobile
flee flees fled escape escaped escapes
aid assistance relief
help helps helped assist assists assisted
sick ill illness sickness disease
ask asks asked request requests requested
show shows showed shown display displays displayed demonstrate
talk talks talking speak speaks spoke spoken speaking
accord deal agreement pact treaty
resign resigns resigned quit quits
urge urges urged call calls called
hit hits strike strikes struck
destroy destroys destroyed demolish demolished
destination resort
allow allows allowed permit permits permitted
ban bans banned prohibit prohibits prohibited forbid forbidden
bank lender
budget spending
chief head leader boss
clash clashes fighting battle battles
cut cuts reduce reduces reduced reduction
court judge tribunal
protest protests protester protesters demonstration demonstrations demonstrator demonstrators demonstrate rally
flood floods flooding flooded
storm storms
toll
jail jailed prison imprisoned imprison
job employment
movie film
picture photo photograph image
probe investigation investigate investigates investigated inquiry
send sends sent deploy deploys deployed deploying deployment dispatch dispatched
spy espionage
street road
sea ocean
song tune
test tests testing trial
doctor physician
hospital clinic
travel trip journey
use uses used using
before prior
rebel rebels insurgent insurgents militant militants
meet meets met meeting
murder murdered
near close nearby
rescue rescued rescues save saves saved
return returns returned
search searches searched hunt hunts
shoot shoots shot shooting gunfire
suspend suspends suspended halt halts halted
warn warns warned warning
win
worker workers employee employees
cost costs price prices
company firm corporation
country nation
city town
house home
region area province oblast zone
prime premier pm
powerful strong mighty
crash crashes crashed collide collides collided collision wreck
ousted oust ousts toppled topple topples deposed overthrow overthrown removed
elect elects elected
appoint appoints appointed name names named
nominate nominates nominated
leave leaves leaving left depart departs departed departing
arrive arrives arrived arriving reach reaches reached
ceasefire truce
lawmaker lawmakers legislator legislators parliamentarian mp mps
attorney lawyer
criticise criticize criticised criticized slam slams slammed condemn condemned denounce denounced
praise praises praised laud lauds lauded hail hails hailed
accuse accuses accused accusation accusations allegation allegations
charge charges charged indict indicts indicted
sue sues sued lawsuit
sentence sentenced sentences
admit admits admitted confess confesses confessed confession acknowledge acknowledges
wildfire wildfires bushfire bushfires blaze fire fires
gunman gunmen shooter attacker attackers
hostage hostages captive captives
kidnap kidnapped abduct abducted kidnapping abduction
bomb bombs bombing bombings
airstrike airstrikes
nuclear atomic
weapon weapons arms
trade commerce
stock stocks shares share equities
market markets
profit profits earnings
sanction sanctions
minister ministers
ambassador envoy
leader leaders
government govt regime administration
premiere debut debuts
pick picks picked select selects selected choose chooses chosen chose
celebrate celebrates celebrated mark marks marked
seek seeks sought
push pushes pushed
try tries tried attempt attempts attempted bid bids
mistake error
trend tendency
necessary needed need needs
way ways means
main major principal
legislation law laws
impose imposes imposed introduce introduces introduced
journalist journalists reporter reporters
student students pupil pupils
school schools
gay homosexual
marriage wedding
wife spouse
dog puppy
cat kitten
food meal
bike bicycle
motorcycle motorbike
eat eats eating devour
cook cooks cooking
cut slice slices slicing chop chops chopping
wear wears wearing dressed
look looks looking watch watches watching
throw throws throwing toss tossing
sofa couch
beach shore
forest woods
stage podium
missing lost disappeared vanished
survivor survivors survive survives survived
victim victims
lift lifts lifted raise raises raised
reject rejects rejected refuse refuses refused rebuff rebuffs
back backs backed support supports supported endorse endorses endorsed
oppose opposes opposed opposition
withdraw withdraws withdrew withdrawal withdrawn pull
capture captures captured seize seizes seized take takes took taken overrun
stop stops stopped end
block blocks blocked
discuss discusses discussed discussions negotiate negotiates negotiations negotiation
reveal reveals revealed disclose discloses disclosed unveil unveils unveiled
fear fears feared worry worries worried concern concerns
hope hopes hoped
plan plans
pass passes passed approve approves approved adopt adopts adopted
delay delays delayed postpone postpones postponed
cancel cancels cancelled canceled scrap scraps scrapped
evacuate evacuates evacuated evacuation
extend extends extended extension prolong prolonged
renew renews renewed
visit visits visited
visitor visitors traveller travellers traveler travelers tourist tourists
compulsory mandatory required
shut closed closes close
currency money
illegal unlawful
hazard danger risk risks
demand demands demanded
claim claims
question questions
problem problems issue issues
"""

CANONICAL_WORDS: dict[str, str] = {}
for line in SYNONYM_LINES.strip().splitlines():
    words = line.split()
    for word in words:
        CANONICAL_WORDS.setdefault(word, words[0])
