"""A window on a display in memory, written to by other processes; a picture of it shows that."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from PIL import Image, ImageGrab

from tests.examples.running import EXAMPLES, run_example
from tests.support.waiting import DEADLINE_S

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("_tkinter") is None, reason="this Python has no tkinter"
    ),
]


@contextmanager
def display() -> Generator[str]:
    """A screen in memory."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as number:
                yield f":{number.readline().strip()}"
        finally:
            server.terminate()


def test_three_processes_fill_their_bars_in_one_window() -> None:
    with display() as name:
        command = [sys.executable, str(EXAMPLES / "tk_window" / "main.py"), "--keep"]
        with subprocess.Popen(
            command,
            env=os.environ | {"DISPLAY": name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as example:
            assert example.stdin is not None
            assert example.stdout is not None
            ready, finished = example.stdout.readline(), example.stdout.readline()
            picture = ImageGrab.grab(xdisplay=name)
            example.stdin.write("\n")
            example.stdin.close()
            assert example.wait(DEADLINE_S) == 0
    assert "3 of 3 bars are full" in finished
    assert re.findall(r"\d{6,}", ready) == re.findall(r"\d{6,}", finished)  # Tk's own thread
    assert bars_in(picture) == 3


def bars_in(picture: Image.Image) -> int:
    """How many rows of the picture's are full bars: a block of one colour, 250 pixels wide."""
    pixels = picture.convert("RGB")
    width, height = pixels.size
    background = {(0, 0, 0), pixels.getpixel((5, 5))}
    bars, was_bar = 0, False
    for y in range(height):
        row = [pixels.getpixel((x, y)) for x in range(width)]
        widest = max(set(row) - background, key=row.count, default=None)
        is_bar = widest is not None and row.count(widest) > 250
        bars += is_bar and not was_bar
        was_bar = is_bar
    return bars


def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "skipped, there can be no window" in run_example("tk_window/main.py")
