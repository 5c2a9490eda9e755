"""What makes two words one: inflection, derivation, spelling, and the words that news uses for one another.

A root serves only to compare; it need not be a word. Rules do what rules can; the tables hold what
they cannot: irregular forms, and groups of plain words that report the same fact.
"""

from __future__ import annotations

from functools import lru_cache

from rag.text.words import stem

_IRREGULAR = {
    form: group.split()[0]
    for group in """be is are was were been being am|have has had having|do does did done doing|say says said|go
goes went gone|take
takes took taken|give gives gave given|make makes made|get gets got gotten|come comes came|see sees saw
seen|know knows knew known|think thinks thought|tell tells told|find finds found|leave leaves left|feel feels
felt|put puts|bring brings brought|begin begins began begun|keep keeps kept|hold holds held|write writes wrote
written|stand stands stood|hear hears heard|mean means meant|set sets|meet meets met|run runs ran|pay pays
paid|sit sits sat|speak speaks spoke spoken|lead leads led|grow grows grew grown|lose loses lost|fall falls fell
fallen|send sends sent|build builds built|understand understands understood|draw draws drew drawn|break breaks
broke broken|spend spends spent|rise rises rose risen|drive drives drove driven|buy buys bought|wear wears wore
worn|choose chooses chose chosen|seek seeks sought|throw throws threw thrown|catch catches caught|deal deals
dealt|win wins won winning|fight fights fought|teach teaches taught|eat eats ate eaten|sell sells sold|sleep
sleeps slept|swim swims swam swum|sink sinks sank sunk|shoot shoots shot|shut shuts shutting|strike strikes
struck stricken|steal steals stole stolen|tear tears tore torn|wake wakes woke woken|fly flies flew flown|hide
hides hid hidden|freeze freezes froze frozen|forget forgets forgot forgotten| forgive forgives forgave
forgiven|shake shakes shook shaken|bear bears bore borne|swear swears swore sworn|ring rings rang rung|sing
sings sang sung|drink drinks drank drunk|stick sticks stuck|swing swings swung|bind binds bound|bite bites bit
bitten|blow blows blew blown|burn burns burnt|feed feeds fed|flee flees fled|lay lays laid|lie lies lay
lain|lend lends lent|light lights lit|ride rides rode ridden|seem seems|shine shines shone|slide slides
slid|spread spreads|spring springs sprang sprung|withdraw withdraws withdrew withdrawn|undergo undergoes
underwent undergone|man men|woman women| child children|person people persons|foot feet|tooth teeth|mouse
mice|life lives|wife wives|half halves|loaf loaves| good better best|bad worse worst|die dies died dying dead
death deaths|analysis analyses|crisis crises|metre meter metres meters|kilometre kilometer kilometres
kilometers|litre liter litres liters|centre center|percent percentage| tie ties tied tying|strong stronger
strongest strength|long longer longest length|high higher highest height|deep deeper deepest depth|wide wider
widest width|warm warmer warmest warmth|choose choice|sell sales sale|lose loss losses|grow growth|fly
flight|try tries tried attempt attempts attempted|prove proof proven|believe belief|succeed success| receive
receipt|see sight|fail failure failures|press pressure|please pleasure|rebuild rebuilt|overturn overturned""".replace(
        "\n", " "
    ).split("|")
    for form in group.split()
}

_KIN = {
    member: group.split()[0]
    for group in """say tell state announce declare add report inform note explain remark comment acknowledge|kill
die fatal|injure
hurt wound injury|big large great huge|about around roughly approximately|begin start commence launch open| end
finish complete conclude|build construct erect|buy purchase acquire|close shut closure|show reveal indicate|aid
help assist|stop halt cease|jail imprison prison|reporter journalist|car automobile|doctor dr|cut reduce lower
trim slash| raise lift increase|rise grow climb increase gain|fall drop decline decrease slip dip|ask
request|get receive obtain| give provide supply donate|choose select pick|protest demonstration march rally
marcher protester demonstrator|marcher protester demonstrator|aircraft plane aeroplane airplane|ship vessel
boat|hit strike attack|fire blaze|firm company business|worker employee staff|cost price expense|pay spend|carry
transport|firefighter fireman|attempt try|build building|child kid| country nation|house
home|town city|illness disease|near close|leave depart|arrive reach|happen occur|important key| need
require|seek pursue|live reside|choose elect|vote ballot poll|voter electorate|allow permit let|quit resign|
stay remain|want wish hope|warn caution|win victory|defeat beat|revenue sale turnover|profit
earnings|headteacher principal|flat apartment|lorry truck|railway rail railroad|holiday vacation|soldier
troop|wreck destroy ruin|hurry rush|answer reply respond response|talk speak|think believe|fix repair mend|main
principal chief|boss head| study research|researcher scientist|test examine|film video|picture photo
photograph|join merge|organiser organizer| rebuild restore restoration|scrap abandon|blame fault|refuse decline
reject|guard protect|purpose aim goal|bid offer|rule judge ruling judgment verdict|court tribunal|money cash
fund|damage harm|crowd throng|last final|yearly annual year|quarterly quarter|monthly month|weekly week|daily
day|visit visitor|swim swimmer bather bath|resident inhabitant| former previous earlier|captain master
skipper|lead leader|send dispatch|use employ|watch observe|hospital medical| locate find discover|warehouse
store|expect forecast predict project|goalkeeper keeper|match game""".replace("\n", " ").split("|")
    for member in group.split()
}

_NOT_PAST = frozenset(
    """is are am being people men women children feet teeth mice percentage better best worse worst dying death stronger
    strongest strength longer longest length higher highest height deeper deepest depth wider widest width warmer
warmest
    warmth choice sale growth flight growth attempt proof belief sight failure pressure pleasure receipt meter
    having winning shutting tying meters kilometer kilometers liter liters center dead""".split()
)

_SUFFIXES = (
    "isation ization ational ability ibility fulness iveness ously ement ation ition ness ment able ible ance ence "
    "ancy ency ally ship less tion sion ism ist ity ive ion ful ous ant ent al or er ic ly en y"
).split()
# Few of them can be the ending of any one word.
_ENDING_IN = {
    last: [suffix for suffix in _SUFFIXES if suffix[-1] == last] for last in {suffix[-1] for suffix in _SUFFIXES}
}
_SPELLING = (
    ("isation", "ization"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("ised", "ized"),
    ("our", "or"),
    ("lled", "led"),
    ("lling", "ling"),
)
_RESPELT = tuple(given for given, _ in _SPELLING)


@lru_cache(maxsize=65536)
def root(word: str) -> str:
    """What `word`, in lower case, has in common with its other forms."""
    if not word.isalpha() or len(word) < 3:
        return _KIN.get(word, word)
    base = _IRREGULAR.get(word, word)
    if base.endswith(_RESPELT):
        for given, plain in _SPELLING:
            if len(base) > len(given) + 2 and base.endswith(given):
                base = base.removesuffix(given) + plain
                break
    if base in _ROOTS:
        return _ROOTS[base]
    inflected = stem(base)
    if inflected in _ROOTS:
        return _ROOTS[inflected]
    bare = derived(inflected)
    return _ROOTS.get(bare, bare)


def is_past(word: str) -> bool:
    """Whether `word` is an irregular form of a verb other than its plain one."""
    return _IRREGULAR.get(word, word) != word and not word.endswith("s") and word not in _NOT_PAST


def derived(word: str) -> str:
    """`word` less one derivational ending where four letters stay: ``agreement`` and ``agree`` agree."""
    for suffix in _ENDING_IN.get(word[-1:], ()):
        if word.endswith(suffix) and len(word) - len(suffix) >= (3 if suffix in ("er", "or") else 4):
            kept = word[: -len(suffix)]
            if suffix == "y" and kept[-1] == "c":
                continue
            if kept[-1] == kept[-2] and kept[-1] not in "aeiousl":
                kept = kept[:-1]
            return kept.removesuffix("e").removesuffix("i")
    return word.removesuffix("e").removesuffix("i")


# Built from the members' own stems, so that every form of a member finds its group.
_ROOTS: dict[str, str] = {}
for _member, _head in _KIN.items():
    for _form in (_member, stem(_member), derived(stem(_member))):
        _ROOTS.setdefault(_form, _head)
