"""Starting commands, and hearing of their signals and their ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyorpc import HRESULT, ComError, Runtime
from pyorpc.activation.launcher import Launch, Launcher
from pyorpc.activation.ready_signal import READY
from pyorpc.activation.surroundings import own_surroundings
from pyorpc.ids import Clsid, Guid

X = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b01"))
Y = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1b02"))
WAITING = (sys.executable, "-c", "import sys; sys.stdin.read(); import time; time.sleep(30)")
SIGNALLING = (
    sys.executable,
    "-c",
    "import os, socket, sys, time\n"
    "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    f"s.sendto(b'x', os.environ[{READY!r}])\n"
    "time.sleep(30)",
)


@pytest.fixture
def launcher(home: Path) -> Iterator[Launcher]:
    with Runtime() as runtime, runtime.enter_apartment():
        launcher = Launcher(runtime, home)
        launcher.open()
        yield launcher
        launcher.close()


def launch(launcher: Launcher, argv: tuple[str, ...], clsid: Clsid = X) -> Launch:
    return launcher.launch(argv, clsid, own_surroundings(), 10)


def end(launcher: Launcher, launched: Launch) -> None:
    launched.child.kill()
    wait_for(launcher, lambda: launched.has_ended)


def wait_for(launcher: Launcher, condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 10
    while True:
        seen = launcher.changes
        if condition():
            return
        assert launcher.wait(seen, deadline)


def test_a_start_under_way_is_joined_for_every_class_of_the_command(launcher: Launcher) -> None:
    first = launch(launcher, WAITING)
    assert launch(launcher, WAITING) is first
    assert launch(launcher, WAITING, Y) is first
    first.served.add(X)
    second = launch(launcher, WAITING)
    assert second is not first
    assert launch(launcher, WAITING, Y) is first
    end(launcher, first)
    assert launch(launcher, WAITING, Y) is second
    end(launcher, second)


def test_a_start_that_took_too_long_is_not_joined(launcher: Launcher) -> None:
    first = launch(launcher, WAITING)
    second = launcher.launch(WAITING, X, own_surroundings(), 0)
    assert second is not first
    for each in (first, second):
        end(launcher, each)


def test_a_signal_ends_the_wait(launcher: Launcher) -> None:
    seen = launcher.changes
    launched = launch(launcher, SIGNALLING)
    assert launcher.wait(seen, time.monotonic() + 10)
    assert not launched.has_ended
    end(launcher, launched)


def test_the_end_of_a_server_ends_the_wait_and_its_words_are_kept(launcher: Launcher) -> None:
    argv = (sys.executable, "-c", "import sys; print('so sorry'); sys.exit(3)")
    launched = launch(launcher, argv)
    wait_for(launcher, lambda: launched.has_ended)
    assert launched.child.returncode == 3
    failure = launched.failure("ended")
    assert failure.hresult == HRESULT.CO_E_SERVER_EXEC_FAILURE
    assert failure.description.endswith("so sorry")


def words_of(launcher: Launcher, program: str) -> str:
    launched = launch(launcher, (sys.executable, "-c", program))
    wait_for(launcher, lambda: launched.has_ended)
    return launched.failure("ended").description.rpartition("...")[2]


def test_only_the_words_of_this_server_are_told(launcher: Launcher) -> None:
    assert words_of(launcher, "print('first')") == "first"
    assert words_of(launcher, "print('second')") == "second"


def test_a_wait_for_nothing_ends_in_time(launcher: Launcher) -> None:
    began = time.monotonic()
    assert not launcher.wait(launcher.changes, began + 0.2)
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("program", ["/no/such/program", "/etc/passwd", "no-such-program"])
def test_what_cannot_be_started_is_named(launcher: Launcher, program: str) -> None:
    with pytest.raises(ComError, match=program) as failed:
        launch(launcher, (program,))
    assert failed.value.hresult == HRESULT.CO_E_CREATEPROCESS_FAILURE
