"""Sentences that address whoever answers questions about the text, not whoever reads it.

Such text is planted to be obeyed. It is data like any other and is never followed; but it reports nothing,
so that it is no evidence either. What someone is quoted as saying is not meant: the signs are looked for in
sentences that do not begin with a quotation mark.
"""

from __future__ import annotations

import re

_LONGEST = 1_000

_MODEL = (
    r"(?:(?:AI|A\.I\.|virtual)\s+(?:assistant|model|system|agent|bot|tool|summari[sz]er)|AI|A\.I\.|LLM|GPT|ChatGPT"
    r"|(?:large\s+)?language\s+model|chat\s?bot|assistant|summari[sz]er)s?"
)
_REPLY = r"(?:answer|reply|response|output|summary|summari[sz]ation)s?"
_BEFORE = r"(?:all|any|the|your|previous|prior|above|earlier|preceding|foregoing|other|of|and|or|system)"
_ADDRESSED = re.compile(
    rf"""^\W*(?:(?:please|now|important|urgent|attention|note|system|instructions?|p\.?s\.?)\b\W*)*
    (?:(?:ignore|disregard|forget|override|bypass)\s+(?:(?:the|of|these|those)\s+)?(?:all|any|your|previous|prior|above|earlier|preceding|foregoing|system)\s+(?:{_BEFORE}\s+){{0,4}}
        (?:instructions?|prompts?|directions?|guidelines?|rules?|commands?|context|text|messages?)
    |(?:say|write|state|tell|claim|reply|respond|answer|summari[sz]e|translate|repeat|print|output|add|append|include|insert
        |augment|replace|modify|rewrite|begin|start|end|finish|conclude|mention|recommend|do\s+not|never|always)\b
        (?=.*\b(?:in|to|of|with|from|before|after|as)?\s*(?:your|the\ (?:final|above))\s+{_REPLY}\b)
    |(?:you\s+are|act\s+as|pretend\s+to\s+be|from\s+now\s+on,?\s+you)\b.{{0,60}}\b{_MODEL}\b
    |(?:dear|hey|hello|to|for|if\s+you\s+are|as)\s+(?:an?\s+|the\s+|any\s+|all\s+|every\s+)*{_MODEL}\b\s*(?:[:—–]|reading|processing)
    |(?:an?\s+|any\s+|all\s+|every\s+)*{_MODEL}\s+(?:reading|processing|summari[sz]ing|answering|that\s+reads?)\s+(?:this|the|these)\b
    |in\s+your\s+{_REPLY}\b
    |(?:notes?|messages?|instructions?)\s+(?:to|for)\s+(?:an?\s+|the\s+|any\s+|all\s+|every\s+)*{_MODEL}\b
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
# Anywhere in a sentence: an order, and what only a program that reads the page has.
_ORDER = re.compile(
    r"(?:^|[.;:,!?—]\s*[\"“‘']?|\b(?:and|then|must|should|please|now)\s+|[\"“]\s*)(?:please\s+)?(?:ignore|disregard|forget|override|bypass|respond|reply|answer"
    r"|output|print|repeat|say|tell|reveal|pretend|act|cite|translate|summari[sz]e|write|include|append|execute|follow"
    r"|obey|do not|don't|never|always|you are)\b",
    re.IGNORECASE,
)
_READER = re.compile(
    r"\b(?:(?:all|any|the|your|my|these)? ?(?:previous|prior|earlier|preceding|above|other|new|system) (?:\w+ )?"
    r"(?:instructions?|prompts?|directions|rules|guidelines)|your (?:earlier |previous )?(?:instructions|rules|prompt)"
    r"|system prompt|language models?|ai (?:assistant|model|system|reader|agent)s?|chat ?bots?|llms?"
    r"|(?:maintenance|developer|debug) mode|tell the user|to the user)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s*[\"“‘«']")


# "…, she said." at the end: somebody is reported to have said it, without quotation marks.
_REPORTED = re.compile(r",\s+(?:[\w.'’-]+\s+){1,6}(?:said|says|told|added|warned|argued)\b[^.]{0,40}\.?\W*$")


def addresses_a_model(sentence: str) -> bool:
    """Whether `sentence` tells a language model, or whatever else writes the answer, what to do."""
    text = sentence[:_LONGEST]
    if _QUOTED.match(text):
        return False
    return bool(_ADDRESSED.match(text)) or bool(
        _ORDER.search(text) and _READER.search(text) and not _REPORTED.search(text[-200:])
    )
