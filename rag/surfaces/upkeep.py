"""Commands on the library itself and on what models use: reindex, doctor, prompts, usage."""

from __future__ import annotations

import dataclasses
from argparse import Namespace

from rag.errors import UserError
from rag.prompts import PromptSource, copy_prompts
from rag.settings import load_settings
from rag.surfaces import tables
from rag.surfaces.given import (
    DONE,
    FAILED,
    library_directory,
    open_library,
    path,
    say_where_texts_go,
)
from rag.surfaces.layout import paragraph
from rag.surfaces.output import Output
from rag.surfaces.progress import progress
from rag.types import SCHEMA


def reindex(args: Namespace, output: Output) -> int:
    """Make all vectors anew."""
    with open_library(args) as library, progress() as report_progress:
        say_where_texts_go(library, output)
        count = library.reindex(progress=report_progress)
    made = f"Made {tables.counted(count, 'vector')} anew."
    output.give({"schema": SCHEMA, "vectors": count}, lambda: [paragraph(made)])
    return DONE


def doctor(args: Namespace, output: Output) -> int:
    """Check the library, and mend it unless only a look was asked for."""
    with open_library(args) as library, progress() as report_progress:
        report = library.doctor(mend=not args.check, progress=report_progress)
    value = {"schema": SCHEMA, "healthy": report.healthy, **dataclasses.asdict(report)}
    output.give(value, lambda: tables.doctor(report))
    return DONE if report.healthy else FAILED


def prompts(args: Namespace, output: Output) -> int:
    """List the prompts, or copy those that ship to be edited."""
    if args.action == "copy":
        return _copy_prompts(args.folder, output)
    if args.folder is not None:
        raise UserError("only `rag prompts copy DIR` takes a folder")
    # No library is needed for this, and none is made.
    found = PromptSource.of(load_settings(library_directory(args.library)).prompts).available()
    plain = [
        {name: getattr(prompt, name) for name in ("name", "version", "hash", "description")}
        | {"override": prompt.override and str(prompt.override)}
        for prompt in found
    ]
    output.give({"schema": SCHEMA, "prompts": plain}, lambda: tables.prompts(found, output.width))
    return DONE


def _copy_prompts(folder: str | None, output: Output) -> int:
    if not folder or not folder.strip():
        raise UserError("name the folder to copy the prompts into: `rag prompts copy DIR`")
    made = copy_prompts(path(folder))
    said = (
        f"Copied {tables.counted(len(made), 'prompt')} to {folder}; with RAG_PROMPTS={folder} they are the ones used."
    )
    output.give({"schema": SCHEMA, "copied": [str(file) for file in made]}, lambda: [paragraph(said)])
    return DONE


def usage(args: Namespace, output: Output) -> int:
    """Show what language models used over this library."""
    from rag.usage import total

    with open_library(args) as library:
        rows = library.usage()
    value = {"schema": SCHEMA, "days": [row.to_dict() for row in rows], "total": total(rows).to_dict()}
    output.give(value, lambda: tables.usage(rows, output.width))
    return DONE
