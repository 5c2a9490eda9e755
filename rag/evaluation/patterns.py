"""Regular expressions of gold, searched in a process of their own that is killed when its time is up.

A pattern of a few characters can keep Python busy for years, and nothing stops it from inside: not a thread, and
with threads not even Ctrl-C. Which patterns do so cannot be told from how they look.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

SECONDS = 5.0
"""So long a search may take; thousands take one second."""

_SERVE = """
import json, re, sys
print(flush=True)
for line in sys.stdin:
    regex, texts = json.loads(line)
    print(int(any(re.search(regex, text, re.IGNORECASE) for text in texts)), flush=True)
"""
_REPEATED = 48
"""A pattern that blows up does so on fewer repetitions of one letter."""
_MOST_PROBES = 24


class _Searcher:
    """The process, which is started by the first search and shared by all."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def search(self, regex: str, texts: Sequence[str]) -> bool:
        """Whether `regex` is found in any of `texts`, whatever their case; raises `TimeoutError`."""
        with self._lock:
            process = self._process = self._process or _started()
            expired = threading.Event()

            def expire() -> None:
                expired.set()
                process.kill()

            timer = threading.Timer(SECONDS, expire)
            timer.start()
            reply = ""
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                # As ASCII, whatever encoding the pipe has.
                process.stdin.write(json.dumps([regex, list(texts)]) + "\n")
                process.stdin.flush()
                reply = process.stdout.readline().strip()
            except OSError:
                pass  # it has ended, which is told below
            finally:
                timer.cancel()
                if not reply:  # also where Ctrl-C came between: what it says next would answer this search
                    self.close()
        if not reply:
            why = f"takes longer than {SECONDS:g} seconds" if expired.is_set() else "cannot be searched"
            short = regex if len(regex) <= 60 else f"{regex[:59]}…"
            raise TimeoutError(f"the regex /{short}/ {why}: repeat nothing that is repeated inside already")
        return reply == "1"

    def close(self) -> None:
        """End the process; the next search starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
        process.wait()


def _started() -> subprocess.Popen[str]:
    # A session of its own keeps the terminal's Ctrl-C from it; it ends when its parent does, at the end of its input.
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-S", "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()  # so that starting counts as no search's time
    return process


_searcher = _Searcher()
atexit.register(_searcher.close)


@lru_cache(maxsize=4096)
def found(regex: str, texts: tuple[str, ...]) -> bool:
    """Whether `regex` is found in any of `texts`, whatever their case; raises `TimeoutError`."""
    return _searcher.search(regex, texts)


def probe(regex: str) -> None:
    """Raise `TimeoutError` where `regex` takes too long on one of its own letters, many times over.

    That finds most that blow up when gold is read, before anything is asked; `found` stops the others.
    """
    letters = dict.fromkeys(["a", "1", " ", "a ", *(letter for letter in regex if letter.isalnum())])
    _searcher.search(regex, [part * _REPEATED + "\0" for part in list(letters)[:_MOST_PROBES]])
