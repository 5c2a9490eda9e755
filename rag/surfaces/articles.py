"""Commands on articles: add, refresh, list, show, remove, export."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import NotFoundError, UserError
from rag.files import replacing
from rag.surfaces import tables
from rag.surfaces.given import (
    DONE,
    FAILED,
    filters,
    open_library,
    say_where_texts_go,
    stdin,
    why_nothing,
)
from rag.surfaces.layout import paragraph
from rag.surfaces.output import Output, to_json
from rag.surfaces.progress import progress
from rag.types import SCHEMA, AddReport, Article


def add(args: Namespace, output: Output) -> int:
    """Add sources, and name each that failed."""
    with open_library(args, create=True) as library, progress() as report_progress:
        say_where_texts_go(library, output)
        report = library.add(args.inputs, stdin=stdin(), progress=report_progress)
    code = _give_report(report, output, "Nothing to add was found.")
    return code if report.items else FAILED


def refresh(args: Namespace, output: Output) -> int:
    """Fetch pages and feeds again."""
    with open_library(args) as library, progress() as report_progress:
        say_where_texts_go(library, output)
        report = library.refresh(progress=report_progress)
    return _give_report(report, output, "There is nothing to refresh: no article is from the web.")


def _give_report(report: AddReport, output: Output, nothing: str) -> int:
    output.give(report.to_dict(), lambda: tables.report(report, nothing))
    for item in report.failed:
        output.message(f"  {item.source}: {item.reason}")
    return FAILED if report.failed else DONE


def listing(args: Namespace, output: Output) -> int:
    """List the current articles."""
    with open_library(args) as library:
        found = library.articles(**filters(args))
        nothing = "" if found else why_nothing(library)
    output.give(
        {"schema": SCHEMA, "articles": [info.to_dict() for info in found]},
        lambda: [paragraph(nothing)] if nothing else tables.listing(found, output.width),
    )
    return DONE


def show(args: Namespace, output: Output) -> int:
    """Show an article's text, or list its versions."""
    with open_library(args) as library:
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
    with open_library(args) as library:
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
    with open_library(args) as library:
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
    """Write `lines` to `file`, and return how many they were."""
    if file.is_dir():
        raise UserError(f"{file} is a folder; name a file to export to")
    folder = file.resolve().parent
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder} to export to")
    count = 0
    with replacing(file) as stream:
        for line in lines:
            stream.write(line + "\n")
            count += 1
    return count
