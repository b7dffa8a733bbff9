"""What a Child runs: `python -m tests.support.child_main LINE LIFELINE TIED module:function`."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import socket
import sys
import threading
from importlib import import_module

from tests.support.child import Parent

_PR_SET_PDEATHSIG = 1
_ORPHANED = 77


def main(line: int, lifeline: int, *, is_tied: bool, target: str) -> None:
    if is_tied:
        # Reaches a stopped process too; but the kernel means the parent's thread, not its process.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_die_with, args=(lifeline,), name="lifeline", daemon=True).start()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    test = Parent(socket.socket(fileno=line))
    args = test.receive()
    module, _, name = target.partition(":")
    function = import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    function(test, *args)  # type: ignore[operator]  # pyright: ignore[reportCallIssue]


def _die_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(_ORPHANED)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), is_tied=sys.argv[3] == "1", target=sys.argv[4])
