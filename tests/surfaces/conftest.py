"""A command line that runs in this process, on a library of three articles with the small embedder."""

from __future__ import annotations

import io
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.surfaces.cli import main
from rag.types import Embedder

ARTICLES = {
    "march.md": """---
title: Thousands march to keep the valley railway
publisher: Haldrenn Courier
author: Emeric Tolwyther
published: 2025-10-19
url: https://courier.example/march
---

About 6,500 people marched through Haldrenn on Saturday against the closure of the railway, the police said.

Officers arrested nine people for blocking the tram lines. The ministry wants to shut the line on April 30.
""",
    "bridge.md": """---
title: Bridge repairs to cost $4.6 million
publisher: Skelbray Post
published: 2025-07-10
---

The repair of the Tannery Bridge will cost $4.6 million, the council was told on Tuesday.

Work starts in the spring and should last eleven months, the engineer said.
""",
    "fire.txt": """Fire destroys furniture works

Fire destroyed the furniture works in Brackenthole on Tuesday night. Nobody was hurt.
""",
}


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the user's settings nor the user's library take part."""
    for name in ("RAG_LIBRARY", "RAG_EMBEDDINGS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def _small_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_folder: str) -> Embedder:
        return HashEmbedder()

    monkeypatch.setattr("rag.models.embeddings.load_embedder", load)


@pytest.fixture(scope="session")
def _stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("stored")
    for name, text in ARTICLES.items():
        (directory / name).write_text(text, encoding="utf-8")
    with Library.open(directory / "library", embedder=HashEmbedder()) as library:
        assert library.add([directory / name for name in ARTICLES]).count("added") == 3
    return directory / "library"


@pytest.fixture
def library(_stored: Path, tmp_path: Path) -> Path:
    """A library of three articles, free to change."""
    shutil.copytree(_stored, tmp_path / "library")
    return tmp_path / "library"


@pytest.fixture
def rag(
    _small_embedder: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs `rag` with the given arguments; the library is the one of `library` unless they name another."""
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "library"))

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


def hear_interrupts() -> None:
    """For a process that is to be interrupted: where the tests run in the background, it would inherit deaf ears."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until_it_waits(pid: int) -> None:
    """Until the process has slept for a while, as it does where it reads its input.

    A signal before that may meet it while it starts; one just before readline waits is seen at the next key only.
    """
    asleep = 0
    deadline = time.monotonic() + 60
    while asleep < 10 and time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        asleep = asleep + 1 if state == "S" else 0
        time.sleep(0.05)
    assert asleep, "it never waited for its input"
