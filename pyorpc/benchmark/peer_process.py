"""PeerProcess: the child process that a workload calls, and the child's side of its control pipe.

The child says one line when it is ready and lives until its standard input ends: until it is
closed, or its parent is gone, however the parent went. It has a process group of its own, so that
Ctrl-C reaches the parent alone.
"""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pyorpc
from pyorpc.benchmark.workload import DEADLINE_S


class PeerProcess:
    """Runs this interpreter with `arguments`; the workload that made it closes it."""

    def __init__(self, *arguments: str, inherited_fds: Sequence[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _import_path()},
            pass_fds=inherited_fds,
            process_group=0,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ready_line(self) -> str:
        """What the child said. Raises RuntimeError if it ended or said nothing in time."""
        output = _pipe(self._process.stdout)
        if not select.select([output], [], [], DEADLINE_S)[0]:
            raise RuntimeError(f"process {self.pid} said nothing for {DEADLINE_S:g} s")
        line = output.readline().decode().strip()
        if not line:
            raise RuntimeError(f"process {self.pid} ended before it was ready")
        return line

    def close(self) -> None:
        """End the child's input; a child that stays all the same is killed."""
        _pipe(self._process.stdin).close()
        try:
            self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _pipe(self._process.stdout).close()


def serve_calls(apartment: str) -> None:
    """Serve in the apartment that this thread is in, STA or MTA, for as long as the process is."""
    if apartment == "STA":
        pyorpc.pump_messages()
    else:
        threading.Event().wait()


def end_with_parent() -> None:
    """In the child, on its main thread: end this process when its standard input ends."""
    threading.Thread(target=_wait_for_the_end_of_input, daemon=True).start()


def say_ready(line: str) -> None:
    """In the child: what `ready_line` returns in the parent."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _wait_for_the_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    main_thread = threading.main_thread().ident
    if main_thread is not None:
        signal.pthread_kill(main_thread, signal.SIGTERM)


def _import_path() -> str:
    here = str(Path(pyorpc.__file__).parents[1])
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "the child is started with pipes"
    return stream
