"""Kills writers at random moments, and lets processes race on one library: is anything lost?

    python -m evals.crash --kills 100 --processes 4 --seconds 30

Embeds with hashed words, so that the time goes to storage, where the danger is. Prints one line
a phase, and ends with exit code 1 at the first article that is lost, half there or inexact.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rag import Library
from rag.models.fakes import HashEmbedder

ARTICLES = 12
_WORDS = ("harbour", "council", "budget", "storm", "ferry", "verdict", "strike", "pension", "bridge", "festival")


def text_of(writer: int, number: int, state: int) -> str:
    """An article of several chunks that says which state of which article it is, over and over."""
    topic = _WORDS[(writer + number) % len(_WORDS)]
    return "\n".join(
        f"Paragraph {line} of the {topic} story w{writer}a{number}s{state} goes on. "
        f"Officials counted {state * 100 + line} {topic} cases. " + "Nobody was hurt, they added. " * (number % 5)
        for line in range(4 + number % 9)
    )


def state_of(text: str) -> int:
    """Which state an article is in; it must be exactly that, from the first character to the last."""
    mark = text.split(" story ", 1)[1].split(" ", 1)[0]
    writer, rest = mark[1:].split("a")
    number, state = map(int, rest.split("s"))
    expected = "\n".join(line.rstrip() for line in text_of(int(writer), number, state).splitlines())
    assert text == expected, f"article {mark} is not whole"
    return state


def write(folder: str, acknowledged: str, writer: int, first: int, seconds: float) -> None:
    """Add and update articles until killed or out of time, noting each step once it is done."""
    deadline = time.monotonic() + seconds
    with Library.open(folder, embedder=HashEmbedder()) as library, Path(acknowledged).open("a") as notes:
        state = first
        while time.monotonic() < deadline:
            for start in range(0, ARTICLES, 3):
                rows = [
                    {"id": f"w{writer}a{number}", "title": f"Story {number}", "text": text_of(writer, number, state)}
                    for number in range(start, start + 3)
                ]
                report = library.add(rows)
                assert not report.failed, report
                for number in range(start, start + 3):
                    notes.write(f"{writer} {number} {state}\n")
                notes.flush()
                for hit in library.search(f"{_WORDS[start]} cases", k=4):
                    assert hit.article.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
                    state_of(hit.article.text)
            state += 1


def check(folder: str, acknowledged: str) -> tuple[int, int]:
    """Open the library as the next user would, and hold it to what was acknowledged.

    Returns how many articles and chunks there are; raises `AssertionError` for the first fault.
    """
    promised: dict[tuple[int, int], int] = {}
    for line in Path(acknowledged).read_text().splitlines():
        if len(parts := line.split()) == 3:
            writer, number, state = map(int, parts)
            promised[writer, number] = max(state, promised.get((writer, number), 0))
    with Library.open(folder, embedder=HashEmbedder()) as library:
        report = library.doctor(mend=False)
        assert (report.missing, report.surplus, report.inexact, report.damage) == (0, 0, (), ()), report
        found = {article.id: library.article(article.id) for article in library.articles()}
        states = {article.key.removeprefix("id:"): state_of(article.text) for article in found.values()}
        for (writer, number), state in promised.items():
            assert states.get(f"w{writer}a{number}", -1) >= state, f"w{writer}a{number} lost state {state}"
        for article in found.values():
            hits = library.search(article.text.splitlines()[0], k=3)
            assert any(hit.article.id == article.id for hit in hits), f"{article.key} is not found"
        return report.articles, report.chunks


def _start(folder: str, acknowledged: str, writer: int, first: int, seconds: float) -> subprocess.Popen[bytes]:
    words = ["write", folder, acknowledged, str(writer), str(first), str(seconds)]
    return subprocess.Popen([sys.executable, "-m", "evals.crash", *words])


def kills(count: int, seed: int) -> str:
    """Kill a writer `count` times at random moments, checking the library after each."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        acknowledged = f"{folder}/acknowledged"
        Path(acknowledged).touch()
        for number in range(count):
            process = _start(f"{folder}/library", acknowledged, 0, (number + 1) * 1000, 60)
            # Start-up takes about two seconds; from then on every moment is as likely.
            before = Path(acknowledged).stat().st_size
            waited = time.monotonic()
            while (
                Path(acknowledged).stat().st_size == before
                and process.poll() is None
                and time.monotonic() < waited + 30
            ):
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.6))
            assert process.poll() is None, "the writer ended by itself"
            process.send_signal(signal.SIGKILL)
            process.wait()
            articles, chunks = check(f"{folder}/library", acknowledged)
        steps = len(Path(acknowledged).read_text().splitlines())
    return f"{count} kills: nothing lost in {steps} acknowledged steps; {articles} articles, {chunks} chunks, all exact"


def race(processes: int, seconds: float) -> str:
    """Let several processes add, update and search in one library at once, then check it."""
    with tempfile.TemporaryDirectory() as folder:
        acknowledged = f"{folder}/acknowledged"
        Path(acknowledged).touch()
        running = [_start(f"{folder}/library", acknowledged, writer, 1000, seconds) for writer in range(processes)]
        codes = [process.wait() for process in running]
        assert codes == [0] * processes, f"writers ended with {codes}"
        articles, chunks = check(f"{folder}/library", acknowledged)
        steps = len(Path(acknowledged).read_text().splitlines())
    return (
        f"{processes} processes for {seconds:g} s: nothing lost in {steps} steps; {articles} articles, {chunks} chunks"
    )


def main() -> None:
    """Run both phases, or, as a child, the writer."""
    if sys.argv[1:2] == ["write"]:
        folder, acknowledged, writer, first, seconds = sys.argv[2:]
        write(folder, acknowledged, int(writer), int(first), float(seconds))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(kills(options.kills, options.seed))
    print(race(options.processes, options.seconds))


if __name__ == "__main__":
    main()
