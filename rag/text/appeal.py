"""How much a sentence is the publisher's own: an appeal to the reader, an offer, a notice about the page.

No one word of an appeal is proof, so its manner is scored: it speaks to the reader, of the publisher,
about a service. What stands in quotation marks is somebody's statement and is not judged.
"""

from __future__ import annotations

import re
from functools import lru_cache

_I = re.IGNORECASE

# A quotation holds no opening mark of its own kind: with it, a run of opening marks would take quadratic time.
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|(?<!\w)‘[^‘’]*’|«[^«»]*»")

_QUOTE = re.compile('[“"‘«]')

# Somebody is said to have said something: news, not the publisher's own.
REPORTED = re.compile(
    r"\b(?:said|says|told|according to|added|asked|argued|wrote|announced|ruled|insist(?:s|ed)|testified|"
    r"reported|warned|claimed|urged|found|showed|explained|noted|ordered|accused)\b",
    _I,
)

_ABOUT_PAGE = re.compile(
    r"\b(?:this|the) (?:article|story|piece|post|page|content|report|material|column|essay|interview"
    r"|web version)\b.{0,40}"
    r"\b(?:(?:was|is|were|has been|have been) (?:first |originally |partially |partly |automatically |also )*"
    r"(?:published|produced|generated|written|translated|created|provided|syndicated|reviewed|edited|adapted"
    r"|republished"
    r"|made|supported|sponsored|intended|for)|appear(?:s|ed)|contains (?:affiliate|paid)|does not constitute"
    r"|first appeared)\b"
    r"|\bfor (?:general )?(?:informational|information|educational) (?:purposes )?only\b"
    r"|\b(?:not|nor|neither|never)\b.{0,40}\b(?:investment|financial|legal|medical|professional|tax) advice\b"
    r"|\bgeneral information only\b"
    r"|\b(?:views|opinions) expressed\b.{0,60}\b(?:author|own|advice|necessarily|here|writer|not)"
    r"|\bnot responsible for the content\b|\bthe (?:writer|author)s? (?:held?|holds|owns?|has|have|had|does not"
    r"|did not) (?:no |not )?.{0,20}"
    r"(?:positions?|shares|stocks?|interest)\b|\bdo your own research\b|\bquotes (?:are )?delayed\b"
    r"|\bregistered (?:office|company|in england)"
    r"|\bthis (?:article|story|content|summary|text|piece|report|translation|headline)\b.{0,80}\b(?:AI"
    r"|artificial intelligence|automated|automation"
    r"|machine|language models?)\b|\bour (?:desk|editors|newsroom)\b|\bby (?:submitting|signing up|subscribing"
    r"|clicking|continuing)\b.{0,60}"
    r"\byou (?:agree|accept|consent)\b|\bwe use cookies\b|\buse cookies\b|\bcheck back for updates\b"
    r"|\bthis is a (?:developing|breaking) (?:news )?story\b|\b(?:affiliate|paid) (?:links?|commission)\b"
    r"|\btrading name of\b"
    r"|\bread the original\b|\bvideo player\b|\bpowered by [A-Z]|\bcomments are (?:moderated|closed|now closed)\b"
    r"|\bclick for restrictions\b",
    _I,
)

_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)@\w{2,30}\b|\bon (?:signal|whatsapp|telegram|twitter|x|bluesky)\b",
    _I,
)

_VERBS = (
    "sign|subscribe|download|follow|click|tap|share|join|register|read|see|watch|listen|e-?mail|call|contact|send"
    "|tell|get|give"
    "|become|buy|order|try|take|save|support|donate|visit|check|discover|explore|find|learn|message|reach|stay"
    "|enjoy|meet|trade"
    "|browse|view|play|upload|log|unlock|start|shop|claim|enter|choose|help|make|never|don['’]t|please|consider"
    "|scroll|text|write"
    "|pitch|vote|book|reserve|upgrade|activate|continue|go|turn|keep|let|catch|receive|compare|invest|access|add"
    "|submit|report"
)

# Half of these verbs are nouns too ("Download speeds doubled"): what follows decides.
_AFTER_VERB = (
    r"(?=\s+(?:the|an?|our|your|my|this|these|that|now|here|to|for|on|in|up|us|with|more|all|today|free|out|by|via|from"
    r"|it|next|back"
    r"|what|how|and|or|full|every|unlimited|exclusive|great|new|local|daily|breaking|miss|at|over|before|as|so|if|of|\w+ly"
    r"|(?-i:[A-Z]\w*)|[£$€]?\d[\d,.]*)\b|\W*$)"
)

_IMPERATIVE = re.compile(
    rf"(?:(?:^|[.!?:;—–]\s+|\bto \w+\?\s+)\W{{0,3}}(?:and |or |then |just )?|\bplease )(?:{_VERBS})\b(?!['’]s)"
    rf"{_AFTER_VERB}"
    r"|\bplease (?:consider|subscribe|donate)",
    _I,
)

_QUESTION = re.compile(
    r"^\W{0,3}(?:got|want|need|love|like|loved|liked|enjoy(?:ed|ing)?|have you|are you|do you|did you|could you"
    r"|looking for|interested in|have (?:a|an|more)"
    r"|why (?:trust|subscribe|support)|know (?:something|more|anything)|seen|spotted|worried|ready|already|not a"
    r"|new to|missed|curious|thinking)\b[^.!]{0,120}\?",
    _I,
)

_YOU = re.compile(r"\b(?:you|your|yours|you['’]\w+)\b|^(?:You|Your)\b")

_WE = re.compile(r"\b(?:[Ww]e|[Oo]ur|ours|us)\b")

_SERVICE = re.compile(
    r"\b(?:newsletters?|inbox|subscri\w+|unsubscribe|sign(?:ed|ing)?[ -]?up|sign in|log in|alerts?|app|download"
    r"|membership|notifications?|podcasts?"
    r"|donat\w+|journalism|telegram|whatsapp|quiz|e-?mails?|spam|insights|breaking news|latest (?:news|stories"
    r"|updates)|cookies|privacy|partners"
    r"|save up to|facebook|instagram|tiktok|youtube|threads|linkedin|newsdesk|bookmark|tote|e-?paper|issue \d+"
    r"|register now|ad policy|paywall"
    r"|subscriber|(?:click|tap|swipe) (?:here|below|on)|your (?:story|stories|seat|copy|thoughts|news))\b",
    _I,
)

_OFFER = re.compile(
    r"\b(?:free|premium|exclusive|offers?|deals?|discounts?|trial|members|unlimited|community|channel|stories"
    r"|delivered|briefing|coverage|today"
    r"|tickets|passes|bonus|sale|gift|tips?|video|edition|data|below|above|here|fees|welcome|jobs|roles|reporting|copy"
    r"|every (?:weekday|morning|day|week|friday|monday|sunday)|for more)\b",
    _I,
)

_OFFERED = re.compile(r"(?:^|\s)(?:\d+% off|[£$€]\d+ (?:a|per) (?:week|month|year)|no spam|last chance)\b", _I)

_SELF = re.compile(
    r"\b(?:no owner and no shareholders|reader[- ](?:funded|supported)|support(?:ing)? us"
    r"|independent (?:arts )?(?:journalism|writing|news))\b",
    _I,
)

_ABOUT = 100.0


def appeal(text: str) -> float:
    """Score how much a sentence or paragraph is the publisher's own: higher is more surely boilerplate, 3 is enough.

    What stands in quotation marks is somebody's statement and is not judged.
    """
    bare = unquoted(text)
    directed = _directed(bare)
    about, own = directed >= _ABOUT, bool(_WE.search(bare))
    services = {found.lower() for found in _SERVICE.findall(bare)}
    service = len(services) + 0.5 * len({found.lower() for found in _OFFER.findall(bare)})
    score = directed % _ABOUT + 3.0 * about + 1.5 * bool(_YOU.search(bare)) + 0.75 * own + min(service, 2.5)
    if not directed:
        # Prose speaks of services and to its reader as well; without a request or a notice that is not enough.
        score = min(score, 2.0)
    elif not (about or own or services or service >= 1.5 or _CONTACT.search(bare) or _OFFERED.search(bare)):
        # Advice to the reader is what service journalism consists of; an appeal is about the publisher's services.
        score = min(score, 2.0)
    if not (about and own):
        score -= 3.0 * bool(REPORTED.search(bare))
    score -= 1.5 * (bare != text) + max(0, len(bare.split()) - 45) / 15
    return score


def can_appeal(text: str) -> bool:
    """Whether any sentence of `text` asks, offers or gives notice: without it none scores above 2."""
    return _directed(unquoted(text)) > 0


@lru_cache(maxsize=4_096)
def _directed(bare: str) -> float:
    """The cues of a request or an offer, summed; plus `_ABOUT` where the text speaks of the article or page itself."""
    score = 2.0 * bool(_IMPERATIVE.search(bare)) + 1.5 * bool(_QUESTION.match(bare)) + 2.0 * bool(_CONTACT.search(bare))
    score += 1.5 * bool(_OFFERED.search(bare)) + 1.5 * bool(_SELF.search(bare))
    return score + _ABOUT * bool(_ABOUT_PAGE.search(bare))


def unquoted(text: str) -> str:
    """Return `text` with each quotation replaced by an ellipsis."""
    return _QUOTED.sub(" … ", text) if _QUOTE.search(text) else text
