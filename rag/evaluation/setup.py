"""What a run depends on besides its gold: articles, engine, model, prompts, settings, versions and code."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rag.evaluation.outcomes import Subject
from rag.library import Library
from rag.models.embeddings import BUNDLED_NAME

_SAID_ELSEWHERE = ("llm", "embeddings", "prompts")
"""Settings that name what is used; `Setup` has the model, the embedder and the prompts that it came to."""
_PACKAGES = ("rag", "chromadb", "onnxruntime", "langchain-core", "openai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What stands behind a subject. `model` is its name, `identity` tells it from every other that may reply
    otherwise; `prompts` are hashes by name. There is no key in any of it."""

    engine: str = "extractive"
    model: str | None = None
    identity: str | None = None
    embedder: str = ""
    prompts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def setup_of(library: Library) -> Setup:
    """What stands behind `library`."""
    chat = library.chat_model
    settings = dataclasses.asdict(library.settings)
    return Setup(
        engine="extractive" if chat is None else "generative",
        model=None if chat is None else chat.name,
        identity=None if chat is None else chat.identity,
        embedder=library.settings.embeddings or BUNDLED_NAME,
        prompts={prompt.name: prompt.hash for prompt in library.prompts.available()},
        settings={name: value for name, value in settings.items() if name not in _SAID_ELSEWHERE},
    )


def fingerprint(subject: Subject) -> str:
    """What tells one set of articles from another, wherever they lie: a hash over their texts and metadata."""
    states = sorted(info.version for info in subject.articles())
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """The versions of this package, Python and the packages that decide what is answered; `code` is a hash of this
    package's files, which says more of it while it is worked on."""
    found = {"python": platform.python_version(), "code": _code()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@lru_cache(maxsize=1)
def _code() -> str:
    root = Path(__file__).parent.parent
    return hash_of([file for file in root.rglob("*") if file.suffix in (".py", ".json", ".onnx")], root)


def hash_of(files: Iterable[Path], root: Path) -> str:
    """A short hash over the bytes of `files` and their names below `root`; what is no file is passed over."""
    digest = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            digest.update(f"{file.relative_to(root).as_posix()}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
