"""Settings: who wins, from where they are read, and what a wrong one says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from rag import ConfigError, Library, Settings, load_settings
from rag.models.fakes import HashEmbedder


@pytest.fixture
def library_directory(tmp_path: Path) -> Path:
    directory = tmp_path / "news"
    directory.mkdir()
    return directory


@pytest.fixture
def user_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    directory = tmp_path / "config" / "rag"
    directory.mkdir(parents=True)
    return directory


def test_nothing_set_gives_the_defaults(library_directory: Path, user_directory: Path) -> None:
    assert load_settings(library_directory, {}) == load_settings(None, {}) == Settings()
    assert Settings() == Settings(verify="checks")


def test_an_empty_variable_is_as_one_that_is_not_set(library_directory: Path, user_directory: Path) -> None:
    (library_directory / "rag.toml").write_text('llm = "local"\nmax_redirects = 2\n')
    empty = {f"RAG_{field.name.upper()}": value for field in dataclasses.fields(Settings) for value in ("", " ")}
    assert load_settings(None, empty) == Settings()
    assert load_settings(library_directory, empty) == Settings(llm="local", max_redirects=2)


VALUES = {
    "embeddings": ("/models/other", "/models/other"),
    "max_file_bytes": ("1000", 1000),
    "max_article_chars": ("2000", 2000),
    "max_redirects": ("0", 0),
    "timeout_seconds": ("2.5", 2.5),
    "lock_seconds": ("0.5", 0.5),
    "max_feed_entries": ("7", 7),
    "max_question_chars": ("80", 80),
    "allow_private_urls": ("Yes", True),
    "abstain": ("off", False),
    "max_verified_chars": ("90", 90),
    "llm": ("local", "local"),
    "llm_timeout_seconds": ("1.5", 1.5),
    "llm_price": ("0.4/1.6", "0.4/1.6"),
    "verify": ("llm", "llm"),
    "prompts": ("/prompts", "/prompts"),
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_each_setting_has_a_variable_and_a_line(name: str, library_directory: Path, user_directory: Path) -> None:
    written, value = VALUES[name]
    expected = dataclasses.replace(Settings(), **{name: value})  # type: ignore[arg-type]
    assert expected != Settings()
    assert load_settings(None, {f"RAG_{name.upper()}": written}) == expected
    line = str(value).lower() if isinstance(value, bool | int | float) else f'"{value}"'
    (library_directory / "rag.toml").write_text(f"{name} = {line}\n")
    assert load_settings(library_directory, {}) == expected


def test_who_wins(library_directory: Path, user_directory: Path) -> None:
    (user_directory / "rag.toml").write_text("max_redirects = 1\nmax_file_bytes = 1\nmax_feed_entries = 1\n")
    (library_directory / "rag.toml").write_text("max_redirects = 2\nmax_file_bytes = 2\n")
    assert load_settings(library_directory, {"RAG_MAX_REDIRECTS": "3"}) == Settings(
        max_redirects=3, max_file_bytes=2, max_feed_entries=1
    )
    assert load_settings(None, {}) == Settings(max_redirects=1, max_file_bytes=1, max_feed_entries=1)


def test_a_library_reads_its_own_and_the_caller_wins(
    library_directory: Path, user_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library_directory / "rag.toml").write_text("max_question_chars = 10\n")
    monkeypatch.setenv("RAG_MAX_REDIRECTS", "1")
    with Library.open(library_directory, embedder=HashEmbedder()) as library:
        assert library.settings == Settings(max_question_chars=10, max_redirects=1)
    given = Settings(max_redirects=4)
    with Library.open(library_directory, settings=given, embedder=HashEmbedder()) as library:
        assert library.settings == given


def test_the_working_directory_decides_nothing(
    library_directory: Path, user_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("rag.toml", ".env"):
        (elsewhere / name).write_text("max_redirects = 1\nRAG_MAX_REDIRECTS=1\n")
    monkeypatch.chdir(elsewhere)
    assert load_settings(library_directory, {}) == load_settings(None, {}) == Settings()


def test_other_variables_are_not_ours(library_directory: Path, user_directory: Path) -> None:
    environment = {"RAG_LIBRARY": "/news", "MAX_REDIRECTS": "1", "rag_max_redirects": "1", "RAG_": "1"}
    assert load_settings(library_directory, environment) == Settings()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("max_redirects = -1", "max_redirects in {file}: -1 is not a whole number, 0 or more"),
        ('max_redirects = "many"', "max_redirects in {file}: 'many' is not a whole number, 0 or more"),
        ("[max_redirects]\nx = 1", "max_redirects in {file}: {{'x': 1}} is not a whole number, 0 or more"),
        ('timeout_seconds = "soon"', "timeout_seconds in {file}: 'soon' is not a number, 0 or more"),
        ("lock_seconds = -0.1", "lock_seconds in {file}: -0.1 is not a number, 0 or more"),
        ('abstain = "perhaps"', "abstain in {file}: 'perhaps' is not true or false"),
        ("abstain = 2", "abstain in {file}: 2 is not true or false"),
        ('verify = "all"', "verify in {file}: 'all' is not checks or llm"),
        ("verify = true", "verify in {file}: True is not checks or llm"),
        ("prompts = 1", "prompts in {file}: 1 is not text"),
        ("colour = 1\napproach = 2", "unknown setting in {file}: approach, colour"),
        ("= 1", "{file} cannot be read: "),
        ("max_redirects = 1\nmax_redirects = 2", "{file} cannot be read: "),
    ],
)
@pytest.mark.parametrize("whose", ["library", "user"])
def test_a_wrong_file_is_named(line: str, said: str, whose: str, library_directory: Path, user_directory: Path) -> None:
    file = (library_directory if whose == "library" else user_directory) / "rag.toml"
    file.write_text(line)
    with pytest.raises(ConfigError) as caught:
        load_settings(library_directory, {})
    assert str(caught.value).startswith(said.format(file=file))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_named(library_directory: Path) -> None:
    (library_directory / "rag.toml").write_bytes(b"embeddings = '\xff'")
    with pytest.raises(ConfigError, match=r"news.rag\.toml cannot be read: ") as caught:
        load_settings(library_directory, {})
    assert "\n" not in str(caught.value)


def test_a_misspelt_variable_is_named_and_another_programs_is_not() -> None:
    with pytest.raises(ConfigError, match="RAG_MAX_FILE_BYTE is no setting: RAG_MAX_FILE_BYTES is"):
        load_settings(None, {"RAG_MAX_FILE_BYTE": "5"})
    others = {"RAG_PROXY": "x", "RAG_EVAL_DATA": "x", "RAG_TIME": "now"}
    assert load_settings(None, others) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("MAX_FILE_BYTES", "5MB", "a whole number, 0 or more"),
        ("MAX_REDIRECTS", "-1", "a whole number, 0 or more"),
        ("MAX_REDIRECTS", "1.5", "a whole number, 0 or more"),
        ("TIMEOUT_SECONDS", "soon", "a number, 0 or more"),
        ("ALLOW_PRIVATE_URLS", "maybe", "true or false"),
        ("VERIFY", "twice", "checks or llm"),
        ("VERIFY", "LLM", "checks or llm"),
    ],
)
def test_a_wrong_variable_is_named(variable: str, value: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {f"RAG_{variable}": value})
    assert str(caught.value) == f"{variable.lower()} in the environment: {value!r} is not {wanted}"


@pytest.mark.parametrize(
    "line",
    [
        "max_redirects = 1.5",
        "max_redirects = true",
        "timeout_seconds = true",
        "timeout_seconds = nan",
        "lock_seconds = nan",
        "embeddings = 5",
        "embeddings = ['/models']",
    ],
)
def test_a_value_of_another_kind_is_refused(line: str, library_directory: Path) -> None:
    (library_directory / "rag.toml").write_text(line)
    with pytest.raises(ConfigError, match=line.split(maxsplit=1)[0]):
        load_settings(library_directory, {})


def test_a_folder_of_prompts_lies_beside_the_file_that_names_it(library_directory: Path, user_directory: Path) -> None:
    (user_directory / "rag.toml").write_text('prompts = "mine"\nverify = "llm"\n')
    assert load_settings(library_directory, {}).prompts == str(user_directory / "mine")
    assert load_settings(library_directory, {"RAG_PROMPTS": "mine"}).prompts == "mine"
    (library_directory / "rag.toml").write_text('prompts = "ours"\n')
    assert load_settings(library_directory, {}) == Settings(prompts=str(library_directory / "ours"), verify="llm")
    (library_directory / "rag.toml").write_text('prompts = "~/ours"\n')
    assert load_settings(library_directory, {}).prompts == "~/ours"
    (library_directory / "rag.toml").write_text('prompts = ""\nverify = "checks"\n')
    assert load_settings(library_directory, {}) == Settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().abstain = False  # type: ignore[misc]
