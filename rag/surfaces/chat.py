"""`rag chat`: questions one after the other, at a terminal or from a pipe, and the commands that begin with a slash."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from rag.errors import RagError, UserError
from rag.surfaces import render
from rag.surfaces.layout import BLANK, Paragraph, Piece, one_line, paragraph
from rag.surfaces.lines import History, piped, typed
from rag.surfaces.output import Output
from rag.surfaces.progress import waiting
from rag.types import Answer, Article, Citation, Statement

if TYPE_CHECKING:
    from rag.chat import Chat

_PROMPT = "> "
_AROUND = 300
"""Characters of the article that are shown before and after a cited passage, to the next white space."""
_GREETING = "Ask, and ask further. /help lists the commands, Ctrl-D ends."

_HELP = (
    ("/sources", "all sources cited so far"),
    ("/sources 2", "the second one, with what stands around it"),
    ("/article 2", "the whole article that it stands in"),
    ("/question", "how the last question was understood"),
    ("/save NAME", "keep this conversation"),
    ("/chats", "the conversations that are kept"),
    ("/forget NAME", "delete one of them"),
    ("/help", "this list"),
    ("/quit", "end (Ctrl-D does too)"),
)


def run(
    chat: Chat, output: Output, filters: Mapping[str, Any], place: render.Place, history: History | None = None
) -> bool:
    """Read questions to the end of standard input, and answer each; whether every line was answered or followed.

    At a terminal that is always so: the person has seen what failed. With ``--json`` the answers come at
    the end as one object. `history` keeps what is typed at a terminal. Raises `KeyboardInterrupt` for Ctrl-C at
    the prompt; during an answer it ends that answer alone.
    """
    at_terminal = sys.stdin is not None and sys.stdin.isatty() and output.terminal and not output.as_json
    session = _Session(chat, output, filters, place)
    if at_terminal:
        output.give({}, lambda: [paragraph(Piece(_GREETING, "quiet"))])
    if chat.turns and not output.as_json:
        session.recall()
    for line in typed(_PROMPT, history, session.completions) if at_terminal else piped(sys.stdin):
        if not session.take(line):
            break
        output.flush()
    if output.as_json:
        output.give(chat.to_dict(), tuple)
    return at_terminal or not session.failed


class _Session:
    """One conversation and where it is shown."""

    def __init__(self, chat: Chat, output: Output, filters: Mapping[str, Any], place: render.Place) -> None:
        self._chat = chat
        self._output = output
        self._filters = filters
        self._place = place
        self.failed = False
        self._commands: dict[str, Callable[[str], object]] = {
            "/sources": self._sources,
            "/article": self._article,
            "/question": self._question,
            "/save": self._save,
            "/chats": self._chats,
            "/forget": self._forget,
            "/help": self._help,
        }

    def take(self, line: str) -> bool:
        """Answer a question or follow a command; whether more is to come. What fails is told in one line."""
        words = line.split()
        if not words:
            return True
        if words[0] in ("/quit", "/exit"):
            return False
        try:
            if words[0].startswith("/"):
                self._command(words[0], " ".join(words[1:]))
            elif self._output.as_json:
                self._chat.ask(line, **self._filters)
            else:
                self._answer(line)
        except RagError as exc:
            self.failed = True
            self._output.message(f"rag: {exc}")
        except KeyboardInterrupt:
            self.failed = True
            self._output.message("rag: stopped; ask on")
        return True

    def completions(self) -> list[str]:
        """What a line that begins with a slash may become."""
        saved = [f"/forget {name}" for name in self._chat.saved.names()]
        return [*self._commands, "/quit", *saved]

    def recall(self) -> None:
        """Show a conversation that goes on, so that a person can read what there was."""
        for turn in self._chat.turns:
            self._show(paragraph(Piece(f"{_PROMPT}{one_line(turn.question)}", "strong"), hanging=len(_PROMPT)))
            if turn.answer is None:
                self._show(paragraph(Piece("(removed with its article)", "quiet")))
            elif turn.answer.status == "answered":
                self._show(*(_statement(statement) for statement in turn.answer.statements))
            else:
                self._show(*islice(render.reply(turn.answer, self._place), 1))
        self._show(BLANK)

    def _show(self, *paragraphs: Paragraph) -> None:
        self._output.give({}, lambda: paragraphs)
        self._output.flush()

    def _answer(self, question: str) -> None:
        """Each statement as it comes, then all that belongs to it, in the look of `rag ask`."""
        events = self._chat.stream(question, **self._filters)
        with waiting("answering"):
            first = list(islice(events, 1))
        for event in chain(first, events):
            if isinstance(event, Statement):
                self._show(_statement(event))
            elif isinstance(event, Answer):
                self._show(*_rest(event, self._place), BLANK)
                if event.notice:
                    self._output.message(f"rag: {event.notice}")

    def _command(self, name: str, rest: str) -> None:
        follow = self._commands.get(name)
        if follow is None:
            raise UserError(f"there is no command {one_line(name)[:40]}: /help lists those that there are")
        if self._output.as_json and name not in ("/save", "/forget"):
            raise UserError(f"{name} shows nothing with --json")
        follow(rest)

    def _sources(self, number: str) -> None:
        if number:
            self._in_its_article("/sources", number, _AROUND)
            return
        answers = [turn.answer for turn in self._chat.turns if turn.answer is not None]
        found = {citation.number: citation for answer in answers for citation in answer.citations}
        if not found:
            self._show(paragraph("No source was cited yet."))
        for citation in sorted(found.values(), key=lambda citation: citation.number):
            marker = f"[{citation.number}] "
            self._show(paragraph(Piece(marker, "marker"), *_heading(citation), hanging=len(marker)))
            self._show(paragraph(one_line(citation.quote), indent=len(marker), rows=1))
        self._show(BLANK)

    def _article(self, number: str) -> None:
        if not number:
            raise UserError("name a source by its number: /article 2")
        self._in_its_article("/article", number, None)

    def _in_its_article(self, command: str, number: str, around: int | None) -> None:
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise UserError(f"{one_line(number)[:40]} is no number of a source, such as {command} 2")
        citation = self._chat.source(int(number))
        self._show(*_in_its_article(citation, self._chat.article(citation.number), around), BLANK)

    def _question(self, _: str) -> None:
        turns = self._chat.turns
        if not turns:
            raise UserError("no question was asked yet")
        last = turns[-1]
        as_typed = "as it was typed: " if last.standalone == last.question else ""
        self._show(paragraph(Piece(as_typed, "quiet"), one_line(last.standalone)), BLANK)

    def _save(self, name: str) -> None:
        chosen = name or self._chat.name
        if not chosen:
            raise UserError("name the conversation: /save NAME")
        self._chat.save(chosen)
        self._output.message(f"Saved. Go on with it by: rag chat --resume {shlex.quote(chosen)}")

    def _chats(self, _: str) -> None:
        names = self._chat.saved.names()
        self._show(*(paragraph(one_line(name)) for name in names) if names else [paragraph("None is kept yet.")], BLANK)

    def _forget(self, name: str) -> None:
        if not name:
            raise UserError("name the conversation: /forget NAME, one of those that /chats lists")
        self._chat.forget(name)
        self._output.message(f"Deleted: {one_line(name)}")

    def _help(self, _: str) -> None:
        widest = max(len(name) for name, _ in _HELP)
        self._show(*(paragraph(Piece(name.ljust(widest + 2), "marker"), what) for name, what in _HELP), BLANK)


def _statement(statement: Statement) -> Paragraph:
    pieces = [Piece(one_line(statement.text)), *(Piece(f" [{number}]", "marker") for number in statement.citations)]
    if statement.support == "partial":
        pieces.append(Piece(" (partly confirmed)", "warning"))
    return Paragraph(tuple(pieces))


def _rest(answer: Answer, place: render.Place) -> Iterator[Paragraph]:
    """What comes after the statements; the nearest passages have numbers, so that they can be opened."""
    if answer.status == "answered":
        yield from islice(render.reply(answer, place), 1, None)
        return
    from dataclasses import replace

    yield from render.reply(replace(answer, nearest=()), place)
    if answer.nearest:
        yield BLANK
        yield paragraph("Closest passages:")
    for citation in answer.nearest:
        marker = f"[{citation.number}] "
        yield paragraph(Piece(marker, "marker"), *_heading(citation), hanging=len(marker))
        yield paragraph(one_line(citation.quote), indent=len(marker), rows=3)


def _heading(citation: Citation) -> list[Piece]:
    by = render.byline(citation.publisher, citation.published, citation.published_from)
    return [Piece(one_line(citation.title), "title"), Piece(f" — {by}")]


def _in_its_article(citation: Citation, article: Article, around: int | None) -> Iterator[Paragraph]:
    """The cited passage marked, with so many characters of the article around it, or all of them."""
    text = article.text
    around = len(text) if around is None else around
    start, end = max(0, citation.start - around), min(len(text), citation.end + around)
    before, after = text[start : citation.start], text[citation.end : end]
    if start:
        before = "… " + before[before.find(" ") + 1 :]
    if end < len(text):
        after = after[: after.rfind(" ") + 1].rstrip() + " …"
    yield paragraph(Piece(f"[{citation.number}] ", "marker"), *_heading(citation), hanging=4)
    yield BLANK
    cited = [Piece("»", "marker"), Piece(citation.quote, "strong"), Piece("«", "marker")]
    yield paragraph(Piece(before, "quiet"), *cited, Piece(after, "quiet"), indent=4)
    yield BLANK
    where = f"article {citation.article_id}, characters {citation.start}–{citation.end}"
    yield paragraph(Piece(where, "quiet"), indent=4)
