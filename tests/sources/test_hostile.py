"""Input made to hang, swell or crash its reader: each ends soon, with one line, and the next source is read."""

from __future__ import annotations

import os
import random
import time
import zlib
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources import read
from rag.sources import worker as worker_module
from rag.sources.worker import Worker

SETTINGS = Settings(timeout_seconds=1.5)
GOOD = (
    "<html><body><article><h1>Pool</h1><p>The council voted on Monday to close the pool on Mill Street.</p></article>"
)


def swollen_pdf() -> bytes:
    stream = zlib.compress(zlib.compress(b"(x) Tj " * 30_000_000, 9), 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << >> >>"
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    return b"\n".join(
        [
            b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj",
            b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj",
            b"3 0 obj\n" + page + b"\nendobj",
            b"4 0 obj\n<< /Length %d %s >>\nstream\n%s\nendstream\nendobj" % (len(stream), filters, stream),
            b"trailer << /Root 1 0 R >>\n%%EOF",
        ]
    )


HOSTILE = [
    ("deep.html", b"<div>" * 200_000 + b"text"),
    ("tags.html", b"<p>x<b>" * 500_000),
    ("attributes.html", b"<a " + b"b=c " * 2_000_000 + b">x</a>"),
    ("entities.html", b"&amp;" * 2_000_000),
    ("tables.html", b"<table><tr><td>" * 100_000),
    ("comments.html", b"<!--" * 1_000_000),
    ("noise.html", random.Random(7).randbytes(200_000)),
    ("swollen.pdf", swollen_pdf()),
    (
        "loop.pdf",
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R /Kids [1 0 R] >>\nendobj\ntrailer << /Root 1 0 R >>",
    ),
    ("noise.pdf", b"%PDF-1.7\n" + random.Random(7).randbytes(200_000)),
    ("deep.md", b"> " * 100_000 + b"x"),
    ("links.md", b"[" * 20_000 + b"x" + b"](" * 20_000),
    ("stars.md", b"*a _b " * 10_000),
    ("alias.md", b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntitle: *c\n---\nThe council voted on Monday."),
    ("deep.json", b'{"a":' * 100_000),
    ("spaces.txt", b"a" + b" " * 1_500_000 + b"b"),
    ("lines.txt", b"Comments\nMost read\n" * 20_000),
    ("brackets.txt", b"([\xe2\x80\x9c" * 300_000),
]


def test_hostile_input_ends(tmp_path: Path) -> None:
    for name, data in HOSTILE:
        (tmp_path / name).write_bytes(data)
    good = tmp_path / "good.html"
    good.write_text(GOOD, encoding="utf-8")
    # After each of them the next is read: the good page in between shows that the reader is well again.
    inputs = [path for name, _ in HOSTILE for path in (tmp_path / name, good)]
    started = time.monotonic()
    for path, found in zip(inputs, read(inputs, SETTINGS), strict=True):
        taken, started = time.monotonic() - started, time.monotonic()
        assert taken < 6, path.name
        assert (found.source, found.status == "read") == (str(path), found.article is not None)
        assert found.status in (("read",) if path == good else ("read", "failed"))
        assert "\n" not in (found.reason or "")


def test_a_reader_that_takes_too_long_is_stopped() -> None:
    page = (GOOD + "<p>The council voted.</p>" * 20_000).encode()
    with Worker(seconds=0.01, max_chars=1_000) as worker:
        with pytest.raises(SourceError) as caught:
            worker.call("html", page)
        assert str(caught.value) == "took longer than 0.01 seconds to read (the limit is RAG_TIMEOUT_SECONDS)"


def test_loading_the_parsers_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    # A child whose imports alone take longer than a page may.
    slow = "import sys, time; time.sleep(0.7); " + worker_module._START.removeprefix("import sys; ")
    monkeypatch.setattr(worker_module, "_START", slow)
    with Worker(seconds=0.6, max_chars=1_000) as worker:
        assert worker.call("html", GOOD.encode())["title"] == "Pool"


def test_a_reader_that_dies_is_started_again() -> None:
    with Worker(seconds=20, max_chars=1_000) as worker:
        assert worker.call("html", GOOD.encode())["title"] == "Pool"
        process = worker._process
        assert process is not None
        os.kill(process.pid, 9)
        with pytest.raises(SourceError) as caught:
            worker.call("html", GOOD.encode())
        assert str(caught.value) == "cannot be read: it crashes or exhausts its reader"
        assert worker.call("html", GOOD.encode())["title"] == "Pool"


def test_a_text_beyond_the_limit_is_not_sent_over() -> None:
    page = GOOD + "<p>The council voted on Monday to close the pool.</p>" * 100
    with Worker(seconds=20, max_chars=1_000) as worker, pytest.raises(SourceError) as caught:
        worker.call("html", page.encode())
    assert str(caught.value) == "is longer than 1,000 characters (the limit is RAG_MAX_ARTICLE_CHARS)"


def test_leaving_early_ends_the_reader(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.html").write_text(GOOD, encoding="utf-8")
    reads = read([tmp_path], Settings())
    assert next(reads).status == "read"
    reads.close()  # type: ignore[attr-defined]
    assert list(reads) == []


def test_parsers_print_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\nnonsense")
    (tmp_path / "b.html").write_bytes(b"<html>" + bytes(range(128, 256)) * 9)
    assert len(list(read([tmp_path], Settings()))) == 2
    assert capfd.readouterr() == ("", "")
