"""`--watch` in a real process, and what it takes for a change."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyorpc.cli.replaced_file import replace_file
from pyorpc.cli.watched_files import WatchedFiles

DEADLINE_S = 20
THING = """import "unknwn.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01)]
interface IThing : IUnknown { HRESULT Do([in] long n); }
"""
USER = """import "thing.idl";
[object, uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b02)]
interface IUser : IUnknown { HRESULT Use([in] IThing *thing); }
"""


def test_a_file_that_was_only_touched_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.idl"
    path.write_text("long a;")
    watched = WatchedFiles({path: "long a;"}, {})
    assert not watched.have_changed()
    os.utime(path, (1, 1))
    assert not watched.have_changed()
    path.write_text("long b;")
    assert watched.have_changed()


def test_a_change_between_reading_and_the_first_look_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.idl"
    path.write_text("long b;")
    assert WatchedFiles({path: "long a;"}, {}).have_changed()


def test_a_file_that_is_gone_has_changed(tmp_path: Path) -> None:
    assert WatchedFiles({tmp_path / "a.idl": "long a;"}, {}).have_changed()


def test_a_folder_that_gets_a_file_has_changed(tmp_path: Path) -> None:
    found = tmp_path.stat()
    os.utime(tmp_path, (1, 1))
    sign = (1_000_000_000, found.st_size, found.st_ino)
    watched = WatchedFiles({}, {tmp_path: sign})
    assert not watched.have_changed()
    (tmp_path / "a.idl").touch()
    assert watched.have_changed()


class Watching:
    """A process that watches: its lines, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def lines_until(self, end: str) -> list[str]:
        """Give the lines up to one that ends so."""
        found = [self._lines.get(timeout=DEADLINE_S)]
        while not found[-1].endswith(end):
            found.append(self._lines.get(timeout=DEADLINE_S))
        return found

    def interrupt(self) -> int:
        """Press Ctrl-C; give the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(DEADLINE_S)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(DEADLINE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def watching(folder: Path, *arguments: str) -> Generator[Watching]:
    process = subprocess.Popen(
        [sys.executable, "-m", "pyorpc", "idl", *arguments, "--watch"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    found = Watching(process)
    try:
        yield found
    finally:
        found.close()


WAITING = "; waiting for a change"


def write(path: Path, text: str) -> None:
    """Write a file in one step: the process must not see half of it."""
    replace_file(path, text.encode())


@pytest.mark.processes
def test_compile_goes_on_when_an_imported_file_changes(tmp_path: Path) -> None:
    write(tmp_path / "thing.idl", THING)
    write(tmp_path / "user.idl", USER)
    with watching(tmp_path, "compile", "thing.idl", "user.idl") as process:
        assert process.lines_until(WAITING) == [f"wrote thing_idl.py, user_idl.py{WAITING}"]
        write(tmp_path / "thing.idl", THING.replace("Do(", "Make("))
        assert process.lines_until(WAITING) == [f"wrote thing_idl.py, user_idl.py{WAITING}"]
        assert "def Make(" in (tmp_path / "thing_idl.py").read_text()
        write(tmp_path / "thing.idl", THING.replace("long", "lnog"))
        lines = process.lines_until(WAITING)
        assert lines[0].startswith("thing.idl:3:47: error ORPC0202: ")
        assert lines[-1] == f"1 mistake{WAITING}"
        assert "def Make(" in (tmp_path / "thing_idl.py").read_text()
        assert process.interrupt() == 130


@pytest.mark.processes
def test_check_goes_on_when_a_missing_file_comes(tmp_path: Path) -> None:
    write(tmp_path / "user.idl", USER)
    with watching(tmp_path, "check", "user.idl") as process:
        assert "ORPC0009" in process.lines_until(WAITING)[0]
        write(tmp_path / "thing.idl", THING)
        assert process.lines_until(WAITING) == [f"nothing wrong in user.idl{WAITING}"]
        (tmp_path / "user.idl").unlink()
        assert process.lines_until("user.idl: No such file or directory")
        write(tmp_path / "user.idl", USER)
        assert process.lines_until(WAITING) == [f"nothing wrong in user.idl{WAITING}"]
        assert process.interrupt() == 130
        assert list(tmp_path.glob("*_idl.py")) == []


@pytest.mark.processes
def test_check_goes_on_when_an_included_file_changes(tmp_path: Path) -> None:
    """Also if the file that includes it was read from the cache."""
    write(tmp_path / "size.h", "#define SIZE 4\n")
    write(tmp_path / "user.idl", '#include "size.h"\nconst long A = SIZE;\n')
    for _ in range(2):
        with watching(tmp_path, "check", "user.idl") as process:
            assert process.lines_until(WAITING) == [f"nothing wrong in user.idl{WAITING}"]
            write(tmp_path / "size.h", '#define SIZE "four"\n')
            assert process.lines_until(WAITING)[-1] == f"1 mistake{WAITING}"
            write(tmp_path / "size.h", "#define SIZE 4\n")
            assert process.lines_until(WAITING) == [f"nothing wrong in user.idl{WAITING}"]
            assert process.interrupt() == 130
