"""Frozen settings from the environment and `rag.toml`; this module builds nothing.

Order, first wins: what the caller passes, `RAG_*` in the environment, `rag.toml` in the
library's directory, `rag.toml` in the user's configuration directory, the defaults.
The working directory is never read: a folder that one happens to stand in decides nothing.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from rag.errors import ConfigError

MiB = 1024 * 1024

Verify = Literal["checks", "llm"]
"""What follows the checks on a statement: nothing, or a second opinion by the language model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every knob, each with its unit. `RAG_` and the name in capitals is its variable.

    `embeddings` is empty for the bundled MiniLM weights, a folder with `model.onnx` and
    `tokenizer.json`, or `openai:MODEL` for an OpenAI-compatible service, which then gets every text.
    `allow_private_urls` lets a URL lead to a private or loopback address. With `abstain` off, a question
    always gets the best sentences there are: for measuring, not for trust.
    `llm` names who writes answers: `extractive` for the articles' own sentences, `auto` for an OpenAI key or
    base URL in the environment, `local`, or a provider and model such as `openai:gpt-5-mini`.
    `llm_price` is what that model costs, as ``READ/WRITTEN`` in US dollars for a million tokens; empty where it
    is not known. With `verify` set to ``llm`` the model reads each statement once more, and can only lower its verdict.
    `prompts` is a folder with prompts of one's own; in `rag.toml` it may be given from where that file lies.
    """

    embeddings: str = ""
    max_file_bytes: int = 50 * MiB
    max_article_chars: int = 2_000_000
    max_redirects: int = 5
    timeout_seconds: float = 20.0
    lock_seconds: float = 60.0
    max_feed_entries: int = 100
    max_question_chars: int = 2_000
    max_verified_chars: int = 50_000
    allow_private_urls: bool = False
    abstain: bool = True
    llm: str = "extractive"
    llm_timeout_seconds: float = 60.0
    llm_price: str = ""
    verify: Verify = "checks"
    prompts: str = ""


def load_settings(directory: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings for the library in `directory`. A variable that is empty is as one that is not set.

    Raises `ConfigError` for an unknown name, a value of the wrong kind or a broken file.
    """
    settings = Settings()
    for path in (_user_config() / "rag.toml", directory and directory / "rag.toml"):
        if path and path.is_file():
            values = _read_toml(path)
            settings = _updated(settings, values, str(path))
            if values.get("prompts") and not settings.prompts.startswith("~"):
                # Beside the file that names it: the working directory decides nothing.
                settings = replace(settings, prompts=str(path.parent / settings.prompts))
    variables = os.environ if environment is None else environment
    known = {f"RAG_{field.name.upper()}": field.name for field in fields(Settings)}
    _refuse_misspelt(variables, known)
    found = {known[key]: value for key, value in variables.items() if key in known and value.strip()}
    return _updated(settings, found, "the environment")


def _refuse_misspelt(variables: Mapping[str, str], known: Mapping[str, str]) -> None:
    """A variable that is nearly one of ours was meant; others that begin alike are another program's."""
    for name in variables:
        if name.startswith("RAG_") and name not in known:
            from difflib import get_close_matches

            if meant := get_close_matches(name, known, n=1, cutoff=0.9):
                raise ConfigError(f"{name} is no setting: {meant[0]} is")


def _user_config() -> Path:
    from platformdirs import user_config_path

    return user_config_path("rag")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}") from exc


def _updated(settings: Settings, values: Mapping[str, Any], where: str) -> Settings:
    kinds = {field.name: type(getattr(settings, field.name)) for field in fields(Settings)}
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise ConfigError(f"unknown setting in {where}: {', '.join(unknown)}")
    return replace(settings, **{name: _parsed(name, value, kinds[name], where) for name, value in values.items()})


_CHOICES = {"verify": get_args(Verify)}
_WANTED = {int: "a whole number, 0 or more", float: "a number, 0 or more", bool: "true or false", str: "text"}


def _parsed(name: str, value: Any, kind: type, where: str) -> Any:
    # A file gives values of a kind, the environment only text.
    fitting = {int: (int, str), float: (int, float, str), bool: (bool, str), str: (str,)}[kind]
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        if not isinstance(value, fitting) or (isinstance(value, bool) and kind is not bool):
            raise TypeError
        if kind is bool:
            return words[str(value).strip().lower()]
        parsed = kind(value)
        if kind in (int, float) and not 0 <= parsed < float("inf"):
            raise ValueError
        if parsed not in _CHOICES.get(name, (parsed,)):
            raise ValueError
        return parsed
    except (KeyError, TypeError, ValueError) as exc:
        wanted = " or ".join(_CHOICES.get(name, (_WANTED[kind],)))
        raise ConfigError(f"{name} in {where}: {value!r} is not {wanted}") from exc
