"""Embeddings from a server: what is asked, what comes back, and every way to fail in one line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import Library, Settings
from rag.errors import ConfigError, ModelAccessError, ModelError, ModelReplyError, ModelUnavailableError
from rag.models.calls import Retries
from rag.models.remote_embeddings import RemoteEmbedder
from rag.models.scripted import Fail, Raw, ScriptedServer, rate_limited, wrong_key
from tests.conftest import row

KEY = "sk-embedding-secret-0123456789"
QUICK = Retries(attempts=3, first_wait=0.01, longest_wait=0.02)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(dimension=16) as running:
        yield running


def embedder(server: ScriptedServer, seconds: float = 5.0) -> RemoteEmbedder:
    environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}
    return RemoteEmbedder("openai:small", timeout_seconds=seconds, retries=QUICK, environment=environment)


def test_vectors_have_length_one_and_keep_their_order(server: ScriptedServer) -> None:
    remote = embedder(server)
    texts = ["ferry in fog", "", "rain", "ferry in fog"]
    vectors = remote.embed(texts)
    assert vectors.shape == (4, 16)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[3])
    assert vectors[0] @ vectors[2] < 0.99
    assert (remote.name, remote.dimension) == ("openai:small", 16)
    (request,) = server.requests
    assert (request.path, request.body["model"]) == ("/v1/embeddings", "small")
    assert request.body["input"] == ["ferry in fog", " ", "rain", "ferry in fog"]


def test_the_dimension_is_learned_before_anything_is_embedded(server: ScriptedServer) -> None:
    remote = embedder(server)
    assert not server.requests
    assert remote.dimension == remote.dimension == 16
    assert remote.embed([]).shape == (0, 16)
    assert len(server.requests) == 1


def test_many_texts_go_in_batches(server: ScriptedServer) -> None:
    texts = [f"text {number}" for number in range(300)]
    together = embedder(server).embed(texts)
    assert [len(request.body["input"]) for request in server.requests] == [128, 128, 44]
    assert [text for request in server.requests for text in request.body["input"]] == texts
    assert np.array_equal(together[200], embedder(server).embed([texts[200]])[0])
    server.requests.clear()
    embedder(server).embed(["x" * 150_000] * 2 + ["y" * 300_000, "z"])
    assert [len(request.body["input"]) for request in server.requests] == [1, 1, 1, 1]


def test_a_library_remembers_the_model(server: ScriptedServer, tmp_path: Path) -> None:
    with Library.open(tmp_path / "news", settings=Settings(), embedder=embedder(server)) as library:
        library.add([row(1, "A ferry struck the breakwater in thick fog on Wednesday.")])
        (hit,) = library.search("ferry breakwater")
        assert hit.dense > 0.3
        assert library._store.embedder_name == "openai:small"


FAULTS: list[tuple[Fail | Raw, type[ModelError], str, int]] = [
    (wrong_key(KEY), ModelAccessError, "openai:small refuses the key: check OPENAI_API_KEY", 1),
    (Fail(400, f"bad {KEY}"), ModelAccessError, "openai:small rejects the request (400): bad [key]", 1),
    (rate_limited(), ModelUnavailableError, "openai:small takes no more requests for now (429): try again later", 3),
    (Fail(500), ModelUnavailableError, "openai:small failed (500): try again later", 3),
    (Raw(b"<html>"), ModelReplyError, "127.0.0.1:", 1),
    (Raw(b"{}"), ModelReplyError, "127.0.0.1:", 1),
]


@pytest.mark.parametrize(("reply", "kind", "line", "requests"), FAULTS)
def test_a_fault_is_one_line(reply: Fail | Raw, kind: type[ModelError], line: str, requests: int) -> None:
    with ScriptedServer(embedding_script=[reply] * 3) as server, pytest.raises(ModelError) as caught:
        embedder(server).embed(["ferry"])
    assert type(caught.value) is kind
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
    assert KEY not in repr(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert len(server.requests) == requests


def test_what_passes_is_tried_again() -> None:
    with ScriptedServer(embedding_script=[Fail(503), rate_limited(0)]) as server:
        assert embedder(server).embed(["ferry"]).shape == (1, 8)
        assert len(server.requests) == 3


def test_a_slow_server_is_given_up_in_time() -> None:
    started = time.monotonic()
    with (
        ScriptedServer(embedding_script=[Fail(500, delay=20)]) as server,
        pytest.raises(ModelUnavailableError, match=r"gave no reply within 0\.3 seconds"),
    ):
        embedder(server, seconds=0.3).embed(["ferry"])
    assert time.monotonic() - started < 1.5


def vectors(*rows: list[float]) -> Raw:
    data: list[dict[str, Any]] = [
        {"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)
    ]
    return Raw(json.dumps({"object": "list", "data": data, "model": "small", "usage": {}}).encode())


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (vectors([1.0, 0.0]), "1 vectors came for 2 texts, or of different lengths"),
        (vectors([1.0, 0.0], [1.0]), "2 vectors came for 2 texts, or of different lengths"),
        (vectors([], []), "2 vectors came for 2 texts, or of different lengths"),
        (vectors([1.0, 0.0], [0.0, 0.0]), "a vector has no length"),
        (vectors([1.0, 0.0], [float("nan"), 0.0]), "a vector has no length"),
    ],
)
def test_vectors_that_do_not_fit(reply: Raw, what: str) -> None:
    with ScriptedServer(embedding_script=[reply]) as server, pytest.raises(ModelReplyError) as caught:
        embedder(server).embed(["a", "b"])
    assert str(caught.value) == f"openai:small gave embeddings that cannot be used: {what}"


def test_a_server_that_changes_its_model_is_found_out() -> None:
    with ScriptedServer(embedding_script=[vectors([1.0, 0.0])]) as server:
        remote = embedder(server)
        assert remote.embed(["a"]).shape == (1, 2)
        with pytest.raises(ModelReplyError, match="vectors of 2 numbers became ones of 8"):
            remote.embed(["a"])


@pytest.mark.parametrize("setting", ["openai:", "openai", "small", "openai: "])
def test_a_setting_without_a_model(setting: str) -> None:
    with pytest.raises(ConfigError, match="RAG_EMBEDDINGS: .* names no model: write openai:MODEL"):
        RemoteEmbedder(setting, environment={"OPENAI_API_KEY": KEY})


def test_a_missing_key_and_the_notice() -> None:
    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
        RemoteEmbedder("openai:small", environment={})
    remote = RemoteEmbedder("openai:small", environment={"OPENAI_API_KEY": KEY})
    assert remote.notice == "texts are embedded by openai:small: articles and questions go to api.openai.com"


def test_the_setting_names_it(server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-shown")
    monkeypatch.setenv("RAG_EMBEDDINGS", "openai:small")
    with Library.open(tmp_path / "l") as library:
        library.add({"id": "a", "title": "Mill fire", "text": "The old mill burned down on Monday."})
        assert library.search("mill")[0].article.title == "Mill fire"
    monkeypatch.delenv("RAG_EMBEDDINGS")
    with Library.open(tmp_path / "l") as library, pytest.raises(ConfigError, match="were made with openai:small"):
        library.search("mill")
