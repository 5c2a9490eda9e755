"""Summaries that a language model writes: of one article of any length, or of what several say on a topic.

An article that the model cannot read at once is mapped and reduced: from each section it picks the
sentences that matter, in rounds until they fit, and writes the summary from those. What is picked is
the article's own text at its own place, so the last step cites the article and nothing in between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from rag.answering.generative import fields
from rag.answering.generative_composition import stands_at
from rag.answering.generative_replies import parsed
from rag.answering.generative_shapes import BriefPicks, Picks
from rag.answering.generative_writing import Task, Writer, Written, added
from rag.answering.passages import Passage, defused, frame, keyed, runs_of, sections, select, size
from rag.answering.sayings import Lookup
from rag.errors import ModelReplyError
from rag.prompts import Prompt
from rag.text.chunks import usable_sentences
from rag.types import Article, Hit, Span, Summary, Usage

Fallback = Callable[[str], Summary]
"""Summarizes without the model; it is given why, in one line."""

MAX_PASSAGE_TOKENS = 24_000
"""What one call reads at most, though many models could read more: attention to what stands in the middle fades."""
_SHARE = 4
"""The picks of one section may take a fourth of its room, so that every round makes the text shorter."""
_SENTENCE_TOKENS = 60
_FEWEST_PICKS, _MOST_PICKS = 5, 15
_THE_ARTICLE = "what the article as a whole reports"


@dataclass(frozen=True, kw_only=True)
class SummaryEngine:
    """Writes summaries; one call of the model reads passages of at most `max_passage_tokens`."""

    writer: Writer
    max_passage_tokens: int = MAX_PASSAGE_TOKENS

    def of_article(
        self, article: Article, sentences: int, lookup: Lookup, *, fallback: Fallback | None = None
    ) -> Summary:
        """`article` in at most `sentences` sentences, each cited.

        Where the model fails, `fallback` summarizes; without one the `ModelError` is raised.
        """
        picking = _Picking(self.writer, article)
        if not picking.sentences:
            return Summary(subject=article.title, status="abstained", reason="not_stated", engine="generative")
        room = self._room("reduce")

        def task(budget: int) -> Task:
            passages = picking.passages(budget)
            prompt = self.writer.prompt("reduce" if picking.prompts else "summarize")
            inputs = {"subject": _THE_ARTICLE, "sentences": str(sentences)}
            return Task(
                prompt, inputs, passages, _THE_ARTICLE, sentences, attributed=True, prompts=tuple(picking.prompts)
            )

        written = drained(self.writer.write(task, room, lookup, streamed=False))
        written.usage = added(picking.usage, written.usage)
        return self._summary(article.title, written, (), lookup, fallback)

    def of_topic(
        self, topic: str, hits: Sequence[Hit], sentences: int, lookup: Lookup, *, fallback: Fallback | None = None
    ) -> Summary:
        """What `hits`, best first, say on `topic` in at most `sentences` sentences, each cited.

        Fails as `of_article` does. Without hits no model is asked.
        """
        if not hits:
            return Summary(subject=topic, status="abstained", reason="no_match", engine="generative")
        prompt = self.writer.prompt("summarize")

        def task(budget: int) -> Task:
            chosen = [(passage.article, passage.span) for passage in select(hits, budget, self.writer.count)]
            chosen.sort(key=lambda place: (str(place[0].published or "unknown"), place[0].id, place[1]))
            inputs = {"subject": defused(topic), "sentences": str(sentences)}
            return Task(prompt, inputs, keyed(chosen), topic, sentences, attributed=True)

        written = drained(self.writer.write(task, self._room("summarize", topic), lookup, streamed=False))
        return self._summary(topic, written, hits, lookup, fallback)

    def _room(self, prompt: str, *inputs: str) -> int:
        return min(self.max_passage_tokens, self.writer.room(self.writer.prompt(prompt), *inputs))

    def _summary(
        self, subject: str, written: Written, hits: Sequence[Hit], lookup: Lookup, fallback: Fallback | None
    ) -> Summary:
        if written.error is None:
            return Summary(subject=subject, **fields(written, self.writer, hits, lookup))
        if fallback is None:
            raise written.error
        return replace(fallback(str(written.error)), usage=written.usage)


class _Picking:
    """Makes an article fit: whole where it does, else by rounds in which the model picks from each section."""

    def __init__(self, writer: Writer, article: Article) -> None:
        self.usage = Usage()
        self.prompts: list[Prompt] = []
        self._writer = writer
        self._article = article
        self.sentences = usable_sentences(article)

    def passages(self, budget: int) -> list[Passage]:
        """Passages that take at most `budget` tokens; raises a `ModelError` where nothing can be picked."""
        # A run of as many characters as there are tokens takes about half of them.
        spans = runs_of(self._article, budget)
        parts = sections(spans, budget, self._writer.count)
        if sum(map(len, parts)) < len(spans):
            raise self._writer.reads_too_little()
        while len(parts) > 1:
            picked = [span for part in parts for span in self._picked(part, budget // _SHARE)]
            if not picked:
                name = self._writer.chat.name
                raise ModelReplyError(f"{name} picked no words that stand in the article: try another model")
            spans = [(self._article, span) for span in picked]
            parts = sections(spans, budget, self._writer.count)
        return parts[0]

    def _picked(self, section: Sequence[Passage], budget: int) -> list[Span]:
        """The sentences that the model picks from a section, as many as fit, in the article's order."""
        prompt = self._writer.prompt("pick")
        if prompt not in self.prompts:
            self.prompts.append(prompt)
        count = min(_MOST_PICKS, max(_FEWEST_PICKS, budget // _SENTENCE_TOKENS))
        shape = BriefPicks if self._writer.brief else Picks
        reply = self._writer.chat.complete(prompt.render(passages=frame(section), count=str(count)), shape)
        self.usage = added(self.usage, reply.usage)
        held = {passage.key: passage for passage in section}
        picked: list[Span] = []
        for quote in parsed(self._writer.chat, reply.text, shape).quotes:
            passage = held.get(quote.passage)
            span = passage and stands_at(quote.words, passage)
            if not span:
                continue
            more = [sentence for sentence in self._sentences_of(span) if sentence not in picked]
            if more and size(keyed((self._article, other) for other in (*picked, *more)), self._writer.count) <= budget:
                picked += more
        return sorted(picked)

    def _sentences_of(self, span: Span) -> list[Span]:
        """The whole sentences that `span` touches."""
        first = bisect_right(self.sentences, span.start, key=lambda sentence: sentence.end)
        last = bisect_left(self.sentences, span.end, key=lambda sentence: sentence.start)
        return self.sentences[first:last]


def drained(writing: Generator[object, None, Written]) -> Written:
    """What a writing returns, its events passed over."""
    while True:
        try:
            next(writing)
        except StopIteration as end:
            written: Written = end.value
            return written
