"""The command `serve`: libraries over HTTP."""

from __future__ import annotations

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from rag.errors import ConfigError, UserError
from rag.library import Library
from rag.surfaces.codes import exit_code
from rag.surfaces.given import DONE, FAILED, library_directory, open_library, say_where_texts_go
from rag.surfaces.layout import Paragraph, one_line, paragraph
from rag.surfaces.output import Output
from rag.surfaces.tables import counted
from rag.types import SCHEMA

_OWN_WORDS = "answers are the articles' own sentences, and no model is asked"
_NAMELESS = "library"
_LOG_FORMAT = "%(asctime)s %(message)s"


def serve(args: Namespace, output: Output) -> int:
    """Serve until a signal comes; what runs then is finished."""
    _require_packages()
    from rag.surfaces.guard import Guard
    from rag.surfaces.http.app import create_app
    from rag.surfaces.http.limits import Limits
    from rag.surfaces.http.running import run
    from rag.surfaces.http.serving import Serving
    from rag.surfaces.sockets import bound, url_of

    guard = Guard.of(args.host, key_file=args.key_file)
    with ExitStack() as opened:
        libraries = _open(args, opened)
        for library in libraries.values():
            say_where_texts_go(library, output)
        limits = Limits(concurrency=args.concurrency, rate_per_minute=args.rate, burst=min(args.rate, Limits().burst))
        serving = Serving.of(libraries, guard, limits)
        app = create_app(serving)
        listener = opened.enter_context(bound(args.host, args.port))
        opened.enter_context(_logging(debug=args.debug))
        _introduce(url_of(listener), libraries, output, keyed=guard.key is not None)
        ending = run(app, serving, listener)
        if ending.left:
            _cut_off(ending.left, output)
    if ending.interrupted:
        output.message("rag: interrupted; what was being answered was finished")
        return exit_code(KeyboardInterrupt())
    return DONE


def _require_packages() -> None:
    try:
        import fastapi
        import prometheus_client
        import python_multipart
        import uvicorn
    except ModuleNotFoundError as exc:
        raise ConfigError('rag serve needs packages that are not installed: pip install "rag[serve]"') from exc
    # Named, so that none is taken for unused.
    del fastapi, prometheus_client, python_multipart, uvicorn


def _open(args: Namespace, opened: ExitStack) -> Mapping[str, Library]:
    """The libraries that were named, each by its folder's name, in the order in which they were given."""
    given = args.library if isinstance(args.library, list) else [args.library]
    libraries: dict[str, Library] = {}
    for directory in given:
        name = library_directory(directory).resolve().name or _NAMELESS
        if name in libraries:
            raise UserError(f"two of the libraries are called {name!r}, and clients name them so: rename a folder")
        libraries[name] = opened.enter_context(open_library(Namespace(**{**vars(args), "library": directory})))
    return libraries


def _introduce(url: str, libraries: Mapping[str, Library], output: Output, *, keyed: bool) -> None:
    """Say where it listens, what is served, and who writes the answers."""
    served = [(name, library, len(library.articles()), library.writer_notice) for name, library in libraries.items()]

    def said() -> Iterator[Paragraph]:
        yield paragraph(f"Serving at {url}/", wrap=False)
        for name, _, articles, writer in served:
            text = f"{one_line(name)}: {counted(articles, 'article')}; {writer or _OWN_WORDS}"
            yield paragraph(text, indent=4, hanging=2)
        yield paragraph("Clients must send the key." if keyed else "Only this machine can reach it, without a key.")
        yield paragraph("Ctrl-C stops it.")

    plain = [
        {"name": name, "directory": str(library.directory), "articles": articles, "writer": writer or _OWN_WORDS}
        for name, library, articles, writer in served
    ]
    output.give({"schema": SCHEMA, "url": url, "key": keyed, "libraries": plain}, said)
    output.flush()


@contextmanager
def _logging(*, debug: bool) -> Iterator[None]:
    """One line on standard error for each request; with `debug` tracebacks too."""
    log = logging.getLogger("rag.serve")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_LOG_FORMAT))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)


def _cut_off(left: int, output: Output) -> None:
    """End at once: the interpreter would wait for the threads, and what they store is whole or absent either way."""
    output.message(f"rag: {counted(left, 'call')} of the library did not end in time: cut off")
    output.flush()
    os._exit(FAILED)
