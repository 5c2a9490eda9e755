"""A text in the forms in which it is compared with accepted answers: words in lower case, numbers in digits.

Each text has two forms. Both write numbers in digits, but one leaves ``4.6 million`` and ``third`` as they are said,
and the other makes ``4600000`` and the third of them. What stands in a text in either form is said in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

from rag.grounding.quantities import MAGNITUDES, SMALL, Quantity, quantities
from rag.grounding.reading import Reading, Word, read

Tokens = tuple[str, ...]

_MARKS = str.maketrans(
    {**dict.fromkeys("‘’‚‛′ʼ`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒−", "-")}
)
_GROUPS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_VULGAR = {"½": ".5", "¼": ".25", "¾": ".75"}
_FRACTION = re.compile(r"(\d*) ?([½¼¾])")
_SCALE = "(hundred|thousand|million|billion|trillion|dozen)"
_HALF = re.compile(rf"\b(half|quarter)(?: of)?[ -]an? {_SCALE}\b", re.IGNORECASE)
_FEW = "|".join(word for word, value in SMALL.items() if 0 < value < 20)
_AND_HALF = re.compile(rf"\b(?:(an?)(?= {_SCALE})|(\d+|{_FEW}))(?: {_SCALE})? and a half\b", re.IGNORECASE)
_CLOCK = re.compile(r"(?<=\d) ?([ap])(?:\. ?m\.|\. ?m\b|m\b\.?)", re.IGNORECASE)
_PERCENT = re.compile(r" ?(?:%|\bper cent\b)", re.IGNORECASE)
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "mln": "million", "millions": "million",
           "b": "billion", "bn": "billion", "billions": "billion", "tn": "trillion"}  # fmt: skip
_AFTER_FIGURE = frozenset({"dollar", "pound", "euro", "yen", "%"})
_IN_WORDS = SMALL.keys() | MAGNITUDES.keys() | {"and", "point"}


def plain(text: str) -> str:
    """`text` with one kind of quotation marks, hyphens and spaces, and halves as decimals; letters keep their case."""
    text = _GROUPS.sub("", text)
    text = _FRACTION.sub(lambda found: (found[1] or "0") + _VULGAR[found[2]], text)
    text = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS)
    text = _HALF.sub(lambda found: f"{'0.5' if found[1].lower() == 'half' else '0.25'} {found[2]}", text)
    return _AND_HALF.sub(_with_half, text)


def _with_half(found: re.Match[str]) -> str:
    whole = 1.0 if found[1] else SMALL.get(found[3].lower()) if found[3].isalpha() else float(found[3])
    return " ".join(filter(None, (f"{(whole or 0) + 0.5:g}", found[4])))


@lru_cache(maxsize=512)
def forms(text: str) -> tuple[Tokens, Tokens]:
    """The words of `text` in both forms: as they are said, and with each number as one figure."""
    written = _PERCENT.sub(" percent", _CLOCK.sub(r" \1m", plain(text)))
    # The reader of words passes over “&”, and takes “US$” for a word and a sum.
    reading = read(written.replace("&", " and ").replace("US$", "$"))
    numbers = {item.start: item for item in quantities(reading)}
    said: list[str] = []
    figured: list[str] = []
    at = 0
    while at < len(reading.words):
        item = numbers.get(at)
        digits = _in_digits(reading, item) if item else []
        joined = _joined(reading, at)
        if joined:
            said.append(joined)
            figured.append(joined)
            at += 2
        elif item and digits:
            if reading.words[at].lower in MAGNITUDES and figured[-1:] in (["a"], ["an"]):
                figured.pop()
            said += _as_said(item, digits)
            figured += _as_figure(item, digits)
            rest = reading.words[item.start + len(digits) : item.end]
            unit = [item.unit] if item.unit in _AFTER_FIGURE else [part for word in rest for part in _parts(word)]
            said += unit
            figured += unit
            at = item.end
        else:
            parts = list(_parts(reading.words[at]))
            said += parts
            figured += parts
            at += 1
    return tuple(said), tuple(figured)


def _joined(reading: Reading, at: int) -> str:
    """A word that is letters and digits, which the reader takes for two: ``A31``, ``1880s``."""
    if at + 1 == len(reading.words):
        return ""
    word, after = reading.words[at : at + 2]
    gap = reading.gap(at + 1)
    if not gap and not word.number and after.number:
        return word.lower + after.text
    return f"{word.text}s" if word.number and gap in ("", "'") and after.lower == "s" else ""


def _in_digits(reading: Reading, item: Quantity) -> list[Word]:
    """The words of a number that is to be written in digits; none where it is better left in words."""
    words = reading.words[item.start : item.end]
    if item.kind in ("ordinal", "clock"):
        return list(words)
    if item.kind == "part" and item.unit != "%":
        return []
    return list(takewhile(lambda word: word.number or word.lower in _IN_WORDS, words))


def _as_said(item: Quantity, words: list[Word]) -> Iterator[str]:
    first, last = words[0], words[-1].lower
    if item.kind == "clock" and first.number:
        yield first.text.replace(":", ".")
        yield last
    elif item.kind in ("ordinal", "clock"):
        yield "".join(word.lower for word in words)
    elif last in MAGNITUDES:
        if len(words) > 1:
            yield _digits(_value(item) / MAGNITUDES[last])
        yield _SCALES.get(last, last)
    else:
        yield first.text.replace(",", "") if first.number else _digits(_value(item))


def _as_figure(item: Quantity, words: list[Word]) -> Iterator[str]:
    first, last = words[0], words[-1].lower
    if item.kind == "clock" and first.number:
        yield re.sub(r"[.:]00$", "", first.text).replace(":", ".")
        yield last
    elif item.kind == "ordinal":
        yield f"{item.value:g}."
    elif item.kind == "clock":
        yield first.lower
    else:
        yield _digits(_value(item))


def _value(item: Quantity) -> float:
    return item.value * 100 if item.kind == "part" else item.value


def _digits(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _parts(word: Word) -> Iterator[str]:
    """The words that one with a hyphen or a contraction holds, such as ``did`` and ``not``; a time of day as 7.42."""
    for part in word.lower.replace(":", ".").split("-"):
        if part == "cannot":
            yield from ("can", "not")
        elif part.endswith("n't"):
            yield {"ca": "can", "wo": "will", "sha": "shall"}.get(part[:-3], part[:-3])
            yield "not"
        else:
            yield part
