"""What each command does: call the library, and give what it returns to the output."""

from __future__ import annotations

import dataclasses
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from rag.errors import NotFoundError, UserError
from rag.library import Library
from rag.surfaces import render, tables
from rag.surfaces.layout import paragraph
from rag.surfaces.output import Output, to_json
from rag.surfaces.progress import progress
from rag.types import SCHEMA, AddReport, Answer, Article, Citation, Summary

Command = Callable[[Namespace, Output], int]

DONE = 0
FAILED = 1

_MOST_TYPED_BYTES = 8 * 1024 * 1024


def library_directory(given: str | None) -> Path:
    """The library's folder: `given`, else ``RAG_LIBRARY``, else one in the user's data directory."""
    if given is not None and not given.strip():
        raise UserError("--library is empty: name a folder")
    if named := given or os.environ.get("RAG_LIBRARY"):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("rag", appauthor=False)


def _open(args: Namespace, *, create: bool = False) -> Library:
    """The library; a folder that was named is made by `add` alone, so that no typing error makes one."""
    named = args.library or os.environ.get("RAG_LIBRARY")
    llm = getattr(args, "llm", None)
    return Library.open(library_directory(args.library), llm=llm, create=create or not named)


def _filters(args: Namespace) -> dict[str, Any]:
    return {"publisher": args.publisher, "after": args.after, "before": args.before}


def _typed(words: list[str]) -> str:
    """The words of a question, or with ``-`` what standard input holds."""
    if words != ["-"]:
        return " ".join(words)
    stdin = _stdin()
    return stdin.read(_MOST_TYPED_BYTES).decode("utf-8-sig", errors="replace") if stdin else ""


def _stdin() -> BinaryIO | None:
    """Standard input, `None` where the shell closed it."""
    return sys.stdin.buffer if sys.stdin else None


# Articles ----------------------------------------------------------------------------------


def add(args: Namespace, output: Output) -> int:
    """Add sources, and name each that failed."""
    with _open(args, create=True) as library, progress() as report_progress:
        report = library.add(args.inputs, stdin=_stdin(), progress=report_progress)
    code = _give_report(report, output, "Nothing to add was found.")
    return code if report.items else FAILED


def refresh(args: Namespace, output: Output) -> int:
    """Fetch pages and feeds again."""
    with _open(args) as library, progress() as report_progress:
        report = library.refresh(progress=report_progress)
    return _give_report(report, output, "There is nothing to refresh: no article is from the web.")


def _give_report(report: AddReport, output: Output, nothing: str) -> int:
    output.give(report.to_dict(), lambda: tables.report(report, nothing))
    for item in report.failed:
        output.message(f"  {item.source}: {item.reason}")
    return FAILED if report.failed else DONE


def listing(args: Namespace, output: Output) -> int:
    """List the current articles."""
    with _open(args) as library:
        found = library.articles(**_filters(args))
        nothing = "" if found else _why_nothing(library)
    output.give(
        {"schema": SCHEMA, "articles": [info.to_dict() for info in found]},
        lambda: [paragraph(nothing)] if nothing else tables.listing(found, output.width),
    )
    return DONE


def _why_nothing(library: Library) -> str:
    return render.NOTHING_PASSES if library.articles() else render.HOW_TO_ADD


def show(args: Namespace, output: Output) -> int:
    """Show an article's text, or list its versions."""
    with _open(args) as library:
        article = library.article(args.id, args.of_version)
        found = library.versions(args.id) if args.versions else []
    if args.versions:
        plain = [_described(version) for version in found]
        value = {"schema": SCHEMA, "id": article.id, "current": article.version, "versions": plain}
        output.give(value, lambda: tables.versions(found, article.version, output.width))
    else:
        value = {"schema": SCHEMA, **dataclasses.asdict(article)}
        output.give(value, lambda: tables.article_text(article))
    return DONE


def _described(article: Article) -> dict[str, Any]:
    """An article's fields without its text."""
    plain = dataclasses.asdict(article)
    del plain["text"], plain["boilerplate"]
    return {**plain, "characters": len(article.text)}


def remove(args: Namespace, output: Output) -> int:
    """Remove articles; one that is not there does not stop the rest."""
    removed: list[Article] = []
    failed: list[tuple[str, str]] = []
    with _open(args) as library:
        for reference in args.ids:
            try:
                removed.append(library.remove(reference))
            except NotFoundError as exc:
                failed.append((reference, str(exc)))
    value = {
        "schema": SCHEMA,
        "removed": [{"id": article.id, "title": article.title} for article in removed],
        "failed": [{"reference": reference, "reason": reason} for reference, reason in failed],
    }
    output.give(value, lambda: [paragraph(f"Removed {a.id}  ", a.title, hanging=2) for a in removed])
    for _, reason in failed:
        output.message(f"rag: {reason}")
    return FAILED if failed else DONE


def export(args: Namespace, output: Output) -> int:
    """Write every version of every article as JSON Lines."""
    to_stdout = args.file == "-"
    if to_stdout and output.as_json:
        raise UserError("export writes JSON Lines; with --json, name a file to write them to")
    with _open(args) as library:
        if to_stdout:
            for row in library.export():
                output.line(output.encoded(row))
            return DONE
        if Path(args.file).is_file() and not library.articles():
            raise UserError(f"the library in {library.directory} is empty: {args.file} was left as it is")
        count = _export_to(Path(args.file), (to_json(row) for row in library.export()))
    value = {"schema": SCHEMA, "file": args.file, "versions": count}
    written = f"Wrote {tables.counted(count, 'article version')} to {args.file}."
    output.give(value, lambda: [paragraph(written)])
    return DONE


def _export_to(file: Path, lines: Iterator[str]) -> int:
    """Write `lines` so that `file` is replaced when all is written, and untouched until then."""
    if file.is_dir():
        raise UserError(f"{file} is a folder; name a file to export to")
    if file.exists() and not file.is_file():
        # A device or a pipe: there is nothing to replace.
        with file.open("w", encoding="utf-8") as stream:
            return _write(stream.write, lines)
    target = Path(os.path.realpath(file))
    if not target.parent.is_dir():
        raise UserError(f"there is no folder {target.parent} to export to")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("x", encoding="utf-8") as stream:
            count = _write(stream.write, lines)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _write(write: Callable[[str], object], lines: Iterator[str]) -> int:
    count = 0
    for line in lines:
        write(line + "\n")
        count += 1
    return count


# Questions ---------------------------------------------------------------------------------


def ask(args: Namespace, output: Output) -> int:
    """Answer a question from the articles."""
    with _open(args) as library:
        _say_who_writes(library, output)
        answer = library.ask(_typed(args.question), **_filters(args))
        return _give_reply(answer, library, output)


def summarize(args: Namespace, output: Output) -> int:
    """Summarize one article, or what the articles say about a topic."""
    with _open(args) as library:
        _say_who_writes(library, output)
        summary = library.summarize(args.id, about=args.about, sentences=args.sentences, **_filters(args))
        return _give_reply(summary, library, output)


def _say_who_writes(library: Library, output: Output) -> None:
    """Before anything goes to a provider, say to whom; and where one was looked for and none found, that."""
    if library.writer_notice:
        output.message(f"rag: {library.writer_notice}")


def _give_reply(reply: Answer | Summary, library: Library, output: Output) -> int:
    place = _place(library)
    output.give(reply.to_dict(), lambda: render.reply(reply, place))
    if reply.notice:
        output.message(f"rag: {reply.notice}")
    return DONE


def _place(library: Library) -> render.Place:
    def place(citation: Citation) -> str | None:
        # Another process may have removed the article since.
        with suppress(NotFoundError):
            return library.article(citation.article_id, citation.version).source
        return None

    return place


def search(args: Namespace, output: Output) -> int:
    """Find the passages that fit a query best."""
    query = _typed(args.query)
    with _open(args) as library:
        found = library.search(query, args.k, **_filters(args))
        nothing = ""
        if not found:
            passing = library.articles(**_filters(args))
            nothing = "Nothing in the articles matches." if passing else _why_nothing(library)
    output.give(
        {"schema": SCHEMA, "query": query, "hits": [hit.to_dict() for hit in found]},
        lambda: [paragraph(nothing)] if nothing else render.hits(query, found, in_full=not output.terminal),
    )
    return DONE


def verify(args: Namespace, output: Output) -> int:
    """Check a text sentence by sentence; fails when something is unsupported."""
    text = _typed(args.text)
    with suppress(OSError):  # too long for a file's name
        if len(args.text) == 1 and Path(text).is_file():
            text = Path(text).read_text(encoding="utf-8-sig", errors="replace")
    with _open(args) as library:
        checked = library.verify(text, **_filters(args))
        place = _place(library)
        output.give(checked.to_dict(), lambda: render.verification(checked, place))
    return DONE if checked.supported else FAILED


# Upkeep ------------------------------------------------------------------------------------


def reindex(args: Namespace, output: Output) -> int:
    """Make all vectors anew."""
    with _open(args) as library, progress() as report_progress:
        count = library.reindex(progress=report_progress)
    made = f"Made {tables.counted(count, 'vector')} anew."
    output.give({"schema": SCHEMA, "vectors": count}, lambda: [paragraph(made)])
    return DONE


def doctor(args: Namespace, output: Output) -> int:
    """Check the library, and mend it unless only a look was asked for."""
    with _open(args) as library, progress() as report_progress:
        report = library.doctor(mend=not args.check, progress=report_progress)
    value = {"schema": SCHEMA, "healthy": report.healthy, **dataclasses.asdict(report)}
    output.give(value, lambda: tables.doctor(report))
    return DONE if report.healthy else FAILED


def prompts(args: Namespace, output: Output) -> int:  # noqa: ARG001
    """List the prompts."""
    from rag.prompts import available

    found = available()
    plain = [{name: getattr(prompt, name) for name in ("name", "version", "hash", "description")} for prompt in found]
    output.give({"schema": SCHEMA, "prompts": plain}, lambda: tables.prompts(found, output.width))
    return DONE


COMMANDS: Mapping[str, Command] = {
    "add": add,
    "ask": ask,
    "summarize": summarize,
    "search": search,
    "verify": verify,
    "list": listing,
    "show": show,
    "remove": remove,
    "refresh": refresh,
    "export": export,
    "reindex": reindex,
    "doctor": doctor,
    "prompts": prompts,
}
"""Each command by the name that is typed; a test holds the parser to the same names."""
