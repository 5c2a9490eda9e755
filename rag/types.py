"""What flows through the rooms: frozen values, no behaviour beyond deriving and rendering.

Every offset is a half-open offset in Unicode code points into `Article.text`.
Every score says which way is better.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self, runtime_checkable

from rag.errors import UserError
from rag.plain import from_plain, to_plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PublishedFrom = Literal["metadata", "url", "text", "unknown"]
Confidence = Literal["high", "medium", "low", "none"]
Support = Literal["verified", "partial", "unsupported"]
Status = Literal["answered", "abstained"]
Reason = Literal["empty_library", "no_match", "filtered_out", "not_stated"]
Engine = Literal["extractive", "generative"]
AddStatus = Literal["added", "updated", "unchanged", "failed", "skipped"]

SCHEMA = 1


class Span(NamedTuple):
    """Half-open character offsets ``[start, end)`` into `Article.text`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One version of one article; `text` is frozen, and citations point into it.

    `id` names the article (from `key`: its canonical URL, else its path, else the caller's
    id, else its content); `version` names this state of text and metadata. `boilerplate`
    are the spans that are kept in the text but never indexed or cited. `confidence` says
    how sure `published` is. `added` is when this version was stored, `None` before that.
    """

    id: str
    version: str
    key: str
    text: str
    title: str
    publisher: str | None = None
    author: str | None = None
    published: date | None = None
    published_from: PublishedFrom = "unknown"
    confidence: Confidence = "none"
    url: str | None = None
    source: str
    language: str = "en"
    boilerplate: tuple[Span, ...] = ()
    added: datetime | None = None

    @classmethod
    def create(
        cls,
        *,
        key: str,
        text: str,
        title: str,
        source: str,
        publisher: str | None = None,
        author: str | None = None,
        published: date | None = None,
        published_from: PublishedFrom = "unknown",
        confidence: Confidence = "none",
        url: str | None = None,
        language: str = "en",
        boilerplate: tuple[Span, ...] = (),
    ) -> Article:
        """Build an article, deriving `id` from `key` and `version` from text and metadata."""
        key, text, title, source = map(encodable, (key, text, title, source))
        publisher, author, url = (value and encodable(value) for value in (publisher, author, url))
        metadata = [title, publisher, author, published and published.isoformat(), url, language]
        content = json.dumps([text, metadata, boilerplate], ensure_ascii=False)
        return cls(
            id=_digest(key),
            version=_digest(content),
            key=key,
            text=text,
            title=title,
            publisher=publisher,
            author=author,
            published=published,
            published_from=published_from,
            confidence=confidence,
            url=url,
            source=source,
            language=language,
            boilerplate=boilerplate,
        )


def encodable(text: str) -> str:
    """`text` with what no encoding can write, such as half a character of a file name, spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _digest(content: str) -> str:
    """Twelve hexadecimal digits: short enough to type, 2**24 articles before a likely clash."""
    return hashlib.sha256(content.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one article: ``text == article.text[start:end]``.

    `sentences` are spans into the article (not into the chunk), in order, none overlapping.
    """

    article_id: str
    version: str
    number: int
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]

    @property
    def id(self) -> str:
        """The chunk's key in the catalog and in the vector store."""
        return f"{self.article_id}:{self.version}:{self.number}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of sentences as a reader is given them, under the title of their article."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search may return. Dates are inclusive; with one, undated articles are left out."""

    publisher: str | None = None
    after: date | None = None
    before: date | None = None

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `score` is in [0, 1], higher is better.

    `dense` is the cosine similarity, `lexical` the BM25 score (both higher is better; 0 where
    that search did not find the chunk). `context` is the chunk's span widened by the
    neighbouring sentence on either side where the chunk was cut out of running text.
    """

    article: Article
    chunk: Chunk
    score: float
    dense: float
    lexical: float
    context: Span

    def to_dict(self) -> dict[str, Any]:
        """The hit as plain JSON values."""
        citation = _cite(self.article, Span(self.chunk.start, self.chunk.end))
        scores = {"score": self.score, "dense": self.dense, "lexical": self.lexical}
        return {**citation, **{name: round(value, 4) for name, value in scores.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A numbered pointer to the exact words: ``article.text[start:end] == quote``."""

    number: int
    article_id: str
    version: str
    title: str
    publisher: str | None
    author: str | None
    published: date | None
    published_from: PublishedFrom
    url: str | None
    start: int
    end: int
    quote: str

    @classmethod
    def of(cls, article: Article, span: Span, number: int) -> Citation:
        """Cite `span` of `article`; the quote is the article's own characters."""
        return cls(
            number=number,
            article_id=article.id,
            version=article.version,
            title=article.title,
            publisher=article.publisher,
            author=article.author,
            published=article.published,
            published_from=article.published_from,
            url=article.url,
            start=span.start,
            end=span.end,
            quote=article.text[span.start : span.end],
        )


def _cite(article: Article, span: Span) -> dict[str, Any]:
    plain = to_plain(Citation.of(article, span, 0))
    del plain["number"]
    return dict(plain)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is said, the numbers of the citations that carry it, and the verdict."""

    text: str
    citations: tuple[int, ...]
    support: Support
    check: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A statement that failed its check, and the check that it failed."""

    text: str
    check: str


@dataclass(frozen=True, slots=True)
class Verification:
    """A text of the caller's, sentence by sentence, each with its verdict and the passages that decided it."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]

    @property
    def supported(self) -> bool:
        """Whether no sentence is unsupported."""
        return all(statement.support != "unsupported" for statement in self.statements)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"schema": SCHEMA, "supported": self.supported, **to_plain(self)}


@dataclass(frozen=True, slots=True)
class ConflictValue:
    """One of the values that sources give, and the citations that give it."""

    value: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the sources disagree on, and what each of them says."""

    about: str
    values: tuple[ConflictValue, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model used; zero, and no cost, without one."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall-clock milliseconds of the two halves of a reply."""

    retrieve: int = 0
    answer: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What an `Answer` and a `Summary` have in common: the contract of every surface."""

    status: Status
    reason: Reason | None = None
    nearest: tuple[Citation, ...] = ()
    statements: tuple[Statement, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    citations: tuple[Citation, ...] = ()
    engine: Engine = "extractive"
    model: str | None = None
    prompt: str | None = None
    notice: str | None = None
    usage: Usage = field(default_factory=Usage)
    timings_ms: Timings = field(default_factory=Timings)

    @property
    def text(self) -> str:
        """The statements joined by one space, each followed by its markers."""
        marked = (
            " ".join([statement.text, *(f"[{number}]" for number in statement.citations)])
            for statement in self.statements
        )
        return " ".join(marked)

    def _repr_html_(self) -> str:
        """What a notebook shows: the statements with their sources, and the exact words of each."""
        from rag.notebook import html

        return html(to_plain(self))

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """What `to_dict` gave, as a value again; `text` follows from the statements and is not read.

        Keys that are not known here are passed over, those that are missing take their defaults.
        Raises `UserError` for another schema, for values of another kind, for a statement without a citation,
        and for a citation whose quote does not fit its span or that a statement refers to and is not there.
        """
        try:
            if not isinstance(plain, Mapping) or plain.get("schema") != SCHEMA:
                raise ValueError(f"its schema is not {SCHEMA}")
            reply: Self = from_plain(cls, plain)
            reply._check_citations()
        except ValueError as exc:
            raise UserError(f"this is no {cls.__name__} that was written by rag: {exc}") from exc
        return reply

    def _check_citations(self) -> None:
        for name, several in (("citations", self.citations), ("nearest", self.nearest)):
            for at, cited in enumerate(several):
                if not (0 <= cited.start <= cited.end and len(cited.quote) == cited.end - cited.start):
                    raise ValueError(f"the quote of {name}[{at}] does not fit its span")
        numbers = [cited.number for cited in self.citations]
        if len(set(numbers)) != len(numbers):
            raise ValueError("two citations have one number")
        referred = [statement.citations for statement in self.statements]
        if not all(referred):
            raise ValueError("a statement has no citation")
        referred += [value.citations for conflict in self.conflicts for value in conflict.values]
        if any(not set(each) <= set(numbers) for each in referred):
            raise ValueError("a statement refers to a citation that is not there")

    def _to_dict(self, asked: dict[str, str]) -> dict[str, Any]:
        plain = to_plain(self)
        head = {key: plain.pop(key) for key in ("status", "reason", "nearest")}
        for key in asked:
            plain.pop(key)
        return {"schema": SCHEMA, **asked, **head, "text": self.text, **plain}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(_Reply):
    """What a question gets: cited statements, or an abstention with its reason."""

    question: str

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON values: the same object on every surface."""
        return self._to_dict({"question": self.question})


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(_Reply):
    """A summary: the fields of an `Answer`, with `subject` in place of `question`."""

    subject: str

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain JSON values: the same object on every surface."""
        return self._to_dict({"subject": self.subject})


@dataclass(frozen=True, slots=True)
class AddItem:
    """What became of one source: `reason` says why it failed or was passed over."""

    source: str
    status: AddStatus
    article_id: str | None = None
    title: str | None = None
    chunks: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of every source that was given, in the order in which it was read."""

    items: tuple[AddItem, ...] = ()

    def count(self, status: AddStatus) -> int:
        """How many sources ended with this status."""
        return sum(item.status == status for item in self.items)

    @property
    def failed(self) -> tuple[AddItem, ...]:
        """The sources that could not be read, each with its reason."""
        return tuple(item for item in self.items if item.status == "failed")

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        names: tuple[AddStatus, ...] = ("added", "updated", "unchanged", "failed", "skipped")
        counts: dict[str, int] = {name: self.count(name) for name in names}
        return {"schema": SCHEMA, **counts, "items": [to_plain(item) for item in self.items]}


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """One line of a listing: an article's current version without its text."""

    id: str
    version: str
    title: str
    publisher: str | None
    author: str | None
    published: date | None
    published_from: PublishedFrom
    confidence: Confidence
    url: str | None
    source: str
    language: str
    characters: int
    chunks: int
    versions: int
    added: datetime

    def to_dict(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return dict(to_plain(self))


@dataclass(frozen=True, slots=True)
class Validators:
    """What a web server gave to ask "has it changed?" with (RFC 9110, section 13)."""

    etag: str | None = None
    last_modified: str | None = None


ReadStatus = Literal["read", "failed", "skipped", "not_modified", "feed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What reading one source gave: an article, or why there is none.

    `source` is shown to people. `origin` is the URL to ask again on refresh, `None` for what is
    not on the web. A feed gives one `Read` of status ``feed`` for itself, then one for each entry.
    """

    source: str
    status: ReadStatus
    article: Article | None = None
    reason: str | None = None
    origin: str | None = None
    validators: Validators = Validators()


class Embedder(Protocol):
    """Turns texts into unit vectors. `name` identifies the weights: vectors of two names never mix."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimension), each row of length one."""
        ...


@runtime_checkable
class PartEmbedder(Embedder, Protocol):
    """An embedder that tells, of one reading of a text, what its parts mean as well."""

    def embed_with_parts(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span]]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """As `embed`, and for each text an array of shape (its parts, dimension), rows of length one.

        `parts` are spans of each text, in characters.
        """
        ...


Progress = Callable[[str, int, int], None]
"""Called with a label, how much is done, and how much there is (0 where that is unknown)."""
