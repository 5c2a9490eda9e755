"""How much a line is the publisher's own: an appeal to the reader, an offer, a notice about the page.

No word of an appeal is proof, so classes of words are weighed: to whom the line speaks (the reader, the page
itself) and of what (a service, money, a sponsor, the newsroom), against what news is made of (somebody's words,
the past, length). What stands in quotation marks is somebody's statement and is not judged. The weights were fitted
by a logistic regression on the lines of tests/sources/layouts against BBC news, and rounded.
"""

from __future__ import annotations

import re
from functools import lru_cache

_I = re.IGNORECASE

# A quotation holds no opening mark of its own kind: with it, a run of opening marks would take quadratic time.
_QUOTED = re.compile(r"“[^“”]*(?:”|$)|\"[^\"]*(?:\"|$)|(?<!\w)‘[^‘’]*’|«[^«»]*»")

_QUOTE = re.compile('[“"‘«]')

# A pattern of many words is matched against the line in small letters, and its branches begin with letters, the word's
# boundary before all of them: the standard library's engine then rejects most places at a glance.
_REPORTED = re.compile(
    r"\b(?:said|says|told|according to|added|asked|argued|wrote|announced|ruled|insist(?:s|ed)|testified|"
    r"reported|warned|claimed|urged|found|showed|explained|noted|ordered|accused|refused|denied|declined)\b"
)

_NOTICE = re.compile(
    r"\b(?:(?:this|the) (?:article|story|piece|post|page|content|report|material|column|essay|interview"
    r"|web version)\b.{0,40}"
    r"\b(?:(?:was|is|were|has been|have been) (?:first |originally |partially |partly |automatically |also )*"
    r"(?:published|produced|generated|written|translated|created|provided|syndicated|reviewed|edited|adapted"
    r"|republished"
    r"|made|supported|sponsored|intended|for)|appear(?:s|ed)|contains (?:affiliate|paid)|does not constitute"
    r"|first appeared)\b"
    r"|for (?:general )?(?:informational|information|educational) (?:purposes )?only\b"
    r"|(?:not|nor|neither|never|nothing)\b.{0,40}\b(?:investment|financial|legal|medical|professional|tax) advice\b"
    r"|general information only\b"
    r"|(?:views|opinions) expressed\b.{0,60}\b(?:author|own|advice|necessarily|here|writer|not)"
    r"|not responsible for the content\b|the (?:writer|author)s? (?:held?|holds|owns?|has|have|had|does not"
    r"|did not) (?:no |not )?.{0,20}"
    r"(?:positions?|shares|stocks?|interest)\b|do your own research\b|quotes (?:are )?delayed\b"
    r"|registered (?:office|company|in england)"
    r"|this (?:article|story|content|summary|text|piece|report|translation|headline)\b.{0,80}\b(?:ai"
    r"|artificial intelligence|automated|automation|algorithms?"
    r"|machine|language models?)\b|our (?:desk|editors|newsroom)\b|by (?:submitting|signing up|subscribing"
    r"|clicking|continuing)\b.{0,60}"
    r"\byou (?:agree|accept|consent)\b|(?:we|(?:web)?site|page) uses? cookies\b|use cookies\b"
    r"|check back for updates\b"
    r"|this is a (?:developing|breaking) (?:news )?story\b|(?:affiliate|paid) (?:links?|commission)\b"
    r"|trading name of\b|our (?:view|\w+ ){0,2}(?:standards|journalis\w+|reporters?)\b"
    r"|read the original\b|video player\b|powered by [a-z]|comments are (?:moderated|closed|now closed)\b"
    r"|click for restrictions\b"
    r"|no (?:say|input|part|role) in (?:the|this|our) (?:text|story|article|content|piece)\b)"
    r"|^\W*(?:presented|produced|supported|brought to you|made possible|funded|created|powered) (?:in|by|with)\b"
    r"[^,]{1,80}\."
)

_VERBS = (
    "sign|subscribe|download|follow|click|tap|share|join|register|read|see|watch|listen|e-?mail|call|contact|send"
    "|tell|get|give|become|buy|order|try|take|save|support|donate|visit|check|discover|explore|find|learn|message"
    "|reach|stay|enjoy|meet|trade|browse|view|play|upload|log|unlock|start|shop|claim|enter|choose|help|make|never"
    "|don['’]t|please|consider|scroll|text|write|pitch|vote|book|reserve|upgrade|activate|continue|go|turn|keep|let"
    "|catch|receive|compare|invest|access|add|submit|report|stream|forward|switch|use|apply|refer|update|change|have"
    "|hold|press|mark|cancel|refresh|enable|disable|allow|accept|bookmark|print|pin|swipe|ask|win|earn|tune|head|look"
    "|leave|post|rate|review|test|wait|select|manage|opt|grab|treat|plan|pick|skip|spread|back|sponsor|advertise"
    "|remember|note|hear|scan|bring|be|bake|cook|travel|drop|switch"
)

# Half of these verbs are nouns too ("Download speeds doubled"): what follows decides.
_AFTER_VERB = (
    r"(?=\s+(?:the|an?|our|your|my|this|these|that|now|here|to|for|on|in|up|us|me|with|more|all|today|tomorrow|free|out"
    r"|by|via|from|it|next|back|what|who|how|why|where|whether|and|or|full|every|each|any|unlimited|exclusive|great"
    r"|new|local|daily|weekly|breaking|miss|at|over|before|after|as|so|if|of|into|through|off|along|like|friends"
    r"|two|three|\w+ly|(?-i:[A-Z]\w*)|[£$€]?\d[\d,.]*)\b|\W*$)"
)

_IMPERATIVE = re.compile(
    rf"(?:(?:^|[.!?:;—–]\s+|\bto \w+\?\s+)\W{{0,3}}(?:and |or |then |just |simply )?|\bplease )(?:{_VERBS})\b(?!['’]s)"
    rf"{_AFTER_VERB}"
    r"|\bplease (?:consider|subscribe|donate)",
    _I,
)

_QUESTION = re.compile(
    r"^\W{0,3}(?:got|want|need|love|like|loved|liked|enjoy(?:ed|ing)?|have you|are you|do you|did you|could you"
    r"|looking for|interested in|have (?:a|an|more)|forwarded|missing|prefer"
    r"|why (?:trust|subscribe|support)|know (?:something|more|anything)|seen|spotted|worried|ready|already|not a"
    r"|new to|missed|curious|thinking)\b[^.!]{0,120}\?"
)

# To whom a line speaks: one of these is needed for an appeal. Two tell "us" from "US", and "Download here" from nouns.
_ADDRESSING_AS_WRITTEN: tuple[tuple[float, re.Pattern[str]], ...] = (
    (1.0, _IMPERATIVE),
    (0.5, re.compile(r"\b(?:[Ww]e|[Ww]e['’]\w+|[Oo]ur|ours|us)\b")),
)
_ADDRESSING: tuple[tuple[float, re.Pattern[str]], ...] = (
    (1.5, _QUESTION),
    (1.5, re.compile(r"\b(?:\d+% off|no spam|last chance|limited time|use code|cancel any ?time)\b")),
    (0.25, re.compile(r"\b(?:you|your|yours|yourself|you['’]\w+)\b")),
    (
        2.5,
        re.compile(r"\b(?:please\b|thank you\b|dear (?:\w+ )?reader)|^\W*(?:hello|good (?:morning|evening)|p\.?s\b)"),
    ),
    (
        2.5,
        re.compile(
            r"\b(?:this|today['’]s) (?:\w+ )?(?:stor(?:y|ies)|article(?! of)|column|episode|programme"
            r"|podcast|transcript|newsletter|e-?mail|edition|headline|translation|journalism|blog|advert\w*)\b"
            r"|\btranscripts? (?:is|are|was|were|may)\b"
        ),
    ),
    (
        1.0,
        re.compile(
            r"\b(?:this|today['’]s) (?:\w+ )?(?:report|piece|series|program|broadcast|segment|interview|message"
            r"|(?:web ?)?site|post|(?:web ?)?page(?! of)"
            r"|issue|feature|essay|video|clip|audio|recording|copy|text|version|content|material|investigation"
            r"|publication|coverage|form|link|box|list|offer|section|summary|photo|picture|image)\b"
        ),
    ),
    (3.0, _NOTICE),
)

# Of what it speaks. Several of them in a short line are a sign by themselves.
_SUBJECTS: dict[str, tuple[float, re.Pattern[str]]] = {
    "service": (
        0.5,
        re.compile(
            r"\b(?:newsletters?|podcasts?|apps?|inbox|mailbox|e-?mails?|mailing list|subscri\w+|unsubscri\w+"
            r"|sign(?:ed|ing)?[ -]?up|sign in|log ?in|logged in|regist\w+|password|alerts?|notifications?|digest"
            r"|bulletin|home ?page|browser|cookies?|settings|preferences|feeds?|channel|links?|bookmark"
            r"|e-?paper|archive|membership|(?:a|become|our) members?|members?-only|trial|paywall"
            r"|stream(?:ing)?|episodes?|opt(?:ed)?[- ](?:in|out)|spam|profile|newsdesk)\b"
        ),
    ),
    "offer": (
        1.0,
        re.compile(
            r"\b(?:free|complimentary|discount\w*|\d+% off|promo|vouchers?|coupons?|checkout|deals?|gift|prizes?|bonus"
            r"|shop (?:the|our|now|all)|giveaway|save|win (?:an?|the|\d+|your)|exclusive|premium|unlimited"
            r"|cancel|order|copy|limited time|t&cs|delivered|last chance)\b"
            r"|\bcode [a-z0-9]{4,}|[£$€]\d[\d.,]* (?:a|per|an) (?:week|month|year|day)\b"
            r"|\b(?:from|just|only|under) [£$€]\d"
        ),
    ),
    "sponsor": (
        1.5,
        re.compile(
            r"\b(?:sponsor\w*|partners?(?:hip)?|affiliate\w*|commissions?|adverts?|advertis\w+|ads?|ad[- ]?block\w*"
            r"|promot\w+|paid (?:for|content|post|partnership)|brought to you|supported by|support (?:comes|provided)"
            r"|in association with|in partnership with|no (?:say|input|part|role) in"
            r"|hosted by|provided by|underwrit\w+|get a cut)\b"
        ),
    ),
    "giving": (
        0.5,
        re.compile(
            r"\b(?:donat\w+|chip in|support(?:ing)? (?:us|our|the|independent|local)|non-?profit|501\(c\)"
            r"|reader-(?:funded|supported)|tax-deductible|contributions?|pledge|fund-?rais\w+|patrons?|supporters?"
            r"|buy me|gifts?|charity)\b"
        ),
    ),
    "staff": (
        2.0,
        re.compile(
            r"\b(?:reporters?|editors?|editorial|newsroom|correspondent|staff|writers?|journalis\w+|columnist"
            r"|freelance\w*|desk|masthead|contributors?|authors?|publishers?)\b"
        ),
    ),
    "credit": (
        2.0,
        re.compile(
            r"\b(?:additional|further|contributed) (?:\w+ )?(?:reporting|research)\b"
            r"|\b(?:design|graphics|illustrations?"
            r"|research|photography|translation|fact[- ]check\w*|art direction|data) by\b"
            r"|\breported (?:this|from|for this)\b"
        ),
    ),
    "publishing": (
        1.5,
        re.compile(
            r"\b(?:re)?(?:published|printed|translated|edited|transcribed|syndicated|produced|generated|adapted|excerpted"
            r"|condensed|fact-checked|compiled|updated|republish\w*|reprint\w*|went to press)\b"
            r"|\b(?:first|originally) (?:appeared|ran|aired)\b|\bran in (?:our|the)\b"
        ),
    ),
    "law": (
        1.5,
        re.compile(
            r"\b(?:terms|privacy|rights|reserved|reproduc\w+|permissions?|licen[sc]e\w*|copyright|liab\w+|disclaim\w+"
            r"|responsible|accura\w+|advice|opinions?|not necessarily|consent|trademarks?|endorse\w*|warrant\w*"
            r"|regulated"
            r"|complaints?|code of (?:practice|conduct)|moderat\w+|purposes only|guarantee\w*|(?:ad|our) polic\w+"
            r"|official record)\b"
        ),
    ),
    "social": (
        0.5,
        re.compile(
            r"\b(?:facebook|twitter|instagram|tiktok|whatsapp|telegram|youtube|linkedin|bluesky|mastodon|reddit|signal"
            r"|social media)\b|(?<!\w)#\w{3,}"
        ),
    ),
    "contact": (
        3.0,
        re.compile(
            r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)@\w{2,30}\b|\bhttps?://|\bwww\.|\b\w{2,30}\.(?:com|org|net)\b"
            r"|\bp\.?o\.? box|\+\d[\d ]{6,20}|\b555[ -]\d{4}|\b(?:1-)?800-\d|\bon (?:signal|whatsapp|telegram)\b"
        ),
    ),
    "page": (
        1.0,
        re.compile(
            r"\b(?:click\w*|tap (?:here|below|the|to|on)|swipe|scroll\w*|button|(?:video|audio|media) player|javascript"
            r"|ctrl"
            r"|full screen|unmute|here|above|below|load(?:ing)?)\b"
        ),
    ),
    "voice": (
        0.5,
        re.compile(
            r"\b(?:comments?|letters?|poll|quiz|survey|feedback|tell us|let us know|what (?:do|did) you think"
            r"|hear from you|your (?:thoughts|views|say|story|stories|questions?|photos|copy)|tips?|submissions|typo"
            r"|mistakes?|crossword|puzzle|replies)\b"
        ),
    ),
    "rhythm": (
        2.0,
        re.compile(
            r"\b(?:daily|weekly|every (?:\w+ )?(?:day|week|month|morning|weekday|evening|\w+day)"
            r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days|in (?:two|five) minutes|any ?time)\b"
        ),
    ),
    "more": (
        0.25,
        re.compile(
            r"\b(?:more (?:stories|from|on|about|news|coverage|like this)|for more|reading|latest|related|stories"
            r"|coverage|best of|headlines|picks|readers|listeners|viewers|breaking news|journalism)\b"
        ),
    ),
}

_PAST = re.compile(r"\b(?:was|were|had|did|been|\w{3,30}ed|came|went|fell|rose|began|took|made|gave|left|held|ran)\b")

_BIAS = -6.0
_SHORT = 4.0
_LONG_WORDS = 30
_UNADDRESSED = -0.1


def appeal(text: str) -> float:
    """Score how much a line is the publisher's own: from 0 it is boilerplate anywhere, below -1 nowhere.

    A line that addresses nobody scores below 0. What stands in quotation marks is not judged.
    """
    bare = unquoted(text)
    low = bare.lower()
    addressed, address = _addressed(bare)
    words = len(bare.split())
    if words > _LONG_WORDS and not addressed:
        return _BIAS
    score, subjects = _BIAS + address, 0
    for weight, pattern in _SUBJECTS.values():
        found = len(set(pattern.findall(low)))
        subjects += min(found, 2)
        score += weight * min(found, 2)
    score += _SHORT * min(max(20 - words, 0) / 10, 1) + (subjects > 1)
    score += 2.0 * bool(addressed and subjects) + (2.5 if subjects else 1.0) * (addressed > 1) + bool("?" in bare)
    score -= 2.5 * bool(_REPORTED.search(low)) * (0 if addressed > 1 else 1)
    score -= 0.35 * min(len(_PAST.findall(low)), 4) + 1.75 * (bare != text) + max(words - _LONG_WORDS, 0) / 5
    return score if addressed else min(score, _UNADDRESSED)


def can_appeal(text: str) -> bool:
    """Whether any sentence of `text` addresses anybody: without it none is surely an appeal."""
    return _addressed(unquoted(text))[0] > 0


@lru_cache(maxsize=4_096)
def _addressed(bare: str) -> tuple[int, float]:
    """How many of the signs that a text addresses somebody it shows, and their weight."""
    low = bare.lower()
    weights = [weight for weight, pattern in _ADDRESSING_AS_WRITTEN if pattern.search(bare)]
    weights += [weight for weight, pattern in _ADDRESSING if pattern.search(low)]
    return len(weights), sum(weights)


def reports(text: str) -> bool:
    """Whether `text` tells what somebody has said: news, not the publisher's own."""
    return bool(_REPORTED.search(text.lower()))


def masked(text: str) -> str:
    """Return `text` with each quotation blanked out: every other character keeps its offset."""
    return _QUOTED.sub(lambda quoted: "…" * len(quoted.group()), text) if _QUOTE.search(text) else text


def unquoted(text: str) -> str:
    """Return `text` with each quotation replaced by an ellipsis."""
    return _QUOTED.sub(" … ", text) if _QUOTE.search(text) else text
