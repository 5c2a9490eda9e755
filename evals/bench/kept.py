"""Results of a table that is under way, each kept once it is there: whoever is stopped goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from evals.bench.results import BenchResult
from evals.data import ROOT
from rag.errors import UserError
from rag.evaluation.runs import read_kept, write_whole
from rag.evaluation.setup import hash_of, versions
from rag.plain import to_plain

SCHEMA = 1
KEPT = ROOT / ".evals" / "bench"


class Kept:
    """The results in one folder that were measured by this code, on this data and machine; others do not count."""

    def __init__(self, data: Path, measured_with: Mapping[str, str], folder: Path | None = None) -> None:
        code = hash_of((ROOT / "evals").rglob("*.py"), ROOT)
        identity = json.dumps([str(data.resolve()), dict(measured_with), versions(), code], sort_keys=True)
        self._mark = hashlib.sha256(identity.encode()).hexdigest()[:12]
        self._folder = folder or KEPT

    def get(self, name: str) -> BenchResult | None:
        """What the benchmark of this name gave; `None` where it is not there or cannot be read."""
        try:
            return read_kept(self._file(name), BenchResult, SCHEMA, "result", lambda _: None)
        except UserError:
            return None

    def put(self, result: BenchResult) -> None:
        """Keep a result; raises `StorageError`."""
        text = json.dumps({"schema": SCHEMA, **to_plain(result)}, ensure_ascii=False)
        write_whole(self._file(result.name), text + "\n")

    def clear(self) -> None:
        """Forget all results, also those of other code: the table is there, or is to be made anew."""
        for file in self._folder.glob("*.json"):
            file.unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}-{self._mark}.json"
