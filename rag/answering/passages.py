"""What a language model gets to read: keyed passages within a budget, between tags that no article can close."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rag.text.chunks import chunk_article
from rag.types import Article, Hit, Span

TokenCounter = Callable[[str], int]
"""How many tokens a text takes."""

_LONGEST_RUN = 2400
"""Characters of running text of one article that a summary's passage holds at most."""
_LONGEST_FIELD = 160
_NONCE_BYTES = 8
_NOT_PLAIN = re.compile(r"[^A-Za-z ]")
# What chat templates end a turn with: a local server reads these marks as its own wherever they stand.
_TEMPLATE_MARK = re.compile(r"<(?=[|｜/!_A-Za-z])|\[(?=/?[A-Z_]{2,}\])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of an article, and the key by which a model names it."""

    key: str
    article: Article
    span: Span

    @property
    def text(self) -> str:
        """The article's own characters."""
        return self.article.text[self.span.start : self.span.end]


def estimated_tokens(text: str) -> int:
    """More tokens than tokenizers in use make of news: one for three letters, one for each figure or mark.

    Beyond ASCII a character counts for one token and half of one for each further byte in UTF-8.
    """
    others = len(_NOT_PLAIN.findall(text))
    further = len(text.encode("utf-8", "replace")) - len(text)
    return -(-(len(text) - others) // 3) + others + -(-further // 2)


def select(hits: Sequence[Hit], budget: int, count: TokenCounter = estimated_tokens) -> list[Passage]:
    """The passages of `hits`, best first, that take at most `budget` tokens with their tags.

    Passages of one article that overlap or follow each other become one. One that does not fit is
    left out, and a shorter one after it may still go in.
    """
    chosen: list[tuple[Article, Span]] = []
    for hit in hits:
        merged = _merged(chosen, hit.article, hit.context)
        if size(keyed(merged), count) <= budget:
            chosen = merged
    return keyed(chosen)


def runs_of(article: Article, longest: int = _LONGEST_RUN) -> list[tuple[Article, Span]]:
    """`article` without its boilerplate, in order, in runs of whole sentences that hold `longest` characters or fewer.

    A single chunk may be longer.
    """
    runs: list[Span] = []
    for chunk in chunk_article(article):
        span = Span(chunk.start, chunk.end)
        if runs and _touching(article.text, runs[-1], span) and span.end - runs[-1].start <= min(longest, _LONGEST_RUN):
            runs[-1] = Span(runs[-1].start, span.end)
        else:
            runs.append(span)
    return [(article, run) for run in runs]


def sections(
    spans: Iterable[tuple[Article, Span]], budget: int, count: TokenCounter = estimated_tokens
) -> list[list[Passage]]:
    """`spans` as passages in the given order, in as many sections as the budget of tokens asks for.

    A span that is too long by itself is left out.
    """
    found: list[list[Passage]] = []
    room = 0
    for article, span in spans:
        following = Passage(f"p{len(found[-1]) + 1}" if found else "p1", article, span)
        first = Passage("p1", article, span)
        if found and size([following], count) <= room:
            found[-1].append(following)
            room -= size([following], count)
        elif size([first], count) <= budget:
            found.append([first])
            room = budget - size([first], count)
    return found


def keyed(spans: Iterable[tuple[Article, Span]]) -> list[Passage]:
    """`spans` as passages with the keys p1, p2 and so on."""
    return [Passage(f"p{number}", article, span) for number, (article, span) in enumerate(spans, 1)]


def size(passages: Iterable[Passage], count: TokenCounter = estimated_tokens) -> int:
    """The tokens that `passages` take when they are framed."""
    return sum(count(_block(passage, "0" * 2 * _NONCE_BYTES)) + 1 for passage in passages)


def frame(passages: Sequence[Passage]) -> str:
    """`passages` as a model reads them, each with its key, title, publisher and date.

    The tags carry a number that is drawn for this call and stands in none of the passages, so
    that no article can close the one it is in, or open another.
    """
    nonce = nonce_beside(_block(passage, "") for passage in passages)
    return "\n\n".join(_block(passage, nonce) for passage in passages)


def nonce_beside(texts: Iterable[str]) -> str:
    """A number for tags, in hexadecimal, that stands in none of `texts`: none of them can write such a tag."""
    held = list(texts)
    nonce = secrets.token_hex(_NONCE_BYTES)
    while any(nonce in text for text in held):
        nonce = secrets.token_hex(_NONCE_BYTES)
    return nonce


def _block(passage: Passage, nonce: str) -> str:
    article = passage.article
    about = {
        "key": passage.key,
        "title": article.title,
        "publisher": article.publisher,
        "date": article.published and article.published.isoformat(),
    }
    fields = " ".join(f'{name}="{_field(value)}"' for name, value in about.items() if value)
    tag = f"passage-{nonce}"
    return f"<{tag} {fields}>\n{defused(passage.text)}\n</{tag}>"


def _field(value: str) -> str:
    """A value on one line that no quotation mark or bracket in it can end."""
    line = " ".join(value.split())[:_LONGEST_FIELD]
    return defused(line).replace('"', "'").replace("<", "(").replace(">", ")")


def defused(text: str) -> str:
    """`text` with a space in what a chat template could read as the end of a turn.

    Quotes of it are still found: white space may differ.
    """
    return _TEMPLATE_MARK.sub(lambda mark: f"{mark.group()} ", text)


def _merged(chosen: Sequence[tuple[Article, Span]], article: Article, span: Span) -> list[tuple[Article, Span]]:
    """`chosen` with one more; it takes the place of the first that it joins on to."""
    found: list[tuple[Article, Span]] = []
    place: int | None = None
    for held, other in chosen:
        same = (held.id, held.version) == (article.id, article.version)
        if same and _touching(article.text, span, other):
            span = Span(min(span.start, other.start), max(span.end, other.end))
            place = len(found) if place is None else place
        else:
            found.append((held, other))
    found.insert(len(found) if place is None else place, (article, span))
    return found


def _touching(text: str, one: Span, other: Span) -> bool:
    """Whether two spans overlap, or only white space stands between them."""
    first, second = sorted((one, other))
    return not text[first.end : second.start].strip()
