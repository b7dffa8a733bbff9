"""Child: another Python process that runs one function of a test module and dies with the test.

The test:                                       The function, in the child:
    child = spawn(serve, "alpha")                   def serve(test: Parent, name: str) -> None:
    objref = child.receive()                            test.send(marshal(...))
    child.send("stop")                                  test.receive()
    assert child.join() == 0

Arguments and messages are what MessagePack carries. A child ends itself when the test process ends
or closes it; what it wrote to stderr is in `child.stderr` and in the text of every time-out.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.support.waiting import DEADLINE_S, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
_LARGEST = 1 << 20
_STOPPED = "T"


class Connection:
    """One end of the line between a test and its child: whole messages, in order."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def send(self, message: Any) -> None:
        self._line.send(msgspec.msgpack.encode(message))

    def receive(self, timeout_s: float = DEADLINE_S) -> Any:
        """The next message; TimeoutError after timeout_s, EOFError if the other side has gone."""
        self._line.settimeout(timeout_s)
        packed = self._line.recv(_LARGEST)
        if not packed:
            raise EOFError("the other side has gone")
        return msgspec.msgpack.decode(packed)

    def fileno(self) -> int:
        """Readable while `receive` has something to give."""
        return self._line.fileno()

    def close(self) -> None:
        self._line.close()


class Parent(Connection):
    """The test, as its child sees it."""


class Child(Connection):
    """A child process, as its test sees it. Has one owner, who closes it; `with` does."""

    def __init__(
        self,
        function: Callable[..., object],
        *args: Any,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(ours)
        lifeline, self._lifeline = os.pipe()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        self._last_words = ""
        self.name = f"{function.__module__}:{function.__qualname__}"
        command = [sys.executable, "-m", "tests.support.child_main"]
        numbers = [str(theirs.fileno()), str(lifeline), str(int(_is_main_thread()))]
        with theirs:
            self._process = subprocess.Popen(
                [*command, *numbers, self.name],
                pass_fds=(theirs.fileno(), lifeline),
                env={**os.environ, **(environment or {})},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stderr=self._stderr,
            )
        os.close(lifeline)
        self.send(list(args))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def stderr(self) -> str:
        """All that the child has written so far."""
        if self._stderr.closed:
            return self._last_words
        return os.pread(self._stderr.fileno(), _LARGEST, 0).decode(errors="replace")

    def receive(self, timeout_s: float = DEADLINE_S) -> Any:
        try:
            return super().receive(timeout_s)
        except TimeoutError:
            self.show_stacks()
            raise TimeoutError(f"{self}: no message in {timeout_s} s\n{self.stderr}") from None
        except (EOFError, ConnectionError):
            raise EOFError(f"{self} has gone\n{self.stderr}") from None

    def show_stacks(self) -> None:
        """Let the child write the stacks of all its threads to its stderr."""
        if not self.is_running or self._state() == _STOPPED:
            return
        size = len(self.stderr)
        self._process.send_signal(signal.SIGUSR1)
        with contextlib.suppress(AssertionError):  # it may just have ended
            wait_until(lambda: len(self.stderr) > size, timeout_s=1)

    def join(self, timeout_s: float = DEADLINE_S) -> int:
        """Wait for the child's end and return its exit code; minus the signal that killed it."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.show_stacks()
            raise TimeoutError(f"{self} has not ended in {timeout_s} s\n{self.stderr}") from None

    def kill9(self) -> None:
        """Kill it without notice, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Freeze it: nothing in it runs, its sockets stay open."""
        self._process.send_signal(signal.SIGSTOP)
        wait_until(lambda: self._state() == _STOPPED, f"{self} stops")

    def cont(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, if it still runs, by cutting its lifeline."""
        super().close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        try:
            if self.is_running:
                self.cont()
            self._process.wait(DEADLINE_S / 2)
        except subprocess.TimeoutExpired:
            self.kill9()
        self._last_words = self.stderr
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(f"stderr of {self}:\n{self.stderr}")
        self.close()

    def __repr__(self) -> str:
        return f"<Child {self.name} pid {self.pid}>"

    def _state(self) -> str:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2][:1]


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
