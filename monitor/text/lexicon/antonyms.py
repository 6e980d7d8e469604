"""Pairs of opposites. Each line has two sides; every word of one side is the opposite of every word of the other."""

ANTONYM_LINES = """
open opens opened opening reopen reopened | close closes closed closing shut shuts
rise rose risen increase grow grew climb gain up higher surge | fall fell decrease decline drop down lower lose plunge
start begin began begun launch | end stop finish cease halt conclude
before ahead prior until | after following since
until | since from
increase | reduce reduces reduced cut cuts
win wins won victory | lose loses lost defeat defeated
accept approve agree back support | reject refuse oppose veto block
allow permit legal lawful legalise | ban prohibit forbid forbidden illegal unlawful criminalise outlaw
confirm admit acknowledge | deny refute reject dismiss
kill kills killed dead die dies died | injure injures injured wound wounds wounded hurt
alive survive survives survived living | dead die died dies killed death
arrest detain jail capture hold held | release free escape acquit
attack attacks attacked | defend defends defended
advance advances advanced | retreat retreats retreated withdraw withdrew
deploy deploys deployed send sends sent | withdraw withdraws withdrew withdrawn recall recalled
arrive arrives arrived enter enters entered entry arrival | leave leaves left depart departs departed exit departure
buy buys bought purchase import imports | sell sells sold export exports
succeed succeeds succeeded success successful | fail fails failed failure unsuccessful
possible able can | impossible unable cannot
safe safely secure | dangerous unsafe risky insecure
peace ceasefire truce calm | war fighting hostilities violence
friend ally allies | enemy enemies foe rival
first | last
early earlier | late later
high higher highest | low lower lowest
large larger largest big bigger biggest major huge | small smaller smallest little tiny minor
many most | few least
more | less fewer
maximum | minimum
north northern | south southern
east eastern | west western
northeast northeastern | southwest southwestern
northwest northwestern | southeast southeastern
inside within | outside beyond
above over | below under beneath
with | without
include includes including included | exclude excludes excluding excluded except
add adds added | remove removes removed
male man men boy boys | female woman women girl girls
husband father son brother | wife mother daughter sister
old elderly older | young younger
new | old
hot warm | cold cool
wet | dry
light bright | dark
full | empty
fast quick quickly rapidly | slow slowly
loud loudly noisy | quiet quietly silent silently
strong stronger | weak weaker
good better best | bad worse worst
rich wealthy | poor
public | private
guilty convicted | innocent acquitted cleared
hire hires hired | fire fires fired sack sacked dismiss dismissed
for | against
remember remembers | forget forgets
love loves like likes | hate hates dislike dislikes
push pushes pushing | pull pulls pulling
stand stands standing | sit sits sitting lie lying
walk run swim jump moving mobile | still motionless immobile standing sitting lying resting
awake | asleep sleeping
speak speaks speaking talk talking | listen listens listening
sow plant | harvest
black | white
odd | even
permanent permanently | temporary temporarily
voluntary optional | mandatory compulsory required
natural | artificial
domestic internal | foreign international external
partial partially | complete completely
dress dressed wearing put putting | undress taking off
appear appears appeared | disappear disappears vanish vanished
connect connected attach | disconnect detach
build builds built create | destroy destroys destroyed demolish
cover covered | uncover uncovered bare
wear wearing | remove removing
tension tensions | calm
better improve improves improved improvement | worse worsen worsens worsened deteriorate deteriorates deteriorated
lift lifts lifted ease eases eased loosen | impose imposes imposed tighten tightens tightened
resume resumes resumed | suspend suspends suspended
evacuate | return
true | false
left | right
exclusively solely only | also
pass passes passed | fail fails failed
hero | villain
known | unknown
"""
