"""Cases drafted from a library, for a person to confirm: telling sentences, a question for each, and its answer.

The answer and the passage are the article's own words. The question is made from the sentence by a rule, which
leaves much of its wording, or by a language model where one is set; a person should put it as readers would.
Beside them stand questions that the articles should not answer: the right person, and a fact that is not there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.answering.generative_replies import hidden, parsed
from rag.answering.passages import defused, nonce_beside
from rag.answering.units import leans
from rag.errors import ModelError, UserError
from rag.evaluation.cases import Accepted, Day, Figure, Words
from rag.evaluation.facts import Fact, facts, persons
from rag.evaluation.matching import matches
from rag.evaluation.suites import GOLD_SUFFIXES
from rag.text.chunks import usable_sentences
from rag.text.instructions import addresses_a_model
from rag.text.words import content_words, stem
from rag.types import Article

if TYPE_CHECKING:
    from rag.library import Library
    from rag.models.chat_model import ChatModel
    from rag.prompts import Prompt
    from rag.types import Progress

MOST = 60
"""So many drafts are enough to start with: each is read by a person."""

_PER_ARTICLE = 3
_SENTENCE = range(40, 400)
_LONGEST_QUESTION = 300
_TEST_EVERY = 4
_NOTE = "drafted by rag: reword the question, check its answer, then take the tag draft away"
_NEAR_MISS = "drafted by rag: check that no article says so, then take the tag draft away"
_UNASKED = (
    ("How old is {}?", re.compile(r"\b(?:aged|age|years? old|year-old)\b|, \d\d\b", re.IGNORECASE)),
    ("Where was {} born?", re.compile(r"\b(?:born|grew up|native of|raised in)\b", re.IGNORECASE)),
    ("Which school did {} go to?", re.compile(r"\b(?:school|university|college|studied|pupil)\b", re.IGNORECASE)),
)
"""What news often leaves out of a person, and the words by which an article may say it after all."""


def draft_cases(library: Library, *, most: int = MOST, progress: Progress | None = None) -> list[dict[str, Any]]:
    """Up to `most` cases as a gold file has them, from as many articles as possible; the newest come first.

    Every fourth article's are marked as test. Raises `UserError` where the library has no sentence to draft from.
    """
    infos = library.articles()
    names = Counter(Path(info.source).name for info in infos)
    asker = _Asker(library.chat_model, library.prompts.load) if library.chat_model else None
    several: list[list[dict[str, Any]]] = []
    for number, info in enumerate(infos):
        article = library.article(info.id)
        file = Path(info.source).name
        called = article.url or (file if names[file] == 1 and file else article.id)
        split = "test" if number % _TEST_EVERY == _TEST_EVERY - 1 else "dev"
        several.append([{**row, "split": split} for row in _of_article(article, called, number)])
    chosen = [row for round_ in zip_longest(*several) for row in round_ if row is not None][:most]
    if not chosen:
        raise UserError(f"the library in {library.directory} has no sentence to draft a case from: add articles first")
    chosen.sort(key=lambda row: str(row["id"]))
    for done, row in enumerate(chosen, 1):
        fact = row.pop("fact", None)
        if asker and fact:
            row["question"] = asker.question(fact) or row["question"]
        if progress:
            progress("drafting", done, len(chosen))
    return chosen


def check_new(file: Path) -> None:
    """Raise `UserError` unless `file` is the name of a gold file that is not there yet.

    A draft never takes the place of what a person has confirmed.
    """
    if file.suffix.lower() not in GOLD_SUFFIXES:
        raise UserError(f"{file}: a gold file ends in {', '.join(GOLD_SUFFIXES)}")
    if file.exists():
        raise UserError(f"{file} is there already: name a new file to draft into")


def write_draft(cases: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Write `cases` into the new file `file`, as YAML or JSON Lines as it is called; raises as `check_new` does."""
    check_new(file)
    if file.suffix.lower() != ".jsonl":
        import yaml

        text = yaml.safe_dump([dict(case) for case in cases], allow_unicode=True, sort_keys=False, width=100)
    else:
        text = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as exc:
        raise UserError(f"{file} is there already: name a new file to draft into") from exc
    except OSError as exc:
        raise UserError(f"{file} cannot be written: {exc.strerror or exc}") from exc


def _of_article(article: Article, called: str, number: int) -> Iterator[dict[str, Any]]:
    """The drafts of one article, best first: facts of different kinds, then one that is not there."""
    key = re.sub(r"[^a-z0-9]+", "-", article.title.lower()).strip("-")[:24].strip("-") or "article"
    made = 0
    for fact in _best(article):
        made += 1
        yield {
            "id": f"{number + 1:03d}-{key}-{made}",
            "tags": ["draft", fact.kind],
            "question": fact.question,
            "answers": [_plain(fact.answer)],
            "cite": [{"article": called, "quote": fact.sentence}],
            "note": _NOTE,
            "fact": fact,
        }
    for person in persons(article)[:1]:
        absent = [question for question, said in _UNASKED if not said.search(article.text)]
        if absent:
            yield {
                "id": f"{number + 1:03d}-{key}-{made + 1}",
                "tags": ["draft", "near-miss"],
                "question": absent[number % len(absent)].format(person),
                "abstain": True,
                "note": _NEAR_MISS,
            }


def _best(article: Article) -> list[Fact]:
    """The facts to ask for: of the sentences that say most of what the article is about, one of a kind first."""
    about = {stem(word) for word in content_words(article.title)}
    found: list[tuple[float, Fact]] = []
    for at, span in enumerate(usable_sentences(article)):
        text = article.text[span.start : span.end]
        if len(text) not in _SENTENCE or leans(text) or addresses_a_model(text) or article.text.count(text) > 1:
            continue
        shared = about & {stem(word) for word in content_words(text)}
        worth = len(shared) / max(1, len(about)) + 1 / (1 + at / 4)
        found += [(worth, fact) for fact in facts(article, span)]
    found.sort(key=lambda entry: -entry[0])
    chosen: list[Fact] = []
    for fresh in (True, False):
        for _, fact in found:
            kinds, sentences = {each.kind for each in chosen}, {each.sentence for each in chosen}
            if len(chosen) < _PER_ARTICLE and fact.sentence not in sentences and (fact.kind not in kinds) == fresh:
                chosen.append(fact)
    return chosen


def _plain(accepted: Accepted) -> object:
    """An accepted answer as a gold file has it."""
    match accepted:
        case Figure(number, _, units):
            value = int(number) if number == int(number) else number
            return {"number": value, "unit": list(units)} if units else {"number": value}
        case Day(day):
            return {"date": day.isoformat()}
        case Words(text):
            return text
        case _:
            raise ValueError(f"no draft has an answer such as {accepted}")


class _Asker:
    """Has a language model put the question; what it gives is taken where it is one and keeps the answer back."""

    def __init__(self, chat: ChatModel, prompt: Any) -> None:
        self._chat = chat
        self._prompt: Prompt = prompt("draft")
        self._failed = False

    def question(self, fact: Fact) -> str | None:
        """The question for `fact`; `None` where the model gives none that will do."""
        if self._failed:
            return None
        from rag.answering.conversation_rewriting import BriefRewritten, Rewritten

        shape = BriefRewritten if self._chat.small else Rewritten
        told, wanted = defused(fact.sentence), defused(fact.said)
        nonce = nonce_beside([told, wanted])
        try:
            reply = self._chat.complete(
                self._prompt.render(
                    sentence=f"<sentence-{nonce}>\n{told}\n</sentence-{nonce}>",
                    answer=f"<answer-{nonce}>\n{wanted}\n</answer-{nonce}>",
                ),
                shape,
            )
            written = hidden(
                " ".join(parsed(self._chat, reply.text, shape).question.split()), self._chat.service.secrets
            )
        except ModelError as exc:
            # One that is not there will not be there for the next; a reply that is of no use says nothing of it.
            self._failed = not _is_reply(exc)
            return None
        fits = written.endswith("?") and len(written) <= _LONGEST_QUESTION and written.isprintable()
        return written if fits and not matches(fact.answer, written) else None


def _is_reply(exc: ModelError) -> bool:
    from rag.errors import ModelReplyError

    return isinstance(exc, ModelReplyError)
