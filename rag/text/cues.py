"""What gives boilerplate away: the wording of single lines, told from prose about the same things.

Labels and whole lines that nothing but a page's furniture uses, and credits, notices and bylines, which are
known by their build. What asks the reader for something is scored in `rag.text.appeal`.
"""

from __future__ import annotations

import re

from rag.text.appeal import appeal, reports, unquoted

_I = re.IGNORECASE

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

_SMALL = frozenset(("a", "an", "and", "at", "by", "courtesy", "for", "from", "in", "of", "on", "the", "to", "with"))
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
    r"^\W{0,4}(?:©|\(c\) ?(?:copyright|\d{4})|copyright (?:©|\(c\)|(?:19|20)\d\d|[a-z][\w.&’' ]{1,60}(?:19|20)\d\d))"
    r"|^all (?:images|content|text|photos)\b.{0,40}©|^alle rechte vorbehalten"
    r"|\b(?:all rights reserved(?:\.|$|,? (?:do not|this material|no part))|tous droits réservés"
    r"|todos los derechos reservados|(?:no )?reproduction\b.{0,30}(?:without|prohibited|in whole)"
    r"|(?:may not be|do not) (?:re)?(?:published?|produced?|broadcast|written|distributed?|posted?)\b.{0,60}"
    r"(?:without|,|or re))"
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
    r"|explore more\b.{0,30}|tags?|topics?|keywords|quick links|what to read next|(?:from )?around the web|sponsored"
    r"|from our partners"
    r"|promoted stories|in this (?:article|story)|follow us|newsletter)\W*$",
    _I,
)

_FURNITURE = re.compile(
    r"^\W*(?:"
    r"(?:story|article|content) continues (?:below|after)\b.*|advertisements?|ad|sponsored(?: content\b.*)?"
    r"|paid (?:post|content)"
    r"|skip to (?:main )?content|(?:sign|log) ?(?:in|up|out)|register|subscribe(?: now)?|menu|search|home|close"
    r"|print|e-?mail|save"
    r"|(?:share|tweet|post|pin|send|copy)(?: (?:this|on|via|to|by|link|article|story|post|facebook|twitter|x"
    r"|e-?mail|whatsapp))*"
    r"|link copied|gift this article|text size|(?:watch|listen)(?: (?:live|now|here|to this (?:article"
    r"|story)))?(?: \d+:\d\d)?"
    r"|[\d.,]+[KM]? (?:shares?|likes?|views|reads|votes|followers?|claps?)\b.*|loading"
    r"|sort(?:ed)? by\b.*|(?:newest|oldest) first|like \d+.*|reply|report(?: (?:a typo|an error|comment))?|upvote"
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

# Rows of tags, bracketed notes of the desk, initials, wire codes, labels in capitals with nothing behind them.
_MARKS = re.compile(
    r"^\W*#\w+(?:\s+#\w+)*\W*$|^\([^()]*@[^()]*\)$|^[(\[]?[a-z]{1,4}(?:[/-][a-z]{1,4})+[)\]]?$"
    r"|^(?=[^a-z]*(?:/[A-Z]|\d{4}|\d of \d))(?:[A-Z\d/.,:&-]+ |of ){2,9}[A-Z\d/.,:&-]+$|^[A-Z][A-Z ,-]{2,40}:$"
    r"|^(?:From|To|Cc|Date|Sent|Reply-To): \S.*"
    r"|^[-–—*=~]{1,3} .{1,60} [-–—*=~]{1,3}$|^\d+ of \d+(?: \w+)?$|^\[[^\[\]]{1,60}\]$"
)

# A counter of what readers did.
_COUNT = re.compile(r"^.{0,40}\d[\d.,]*[KMk]? (?:followers|following|views|shares|likes|comments|claps)\W*$")

_BETWEEN_LABELS = re.compile(r"\s*[|·•>»]\s*|\s{2,}| / ")

_ENDING = re.compile(
    r"^\W*(?:ends?|30|notes? (?:to|for) editors?|(?:media|press) (?:contacts?|enquiries|inquiries)\b.*|#+"
    r"|about the (?:authors?|writers?)|written by\b.*"
    r"|end of (?:document|article|story|transcript|newsletter)\b.*|references|sources)\W*$",
    _I,
)

_HANDLE = re.compile(
    r"^\W{0,3}(?=\S*(?:[a-zA-Z][_\d]|[a-z][A-Z][a-z]+[A-Z]))[A-Za-z][\w.-]{2,30}\s?(?:[:·•|,]|—|–|- |\d+ ?[hdm]\b)\s?\S"
    r"|^\W{0,3}@\w{2,30} [a-z]"
)

_STAFF_NOTE = re.compile(
    r"^\W{0,3}(?:(?:additional |further )?(?:reporting|writing|editing|compiled|translat(?:ed|ion)|edited"
    r"|photography|research|production"
    r"|words|portraits|pictures|graphics|illustrations?)"
    r"(?: and (?:reporting|writing|editing))?(?: was contributed)? by:? (?-i:[A-Z])|with (?:files|reporting|assistance"
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

_BIO = re.compile(
    r"^(?:[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]+){1,3}|[Tt]he (?:author|writer)|[Ss]he|[Hh]e)(?:,[^,.]{1,60},)? "
    r"(?:is|was|has (?:been|covered|written|reported)|covers|writes|reports|leads|edits|works|joined)\b"
    r".{0,80}\b(?:writer|reporter|correspondent|editor|journalist|columnist|critic|blogger|contributor|producer"
    r"|freelance\w*"
    r"|covers|writes (?:about|on|for)|covered|written for|reports (?:on|for)|fellow|lecturer|author of)\b|"
    r"^(?:senior |staff |chief |freelance |news |deputy )*(?:reporter|writer|correspondent|editor|journalist"
    r"|columnist|contributor)\b[^,]{0,40}\.(?: |$)"
)

_LABEL_WORDS = 30
_LONGEST_MENU = 200
_SPONSORED = re.compile(r"\b(?:sponsored|presented|brought to you) by\b", _I)

_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|should|may|might|must|does|do|did|said|says|wo|ca)\b"
    r"|n['’]t\b"
)

_EVENT = re.compile(r"\b(?:was|were|had|has|have|will|\w{3,30}ed)\b")

_POINTER = re.compile(
    r"\W*(?:how|why|what|where|when|who|which|whose|here|this|\d+ (?:things|ways|reasons|facts))\b", _I
)


def is_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does."""
    return bool(_END.search(line.rstrip())) or line.rstrip().endswith(('."', ".”", "?”", "!”"))


def is_statement(line: str) -> bool:
    """Whether a line without a full stop states something all the same: a standfirst, a summary."""
    return len(line.split()) >= 9 and bool(_FINITE.search(line)) and not _POINTER.match(line) and appeal(line) < -1


def is_comments_heading(line: str) -> bool:
    """Whether a line is the heading of a comments section."""
    return len(line) <= 60 and bool(_COMMENTS.match(line))


def is_section_heading(line: str) -> bool:
    """Whether a line heads a list of pointers to other pages."""
    return len(line) <= 70 and bool(_SECTION.match(line))


def is_copyright(line: str) -> bool:
    """Whether a line is a copyright notice, as against prose about copyright."""
    marked = _COPYRIGHT.search(line.lower()) and _COPYRIGHT.search(unquoted(line).lower())
    return bool(marked) and not reports(line)


def is_byline(line: str) -> bool:
    """Whether a line says who wrote the article."""
    return len(line.split()) <= 18 and not reports(line) and bool(_BYLINE.match(line))


def byline_author(line: str) -> str:
    """The names in a byline; empty for any other line."""
    match = _BYLINE.match(line.strip()) if is_byline(line) else None
    return _OFFICE.split(match.group(1))[0] if match else ""


def is_credit(text: str) -> bool:
    """Whether a line or sentence credits a picture: a label and then names, not a statement."""
    plain = text.strip()
    match = _CREDIT.match(plain)
    agency = _AGENCY_TAIL.search(plain[-80:])
    words_in_all = len(plain.split())
    if not (match or agency) or words_in_all > (12 if is_sentence(plain) else 22) or reports(unquoted(plain)):
        return False
    if agency and words_in_all <= 14 and not is_sentence(plain):
        return True
    if not match:
        return False
    words: list[str] = re.findall(r"[^\W\d_][\w’'.-]*", plain[match.end() :])
    named = sum(word[0].isupper() for word in words)
    short = [word for word in words if word.lower() in _SMALL]
    return named >= (len(words) - len(short)) * 0.6


def is_furniture(line: str) -> bool:
    """Whether a whole line is a page's furniture: a button, a label with what it points to, a staff credit."""
    plain = line.strip()
    if is_copyright(plain) or is_credit(plain):
        return True
    bare = unquoted(plain)
    if is_sentence(plain) and reports(bare) and not plain.startswith("("):
        return False
    if _FURNITURE.match(plain) or _LABELLED.match(plain) or _STAFF_NOTE.match(plain) or _CONTRIBUTED.search(bare):
        return True
    # In a whole paragraph that was cut off, what is sponsored is part of the story.
    if not is_sentence(plain) and len(plain.split()) <= _LABEL_WORDS and _SPONSORED.search(plain):
        return True
    if not is_sentence(plain) and (_COUNT.search(plain) or appeal(plain) >= 1):
        return True
    return bool(_MARKS.match(plain)) or is_menu(plain)


def is_menu(line: str) -> bool:
    """Whether a line is a row of short labels: a site's sections, a story's tags, the buttons below it."""
    if len(line) > _LONGEST_MENU:
        return False
    labels = [label.strip() for label in _BETWEEN_LABELS.split(line.strip("|·•>» "))]
    short = all(1 <= len(label.split()) <= 4 and not label.endswith((".", ",", ":")) for label in labels)
    figures = sum(any(mark.isdigit() for mark in label) for label in labels)
    return len(labels) >= 3 and short and figures * 3 <= len(labels)


def is_end(line: str) -> bool:
    """Whether what stands below a line, if no article follows, is the page's foot."""
    return len(line) <= 80 and bool(_ENDING.match(line))


def is_handle(line: str) -> bool:
    """Whether a line begins with the name that a reader who comments goes by."""
    return bool(_HANDLE.match(line))


def is_biography(text: str) -> bool:
    """Whether a paragraph introduces the article's writer."""
    return bool(_BIO.match(text)) and not reports(unquoted(text))


def is_title_of_picture(text: str) -> bool:
    """Whether a short sentence tells of no event, as a caption does: it has no verb of the past."""
    return len(text.split()) <= 12 and not reports(text) and not _EVENT.search(text)


def is_news(line: str) -> bool:
    """Whether a line is a sentence with a verb that asks for nothing: it may be short."""
    return is_sentence(line) and bool(_EVENT.search(line) or _FINITE.search(line)) and appeal(line) < -1
