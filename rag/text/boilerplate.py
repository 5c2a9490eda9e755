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
from rag.text.appeal import appeal, can_appeal, masked
from rag.types import Span

_PROSE_WORDS = 8
_LONGEST_LINE = 2_000
_MOST_QUOTES = 200
_SHORT_WORDS = 14
_TELLING_WORDS = 12
_NEVER = -100.0
_EDGE = -1.0
_BESIDE_OTHERS = 2.0
_EMBED_WORDS = 12
_CUT_OFF_CHARS = 300

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


_RESULT = re.compile(r"[^\W\d_].*\d|\d.*[^\W\d_]|\bvs?\.? ")


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
    scores = [_line_appeal(text) if text and len(texts) > 1 else _NEVER for text in texts]
    furniture = {n for n, text in enumerate(texts) if text and (cues.is_furniture(text) or _is_caption(text))}
    furniture -= {number for number in furniture if _is_row(texts, number)}
    prose = {number for number, line in enumerate(lines) if number not in furniture and _is_prose(line.text)}
    marked = furniture | {number for number, text in enumerate(texts) if cues.is_section_heading(text)}
    end = _ends_at(lines, prose)
    news = [n for n in sorted(prose) if n < end and scores[n] < 2 * _EDGE and _tells(lines[n].text)]
    first, last = (news[0], news[-1]) if news else (0, len(texts))
    marked |= {n for n in range(first) if _is_heading_matter(texts[n])}
    if _is_prose_text(lines, prose):
        marked |= _unfinished(texts, marked, first, own)
        marked |= _pull_quotes(texts)
        marked |= {number for number, text in enumerate(texts) if cues.is_handle(text)}
    marked |= _listed(texts, scores, marked)
    marked |= {number for number, score in enumerate(scores) if score >= 0}
    marked |= {number for number in range(first) if scores[number] >= _EDGE / 2 and can_appeal(texts[number])}
    marked |= _foot(texts, scores, marked, last, end)
    marked |= {n for n, score in enumerate(scores) if score >= _EDGE and _is_among(n, texts, scores, marked)}
    return marked - own


def _line_appeal(text: str) -> float:
    """How much a line appeals to the reader; one that tells news besides is left to its sentences."""
    score = appeal(text)
    return min(score, _EDGE) if score > _EDGE and _is_mixed(text) else score


def _is_mixed(text: str) -> bool:
    """Whether one sentence of several appeals to the reader, and another tells news."""
    sentences = [text[start:end] for start, end in _sentences(text)]
    told = [_is_prose(sentence) and appeal(sentence) < 2 * _EDGE for sentence in sentences]
    return any(told) and not all(told)


def _is_among(number: int, texts: list[str], scores: list[float], marked: set[int]) -> bool:
    """Whether a line that may be furniture stands between furniture, or goes on with an appeal."""
    beside = {number - 1, number + 1}
    return beside <= marked or (
        can_appeal(texts[number]) and any(0 <= n < len(texts) and scores[n] >= 0 for n in beside)
    )


def _tells(text: str) -> bool:
    return len(text.split()) >= _TELLING_WORDS and not cues.is_biography(text)


def _is_heading_matter(text: str) -> bool:
    """Whether a line above the article says who wrote it and when, or is an entry of a menu."""
    entry = text.startswith(("- ", "* ", "• ")) and len(text.split()) <= 5 and not cues.is_sentence(text)
    return entry or cues.is_byline(text) or _is_stamp(text)


def _is_caption(text: str) -> bool:
    """Whether a line says what a picture shows, and then whose it is."""
    sentences = [text[start:end] for start, end in _sentences(text)] if len(text) <= 200 else []
    return len(sentences) == 2 and cues.is_credit(sentences[1]) and cues.is_title_of_picture(sentences[0])


def _is_stamp(text: str) -> bool:
    return len(text.split()) <= _SHORT_WORDS and not cues.is_sentence(text) and bool(_TIMESTAMP.search(text))


def _is_prose_text(lines: list[_Line], prose: set[int]) -> bool:
    """Whether the text is written in paragraphs of whole sentences, so that a line without one stands out."""
    written = sum(len(lines[number].text) for number in prose)
    return bool(prose) and written >= 0.5 * sum(len(line.text) for line in lines)


def _ends_at(lines: list[_Line], prose: set[int]) -> int:
    """The number of the line at which the comments begin, or the notes below the article; else beyond the last."""
    before, after = 0, sum(len(lines[number].text) for number in prose)
    for number, line in enumerate(lines):
        if number in prose:
            before, after = before + len(line.text), after - len(line.text)
        # A counter above the article looks the same; below it, it heads a section.
        elif before and (
            (before * 3 >= after and cues.is_comments_heading(line.text))
            or (before >= after * 2 and cues.is_end(line.text.strip()))
        ):
            return number
    return len(lines)


def _unfinished(texts: list[str], marked: set[int], first: int, own: set[int]) -> set[int]:
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
        elif not (_is_row(texts, number) or _is_broken(texts, number, own | marked | found)):
            found.add(number)
    return found - _results({number for number in found if number > first}, texts)


def _is_broken(texts: list[str], number: int, apart: set[int]) -> bool:
    """Whether a line is a piece of a sentence that was broken between lines."""
    above = texts[number - 1] if number and number - 1 not in apart else "."
    below = texts[number + 1] if number + 1 < len(texts) and not cues.is_byline(texts[number + 1]) else ""
    continued = texts[number][:1].islower() and not cues.is_sentence(above) and not cues.is_byline(texts[number])
    return continued or texts[number].endswith(",") or below[:1].islower()


def _results(unfinished: set[int], texts: list[str]) -> set[int]:
    """Runs of three and more lines of which most hold figures or pairs: scores, fixtures, quotations."""
    kept: set[int] = set()
    run: list[int] = []
    for number in [*sorted(unfinished), len(texts) + 1]:
        if run and number != run[-1] + 1:
            told = sum(bool(_RESULT.search(texts[n])) and not _TIMESTAMP.search(texts[n]) for n in run)
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


def _listed(texts: list[str], scores: list[float], marked: set[int]) -> set[int]:
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
            if following < len(texts) and len(texts[following].split()) <= 25 and scores[following] >= 2 * _EDGE:
                found.add(following)
    return found


def _is_pointer(text: str) -> bool:
    return bool(text) and not _is_prose(text) and len(text.split()) <= 20


def _foot(texts: list[str], scores: list[float], marked: set[int], last: int, end: int) -> set[int]:
    """The page's end: a weaker likeness is enough below the article's last paragraph, none below `end`."""
    found = set(range(end, len(texts)))
    below = bool(found)
    for number in range(end - 1, min(last, end - 1), -1):
        # Right below the last paragraph may stand one more of the article's.
        alike = scores[number] >= _EDGE and (number > last + 1 or can_appeal(texts[number]))
        if number not in marked and (cues.is_biography(texts[number]) or (below and alike)):
            found.add(number)
        below = below or number in marked or number in found
    held = marked | found
    between = {n for n in range(last + 2, end - 1) if {n - 1, n + 1} <= held}
    return found | {n for n in between if scores[n] > (2.5 if can_appeal(texts[n]) else 1.5) * _EDGE}


def _within(line: _Line, below: str) -> list[Span]:
    """The spans of boilerplate in a line that is not boilerplate as a whole."""
    spans = [Span(line.start + match.start(), line.start + match.end()) for match in _BRACKETED.finditer(line.text)]
    sentences, bare = _sentences(line.text), masked(line.text)
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
            cues.is_credit(sentence)
            or cues.is_copyright(sentence)
            or (appealing and _is_added(appeal(bare[start:end]), words, line.text))
        )
        if broken or added:
            spans.append(Span(line.start + start, line.start + end))
    return spans


def _is_added(score: float, words: int, line: str) -> bool:
    """Whether a sentence appeals to the reader beside others, surely or shortly beside news."""
    return score >= _BESIDE_OTHERS or (score >= 0 and words < _PROSE_WORDS and _is_mixed(line))


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
