"""Articles, hits and questions made by hand, for tests of answering without a library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag import Answer, Article, Hit, Span
from rag.answering.evidence import Evidence, rank
from rag.answering.extractive import answer
from rag.answering.questions import Question, analyse
from rag.answering.sayings import Lookup
from rag.models.fakes import HashEmbedder
from rag.text.chunks import chunk_article

EMBED = HashEmbedder(256).embed


def story(
    name: str,
    text: str,
    *,
    language: str = "en",
    published: date | None = None,
    title: str = "A story",
    boilerplate: tuple[Span, ...] = (),
) -> Article:
    return Article.create(
        key=name,
        text=text,
        title=title,
        source=name,
        language=language,
        published=published,
        boilerplate=boilerplate,
    )


def question(text: str) -> Question:
    """`text` taken apart as if every word were equally rare."""
    return analyse(text, lambda words: dict.fromkeys(words, 0), 10)


def hits(*articles: Article) -> list[Hit]:
    """Every chunk of `articles` as a good hit."""
    return [
        Hit(article, chunk, 0.9, 0.9, 1.0, Span(chunk.start, chunk.end))
        for article in articles
        for chunk in chunk_article(article)
    ]


def evidence(asked: str, *articles: Article) -> list[Evidence]:
    return rank(question(asked), hits(*articles), EMBED([asked])[0], EMBED)


def holding(articles: Sequence[Article]) -> Lookup:
    """A library that holds just these articles."""
    held = {(article.id, article.version): article for article in articles}
    return lambda article_id, version: held.get((article_id, version))


def ask(asked: str, *articles: Article, lookup: Lookup | None = None) -> Answer:
    """The answer from these articles alone, whatever it is worth."""
    return answer(question(asked), evidence(asked, *articles), lookup or holding(articles), abstain=False)
