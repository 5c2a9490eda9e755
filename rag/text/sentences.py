"""Where the sentences of a text begin and end, to the character.

The rules are for English news and stay sane elsewhere: a stop ends a sentence when it is followed by white space and
something that can begin one (an upper-case letter, a digit, a letter of a script without case, a symbol), and Chinese
and Japanese stops end one wherever they stand. What is known of abbreviations lies in `abbreviations`, by class.

The conventions: a closing quotation mark belongs to the sentence that it closes; sentences inside a quotation are
sentences of their own, those inside brackets or inside a quotation within a quotation only when these began the
sentence; a colon or semicolon never ends one; a blank line always does, and so does a line's end unless the text is
wrapped there.

Accepted gaps, each a choice where the letters alone do not tell:

- "U.S. Xxxx" and "X. Xxxx" are taken as names unless the next word often begins sentences ("in the U.S. Congress
  met" and "by Malcolm X. Spike Lee" stay whole); a surname that does so ("J. So") is cut off.
- A title never ends a sentence ("on Ocean Dr. It rained" stays whole); "p.m. Monday" and "No. 14" are taken as one.
- "Foods Inc. Xxxx" ends one before a lower-case second word ("Inc. Shares fell"), so "Inc. Xxxx and Yyyy" is cut.
- A sentence that begins with a lower-case word stays with the one before, unless it is a name such as iVane; so text
  that is all lower case is cut only at the ends of paragraphs.
- "Wahu! Mail" is cut; '"We go." Loew said' too, since only after ? and ! may an attribution with a name follow.
- Two wrapped lines without others about them are joined only where the first ends with a word such as "of".
- German ordinals ("am 3. Oktober"), and abbreviations of other languages than English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.text import abbreviations as known
from rag.types import Span

_LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_OPENERS = "\"'“‘„«‹([{¿¡「『（…."
_QUOTES = frozenset("\"'”’»›“‘«")

# Every run of stops is consumed whole, even where nothing comes of it: that keeps the scan linear on a line of dots.
# Groups: 1 stops, 2 closers, 3 gap; 4 full-width stops with closers; 5 a gap that begins with a line's end.
_CANDIDATE = re.compile(
    rf"""([.!?…؟۔।॥։።။។]++(?:[ \xa0][.…]++(?!\w))*+)
    ([\"'”’»›“‘«)\]}}]*+(?:\[\d{{1,3}}\])*+(?:[ ][\"'”’]++(?=[\r\n]|\Z))?+)
    (\s*+)
    |([。！？｡]++[」』”’）】》\"']*+)\s*+
    |([{_LINE_ENDS}]\s*+)""",
    re.VERBOSE,
)
_LINE_END = re.compile(rf"\r\n|[{_LINE_ENDS}]")
_WORD = re.compile(r"[\w.]+\Z")
_PREVIOUS = re.compile(r"(\S+)\s+\Z")
_NEXT = re.compile(
    rf"(?P<open>[{re.escape(_OPENERS)}]*+(?:(?<=[\"'«”’»])\s)?+)(?P<word>[^\W_](?:[\w-]|['’](?=\w)){{0,40}}+)?(?P<dot>\.?)(?:\s(?P<after>\w))?"
)
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_CAMEL = re.compile(r"[a-z]{1,2}[A-Z]")
_MARKER = re.compile(r"[•◦▪‣●·*-]\s|[—–]\s(?![a-z])|\(?(?:\d{1,3}|[a-z])[.)]\s")
_ROMAN = re.compile(r"[IVX]{1,4}")
_ATTRIBUTION = re.compile(
    rf"""([^\W\d_a-z][\w.'’-]{{0,30}}+),?[ ]
    (?:(?:[^\W\d_a-z][\w.'’-]{{0,30}}+|van|von|der|de|del|la|al|bin),?[ ]){{0,5}}+
    (?:\d\d?,[ ])?(?:{"|".join(sorted(known.SPEECH_VERBS))})\b""",
    re.VERBOSE,
)
_MISSING_SPACE_BEFORE = re.compile(r"(?:^|[\s(\"'“‘—])[a-z]{2,}\Z")
_MISSING_SPACE_AFTER = re.compile(
    r"(?!(?:Net|Js|Com|Org)\b)(?:(?:[AI]|[A-Z][a-z]+)(?:['’][a-z]+)?|[A-Z]{2,}['’]s|(?:[A-Z]\.){2,})[,;:]?\s"
)

_LOOK_BACK = 40
_WIDEST_SHIELD = 400
_SHIELD_MARK = re.compile(
    r"""(?P<inner>(?<=[\s(—])[‘'](?=\w)(?:[^‘’'“”"\n]|(?<=\w)[’'](?=\w)){1,200}+(?<=[,.!?…])[’'](?!\w))
    |[(\[)\]“”"]|(?P<blank>\n\s*?\n)""",
    re.VERBOSE,
)

_WRAP_WIDTHS = range(55, 101)
_SHORTEST_WRAPPED = 40
_WRAP_LOOK = 4 * _WRAP_WIDTHS.stop
_ENDED = re.compile(r"[.!?…:][\"'”’)\]]*\Z")


def split_sentences(text: str) -> list[Span]:
    """Return the spans of the sentences of `text`, in order.

    The spans do not overlap, none is empty, none begins or ends with white space, and together they cover every
    character that is not white space. Time grows linearly with the text, whatever is in it.
    """
    spans: list[Span] = []
    start = len(text) - len(text.lstrip())
    shields = _shields(text)
    shield = next(shields, None)
    for found in _CANDIDATE.finditer(text):
        at, end = found.span()
        while shield and shield.end <= at:
            shield = next(shields, None)
        stops, closers, gap, wide, line_end = found.groups()
        stop_end = at if line_end else found.end(4 if wide else 2)
        shielded = shield is not None and start < shield.start < at and stop_end < shield.end
        if wide:
            splits = not shielded
        elif line_end:
            splits = _line_ends_sentence(text, at, end, line_end)
        else:
            splits = _line_ends_sentence(text, stop_end, end, gap) if gap and gap != " " else False
            splits = splits or (not shielded and _stop_ends_sentence(text, start, at, end, stops, closers, gap))
        if splits and end > start:
            spans.append(Span(start, _trimmed(text, start, stop_end)))
            start = end
    if start < len(text):
        spans.append(Span(start, _trimmed(text, start, len(text))))
    return spans


def _trimmed(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _shields(text: str) -> Iterator[Span]:
    """The outermost brackets, and quotations inside a quotation, in order; none over `_WIDEST_SHIELD` long."""
    found: list[Span] = []
    opened: list[int] = []
    quoted = False
    for mark in _SHIELD_MARK.finditer(text):
        sign, at = mark[0], mark.start()
        closed = None
        if mark["blank"]:
            opened.clear()
            quoted = False
        elif mark["inner"]:
            closed = Span(at, mark.end()) if quoted else None
        elif sign in "([":
            opened.append(at)
        elif sign in ")]":
            closed = Span(opened.pop(), mark.end()) if opened else None
        else:
            quoted = sign == "“" or (sign == '"' and not quoted)
        if closed and closed.end - closed.start <= _WIDEST_SHIELD:
            while found and found[-1].start > closed.start:
                found.pop()
            found.append(closed)
    return iter(found)


def _line_ends_sentence(text: str, at: int, after: int, gap: str) -> bool:
    """Whether the line ends in `gap` (from `at` to `after`) end a sentence whatever stands before them."""
    line_ends = _LINE_END.findall(gap)
    if not line_ends or after == len(text):
        return bool(line_ends)
    if len(line_ends) > 1 or line_ends[0] in "\x0c\x1c\x1d\x1e\u2029" or _MARKER.match(text, after):
        return True
    first = text[after + 1 : after + 3].strip() if text[after] in "—–" else text[after]
    if text[after] in ",;:!?)]" or (first[:1].islower() and not _CAMEL.match(text, after)):
        return False
    return not _is_wrapped(text, at, after)


def _is_wrapped(text: str, at: int, after: int) -> bool:
    """Whether the line that ends at `at` was broken for its width: the next word did not fit, as about it.

    Looks at no more than three lines before and after, so that the cost of a line does not grow with the text.
    """
    lines = [line.strip() for line in text[max(0, at - _WRAP_LOOK) : at].split("\n")[-4:]]
    if not _SHORTEST_WRAPPED <= len(lines[-1]) <= _WRAP_WIDTHS[-1]:
        return False
    words = lines[-1].split()
    if words[-1].rstrip(".") in known.UNFINISHED:
        return True
    here = len(lines) - 1
    lines += [line.strip() for line in text[after : after + _WRAP_LOOK].split("\n")[:3]]
    first = here - lines[here::-1].index("") + 1 if "" in lines[:here] else 0
    last = lines.index("", here) if "" in lines[here:] else len(lines)
    width = max(len(line) for line in lines[first:last])
    if width not in _WRAP_WIDTHS:
        return False
    full = 0
    for line, following in zip(lines[first : last - 1], lines[first + 1 : last], strict=True):
        if _MARKER.match(following):
            return False
        if len(line) + 1 + len(following.split(maxsplit=1)[0]) > width:
            full += not _ENDED.search(line)
        elif not _ENDED.search(line):
            return False
    # A column of headlines is of like width too, but has no stops.
    here_full = len(lines[here]) + 1 + len(lines[here + 1].split(maxsplit=1)[0]) > width
    return here_full and full > 1 and any(_ENDED.search(line) or ". " in line for line in lines[first:last])


def _stop_ends_sentence(text: str, start: int, at: int, after: int, stops: str, closers: str, gap: str) -> bool:
    """Whether the stops at `at` end the sentence that began at `start`; `after` is where the next one would begin."""
    if after == len(text):
        return True
    before = text[max(start, at - _LOOK_BACK) : at]
    if not gap:
        return (
            not closers
            and len(stops) == 1
            and _MISSING_SPACE_BEFORE.search(before) is not None
            and _MISSING_SPACE_AFTER.match(text, after) is not None
        )
    if not any(map(str.isalnum, reversed(before))):
        return False
    following = _NEXT.match(text, after)
    assert following is not None  # every part of the pattern is optional
    if not _can_begin(text, following):
        return False
    if stops == ".":
        return _full_stop_ends_sentence(before, start == at - len(before), following, closers)
    if _QUOTES.intersection(closers) and ("?" in stops or "!" in stops):
        attribution = _ATTRIBUTION.match(text, after)
        return attribution is None or attribution[1] in known.STARTERS
    return True


def _can_begin(text: str, following: re.Match[str]) -> bool:
    """Whether what follows a stop and white space looks like the beginning of a sentence."""
    at = following.end("open")
    if following["word"]:
        return not text[at].islower() or _CAMEL.match(text, at) is not None
    return text[at : at + 1] not in ",;:!?)]}—–-&+=%/"


def _full_stop_ends_sentence(before: str, is_whole: bool, following: re.Match[str], closers: str) -> bool:
    """Whether a single full stop ends a sentence: the place of all that is known of abbreviations.

    `before` is the end of the sentence so far, or all of it if `is_whole`.
    """
    found = _WORD.search(before)
    word = found[0] if found else ""
    if word.islower() and "." not in word and len(word) > 1 and word not in known.LOWER_CASE:
        return True
    next_word = following["word"] or ""
    lead = before[: len(before) - len(word)]
    if is_whole and _is_marker(lead, word):
        return False
    if word in known.TITLES or word in known.LATIN:
        return False
    if word in known.BEFORE_NUMBER:
        return not next_word[:1].isdigit() and next_word not in known.DATES
    if _is_starter(following):
        return True
    bracketed = "(" in following["open"] or "[" in following["open"]
    previous = _PREVIOUS.search(lead)
    ahead = previous[1] if previous else ""
    if word in known.CLOCK:
        return not bracketed and next_word not in known.AFTER_CLOCK
    if word in known.CAN_END:
        return not bracketed and _ends_after_name(word, lead, ahead, following)
    if _DOTTED.fullmatch(word):
        # American usage puts the sentence's stop inside the quotation.
        return bool(_QUOTES.intersection(closers))
    if len(word) == 1 and word.isupper():
        if _QUOTES.intersection(following["open"]) and (following["after"] or "").islower():
            return True
        is_label = ahead.lower() in known.LABELS or ahead[-1:].isdigit()
        return is_label or (word == "I" and ahead.islower())
    return not (word.isdigit() and len(word) < 3 and ahead.lower() == "the")


def _is_marker(lead: str, word: str) -> bool:
    """Whether `lead` and `word`, a sentence so far, only introduce: "1.", "A.", "IV.", "U.S.", "7:14 p.m."."""
    if word in known.CLOCK:
        return not any(map(str.isalpha, lead))
    if any(map(str.isalnum, lead)):
        return False
    short = (word.isdigit() and len(word) < 4) or (len(word) == 1 and word.isalpha())
    return short or word in known.CAN_END or bool(_ROMAN.fullmatch(word) or _DOTTED.fullmatch(word))


def _is_starter(following: re.Match[str]) -> bool:
    word = re.split("['’]", following["word"] or "")[0]
    if following["dot"]:
        return False
    return word in known.STARTERS or (word in known.WEAK_STARTERS and (following["after"] or "").islower())


def _ends_after_name(word: str, lead: str, ahead: str, following: re.Match[str]) -> bool:
    """Whether "Foods Inc." and its like end a sentence before a word that may or may not be a name.

    A second capitalised word makes a name of it ("Co. Chief Executive"), a lower-case one a subject ("Ltd. Shares of").
    """
    if word in known.AFTER_NAME:
        is_name = ahead[:1].isupper() or ahead[:1].isdigit() or ahead == "&"
        if not is_name or ahead in known.STARTERS or ahead == lead.strip():
            return False
    if word in known.STATES and "." not in word and ahead.endswith(","):
        return True  # inside a sentence a second comma would follow; D.C. and its like often go without
    if word == "St" and (ahead in known.PLACES or not ahead[-1].isalnum()):
        return False
    return following["word"] not in known.GO_ON and (following["after"] or "").islower()
