"""Finds, checks and renders the prompts: one Markdown file each, with front matter.

Front matter gives `name`, `version`, `description` and `inputs`; the body holds ``$name`` where
an input goes. Inputs are put in as they are: what they hold is never read as a template.
A folder of the user's own may hold others in place of those that ship, under the same names.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any

from rag.errors import ConfigError, NotFoundError, UserError

MAX_BYTES = 1_000_000
"""A larger file is no prompt."""

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_LONGEST_FRONT_MATTER = 10_000
_FIELDS = {"name", "version", "description", "inputs"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Answers record it beside the name and the hash.
_VERSION = re.compile(r"[\w.+-]{1,40}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: `hash` identifies its exact wording. `override` is the user's own file that it stands in, if any."""

    name: str
    version: str
    description: str
    inputs: tuple[str, ...]
    body: str
    hash: str
    override: Path | None = field(default=None, compare=False)

    def render(self, **inputs: str) -> str:
        """Fill in the inputs; raises `ConfigError` unless they are just those that it declares."""
        if set(inputs) != set(self.inputs):
            raise ConfigError(f"the prompt {self.name} takes {', '.join(self.inputs)}, not {', '.join(inputs)}")
        return Template(self.body).substitute(inputs)


@dataclass(frozen=True)
class PromptSource:
    """The prompts that ship, but for those that stand in `folder` under the same name.

    Read once, when the first is wanted, so that one reply is never made with two wordings. Raises `ConfigError`
    for a folder that is not there, and for a file in it that is malformed, unknown or takes other inputs.
    Only the files ``*.md`` right in the folder count; those whose names begin with a dot do not.
    """

    folder: Path | None = None

    @classmethod
    def of(cls, setting: str) -> PromptSource:
        """The source that the setting `prompts` names."""
        try:
            return cls(Path(setting).expanduser() if setting else None)
        except RuntimeError as exc:
            raise ConfigError(f"RAG_PROMPTS: the home folder in {setting!r} is not known") from exc

    def available(self) -> list[Prompt]:
        """Every prompt, by name."""
        return list(self._prompts.values())

    def load(self, name: str) -> Prompt:
        """The prompt of that name; raises `NotFoundError`."""
        try:
            return self._prompts[name]
        except KeyError:
            raise NotFoundError(f"there is no prompt {name!r}; `rag prompts` shows them") from None

    @cached_property
    def _prompts(self) -> dict[str, Prompt]:
        prompts = {prompt.name: prompt for prompt in map(_parse, _files(_folder()))}
        for file in _files(self.folder) if self.folder else ():
            shipped = prompts.get(file.stem)
            if shipped is None or file.name != f"{shipped.name}.md":
                raise ConfigError(f"{_shown(file)}: there is no prompt of that name; there are {', '.join(prompts)}")
            prompts[shipped.name] = _in_place_of(shipped, file)
        return prompts


def available() -> list[Prompt]:
    """Every prompt that ships, by name; raises `ConfigError` for one that is malformed."""
    return PromptSource().available()


def load(name: str) -> Prompt:
    """The prompt of that name that ships; raises `NotFoundError`."""
    return PromptSource().load(name)


def copy_prompts(target: Path) -> list[Path]:
    """Write the prompts that ship into the folder `target`, to be edited, and return the files.

    The folder is made where there is none. Each file comes into being whole. Raises `UserError` where a file of
    that name is there already, or the folder cannot be written; then nothing is copied.
    """
    sources = _files(_folder())
    made: list[Path] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        held = [source.name for source in sources if os.path.lexists(target / source.name)]
        if held:
            raise UserError(_already(target, held))
        # Beside where they go, on the same file system; a source of prompts passes over folders.
        with tempfile.TemporaryDirectory(prefix=".prompts-", dir=target) as beside:
            for source in sources:
                whole = Path(beside) / source.name
                whole.write_bytes(source.read_bytes())
                _appear(whole, target / source.name)
                made.append(target / source.name)
    except FileExistsError as exc:
        _discard(made)
        if not target.is_dir():
            raise UserError(f"{_shown(target)} is no folder: name one to copy the prompts into") from exc
        raise UserError(_already(target, [Path(exc.filename).name])) from exc
    except (OSError, ValueError) as exc:
        _discard(made)
        raise UserError(f"{_shown(target)}: the prompts cannot be written there ({_reason(exc)})") from exc
    except BaseException:
        _discard(made)
        raise
    return made


def _already(target: Path, names: Sequence[str]) -> str:
    are = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {are} in {_shown(target)} already: nothing was copied, name another folder"


def _appear(whole: Path, place: Path) -> None:
    """Give the file its place at one stroke, never another's; raises `FileExistsError`."""
    try:
        os.link(whole, place)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second name for a file.
        with place.open("xb") as file:
            try:
                file.write(whole.read_bytes())
                file.flush()
            except BaseException:
                _discard([place])
                raise


def _discard(files: Sequence[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()


def _folder() -> Path:
    """`rag/_prompts` where the package is installed, `prompts/` beside the package in a checkout."""
    packaged = Path(__file__).parent / "_prompts"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "prompts"


def _files(folder: Path) -> list[Path]:
    """The files of `folder` that must be prompts, by name; raises `ConfigError` where it cannot be read."""
    try:
        if not folder.is_dir():
            raise ConfigError(f"{_shown(folder)}: there is no such folder of prompts (RAG_PROMPTS)")
        found = [file for file in folder.iterdir() if file.suffix.lower() == ".md" and not file.name.startswith(".")]
    except OSError as exc:
        raise ConfigError(f"{_shown(folder)}: the folder of prompts cannot be read ({_reason(exc)})") from exc
    return sorted(found)


def _in_place_of(shipped: Prompt, file: Path) -> Prompt:
    """The user's own prompt; raises `ConfigError` unless it can stand where the other stood."""
    own = _parse(file)
    if own.name != shipped.name:
        raise ConfigError(f"{_shown(file)}: its name is {own.name[:80]!r}, and that of the file is {shipped.name!r}")
    if set(own.inputs) != set(shipped.inputs):
        has, needed = (", ".join(sorted(prompt.inputs)) for prompt in (own, shipped))
        raise ConfigError(f"{_shown(file)}: its inputs are {has or 'none'}, and {needed} are needed")
    return replace(own, override=file)


def _parse(file: Path) -> Prompt:
    raw = _read(file)
    match = _FRONT_MATTER.match(raw)
    head = _head(match[1], file) if match else None
    if not match or not isinstance(head, dict) or set(head) != _FIELDS:
        raise ConfigError(f"{_shown(file)}: the front matter needs name, version, description and inputs")
    # YAML reads 2 as a number; a nested value of it could be endless when written out.
    texts = {name: str(head[name]) for name in _FIELDS - {"inputs"} if isinstance(head[name], str | int | float)}
    if len(texts) < len(_FIELDS) - 1 or not _VERSION.fullmatch(texts["version"]):
        raise ConfigError(f"{_shown(file)}: name and description must be text, and version one short word")
    description = " ".join(texts["description"].split())
    if not (texts["name"] + description).isprintable():
        raise ConfigError(f"{_shown(file)}: name and description hold characters that are not to be seen")
    return Prompt(
        name=texts["name"],
        version=texts["version"],
        description=description,
        inputs=_inputs(head["inputs"], Template(match[2]), file),
        body=match[2].strip() + "\n",
        hash=hashlib.sha256(raw.encode()).hexdigest()[:12],
    )


def _read(file: Path) -> str:
    """The text of a prompt's file, with LF; raises `ConfigError` for what is no text of a fitting size."""
    try:
        # A pipe or a device would never end.
        if not file.is_file():
            raise ConfigError(f"{_shown(file)}: the prompt cannot be read (it is no file)")
        if file.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{_shown(file)}: the prompt is too large (over {MAX_BYTES:,} bytes)")
        raw = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{_shown(file)}: the prompt cannot be read ({_reason(exc)})") from exc
    if _CONTROLS.search(raw):
        raise ConfigError(f"{_shown(file)}: the prompt cannot be read (it holds control characters)")
    return raw


def _head(text: str, file: Path) -> Any:
    import yaml

    # YAML takes its time: a megabyte of it, more than ten seconds.
    if len(text) > _LONGEST_FRONT_MATTER:
        raise ConfigError(f"{_shown(file)}: the front matter is too long (over {_LONGEST_FRONT_MATTER:,} characters)")
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise ConfigError(f"{_shown(file)}: the front matter cannot be read (it is no YAML)") from exc


def _inputs(declared: object, body: Template, file: Path) -> tuple[str, ...]:
    listed = isinstance(declared, list) and all(isinstance(name, str) for name in declared)
    if not isinstance(declared, list) or not listed or not body.is_valid():
        raise ConfigError(f"{_shown(file)}: inputs must be a list, and a dollar that is no input is written $$")
    used = set(body.get_identifiers())
    if used != set(declared) or len(used) < len(declared):
        raise ConfigError(f"{_shown(file)}: declared inputs are {sorted(declared)}, used ones {sorted(used)}")
    return tuple(declared)


def _reason(exc: Exception) -> str:
    if isinstance(exc, UnicodeDecodeError):
        return "it is not UTF-8"
    return (exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)) or type(exc).__name__


def _shown(path: Path) -> str:
    """A path on one line, whatever its name holds."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(path))
