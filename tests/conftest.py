"""Every test runs in a home of its own and leaves no thread and no process behind."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings

from tests.support.child import Child
from tests.support.waiting import wait_until

# trio keeps idle threads for ten seconds; they are nobody's.
LEFT_S = 6.0  # for a server to end by itself, on a machine that does much else
_NOT_OURS = ("Trio thread", "trio-")


class Spawn(Protocol):
    """spawn(function, *args): run function(Parent, *args) in a child process of this test."""

    def __call__(
        self, function: Any, *args: Any, environment: Mapping[str, str] | None = None
    ) -> Child: ...


# A busy machine draws slowly, and needs no telling.
settings.register_profile("pyorpc", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("pyorpc")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A PYORPC_HOME for this test alone, and a run directory short enough for ipc (107 bytes).

    After the test no thread and no process of it may live on for longer than LEFT_S.
    """
    threads = set(threading.enumerate())
    place = Path(tempfile.mkdtemp(prefix="o-", dir="/tmp"))
    for name in [name for name in os.environ if name.startswith("PYORPC_")]:
        monkeypatch.delenv(name)
    for name, folder in (("PYORPC_HOME", place / "home"), ("XDG_RUNTIME_DIR", place / "run")):
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))
    yield place / "home"
    _refuse_what_is_left(threads, place)
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def spawn(home: Path) -> Iterator[Spawn]:
    """Start child processes that end with the test at the latest; a failure shows their stderr."""
    assert home.is_dir()
    children: list[Child] = []

    def start(function: Any, *args: Any, environment: Mapping[str, str] | None = None) -> Child:
        children.append(Child(function, *args, environment=environment))
        return children[-1]

    yield start
    for child in reversed(children):
        if written := child.stderr:
            print(f"stderr of {child}:\n{written}")  # pytest shows it if the test failed
        child.close()


def _refuse_what_is_left(threads: set[threading.Thread], place: Path) -> None:
    def left_behind() -> list[str]:
        new = [thread for thread in threading.enumerate() if thread not in threads]
        names = [thread.name for thread in new if not thread.name.startswith(_NOT_OURS)]
        return names + [f"process {pid}" for pid in _processes_of(place)]

    try:
        wait_until(lambda: not left_behind(), timeout_s=LEFT_S)
    except AssertionError:
        names = left_behind()
        for pid in _processes_of(place):
            os.kill(pid, signal.SIGKILL)
        pytest.fail(f"left behind: {', '.join(names)}")


def _processes_of(place: Path) -> list[int]:
    """The processes that inherited this test's home, whoever started them."""
    mark = f"{place}/".encode()
    found: list[int] = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):  # ended meanwhile, or somebody else's
            if process.name.isdigit() and mark in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found
