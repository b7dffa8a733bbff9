"""The window and its workers from start to end: `python main.py [--keep]`; it needs a display.

With --keep the window stays until Enter is pressed here.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

from tk_window_idl import CLSID_Window, IWindow

import pyorpc

WORKERS = ("alice", "bob", "carol")
STEPS = 200
WAIT_S = 20
HERE = Path(__file__).resolve().parent
show = functools.partial(print, flush=True)  # in order with what the other processes print


def why_there_is_no_window() -> str:
    try:
        import tkinter as tk  # noqa: PLC0415  # it is missing in some Pythons
    except ImportError:
        return "this Python has no tkinter"
    try:
        tk.Tk().destroy()
    except tk.TclError as error:
        return str(error)
    return ""


@contextlib.contextmanager
def window() -> Generator[IWindow]:
    """The window's process, until it has closed its window."""
    command = [sys.executable, str(HERE / "window.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        show(process.stdout.readline().strip())
        try:
            with pyorpc.enter_apartment():
                yield pyorpc.get_active_object(CLSID_Window, IWindow)
            process.wait(WAIT_S)
        finally:
            process.terminate()


def await_workers(of: IWindow) -> tuple[int, int]:
    """The window may be told of the last steps a little later than the workers end."""
    give_up_at = time.monotonic() + WAIT_S
    while (found := of.Finished())[0] < len(WORKERS) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return found


def story() -> None:
    with window() as shown:
        command = [sys.executable, str(HERE / "worker.py")]
        workers = [subprocess.Popen([*command, name, str(STEPS)]) for name in WORKERS]
        for worker in workers:
            worker.wait()
        finished, thread = await_workers(shown)
        show(f"{finished} of {len(WORKERS)} bars are full, drawn by thread {thread}")
        if "--keep" in sys.argv:
            sys.stdin.readline()
        shown.Close()


def main() -> None:
    reason = why_there_is_no_window()
    if reason:
        show(f"skipped, there can be no window: {reason}")
        return
    with tempfile.TemporaryDirectory(prefix="tk-") as scratch:
        # Every process below finds the others through this directory.
        os.environ["PYORPC_HOME"] = str(Path(scratch) / "home")
        story()


if __name__ == "__main__":
    main()
