"""The wheel: what is in it, and that it works where nothing of the checkout is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
STORY = "Harbour opens\n\nThe new harbour of Varrow opened on Monday. It cost $4.6 million, Mayor Quillon said.\n"


def run(command: Sequence[object], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run in `folder`, with no setting of this process but where programs are."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, **environment},
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    done = run(build, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new virtual environment: the wheel, and beside it what is installed here."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False)
    found = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", found / "python", "install", "--no-deps", "--no-index"]
    done = run([*pip, "--disable-pip-version-check", wheel], folder, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stdout + done.stderr
    (installed,) = (folder / "venv").rglob("site-packages")
    # After the environment's own folder on the path; the .pth files in there, this checkout's among them, are not read.
    (installed / "beside.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return found


def offline() -> list[str]:
    """What to put before a command so that it has no network at all, where the system can do that."""
    prefix = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        return []
    return prefix


def test_the_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {
        str(file.relative_to(ROOT)) for file in (ROOT / "rag").rglob("*") if file.is_file() and file.suffix != ".pyc"
    }
    prompts = {f"rag/_prompts/{file.name}" for file in (ROOT / "prompts").iterdir() if file.is_file()}
    assert {name for name in names if ".dist-info/" not in name} == package | prompts
    assert {"rag/py.typed", "rag/_prompts/answer.md", "rag/answering/fitted.json"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_what_is_installed_is_the_wheel(scripts: Path, tmp_path: Path) -> None:
    code = "import rag, rag.prompts; print(rag.__file__, rag.prompts._folder(), rag.prompts.load('answer').name)"
    done = run([scripts / "python", "-c", code], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    package, folder, name = done.stdout.split()
    assert Path(package).is_relative_to(scripts.parent)
    assert Path(folder) == Path(package).parent / "_prompts"
    assert name == "answer"


def test_it_answers_from_another_directory_without_a_network(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(STORY)
    rag = [*offline(), scripts / "rag", "--library", "news"]
    added = run([*rag, "add", "story.txt", "--json"], tmp_path)
    assert (added.returncode, added.stderr) == (0, "")
    (item,) = json.loads(added.stdout)["items"]
    assert (item["status"], item["title"]) == ("added", "Harbour opens")
    asked = run([*rag, "ask", "How much did the new harbour of Varrow cost?", "--json"], tmp_path)
    assert (asked.returncode, asked.stderr) == (0, "")
    answer = json.loads(asked.stdout)
    assert answer["status"] == "answered"
    (statement, *_) = answer["statements"]
    assert "It cost $4.6 million, Mayor Quillon said." in statement["text"]
    assert statement["support"] == "verified"
    citation = answer["citations"][statement["citations"][0] - 1]
    assert citation["article_id"] == item["article_id"]
    assert STORY.strip()[citation["start"] : citation["end"]] == citation["quote"]
    assert (tmp_path / "news" / "catalog.sqlite3").is_file()
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == ["news", "story.txt"]


def test_the_version_is_the_packages(scripts: Path, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    done = run([scripts / "rag", "--version"], tmp_path)
    assert (done.returncode, done.stdout) == (0, f"rag {project['version']}\n")


def test_the_pinned_requirements_are_what_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for file, asked in (
        ("requirements.txt", project["dependencies"]),
        ("requirements-dev.txt", project["dependencies"] + project["optional-dependencies"]["dev"]),
    ):
        lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
        pins = [Requirement(line) for line in lines if line]
        versions = {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}
        assert all(re.fullmatch(r"==[\w.]+", version) for version in versions.values())
        for requirement in map(Requirement, asked):
            version = versions[canonicalize_name(requirement.name)].removeprefix("==")
            assert requirement.specifier.contains(version), requirement


FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|root|home|Users|mnt)/[\w.]"),
    "a registry or index": re.compile(
        r"pythonhosted|pypi\.org/simple|--(?:extra-)?index-url|--trusted-host|file://(?!localhost)\w"
    ),
    "an address of this machine": re.compile(
        r"https?://(?:127\.(?!0\.0\.1:(?:8000|8766)\b)|localhost|10\.|192\.168\.)"
    ),
}


def test_no_file_names_the_machine_that_it_was_written_on() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout")
    found = []
    for name in listed.stdout.decode().split("\0"):
        file = ROOT / name
        if not name or not file.is_file() or file == Path(__file__):
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        for what, pattern in FOREIGN.items():
            if not (name.startswith("tests/") and what == "an address of this machine"):
                found += [f"{name}: {what}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []
