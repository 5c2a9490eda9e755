"""Which language a text is in."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_SAMPLE_CHARS = 2_000
_ENOUGH_WORDS = 20

# Scripts that one language almost owns, by the first word of the character's Unicode name.
_SCRIPTS = {
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "THAI": "th",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
}
_WORD = re.compile(r"[^\W\d_]+")

# Words that no other language has, or not as often: a sixth of the words of English news, a fiftieth of Dutch.
_ENGLISH = frozenset(
    (
        "the and that with are were have has had which this from their they who been would will not but said she its"
    ).split()
)
_ENGLISH_SHARE = 0.07
_ENGLISH_WORDS = 4
"""So many different ones: the title of an English book has two or three."""


def detect(text: str) -> str:
    """Return the ISO 639-1 code of the language of `text`, judged on its first 2,000 characters.

    Below 20 words a statistical guess is worth little: the script decides, and Latin script means ``en``.
    """
    sample = text[:_SAMPLE_CHARS]
    script = _script(sample)
    # Scripts without spaces between words are told apart well enough by the characters alone.
    words = _WORD.findall(sample.lower())
    if len(words) < _ENOUGH_WORDS or script in {"ja", "ko", "th", "zh"}:
        return script or "en"
    english = [word for word in words if word in _ENGLISH]
    if len(english) > _ENGLISH_SHARE * len(words) and len(set(english)) >= _ENGLISH_WORDS:
        return "en"
    # It weighs as much as all the rest of the library, and is loaded for what is not surely English.
    import py3langid

    code, _ = py3langid.classify(sample)
    return str(code)


def _script(sample: str) -> str | None:
    if sample.isascii():
        return None
    letters = [character for character in sample if character.isalpha()]
    names = Counter(unicodedata.name(character, "?").split()[0] for character in letters)
    kana = names["HIRAGANA"] + names["KATAKANA"]
    if kana and kana + names["CJK"] > len(letters) / 2:
        return "ja"
    name, count = next(iter(names.most_common(1)), ("?", 0))
    return _SCRIPTS.get(name) if count > len(letters) / 2 else None
