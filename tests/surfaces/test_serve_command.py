"""`rag serve` as a process: what it says, whom it lets in, how it ends, and that nothing is lost when it is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.surfaces import serve as command

from .conftest import Result, Run, hear_interrupts
from .serving import get, opened, post

KEY = "a-key-of-enough-characters"
OWN_WORDS = "answers are the articles' own sentences, and no model is asked"
PROGRAM = """
import sys
import rag.models.embeddings
from rag.models.fakes import HashEmbedder
rag.models.embeddings.load_embedder = lambda _: HashEmbedder()
from rag.surfaces.cli import main
sys.exit(main(sys.argv[1:]))
"""


@contextmanager
def serving(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """`rag serve` with the small embedder in a process of its own, killed at the end if it has not ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
        preexec_fn=hear_interrupts,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def introduced(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says of itself with ``--json``, once it listens."""
    assert process.stdout
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    value: dict[str, Any] = json.loads(line)
    return value


def ended(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=240)
    return Result(process.returncode, out, err)


def article(number: int) -> dict[str, Any]:
    text = f"The harbour number {number} of Varrow opened on Monday. It cost ${number} million, the mayor said."
    return {"article": {"id": f"h{number}", "title": f"Harbour {number}", "text": text}}


def test_it_serves_what_other_processes_add_and_ends_in_good_order(library: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "sport") as sport:
        sport.add({"text": "Varrow beat Skelbray by three goals on Sunday, the club said."})
    with serving("--library", str(library), "--library", str(tmp_path / "sport"), "--json") as process:
        said = introduced(process)
        url = said.pop("url")
        assert url.startswith("http://127.0.0.1:")
        assert said == {
            "schema": 1,
            "key": False,
            "libraries": [
                {"name": "library", "directory": str(library), "articles": 3, "writer": OWN_WORDS},
                {"name": "sport", "directory": str(tmp_path / "sport"), "articles": 1, "writer": OWN_WORDS},
            ],
        }
        with httpx.Client(base_url=url, timeout=60) as client:
            question = {"question": "How much did the new tunnel of Orveth cost?"}
            assert client.post("/v1/ask", json=question).json()["status"] == "abstained"
            story = tmp_path / "tunnel.txt"
            story.write_text("Tunnel opens\n\nThe new tunnel of Orveth cost $12 million, the council said on Friday.\n")
            added = subprocess.run(
                [sys.executable, "-c", PROGRAM, "--library", str(library), "add", str(story), "--json"],
                capture_output=True,
                text=True,
                check=True,
            )
            assert json.loads(added.stdout)["added"] == 1
            assert "$12 million" in client.post("/v1/ask", json=question).json()["text"]
            asked = subprocess.run(
                [sys.executable, "-c", PROGRAM, "--library", str(library), "ask", question["question"], "--json"],
                capture_output=True,
                text=True,
                check=True,
            )
            here = client.post("/v1/ask", json=question).json()
            assert {**json.loads(asked.stdout), "timings_ms": None} == {**here, "timings_ms": None}
            assert client.get("/v1/models").json()["data"][1]["id"] == "sport"
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    assert (result.code, result.out) == (0, "")
    lines = result.err.splitlines()
    assert [line.split(" ", 2)[2].split(" 200 ")[0] for line in lines] == [
        "127.0.0.1 POST /v1/ask",
        "127.0.0.1 POST /v1/ask",
        "127.0.0.1 POST /v1/ask",
        "127.0.0.1 GET /v1/models",
    ]
    assert "Orveth" not in result.err


def test_for_a_person_it_says_where_and_who_writes(library: Path) -> None:
    with serving("--library", str(library)) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(4)]
        url = lines[0].removeprefix("Serving at ").strip()
        assert get(f"{url}healthz").status_code == 200
        process.send_signal(signal.SIGINT)
        result = ended(process)
    assert lines == [
        f"Serving at {url}\n",
        f"    library: 3 articles; {OWN_WORDS}\n",
        "Only this machine can reach it, without a key.\n",
        "Ctrl-C stops it.\n",
    ]
    assert (result.code, result.out) == (130, "")
    assert result.err.splitlines()[-1] == "rag: interrupted; what was being answered was finished"


def test_bound_elsewhere_it_wants_the_key(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    with serving("--library", str(library), "--host", "0.0.0.0", "--key-file", str(file), "--json") as process:
        said = introduced(process)
        assert said["key"] is True
        url = said["url"].replace("0.0.0.0", "127.0.0.1")
        assert get(f"{url}/v1/articles").status_code == 401
        allowed = get(f"{url}/v1/articles", headers={"Authorization": f"Bearer {KEY}", "Host": "news.example"})
        assert allowed.json()["total"] == 3
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    assert result.code == 0
    assert KEY not in result.err


@pytest.mark.parametrize(
    ("arguments", "key", "code", "said"),
    [
        (["--host", "0.0.0.0"], "", 2, "to listen on 0.0.0.0, where others can reach it, set RAG_SERVE_KEY to a key"),
        ([], "short", 2, "RAG_SERVE_KEY must have 16 characters or more"),
        (["--key-file", "nowhere"], "", 2, "nowhere, which is to hold the key, cannot be read"),
        (["--port", "65536"], "", 2, "argument --port: '65536' is not a port"),
        (["--port", "x"], "", 2, "argument --port: 'x' is not a port"),
        (["--concurrency", "0"], "", 2, "argument --concurrency: '0' is not a number from 1 to 256"),
        (["--rate", "-1"], "", 2, "argument --rate: '-1' is not a number"),
        (["--rate", "many"], "", 2, "argument --rate: 'many' is not a number"),
        (["--host", "no such host"], KEY, 2, "'no such host' is no address of this machine"),
        (["--library", "a", "--library", "b/a"], "", 2, "two of the libraries are called 'a'"),
        (["--library", "nowhere"], "", 2, "there is no library in "),
    ],
)
def test_what_it_cannot_do_it_says_in_one_line(
    rag: Run,
    library: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    key: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b/a"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setenv("RAG_SERVE_KEY", key)
    result = rag("serve", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(f"rag: {said}")
    assert result.err.count("\n") == 1


def test_a_port_that_is_taken_is_named(rag: Run, library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = rag("serve", "--port", str(port))
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"rag: port {port} of 127.0.0.1 cannot be listened on: Address already in use; try another --port\n"
    )


@pytest.mark.parametrize("package", ["fastapi", "prometheus_client", "python_multipart", "uvicorn"])
def test_without_its_packages_it_says_what_to_install(
    rag: Run, library: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    expected = 'rag: rag serve needs packages that are not installed: pip install "rag[serve]"\n'
    assert rag("serve") == Result(2, "", expected)


def test_other_commands_import_nothing_of_it() -> None:
    program = (
        "import sys; from rag.surfaces.commands import COMMANDS; import rag.surfaces.serve\n"
        "print(sorted({'fastapi', 'uvicorn', 'starlette', 'prometheus_client', 'mcp', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_calls_that_do_not_end_are_cut_off(library: Path) -> None:
    """A client is gone, and what it asked for goes on: the server waits for that, but not for ever."""
    program = PROGRAM.replace(
        "from rag.surfaces.cli import main",
        "import threading, rag.library, rag.surfaces.http.limits as limits\n"
        "rag.library.Library.search = lambda *_, **__: threading.Event().wait()\n"
        "limits.Limits.__init__.__kwdefaults__['stop_seconds'] = 0.2\n"
        "from rag.surfaces.cli import main",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--port", "0", "--json", "--library", str(library)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        url = introduced(process)["url"]
        with pytest.raises(httpx.ReadTimeout):
            post(f"{url}/v1/search", json={"query": "x"}, timeout=0.5)
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    assert result.code == 1
    assert result.err.splitlines()[-1] == "rag: 1 call of the library did not end in time: cut off"


def test_killed_in_the_middle_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    some = threading.Event()

    def add(url: str, first: int) -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            for number in range(first, first + 1000):
                try:
                    report = client.post("/v1/articles", json=article(number)).json()
                except httpx.TransportError:
                    return
                assert report["added"] == 1
                acknowledged.append(number)
                if len(acknowledged) >= 10:
                    some.set()

    (tmp_path / "news").mkdir()
    with serving("--library", str(tmp_path / "news"), "--rate", "0", "--json") as process:
        url = introduced(process)["url"]
        threads = [threading.Thread(target=add, args=(url, 1000 * number)) for number in range(1, 4)]
        for thread in threads:
            thread.start()
        assert some.wait(240)
        process.kill()
        for thread in threads:
            thread.join(240)
    with opened(tmp_path / "news") as library:
        keys = {library.article(info.id).key for info in library.articles()}
        assert {f"id:h{number}" for number in acknowledged} <= keys
        report = library.doctor(mend=False)
        assert (report.missing, report.inexact, report.damage) == (0, (), ())
        for number in acknowledged[-3:]:
            hits = library.search(f"harbour number {number}", k=20)
            assert f"h{number}" in {hit.article.key.removeprefix("id:") for hit in hits}


def test_the_log_goes_to_standard_error_and_no_handler_stays(library: Path) -> None:
    import logging

    before = list(logging.getLogger("rag.serve").handlers)
    with command._logging(debug=False):
        assert len(logging.getLogger("rag.serve").handlers) == len(before) + 1
    assert logging.getLogger("rag.serve").handlers == before
