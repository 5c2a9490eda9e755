"""Words that the sentence splitter must know, by class; each is written without its last full stop.

Case counts: `Art` is an article of a law, `art` a word that ends many sentences.
"""

from __future__ import annotations


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


SHORT_DATES = _words("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun")
DATES = SHORT_DATES | _words(
    "January February March April May June July August September October November December "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)
TIME_ZONES = _words(
    "Eastern Central Mountain Pacific Atlantic Greenwich British GMT UTC BST CET CEST EST EDT ET CST CDT CT "
    "MST MDT MT PST PDT PT IST JST AEST"
)

# Always followed by what they belong to, so they never end a sentence.
TITLES = _words(
    "Mr Mrs Ms Mx Messrs Dr Drs Prof Rev Hon Fr Msgr Sen Sens Rep Reps Gov Govs Pres Amb Atty Supt Insp Det Const "
    "Gen Lt Col Maj Capt Cmdr Cdr Adm Brig Sgt Cpl Pvt Pfc Spc Ens Mt Ft Pt Mme Mlle"
)
LATIN = _words("vs v e.g i.e eg ie cf viz approx ca a.k.a incl")

# Part of the number that follows; without one they are words like any other ("No. He left.").
BEFORE_NUMBER = (
    _words(
        "No Nos Art Arts Sec Secs Fig Figs Vol Vols Ch Para Paras p pp ch chs para paras fig figs "
        "sec vol c d max min ft lb lbs hr hrs"
    )
    | SHORT_DATES
)

# The lower-case words that a full stop does not simply end.
LOWER_CASE = frozenset(word for word in LATIN | BEFORE_NUMBER if word.islower())

CLOCK = _words("a.m p.m A.M P.M")
AFTER_CLOCK = TIME_ZONES | DATES

# May end a sentence or stand inside one. The first class says so only after a capitalised word: "Orchard St.", but
# "near St. Orrin"; "Paper Co.", but "in Co. Durham"; "Moss Sr.", but the Spanish "el Sr. López".
AFTER_NAME = _words("Jr Sr Co Cos Bros St Rd Ave Blvd Hwy Sq")
STATES = _words(
    "Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Mass Md Mich Minn Mo Mont Neb Nev Okla Ore Pa Tenn "
    "Tex Va Vt Wash Wis Wyo Ont Que D.C N.C N.D N.H N.J N.M N.Y R.I S.C S.D W.Va B.C"
)
CAN_END = (
    AFTER_NAME
    | STATES
    | _words("Inc Corp Ltd Plc plc Pty Assn Dept Univ Esq Ph.D M.D D.Phil M.B.A B.A M.A B.Sc M.Sc J.D")
)
# Before "St.", these make a place of it, not a street.
PLACES = _words("Mount Mt Port Fort Lake")
# A name goes on with these though a lower-case word follows: "Paper Co. President and founder", "King Jr. Day is".
GO_ON = _words(
    "President Vice Chairman Chairwoman Chair Chief CEO CFO Director Executive Founder Co-founder Managing Senior "
    "Spokesman Spokeswoman Analyst Day Boulevard Avenue Street School High Park Memorial Library Center Centre "
    "Foundation Award Prize University Hospital"
)

# A letter after one of these is a name of its own ("Plan B."), not an initial.
LABELS = _words(
    "plan vitamin vitamins group class grade hepatitis section type block terminal gate platform channel model "
    "category schedule appendix exhibit part point phase unit level option pot zone war formula influenza strain "
    "serie division"
)

# What sentences start with, and names do not.
STARTERS = _words(
    "The A An This That These Those He She It They We You I His Her Its Their Our My Your There Here But And Or So Yet "
    "If When While Where What Why How Who Which Whether As At By For From In On To With Without Within After Before "
    "Since During Until Both Some Many Several Few Nobody None Not Neither Either Each Every Any Another Others Also "
    "Although Though However Meanwhile Then Now Yesterday Today Tomorrow Earlier Later Once Only Even Despite "
    "According Because Instead Still Such Among Across Between Nearly About Perhaps "
    "Everyone Nothing Like Unlike Following"
)
# These stand in names too ("U.S. Under Secretary", "U.S. No. 1"): a lower-case word must follow.
WEAK_STARTERS = _words(
    "Under Over Last Next First All Other No Most More Much One Two Three Four Five Six Seven Eight Nine Ten Police "
    "Officials Analysts Critics Experts Residents Investigators Prosecutors Authorities Lawmakers Researchers "
    "Scientists Economists Voters Protesters Witnesses Lawyers Campaigners People Is Are Was Were Do Does Did Has Have"
)

# A line that ends with one of these goes on in the next.
UNFINISHED = (
    _words(
        "a an the of and or to in on at by for from with as that than but into its his her their our my is are was "
        "were be been has have had not which who whose"
    )
    | TITLES
    | SHORT_DATES
)

SPEECH_VERBS = _words(
    "said says asked asks told tells added adds wrote writes replied replies shouted cried insisted wondered quipped "
    "joked tweeted exclaimed answered demanded recalled explained declared yelled argued warned continued concluded "
    "responded inquired remarked pressed"
)
