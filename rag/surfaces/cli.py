"""The command line: reads the arguments, runs the command, and turns errors into exit codes.

Only the standard library is imported here: `rag --help` and a mistyped option answer at once.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, NoReturn

from rag.errors import RagError, UserError
from rag.surfaces.codes import exit_code
from rag.surfaces.epilogs import COMPLETING, EVALUATING, GENERAL
from rag.surfaces.listening import add_limits, add_listening

if TYPE_CHECKING:
    from rag.surfaces.output import Output

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SURROGATES = re.compile("[\ud800-\udfff]")
_MOST_WORKERS = 64


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (by default `sys.argv`) names, and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    output: Output | None = None
    try:
        from rag.surfaces.output import Output

        output = Output(sys.stdout, sys.stderr, as_json="--json" in options)
        code = _run(arguments, output)
        output.flush()
        return code
    except SystemExit as exc:  # argparse has printed the help or the version
        return _flushed(output, exc.code if isinstance(exc.code, int) else 0)
    except (Exception, KeyboardInterrupt) as exc:
        return _failed(exc, output, debug="--debug" in options)


def _run(arguments: list[str], output: Output) -> int:
    parser = build_parser()
    args = parser.parse_args(arguments)
    if args.command is None:
        parser.print_help(sys.stderr)
        return exit_code(UserError())
    _quiet_libraries(args.debug)
    from rag.surfaces.commands import COMMANDS

    return COMMANDS[args.command](args, output)


def _quiet_libraries(debug: bool) -> None:
    """What libraries log is for developers: a user gets one line for each failure."""
    import logging

    logging.basicConfig(level=logging.INFO) if debug else logging.getLogger().addHandler(logging.NullHandler())


def _failed(error: BaseException, output: Output | None, *, debug: bool) -> int:
    """Say in one line what went wrong, and return the exit code."""
    if output is not None and not isinstance(error, BrokenPipeError):
        message = explain(error)
        try:
            if debug:
                import traceback

                traceback.print_exception(error, file=sys.stderr)
            output.message(f"rag: {message}")
            if output.as_json:
                value = {"schema": 1, "error": {"type": type(error).__name__, "message": message}}
                output.give(value, tuple)
        except OSError:
            pass  # there is no one left to tell
    return _flushed(output, exit_code(error))


def _flushed(output: Output | None, code: int) -> int:
    if output is not None:
        output.abandon()
    return code


def explain(error: BaseException) -> str:
    """One line on `error` for a person."""
    if isinstance(error, RagError):
        return " ".join(str(error).split())
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; what was stored stays"
    if isinstance(error, OSError) and error.strerror:
        return f"{os.fspath(error.filename)}: {error.strerror}" if error.filename else error.strerror
    what = " ".join(f"{type(error).__name__} {error}".split())
    return f"internal error: {what} (run with --debug for the traceback)"


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors like any other: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (see `{self.prog} --help`)")


class _Version(argparse.Action):
    """Prints the version; reading it takes a moment, which only this option costs."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"rag {version('rag')}\n")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = _Parser(
        prog="rag",
        description="Ask questions of news articles. Every sentence of the answer carries its source.",
        epilog=GENERAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_common(parser)
    # A command's own copy has no defaults: they would undo what was given before its name.
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    _add_common(common)
    several_libraries = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    _add_common(several_libraries, several=True)
    filters = _filters()

    def command(name: str, text: str, *, filtered: bool = False, several: bool = False) -> argparse.ArgumentParser:
        parents = [filters, common] if filtered else [several_libraries if several else common]
        description = text[0].upper() + text[1:] + "."
        return commands.add_parser(name, help=text, description=description, parents=parents, allow_abbrev=False)

    sub = command("add", "add files, folders, web pages and feeds")
    sub.add_argument("inputs", nargs="+", metavar="PATH|URL|-", help="what to add; - reads standard input")
    sub = command("ask", "answer a question, with sources", filtered=True)
    sub.add_argument("question", nargs="+", type=_text, metavar="QUESTION", help="- reads it from standard input")
    _add_llm(sub)
    _add_fresh(sub)
    sub = command("summarize", "summarize an article, or what articles say about a topic", filtered=True)
    sub.add_argument("id", nargs="?", type=_text, metavar="ID", help="an article: its id, URL or path")
    sub.add_argument("--about", type=_text, metavar="TOPIC", help="a topic, in place of an article")
    sub.add_argument(
        "--sentences", type=int, default=5, metavar="N", help="how many sentences, 100 at most (default: 5)"
    )
    _add_llm(sub)
    _add_fresh(sub)
    sub = command("chat", "ask one question after another; follow-ups are understood", filtered=True)
    sub.add_argument("--resume", type=_text, metavar="NAME", help="go on with a conversation that was saved")
    sub.add_argument("--no-history", action="store_true", help="keep no line that is typed, for the arrow keys")
    _add_llm(sub)
    sub = command("search", "find the passages that fit a query best", filtered=True)
    sub.add_argument("query", nargs="+", type=_text, metavar="QUERY", help="- reads it from standard input")
    sub.add_argument("-k", type=int, default=8, metavar="N", help="how many passages (default: 8)")
    sub = command("verify", "check a text of yours against the articles, sentence by sentence", filtered=True)
    sub.add_argument("text", nargs="+", type=_text, metavar="TEXT|FILE", help="- reads it from standard input")
    _add_llm(sub, "with RAG_VERIFY=llm, who gives a second opinion")
    command("list", "list the articles", filtered=True)
    sub = command("show", "show an article's text")
    sub.add_argument("id", type=_text, metavar="ID", help="an article: its id, the start of it, its URL or path")
    sub.add_argument("--version", dest="of_version", type=_text, metavar="V", help="show this version of it")
    sub.add_argument("--versions", action="store_true", help="list its versions instead")
    sub = command("remove", "remove articles with all their versions")
    sub.add_argument("ids", nargs="+", type=_text, metavar="ID", help="an article: its id, URL or path")
    command("refresh", "fetch web pages and feeds again")
    sub = command("export", "write all articles as JSON Lines, which `rag add` reads back")
    sub.add_argument("file", nargs="?", default="-", metavar="FILE", help="where to (default: standard output)")
    command("reindex", "make all vectors anew, with the embedder that is set")
    sub = command("doctor", "check the library, and mend what can be mended")
    sub.add_argument("--check", action="store_true", help="only look")
    sub = command("prompts", "list the prompts for language models, or copy them to edit")
    sub.add_argument("action", nargs="?", choices=("list", "copy"), default="list", help="(default: list)")
    sub.add_argument("folder", nargs="?", metavar="DIR", help="where to copy them; RAG_PROMPTS=DIR then uses them")
    command("usage", "show what language models used: calls, tokens, time, money")
    sub = command("serve", "serve the library over HTTP, with a page to ask on", several=True)
    add_listening(sub, port=8000)
    add_limits(sub)
    _add_llm(sub)
    sub = command("mcp", "serve the library to AI assistants over MCP")
    sub.add_argument("--writable", action="store_true", help="offer a tool that adds articles too")
    sub.add_argument("--http", action="store_true", help="serve over HTTP, not over standard input and output")
    add_listening(sub, port=8766, condition=", with --http")
    _add_llm(sub)
    _add_eval(command("eval", "measure answers, sources and abstention against gold answers of yours"))
    sub = command("completion", "print the script with which your shell completes what you type")
    sub.formatter_class, sub.epilog = argparse.RawDescriptionHelpFormatter, COMPLETING
    sub.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")
    return parser


def _add_eval(sub: argparse.ArgumentParser) -> None:
    sub.formatter_class = argparse.RawDescriptionHelpFormatter
    sub.epilog = EVALUATING
    sub.add_argument("suite", nargs="?", metavar="SUITE", help="a gold file, JSON Lines or YAML, or a folder of them")
    sub.add_argument("--split", choices=("dev", "test", "all"), default="all", help="which cases (default: all)")
    _add_llm(sub, names=("--engine", "--llm"))
    sub.add_argument("--judge", type=_text, metavar="MODEL", help="a model that judges what words cannot decide")
    sub.add_argument(
        "--workers", type=_count, metavar="N", help="questions asked at once (default: 4 of a model, else 1)"
    )
    sub.add_argument("--seed", type=int, default=0, metavar="N", help="of the intervals (default: 0)")
    sub.add_argument(
        "--fresh", action="store_true", help="start over, and have a model write anew what it has written before"
    )
    kept = sub.add_argument_group("the result")
    kept.add_argument("--compare", metavar="RUN", help="an earlier run's file, or last: what became better or worse")
    kept.add_argument("--report", metavar="OUT.html", help="write a page with plots and every case, for a browser")
    kept.add_argument("--out", metavar="RUN.json", help="keep the run here, not among those of the library")
    gate = sub.add_argument_group("the gate")
    gate.add_argument("--gate", metavar="BASELINE.json", help="fail where a figure is below its floor here")
    gate.add_argument("--update", action="store_true", help="pin this run there; floors only rise")
    gate.add_argument("--lower", action="store_true", help="with --update: floors may fall too")
    drafts = sub.add_argument_group("drafts")
    drafts.add_argument("--draft", metavar="FILE", help="in place of a run: draft cases from the library, to confirm")


def _add_common(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """The options of every command, taken before and after its name; with `several`, libraries may be."""
    options = parser.add_argument_group("common options")
    if several:
        options.add_argument("--library", action="append", metavar="DIR", help="a library's folder; may be repeated")
    else:
        options.add_argument("--library", metavar="DIR", help="the library's folder")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--debug", action="store_true", help="show tracebacks and logs")


def _add_llm(parser: argparse.ArgumentParser, role: str = "who writes", names: Sequence[str] = ("--llm",)) -> None:
    text = f"{role}: extractive, auto, local, or such as openai:gpt-5-mini"
    parser.add_argument(*names, dest="llm", type=_text, metavar="MODEL", help=text)
    parser.add_argument(
        "--timeout", type=_seconds, metavar="SECONDS", help="how long a call of the model may take (default: 60)"
    )


def _add_fresh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fresh", action="store_true", help="have the model write anew what it has written before")


def _filters() -> _Parser:
    parser = _Parser(add_help=False)
    options = parser.add_argument_group("filters (dates are inclusive)")
    options.add_argument("--publisher", type=_text, metavar="NAME", help="only articles of this publisher")
    options.add_argument("--after", type=_date, metavar="YYYY-MM-DD", help="only articles of this day or later")
    options.add_argument("--before", type=_date, metavar="YYYY-MM-DD", help="only articles of this day or earlier")
    return parser


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a date (YYYY-MM-DD)")


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (seconds := float(text)) < float("inf"):
            return seconds
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")


def _count(text: str) -> int:
    with suppress(ValueError):
        if 1 <= (number := int(text)) <= _MOST_WORKERS:
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST_WORKERS}")


def _text(given: str) -> str:
    """An argument as text: bytes that are none in the terminal's encoding arrive as lone surrogates."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", given)
