"""What of a remote traceback is sent, and how it is shown: text, where policy allows it."""

from __future__ import annotations

import gc
import logging
import os
import re
import subprocess
import sys
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, DeadlockError
from pyorpc.remoting.remote_traceback import HEADING, show, traceback_of
from pyorpc.wire.error_info import LONGEST_TEXT
from tests.conftest import Spawn
from tests.support.child import ROOT, Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
ON = {"remote_traceback": True}


class Failing(Probe):
    """Fails by itself, or with the call that it makes."""

    error: BaseException | None = None

    def Echo(self, text: str) -> str:
        if self.held is not None:
            return self.held.Echo(text)
        raise self.error or ValueError("no film")

    def LetGo(self) -> None:
        assert self.held is not None
        try:
            self.held.Echo("")
        except ComError as error:
            raise RuntimeError("the camera is no use") from error


def raised(call: Callable[[], object]) -> ComError:
    with pytest.raises(ComError) as failed:
        call()
    return failed.value


def notes_of(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


# ---- a real program ---------------------------------------------------------------------------

PROGRAM = """\
import sys
import pyorpc
from tests.support.probe_idl import IProbe

with pyorpc.enter_apartment():
    camera = pyorpc.unmarshal_interface(bytes.fromhex(sys.argv[1]), IProbe)
    camera.{method}
"""


def serve_failing(test: Parent) -> None:
    with in_apartment(MTA, **ON):
        failing = Failing()
        test.send(pyorpc.marshal_interface(failing, IProbe))
        if packet := test.receive(60):
            failing.held = pyorpc.unmarshal_interface(packet, IProbe)
            test.send("holds it")
            test.receive(60)
            failing.held = None


def stderr_of(tmp_path: Path, method: str, packet: bytes, *, shows: bool) -> str:
    script = tmp_path / "photograph.py"
    script.write_text(PROGRAM.format(method=method))
    done = subprocess.run(
        [sys.executable, str(script), packet.hex()],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYORPC_REMOTE_TRACEBACK": str(int(shows))},
        capture_output=True,
        text=True,
        check=False,
        timeout=25,
    )
    assert done.returncode == 1
    return done.stderr


def test_an_uncaught_failure_shows_where_it_happened_in_every_process(
    spawn: Spawn, tmp_path: Path
) -> None:
    last, middle = spawn(serve_failing), spawn(serve_failing)
    middle_packet = middle.receive()
    middle.send(last.receive())
    assert middle.receive() == "holds it"
    shown = stderr_of(tmp_path, 'Echo("")', middle_packet, shows=True)
    local, *remote = re.split(rf"(?m)^{HEADING}(?=\d)", shown)
    assert local.startswith("Traceback (most recent call last):")
    assert "photograph.py" in local
    assert "RPC_E_SERVERFAULT (0x80010105): IProbe.Echo raised ValueError: no film\n" in local
    assert [part.partition(",")[0] for part in remote] == [str(middle.pid), str(last.pid)]
    assert "return self.held.Echo(text)" in remote[0]
    assert "raise self.error" in remote[1]
    assert remote[1].endswith("\n    ValueError: no film\n")
    for part in remote:
        heading, *lines = part.rstrip().split("\n")
        assert re.fullmatch(r"\d+, thread .+:", heading)
        assert lines[0] == "    Traceback (most recent call last):"
        assert all(line.startswith("    ") for line in lines)
        assert "incoming_call" not in part
    last.send("")
    middle.send("")


def test_the_callers_own_setting_decides_whether_it_is_shown(spawn: Spawn, tmp_path: Path) -> None:
    child = spawn(serve_failing)
    shown = stderr_of(tmp_path, 'Echo("")', child.receive(), shows=False)
    assert "ValueError: no film" in shown
    assert HEADING not in shown
    child.send("")


# ---- policy -----------------------------------------------------------------------------------


@pytest.mark.parametrize("callee", [True, False])
@pytest.mark.parametrize("caller", [True, False])
def test_both_sides_decide(*, callee: bool, caller: bool) -> None:
    with (
        FarRuntime(MTA, Failing(), remote_traceback=callee) as far,
        in_apartment(STA, remote_traceback=caller),
    ):
        pointer = far.pointer()
        error = raised(lambda: pointer.Echo(""))
        assert (error.remote_traceback is not None) == callee
        assert bool(notes_of(error)) == (callee and caller)


def test_a_middle_process_that_sends_none_passes_none_on() -> None:
    middle = Failing()
    with (
        FarRuntime(MTA, Failing(), **ON) as last,
        FarRuntime(MTA, middle) as far,
        in_apartment(MTA, **ON),
    ):
        far.thread.run(hold, middle, last.packet())
        pointer = far.pointer()
        error = raised(lambda: pointer.Echo(""))
        assert (error.remote_traceback, notes_of(error)) == (None, [])
        far.thread.run(let_go, middle)


def hold(holder: Probe, packet: bytes) -> None:
    holder.held = pyorpc.unmarshal_interface(packet, IProbe)


def let_go(holder: Probe) -> None:
    holder.held = None


# ---- several hops -----------------------------------------------------------------------------


def test_each_hop_is_there_once_and_in_order() -> None:
    hops = [Failing() for _ in range(4)]
    with ExitStack() as stack:
        fars = [stack.enter_context(FarRuntime(MTA, hop, **ON)) for hop in hops]
        stack.enter_context(in_apartment(MTA, **ON))
        for far, holder, held in zip(fars, hops, fars[1:], strict=False):
            far.thread.run(hold, holder, held.packet())
        pointer = fars[0].pointer()
        error = raised(lambda: pointer.Echo(""))
        for far, hop in zip(fars, hops, strict=True):
            far.thread.run(let_go, hop)
    parts = (error.remote_traceback or "").split(HEADING)
    assert len(parts) == 1 + len(hops)
    assert [part.count("return self.held.Echo(text)") for part in parts] == [0, 1, 1, 1, 0]
    assert [part.count("raise self.error") for part in parts] == [0, 0, 0, 0, 1]
    assert notes_of(error) == [error.remote_traceback]


@pytest.mark.parametrize("middle_shows", [True, False])
def test_an_error_that_has_another_as_its_cause_brings_that_ones_part_too(
    *, middle_shows: bool
) -> None:
    middle = Failing()
    with (
        FarRuntime(MTA, Failing(), **ON) as last,
        FarRuntime(MTA, middle, **ON) as far,
        in_apartment(MTA, remote_traceback=middle_shows),
    ):
        far.thread.run(hold, middle, last.packet())
        pointer = far.pointer()
        error = raised(pointer.LetGo)
        text = error.remote_traceback or ""
        assert text.count(HEADING) == 2
        assert text.count("ValueError: no film") == 1 + 1  # the text of the failure, and the origin
        assert "direct cause" in text
        assert "RuntimeError: the camera is no use" in text
        assert bool(notes_of(error)) == middle_shows
        far.thread.run(let_go, middle)


# ---- what kinds of errors ----------------------------------------------------------------------


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("error", "last_line"),
    [
        (ComError(HRESULT.E_ACCESSDENIED, "not you"), "AccessDeniedError: E_ACCESSDENIED"),
        (DeadlockError(HRESULT.RPC_E_TIMEOUT, "a ring", cycle=("a", "b")), "DeadlockError: RPC_E"),
        (UnspeakableError(), "UnspeakableError: <exception str() failed>"),
        (ValueError("\ud800\x1b[31m"), "ValueError: "),
        (ExceptionGroup("several", [ValueError("one")]), "several (1 sub-exception)"),
    ],
    ids=["its own", "a deadlock", "unspeakable", "unwritable", "a group"],
)
@pytest.mark.parametrize("where", ["another process", "another apartment"])
def test_whatever_is_raised_the_call_is_answered(
    error: BaseException, last_line: str, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    # What the log is told cannot be written as UTF-8, as the reports of test runs are.
    caplog.set_level(logging.CRITICAL, "pyorpc.calls")
    failing = Failing()
    failing.error = error
    with in_apartment(MTA, **ON) as near:
        if where == "another process":
            with FarRuntime(STA, failing, **ON) as far:
                seen = raised(lambda: far.pointer().Echo(""))
        else:
            with ProbeThread(near, STA, failing) as thread:
                pointer = pyorpc.unmarshal_interface(thread.packet, IProbe)
                seen = raised(lambda: pointer.Echo(""))
    [note] = notes_of(seen)
    assert note.startswith(f"{HEADING}{os.getpid()}, thread ")
    assert last_line in note
    assert "raise self.error or" in note
    assert "\x1b" not in note
    error.__traceback__ = None


def test_what_the_runtime_refused_has_no_remote_traceback() -> None:
    with FarRuntime(MTA, None, **ON) as far, in_apartment(MTA, **ON):
        pointer: Any = far.pointer()
        far.thread.run(pyorpc.disconnect_object, far.probe)
        assert raised(lambda: pointer.Echo("")).remote_traceback is None


def test_a_failure_keeps_no_frames_of_the_other_side() -> None:
    class Big:
        """Dies with the frames of the method."""

    dead: list[int] = []

    class Local(Failing):
        def Echo(self, text: str) -> str:
            big = Big()
            weakref.finalize(big, dead.append, 1)
            raise ComError(HRESULT.E_FAIL, repr(big))  # (pytest keeps what is logged)

    with in_apartment(MTA, **ON) as near, ProbeThread(near, STA, Local()) as thread:
        pointer = pyorpc.unmarshal_interface(thread.packet, IProbe)
        error = raised(lambda: pointer.Echo(""))
        gc.collect()
        assert dead == [1]
        assert error.__cause__ is error.__context__ is None


# ---- bounds -----------------------------------------------------------------------------------


def test_it_is_bounded() -> None:
    def deep(number: int) -> None:
        if number == 0:
            raise ValueError("x" * LONGEST_TEXT * 2)
        deep(number - 1)

    with pytest.raises(ValueError, match="xxx") as failed:
        deep(100)
    text = traceback_of(failed.value) or ""
    assert len(text) == LONGEST_TEXT
    assert text.endswith("xxx")


def test_a_cycle_of_causes_ends() -> None:
    one, other = ValueError("one"), ComError(HRESULT.E_FAIL, "other", remote_traceback="behind")
    one.__context__, other.__context__ = other, one
    try:
        raise one
    except ValueError as error:
        text = traceback_of(error) or ""
    assert text.count("behind") == 1
    one.__context__ = other.__context__ = None


def test_control_characters_of_a_peer_are_not_shown_as_such() -> None:
    error = ComError(HRESULT.E_FAIL, "no", remote_traceback="\x1b[2J\x00ok\r\n\tthere \x9b")
    show(error)
    assert notes_of(error) == ["\\x1b[2J\\x00ok\\x0d\n\tthere \\x9b"]
    quiet = ComError(HRESULT.E_FAIL)
    show(quiet)
    assert notes_of(quiet) == []
