"""Which stretches of a text are a page's furniture and never evidence.

The text is judged by line (a paragraph of a news text is one) and then by sentence. Two cues carry
most of it. A news article's paragraphs are whole sentences, so that in a text of such paragraphs a
short line that ends like none is a button, a label, a byline or a pointer. And furniture stands
together: what follows a comments heading or a copyright line belongs to it. Nothing here needs the words
of a particular site. What errs, errs towards keeping what reads like a statement.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from rag.text import cues
from rag.text.appeal import appeal, can_appeal
from rag.types import Span

_PROSE_WORDS = 8
_LONGEST_LINE = 2_000
_MOST_QUOTES = 200
_SHORT_WORDS = 14
_APPEAL = 3.0
_APPEAL_IN_TAIL = 2.25
_EMBED_WORDS = 12
_CUT_OFF_CHARS = 300
_TAIL_LINES = 12

_CUT_OFF = re.compile(
    r"(?:…|\.\.\.)\s*(?:(?:https?://|pic\.|t\.co/|www\.)\S+|\[\+?\d+ chars\]|[\[(]?(?:read|continue|show"
    r"|see) (?:more|reading)[\])]?)\W*$"
    r"|(?:\bpic\.[\w.-]+/|https?://t\.co/)\S+\W*$",
    re.IGNORECASE,
)
_EMBED_SOURCE = re.compile(r"^[—–-]{1,2} ?.{1,80}\(@\w{1,30}\)")
_BRACKETED = re.compile(
    r"[(\[]\s*(?:also read|read more|read also|read:|see also|see more|related:|story continues)[^()\[\]]{0,160}[)\]]",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+(?=[\"“‘'(\[#@]?[A-Z0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Maj|Capt|Sgt|Sen|Rep|Gov|Rev|St|Mt|Jr|Sr|No|Inc|Ltd|Co|Corp|vs"
    r"|Jan|Feb|Mar|Apr|Jun|Jul"
    r"|Aug|Sept?|Oct|Nov|Dec)|(?:\b[A-Za-z]\.)+[A-Za-z])\.$"
)
_TIMESTAMP = re.compile(
    r"\b(?:\d{1,2}[:.]\d\d|(?:19|20)\d\d|(?:hours?|hrs?|minutes?|mins?|days?) ago|updated|published|posted)\b",
    re.IGNORECASE,
)


class _Line(NamedTuple):
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def find_boilerplate(text: str, title: str = "") -> tuple[Span, ...]:
    """Return the spans of `text` that are boilerplate: sorted, merged, half-open, in code points.

    Credits, comments, notices, appeals, pointers to other pages, broken ends of embeds. A line equal to
    `title` is never one.
    """
    lines = [line for line in _lines(text) if line.text.strip()]
    marked = _marked_lines(lines, " ".join(title.split()).casefold())
    spans = [Span(line.start, line.end) for number, line in enumerate(lines) if number in marked]
    for number, line in enumerate(lines):
        if number not in marked:
            spans.extend(_within(line, lines[number + 1].text if number + 1 < len(lines) else ""))
    return _merged(spans, text)


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    start = 0
    for raw in text.split("\n"):
        lines.append(_Line(start, raw))
        start += len(raw) + 1
    return lines


def _is_prose(line: str) -> bool:
    return len(line.split()) >= _PROSE_WORDS and cues.is_sentence(line)


def _marked_lines(lines: list[_Line], title: str) -> set[int]:
    # A line too long to be furniture is judged by its sentences alone: some dumps put a whole article in one.
    texts = [line.text.strip() if len(line.text) <= _LONGEST_LINE else "" for line in lines]
    own = {number for number, text in enumerate(texts) if title and " ".join(text.split()).casefold() == title}
    furniture = {number for number, text in enumerate(texts) if text and cues.is_furniture(text)}
    prose = {number for number, line in enumerate(lines) if number not in furniture and _is_prose(line.text)}
    marked = furniture | {number for number, text in enumerate(texts) if cues.is_section_heading(text)}
    first = min(prose, default=0)
    marked |= {number for number, text in enumerate(texts[:first]) if cues.is_byline(text) or _is_stamp(text)}
    marked |= set(range(_comments_from(lines, prose), len(texts)))
    if _is_prose_text(lines, prose):
        marked |= _unfinished(texts, marked, first)
        marked |= _pull_quotes(texts)
    marked |= _listed(texts, marked)
    marked |= {n for n, text in enumerate(texts) if n not in marked and appeal(text) >= _APPEAL}
    marked |= _tail(texts, marked)
    return marked - own


def _is_stamp(text: str) -> bool:
    return len(text.split()) <= _SHORT_WORDS and not cues.is_sentence(text) and bool(_TIMESTAMP.search(text))


def _is_prose_text(lines: list[_Line], prose: set[int]) -> bool:
    """Whether the text is written in paragraphs of whole sentences, so that a line without one stands out."""
    written = sum(len(lines[number].text) for number in prose)
    return bool(prose) and written >= 0.5 * sum(len(line.text) for line in lines)


def _comments_from(lines: list[_Line], prose: set[int]) -> int:
    """The number of the line at which the comments begin; beyond the last line where there are none."""
    before, after = 0, sum(len(lines[number].text) for number in prose)
    for number, line in enumerate(lines):
        if number in prose:
            before, after = before + len(line.text), after - len(line.text)
        # A counter above the article looks the same; below it, it heads a section.
        elif before and before * 3 >= after and cues.is_comments_heading(line.text):
            return number
    return len(lines)


def _unfinished(texts: list[str], marked: set[int], first: int) -> set[int]:
    """Short lines that are no sentences, but for what looks like part of the text: lists, tables, broken sentences."""
    found: set[int] = set()
    introduced = False
    for number, text in enumerate(texts):
        bullet = text.startswith(("- ", "• ", "– "))
        if not text or cues.is_sentence(text):
            introduced = False
        elif text.endswith(":") and len(text) <= 200 and number not in marked:
            introduced = True
        elif number in marked:
            introduced = False
        elif introduced or bullet or len(text.split()) > _SHORT_WORDS or cues.is_statement(text):
            continue
        elif not (_is_row(texts, number) or _is_broken(texts, number)):
            found.add(number)
    return found - _results({number for number in found if number > first}, texts)


def _is_broken(texts: list[str], number: int) -> bool:
    """Whether a line is a piece of a sentence that was broken between lines."""
    below = texts[number + 1] if number + 1 < len(texts) else ""
    return texts[number][:1].islower() or texts[number].endswith(",") or below[:1].islower()


def _results(unfinished: set[int], texts: list[str]) -> set[int]:
    """Runs of three and more lines of which most hold figures or pairs: scores, fixtures, quotations."""
    kept: set[int] = set()
    run: list[int] = []
    for number in [*sorted(unfinished), len(texts) + 1]:
        if run and number != run[-1] + 1:
            told = sum(bool(re.search(r"\d|\bvs?\.? ", texts[n])) for n in run)
            if len(run) >= 3 and told * 2 > len(run):
                kept.update(run)
            run = []
        run.append(number)
    return kept


def _is_row(texts: list[str], number: int) -> bool:
    bars = texts[number].count("|")
    beside = texts[max(number - 1, 0) : number] + texts[number + 1 : number + 2]
    return bool(bars) and any(text.count("|") == bars for text in beside)


def _pull_quotes(texts: list[str]) -> set[int]:
    """Short lines that repeat words of a longer paragraph, to catch the eye."""
    bare = [re.sub(r"\W+", " ", text).strip().casefold() for text in texts]
    long = "\n".join(text for text in bare if len(text.split()) > _SHORT_WORDS)
    short = (number for number, text in enumerate(bare) if 4 <= len(text.split()) <= _SHORT_WORDS)
    open_ended = (number for number in short if not cues.is_sentence(texts[number]))
    return {number for number in islice(open_ended, _MOST_QUOTES) if bare[number] in long}


def _listed(texts: list[str], marked: set[int]) -> set[int]:
    """What hangs on a heading: the unfinished lines below "Most read", one appealing line below "Sponsored"."""
    found: set[int] = set()
    for number, text in enumerate(texts):
        if number not in marked:
            continue
        if cues.is_section_heading(text):
            following = number + 1
            while following < len(texts) and following not in found and _is_pointer(texts[following]):
                found.add(following)
                following += 1
        elif re.match(r"\W*(?:sponsored|promoted|paid (?:post|content)|partner content)\b", text, re.IGNORECASE):
            following = number + 1
            if following < len(texts) and len(texts[following].split()) <= 25 and appeal(texts[following]) > 1:
                found.add(following)
    return found


def _is_pointer(text: str) -> bool:
    return bool(text) and not _is_prose(text) and len(text.split()) <= 20


def _tail(texts: list[str], marked: set[int]) -> set[int]:
    """The page's end: from the last paragraph of the article on, a weaker likeness is enough."""
    found: set[int] = set()
    notices = (n for n in sorted(marked) if n > len(texts) // 2 and cues.is_copyright(texts[n]))
    hard = next(notices, None)
    # The article may go on below a picture's notice.
    if hard is not None and not any(cues.is_sentence(text) and appeal(text) <= 0 for text in texts[hard + 1 :]):
        found |= set(range(hard, len(texts)))
    # Upwards from the end, as long as what is met is furniture or reads like it.
    number = len(texts) - 1
    seen = False
    while number >= max(len(texts) - _TAIL_LINES - len(marked), 1):
        text = texts[number]
        if number in marked or number in found:
            seen = True
            number -= 1
            continue
        weaker = 0.7 if seen and not _is_prose(text) else _APPEAL_IN_TAIL
        if not cues.is_biography(text) and appeal(text) < weaker:
            break
        found.add(number)
        number -= 1
    return found


def _within(line: _Line, below: str) -> list[Span]:
    """The spans of boilerplate in a line that is not boilerplate as a whole."""
    spans = [Span(line.start + match.start(), line.start + match.end()) for match in _BRACKETED.finditer(line.text)]
    sentences = _sentences(line.text)
    appealing = len(line.text) > _LONGEST_LINE or can_appeal(line.text)
    embed = bool(_EMBED_SOURCE.match(below)) or bool(_CUT_OFF.search(line.text[-_CUT_OFF_CHARS:]))
    for number, (start, end) in enumerate(sentences):
        sentence = line.text[start:end]
        if len(sentence) > _LONGEST_LINE:
            continue
        words = len(sentence.split())
        last = number == len(sentences) - 1
        broken = embed and ((last and bool(_CUT_OFF.search(sentence))) or words < _EMBED_WORDS)
        # Alone in its line a sentence was judged already; beside others it has to be surer.
        added = len(sentences) > 1 and (
            cues.is_credit(sentence) or cues.is_copyright(sentence) or (appealing and appeal(sentence) >= _APPEAL + 1)
        )
        if broken or added:
            spans.append(Span(line.start + start, line.start + end))
    return spans


def _sentences(text: str) -> list[tuple[int, int]]:
    """Rough bounds of sentences: an abbreviation or an initial ends none."""
    ends = [
        match
        for match in _BOUNDARY.finditer(text)
        if not _ABBREVIATED.search(text[max(match.start() - 12, 0) : match.start()])
    ]
    starts = [0, *(match.end() for match in ends)]
    return list(zip(starts, [*(match.start() for match in ends), len(text)], strict=True))


def _merged(spans: list[Span], text: str) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and (span.start <= merged[-1].end or not text[merged[-1].end : span.start].strip()):
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)
