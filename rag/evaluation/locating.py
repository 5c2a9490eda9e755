"""Where the gold passages stand in the articles of a library, before anything is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rag.errors import NotFoundError, UserError
from rag.evaluation.cases import Case, GoldPassage
from rag.evaluation.outcomes import Subject
from rag.grounding.quotes import resolve
from rag.types import Article, ArticleInfo, Span

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A passage of the current version of an article."""

    article: Article
    span: Span

    @property
    def quote(self) -> str:
        """The article's own characters."""
        return self.article.text[self.span.start : self.span.end]


Located = Mapping[GoldPassage, Place]
"""For each gold passage of a suite, where it stands."""


class Shelf:
    """The articles of a library by the names that gold files use, each read once."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._infos = list(subject.articles())
        self._read: dict[str, Article] = {}

    def article(self, reference: str) -> Article:
        """The article of an id, URL, path, title or file name, in its current version.

        Raises `UserError` where there is none, or where several have the title or file name.
        """
        name = self._id(reference)
        if name not in self._read:
            self._read[name] = self._subject.article(name)
        return self._read[name]

    def _id(self, reference: str) -> str:
        for names in (_addresses, _titles, _file_names):
            found = [info.id for info in self._infos if reference in names(info)]
            if len(found) > 1:
                raise UserError(f"{len(found)} articles are {reference!r}: name one by its id or URL")
            if found:
                return found[0]
        try:
            return self._subject.article(reference).id
        except NotFoundError as exc:
            raise UserError(f"there is no article {reference!r}: name it by its id, URL, title or file name") from exc


def locate(cases: Sequence[Case], subject: Subject) -> dict[GoldPassage, Place]:
    """Where each passage of `cases` stands in the articles of `subject`.

    Raises `UserError` that names the case and its line where an article is not there, also one that is to be
    summarized or that the case is about, where a quote stands in it nowhere or more than once, and where offsets
    hold other words.
    """
    shelf = Shelf(subject)
    places: dict[GoldPassage, Place] = {}
    mistakes: list[str] = []
    for case in cases:
        where = f"{case.file}, line {case.line}: {case.id}"
        for named in (case.summary.article if case.summary else None, case.about):
            mistakes += [f"{where}: {flaw}" for flaw in (_missing(named, shelf) if named is not None else ())]
        for passage in case.passages:
            try:
                places[passage] = places.get(passage) or _place(passage, shelf)
            except UserError as exc:
                mistakes.append(f"{where}: {exc}")
    if mistakes:
        more = f"; and {len(mistakes) - _SHOWN} more" if len(mistakes) > _SHOWN else ""
        raise UserError(f"the gold does not fit the articles: {'; '.join(mistakes[:_SHOWN])}{more}")
    return places


def _missing(reference: str, shelf: Shelf) -> Iterator[str]:
    try:
        shelf.article(reference)
    except UserError as exc:
        yield str(exc)


def _place(passage: GoldPassage, shelf: Shelf) -> Place:
    article = shelf.article(passage.article)
    if passage.quote is not None:
        return Place(article, _quoted(passage.quote, article.text, passage.article))
    start, end = passage.start or 0, passage.end or 0
    held = article.text[start:end]
    if end > len(article.text):
        raise UserError(f"{passage.article!r} has {len(article.text)} characters, and the passage ends at {end}")
    if passage.words is not None and not held.startswith(passage.words):
        raise UserError(f"at {start} of {passage.article!r} stands {held[:40]!r}, not {passage.words!r}")
    return Place(article, Span(start, end))


def _quoted(quote: str, text: str, named: str) -> Span:
    """The one place of a quote; one with other white space or quotation marks is found too."""
    at = text.find(quote)
    if at >= 0 and text.find(quote, at + 1) >= 0:
        raise UserError(f"{quote!r} stands in {named!r} more than once: quote more words")
    found = Span(at, at + len(quote)) if at >= 0 else resolve(quote, text)
    if found is None:
        raise UserError(f"{quote!r} does not stand in {named!r}")
    return found


def _addresses(info: ArticleInfo) -> tuple[str | None, ...]:
    return info.id, info.url, info.source


def _titles(info: ArticleInfo) -> tuple[str, ...]:
    return (info.title,)


def _file_names(info: ArticleInfo) -> tuple[str, ...]:
    parts = PurePath(info.source).parts
    return tuple("/".join(parts[at:]) for at in range(1, len(parts)))
