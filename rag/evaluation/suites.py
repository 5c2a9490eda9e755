"""Suites: which gold files belong together, and the articles that they are asked of."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import UserError
from rag.evaluation.cases import Case
from rag.evaluation.gold import load_cases
from rag.evaluation.gold_values import meant
from rag.evaluation.outcomes import GoldFile

if TYPE_CHECKING:
    from rag.library import Library
    from rag.types import Progress

SUITE_FILE = "suite.yaml"
GOLD_SUFFIXES = (".jsonl", ".yaml", ".yml")

_KEYS = {"name", "articles", "cases", "optional"}
_NAME = re.compile(r"[\w][\w.-]{0,59}")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(frozen=True, slots=True)
class ArticleSource:
    """A file or folder of articles as the suite names it, and where that is; of a JSON Lines file, `limit` rows.

    `path` is `None` where it hangs on a variable of the environment that is not set.
    """

    named: str
    path: Path | None
    limit: int | None = None

    @property
    def absence(self) -> str | None:
        """Why it is not there, in a few words; `None` where it is."""
        if self.path is None:
            unset = ", ".join(found[1] or found[2] for found in _VARIABLE.finditer(self.named))
            return f"{self.named} needs {unset} to be set"
        return None if self.path.exists() else f"there is no {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Cases under one name, from the gold files `gold`; `place` is the file or folder that it was read from.

    With `articles`, it brings its own library. An `optional` suite is passed over where these are absent.
    """

    name: str
    place: Path
    gold: tuple[GoldFile, ...]
    cases: tuple[Case, ...]
    articles: tuple[ArticleSource, ...] = ()
    optional: bool = False

    @property
    def absence(self) -> str | None:
        """Why its articles are not there, in a few words; `None` where they are, or it has none of its own."""
        return next((absence for source in self.articles if (absence := source.absence)), None)

    @property
    def key(self) -> str:
        """Its name with what tells it from another suite of that name, fit for a folder's name."""
        return f"{self.name}-{hashlib.sha256(str(self.place).encode()).hexdigest()[:8]}"


def load_suite(path: Path, environment: Mapping[str, str] | None = None) -> Suite:
    """The suite in a gold file, or in a folder of them, which ``suite.yaml`` may describe.

    That file has `name`, `articles` (paths from where it lies, in which variables such as ``$HOME`` are filled in
    from `environment`; or ``{path, limit}`` for the first rows of a JSON Lines file), `cases` (files; all beside it,
    unless given) and `optional`. Raises `UserError` in one line for what is not so, and as `load_cases` does.
    """
    place = path.resolve()
    if place.is_dir():
        described = _described(place)
        files = [place / name for name in described.get("cases") or _gold_files(place)]
    elif place.is_file():
        described, files = {}, [place]
    else:
        raise UserError(f"there is no gold file or suite {path}")
    if not files:
        raise UserError(f"{path} holds no gold file: name one that ends in {', '.join(GOLD_SUFFIXES)}")
    variables = os.environ if environment is None else environment
    gold, cases = _loaded(files)
    return Suite(
        name=described.get("name") or _fit(place.stem if place.is_file() else place.name),
        place=place,
        gold=gold,
        cases=cases,
        articles=tuple(_source(entry, place, variables) for entry in described.get("articles") or ()),
        optional=described.get("optional", False),
    )


def fill(library: Library, suite: Suite, progress: Progress | None = None) -> None:
    """Make the suite's own articles those of `library`, and no others; what has not changed costs next to nothing.

    Raises `UserError` where one of them is not there or cannot be read.
    """
    if suite.absence:
        raise UserError(f"the articles of {suite.name} are not there: {suite.absence}")
    report = library.add((each for source in suite.articles for each in _inputs(source)), progress=progress)
    for item in report.failed:
        raise UserError(f"an article of {suite.name} cannot be read: {item.source}: {item.reason}")
    named = {item.article_id for item in report.items}
    for info in library.articles():
        if info.id not in named:
            library.remove(info.id)


def _described(folder: Path) -> dict[str, Any]:
    """What ``suite.yaml`` says, each value of the kind that it must be; nothing where there is no such file."""
    file = folder / SUITE_FILE
    if not file.exists():
        return {}
    import yaml

    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise UserError(f"{file} cannot be read: {exc.strerror}") from exc
    except RecursionError as exc:
        raise UserError(f"{file} cannot be read: it is nested too deep") from exc
    except (yaml.YAMLError, ValueError) as exc:
        raise UserError(f"{file} cannot be read: {' '.join(str(exc).split())}") from exc
    if not isinstance(said, dict):
        raise UserError(f"{file}: a suite has {', '.join(sorted(_KEYS))}")
    if unknown := sorted(str(key) for key in set(said) - _KEYS):
        raise UserError(f"{file}: {unknown[0]!r} is not known: {meant(unknown[0], sorted(_KEYS), 'a suite')}")
    name = said.setdefault("name", _fit(folder.name))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UserError(f"{file}: name must be a short word, of letters, digits, dots and dashes")
    if not isinstance(said.setdefault("optional", False), bool):
        raise UserError(f"{file}: optional must be true or false")
    for key in ("articles", "cases"):
        if said.setdefault(key, None) is not None and not (isinstance(said[key], list) and said[key]):
            raise UserError(f"{file}: {key} must be a list")
    if not all(isinstance(name, str) for name in said["cases"] or ()):
        raise UserError(f"{file}: cases must be a list of file names")
    return said


def _gold_files(folder: Path) -> list[str]:
    names = sorted(file.name for file in folder.iterdir() if file.suffix in GOLD_SUFFIXES)
    return [name for name in names if name != SUITE_FILE and not name.startswith(".")]


def _fit(name: str) -> str:
    """A file's name as the name of a suite."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-")[:60] or "suite"


def _loaded(files: list[Path]) -> tuple[tuple[GoldFile, ...], tuple[Case, ...]]:
    gold: list[GoldFile] = []
    cases: dict[str, Case] = {}
    for file in files:
        held = load_cases(file)
        for case in held:
            if case.id in cases:
                other = cases[case.id]
                raise UserError(
                    f"{file}, line {case.line}: the id {case.id!r} is that of a case in {other.file} already"
                )
            cases[case.id] = case
        gold.append(GoldFile(file.name, hashlib.sha256(file.read_bytes()).hexdigest(), len(held)))
    return tuple(gold), tuple(cases.values())


def _source(entry: object, folder: Path, variables: Mapping[str, str]) -> ArticleSource:
    named, limit = (entry.get("path"), entry.get("limit")) if isinstance(entry, dict) else (entry, None)
    known = not isinstance(entry, dict) or set(entry) <= {"path", "limit"}
    if not isinstance(named, str) or not named.strip() or not known or not _is_count(limit):
        raise UserError(
            f"{folder / SUITE_FILE}: an article is a path, or has a path and a limit, a whole number from 1 on"
        )
    parts = [found[1] or found[2] for found in _VARIABLE.finditer(named)]
    if not all(variables.get(part) for part in parts):
        return ArticleSource(named, None, limit)
    filled = _VARIABLE.sub(lambda found: variables[found[1] or found[2]], named)
    return ArticleSource(named, Path(os.path.normpath(folder / filled)), limit)


def _is_count(limit: object) -> bool:
    return limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit > 0)


def _inputs(source: ArticleSource) -> Iterator[Path | Mapping[str, object]]:
    """What `Library.add` is given for `source`."""
    assert source.path is not None
    if source.limit is None:
        yield source.path
        return
    try:
        with source.path.open(encoding="utf-8") as lines:
            for line in islice((line for line in lines if line.strip()), source.limit):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("a line is no object")
                yield row
    except (OSError, ValueError) as exc:
        raise UserError(f"{source.path}: no rows of articles can be read ({' '.join(str(exc).split())})") from exc
