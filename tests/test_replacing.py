"""Files that are replaced whole: two writers at once, what a killed one left, and the mode."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from rag.files import replacing


def test_two_writers_at_once_both_end_well_and_the_last_is_there_whole(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    both = threading.Barrier(2)
    failed: list[BaseException] = []

    def write(text: str) -> None:
        try:
            with replacing(file) as stream:
                stream.write(text)
                both.wait(timeout=10)
        except BaseException as exc:
            failed.append(exc)

    threads = [threading.Thread(target=write, args=(letter * 9000,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert file.read_text() in ("a" * 9000, "b" * 9000)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_what_a_killed_writer_left_is_in_nobodys_way(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    for name in (f".run.json.{os.getpid()}.part", ".run.json.part"):
        (tmp_path / name).write_text("half")
    with replacing(file) as stream:
        stream.write("whole")
    assert file.read_text() == "whole"


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "baseline.json"
    file.write_text("before")
    file.chmod(mode)
    with replacing(file) as stream:
        stream.write("after")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_text()) == (mode, "after")


def test_a_new_file_has_the_mode_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    with replacing(tmp_path / "new") as stream:
        stream.write("x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_fails_leaves_the_file_and_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text("before")
    with pytest.raises(TypeError), replacing(file) as stream:
        stream.writelines(["half", None])  # type: ignore[list-item]
    assert file.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_a_name_as_long_as_a_file_may_have(tmp_path: Path) -> None:
    file = tmp_path / ("x" * 255)
    with replacing(file) as stream:
        stream.write("whole")
    assert file.read_text() == "whole"
