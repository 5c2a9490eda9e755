"""Where the library of a suite with articles of its own is kept from run to run, and when it is made anew."""

from __future__ import annotations

import hashlib
import shutil
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rag.evaluation.setup import hash_of

_ROOMS = ("text", "sources", "storage")
_FILES = (
    "adding.py",
    "embedding.py",
    "models/embeddings.py",
    "models/packing.py",
    "models/remote_embeddings.py",
    "settings.py",
)
"""The code that decides what is stored of an article: with its chunks and its vectors."""
_PACKAGES = ("chromadb", "onnxruntime", "tokenizers", "trafilatura", "pypdf", "markdown-it-py")


def library_folder(home: Path, embedder: str) -> Path:
    """The folder in `home` for a library that this code fills with `embedder`; those that were filled otherwise go.

    An article that is there already is not added again, so a library that other code had filled would keep its
    chunks and vectors, and what it gives would say nothing of this code.
    """
    made_by = hashlib.sha256(f"{_code()}\n{embedder}".encode()).hexdigest()[:12]
    folder = home / f"library-{made_by}"
    for other in home.glob("library*"):
        if other != folder and other.is_dir() and not other.is_symlink():
            shutil.rmtree(other, ignore_errors=True)
    return folder


@lru_cache(maxsize=1)
def _code() -> str:
    root = Path(__file__).parent.parent
    files = [file for room in _ROOMS for file in (root / room).rglob("*.py")]
    return "\n".join([hash_of([*files, *(root / name for name in _FILES)], root), *map(_version, _PACKAGES)])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
