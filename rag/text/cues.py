"""What gives boilerplate away: the wording of single lines and sentences, told from prose about the same things.

Three kinds of cue, from sure to weak: labels and whole lines that nothing but a page's furniture
uses; credits and notices, known by their build; and an appeal's manner, which is scored, since no
one word of it is proof: it speaks to the reader, of the publisher, about a service.
"""

from __future__ import annotations

import re

_I = re.IGNORECASE
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|(?<!\w)‘[^’]*’|«[^»]*»")
_REPORTED = re.compile(
    r"\b(?:said|says|told|according to|added|asked|argued|wrote|announced|ruled|insist(?:s|ed)|testified|"
    r"reported|warned|claimed|urged|found|showed|explained|noted|ordered|accused)\b",
    _I,
)
_END = re.compile(r"[.!?…。！？؟।][\"”’'»)\]*_]*$")

# A label is followed by a colon, a bar or a dash, and the line points elsewhere or says who made something.
_LABELLED = re.compile(
    r"^\W{0,3}(?:(?:(?:also |must )?read|see|more|also|watch|listen|related|recommended|trending|popular|analysis"
    r"|opinion|explainers?|gallery"
    r"|podcast|video|slideshow|infographic|graphic|interactive|in (?:pictures|photos|maps|charts|numbers|depth)"
    r"|don['’]t miss"
    r"|you (?:may|might) (?:also )?(?:like|enjoy)|previous(?:ly)?|previous coverage|further reading|learn more"
    r"|find out more"
    r"|up next|editors?['’]?s? (?:picks?|choice)|must read|subscribe|sign up|follow|share|advertisement|sponsored"
    r"|promoted"
    r"|tags?|topics?|filed under|categor(?:y|ies)|keywords|section|contact|disclaimers?|disclosures?|about the authors?"
    r"|about (?:us|this (?:story|article))|our standards|source|sources|credits?|byline|location)"
    r"(?: (?:more|also|next|on|now|here|this|stories|story|articles?|coverage|content|reading|topics|links|posts"
    r"|from \w+))*"
    r"\*{0,2}\s?(?::|\||—|–|»)(?!\d))\s*",
    _I,
)
_CREDIT_WORD = (
    r"(?:file |stock |featured |main |cover |top )?(?:photo(?:graph)?s?|images?|pictures?|pics?|video|footage"
    r"|illustrations?"
    r"|graphics?|charts?|artwork|screenshot|caption)"
)
_CREDIT = re.compile(
    rf"^\W{{0,3}}(?:{_CREDIT_WORD}(?: ?credits?| ?courtesy(?: of)?| ?by| ?from| ?via|/)?\s?[:|/©—]|"
    rf"{_CREDIT_WORD} (?:by|courtesy(?: of)?|credits?|via|from|©)\s|credits?\s?[:/|]|courtesy (?:of|:)"
    rf"|all images\b|pictured:|©)",
    _I,
)
_AGENCY = re.compile(
    r"(?:getty images|shutterstock|istock|unsplash|pexels|alamy|adobe stock|depositphotos|flickr|reuters|afp|epa|dpa|ap"
    r"|associated press|pa media|pa wire|anadolu|xinhua|bloomberg|imago|wikimedia commons|creative commons"
    r"|handout|cc by[\w .-]*)",
    _I,
)
_AGENCY_TAIL = re.compile(
    rf"(?:[/(|]\s?(?:ap photo\b.*|{_AGENCY.pattern})|\bvia {_AGENCY.pattern}|^{_AGENCY.pattern})[\s.)]*$", _I
)
_COPYRIGHT = re.compile(
    r"^\W{0,4}(?:©|\(c\) ?(?:copyright|\d{4})|copyright (?:©|\(c\)|(?:19|20)\d\d|[A-Z][\w.&’' ]{1,60}(?:19|20)\d\d))|"
    r"\ball rights reserved(?:\.|$|,? (?:do not|this material|no part))|^all (?:images|content|text|photos)\b.{0,40}©|"
    r"\b(?:may not be|do not) (?:re)?(?:published?|produced?|broadcast|written|distributed?|posted?)\b.{0,60}"
    r"(?:without|,|or re)|\b(?:no )?reproduction\b.{0,30}(?:without|prohibited|in whole)|^alle rechte vorbehalten"
    r"|tous droits réservés|todos los derechos reservados",
    _I,
)
_COMMENTS = re.compile(
    r"^\W*(?:(?:view|show|read|see|all|add|post|leave|write|load|hide|your|reader|user|top|latest|recent"
    r"|\d[\d,.]*|no)\s)*"
    r"(?:a )?(?:comments?|replies|responses|reply|kommentare?|commentaires|comentarios|reacties)"
    r"(?: (?:section|below|on this (?:story|article)|to this (?:post|article|story)|\d+))?\s*[(\[]?\d*[)\]]?\W*$"
    r"|^\W*(?:join|start|continue) the (?:conversation|discussion|debate)\b.{0,20}$|^\W*have your say\W*$"
    r"|^\W*what do you think\?.{0,60}$|^\W*leave a (?:reply|comment)\b.{0,40}$",
    _I,
)
_SECTION = re.compile(
    r"^\W*(?:most (?:read|viewed|popular|watched|shared|recent|commented)|related(?: (?:articles?|stories|content"
    r"|news|topics|links"
    r"|posts|coverage|reading))?|more (?:from|on|in|like|stories|news|about|coverage)\b.{0,40}|trending(?: now)?"
    r"|recommended\b.{0,20}"
    r"|you (?:may|might) (?:also )?(?:like|be interested in|have missed)|top stories\b.{0,20}|latest (?:news"
    r"|stories|headlines)"
    r"|editors?['’]s? picks?|popular (?:now|stories|posts)|read next|up next|see also|also read|don['’]t miss"
    r"|further reading"
    r"|explore more\b.{0,30}|tags?|topics?|keywords|quick links|what to read next|around the web|sponsored"
    r"|from our partners"
    r"|promoted stories|in this (?:article|story)|share (?:this|on)\b.{0,20}|follow us|newsletter)\W*$",
    _I,
)
_FURNITURE = re.compile(
    r"^\W*(?:"
    r"(?:story|article|content) continues (?:below|after)\b.*|advertisements?|ad|sponsored(?: (?:by"
    r"|content)\b.*)?|paid (?:post|content)"
    r"|skip to (?:main )?content|(?:sign|log) ?(?:in|up|out)|register|subscribe(?: now)?|menu|search|home|close"
    r"|print|e-?mail|save"
    r"|(?:share|tweet|post|pin|send|copy)(?: (?:this|on|via|to|by|link|article|story|post|facebook|twitter|x"
    r"|e-?mail|whatsapp))*"
    r"|link copied|gift this article|text size|(?:watch|listen)(?: (?:live|now|here|to this (?:article"
    r"|story)))?(?: \d+:\d\d)?"
    r"|\d+ (?:shares?|likes?|views|reads|votes)|like \d+.*|reply|report(?: (?:a typo|an error|comment))?|upvote"
    r"|load more|show more"
    r"|view (?:all|bio|profile|comments|more)\b.*|back to top|(?:next|previous|older|newer) (?:article|story"
    r"|posts?)|page \d+ of \d+"
    r"|(?:reading time:? ?)?\d+[ -]min(?:ute)?s?(?: read)?|reading time\b.*|fact[ -]checked|play(?: video)?"
    r"|video unavailable"
    r"|(?:this )?live (?:page|blog|coverage)\b.*(?:updated|closed|ended)|auto-?refresh\b.*|end of newsletter\b.*"
    r"|quick guide|reuse this content"
    r"|enter your e-?mail\b.*|invalid e-?mail\b.*|something went wrong\b.*|privacy (?:policy|notice)"
    r"|terms (?:of (?:use|service)|and conditions)"
    r"|cookie (?:policy|settings)|accept (?:all|cookies)|manage (?:cookies|preferences|my choices)|site ?map"
    r"|careers|about us|contact us"
    r"|view this post on instagram|a post shared by\b.*|(?:follow|like) (?:us|[\w ]{1,20}) on\b.*"
    r"|correction policy|permissions"
    r")\W*$",
    _I,
)
_STAFF_NOTE = re.compile(
    r"^\W{0,3}(?:(?:additional |further )?(?:reporting|writing|editing|compiled|translat(?:ed|ion)|edited"
    r"|photography|research|production"
    r"|words|portraits|pictures|graphics|illustrations?)"
    r"(?: and (?:reporting|writing|editing))?(?: was contributed)? by:? [A-Z]|with (?:files|reporting|assistance"
    r"|additional reporting)\b"
    r"|[(*\[]\s*(?:adds|updates|recasts|rewrites|refiles|repeats|writes through|changes (?:headline|dateline))\b"
    r"|\(\$1 ?=|with inputs from\b"
    r"|\(?(?:this (?:story|article|report) )?(?:has |have )?been (?:edited|published|generated)\b.*\bfeed\b)",
    _I,
)
_CONTRIBUTED = re.compile(r"\bcontributed (?:to this (?:report|story|article)|reporting)\b", _I)
_NAME = r"[A-Z][\w.’'-]*(?: (?:[A-Z][\w.’'-]*|de|del|van|von|der|den|la|le|el|bin|al|da|dos))*"
_NAMES = rf"{_NAME}(?:(?:, | and |, and | & ){_NAME})*"
_BYLINE = re.compile(
    rf"^\W{{0,2}}(?:[Ww]ritten by|[Ww]ords by|[Ss]tory by|[Tt]ext by|[Bb]y|BY|[Vv]on|[Pp]ar"
    rf"|[Pp]or):? ?({_NAMES})(?:\s?[,|@·•—–(/-].*)?\W*$"
)
_OFFICE = re.compile(r", (?=[a-z]|[A-Z]\w+ (?:[Ee]ditor|[Cc]orrespondent|[Rr]eporter|[Ww]riter))")
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
_BIO = re.compile(
    r"^(?:[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]+){1,3}|[Tt]he (?:author|writer)|[Ss]he|[Hh]e)(?:,[^,.]{1,60},)? "
    r"(?:is|was|has (?:been|covered|written|reported)|covers|writes|reports|leads|edits|works|joined)\b"
    r".{0,80}\b(?:writer|reporter|correspondent|editor|journalist|columnist|critic|blogger|contributor|producer"
    r"|freelance\w*"
    r"|covers|writes (?:about|on|for)|covered|written for|reports (?:on|for)|fellow|lecturer|author of)\b|"
    r"^(?:senior |staff |chief |freelance |news |deputy )*(?:reporter|writer|correspondent|editor|journalist"
    r"|columnist|contributor)\b[^,]{0,40}\.(?: |$)"
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
_IMPERATIVE = re.compile(
    rf"(?:^|[.!?:;—–]\s+|\bto \w+\?\s+)\W{{0,3}}(?:and |or |then |just )?(?:{_VERBS})\b(?!['’]s)", _I
)
_QUESTION = re.compile(
    r"^\W{0,3}(?:got|want|need|love|like|loved|liked|enjoy(?:ed|ing)?|have you|are you|do you|did you|could you"
    r"|looking for|interested in|have (?:a|an|more)"
    r"|why (?:trust|subscribe|support)|know (?:something|more|anything)|seen|spotted|worried|ready|already|not a"
    r"|new to|missed|curious|thinking)\b[^.!]{0,120}\?",
    _I,
)
_YOU = re.compile(r"\b(?:you|your|yours|you['’]\w+)\b|^(?:You|Your)\b")
_WE = re.compile(r"\b(?:we|our|ours|us)\b")
_SERVICE = re.compile(
    r"\b(?:newsletters?|inbox|subscri\w+|unsubscribe|sign(?:ed|ing)?[ -]?up|sign in|log in|alerts?|app|download"
    r"|membership|notifications?|podcasts?"
    r"|donat\w+|journalism|telegram|whatsapp|quiz|e-?mails?|spam|insights|breaking news|latest (?:news|stories"
    r"|updates)|cookies|privacy|partners"
    r"|save up to|facebook|instagram|tiktok|youtube|threads|linkedin|newsdesk|bookmark|tote|e-?paper|issue \d+"
    r"|register now|ad policy|paywall"
    r"|subscriber|your (?:story|stories|seat|copy|thoughts|news))\b",
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
_SPONSORED = re.compile(r"\b(?:sponsored|presented|brought to you) by\b", _I)
_SELF = re.compile(
    r"\b(?:no owner and no shareholders|reader[- ](?:funded|supported)|support(?:ing)? us"
    r"|independent (?:arts )?(?:journalism|writing|news))\b",
    _I,
)


_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|should|may|might|must|does|do|did|said|says|wo|ca)\b"
    r"|n['’]t\b"
)
_POINTER = re.compile(
    r"\W*(?:how|why|what|where|when|who|which|whose|here|this|\d+ (?:things|ways|reasons|facts))\b", _I
)


def is_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does."""
    return bool(_END.search(line.rstrip())) or line.rstrip().endswith(('."', ".”", "?”", "!”"))


def is_statement(line: str) -> bool:
    """Whether a line without a full stop states something all the same: a standfirst, a summary."""
    return len(line.split()) >= 9 and bool(_FINITE.search(line)) and not _POINTER.match(line) and appeal(line) < 1.5


def is_comments_heading(line: str) -> bool:
    """Whether a line is the heading of a comments section."""
    return len(line) <= 60 and bool(_COMMENTS.match(line))


def is_section_heading(line: str) -> bool:
    """Whether a line heads a list of pointers to other pages."""
    return len(line) <= 70 and bool(_SECTION.match(line))


def is_copyright(line: str) -> bool:
    """Whether a line is a copyright notice, as against prose about copyright."""
    return bool(_COPYRIGHT.search(_unquoted(line))) and not _REPORTED.search(line)


def is_byline(line: str) -> bool:
    """Whether a line says who wrote the article."""
    return len(line.split()) <= 18 and not _REPORTED.search(line) and bool(_BYLINE.match(line))


def byline_author(line: str) -> str:
    """The names in a byline; empty for any other line."""
    match = _BYLINE.match(line.strip()) if is_byline(line) else None
    return _OFFICE.split(match.group(1))[0] if match else ""


def is_credit(text: str) -> bool:
    """Whether a line or sentence credits a picture: a label and then names, not a statement."""
    plain = text.strip()
    if len(plain.split()) > (12 if is_sentence(plain) else 22) or _REPORTED.search(_unquoted(plain)):
        return False
    if _AGENCY_TAIL.search(plain) and len(plain.split()) <= 14:
        return True
    match = _CREDIT.match(plain)
    if not match:
        return False
    words = re.findall(r"[^\W\d_][\w’'.-]*", plain[match.end() :])
    named = sum(word[0].isupper() for word in words)
    short = [word for word in words if word.lower() in _SMALL]
    return named >= (len(words) - len(short)) * 0.6


_SMALL = frozenset(("a", "an", "and", "at", "by", "courtesy", "for", "from", "in", "of", "on", "the", "to", "with"))


def is_furniture(line: str) -> bool:
    """Whether a whole line is a page's furniture: a button, a label with what it points to, a staff credit."""
    plain = line.strip()
    if is_copyright(plain) or is_credit(plain):
        return True
    bare = _unquoted(plain)
    if is_sentence(plain) and _REPORTED.search(bare) and not plain.startswith("("):
        return False
    if _FURNITURE.match(plain) or _LABELLED.match(plain) or _STAFF_NOTE.match(plain) or _CONTRIBUTED.search(bare):
        return True
    if not is_sentence(plain) and _SPONSORED.search(plain):
        return True
    return bool(re.match(r"^\W*#\w+(?:\s+#\w+)*\W*$|^\([^()]*@[^()]*\)$", plain))


def appeal(text: str) -> float:
    """Score how much a sentence or paragraph is the publisher's own: higher is more surely boilerplate, 3 is enough.

    What stands in quotation marks is somebody's statement and is not judged.
    """
    bare = _unquoted(text)
    about, own = bool(_ABOUT_PAGE.search(bare)), bool(_WE.search(bare))
    directed = 2.0 * bool(_IMPERATIVE.search(bare)) + 1.5 * bool(_QUESTION.match(bare))
    directed += 2.0 * bool(_CONTACT.search(bare))
    directed += 1.5 * bool(_OFFERED.search(bare)) + 1.5 * bool(_SELF.search(bare)) + 3.0 * about
    services = {found.lower() for found in _SERVICE.findall(bare)}
    service = len(services) + 0.5 * len({found.lower() for found in _OFFER.findall(bare)})
    score = directed + 1.5 * bool(_YOU.search(bare)) + 0.75 * own + min(service, 2.5)
    if not directed:
        # Prose speaks of services and to its reader as well; without a request or a notice that is not enough.
        score = min(score, 2.0)
    elif not (about or own or services or service >= 1.5 or _CONTACT.search(bare) or _OFFERED.search(bare)):
        # Advice to the reader is what service journalism consists of; an appeal is about the publisher's services.
        score = min(score, 2.0)
    if not (about and own):
        score -= 3.0 * bool(_REPORTED.search(bare))
    score -= 1.5 * (bare != text) + max(0, len(bare.split()) - 45) / 15
    return score


def is_biography(text: str) -> bool:
    """Whether a paragraph introduces the article's writer."""
    return bool(_BIO.match(text)) and not _REPORTED.search(_unquoted(text))


def has_contact(text: str) -> bool:
    """Whether a sentence gives a way to reach someone."""
    return bool(_CONTACT.search(_unquoted(text)))


def _unquoted(text: str) -> str:
    return _QUOTED.sub(" … ", text)
