"""A worker: `python worker.py NAME STEPS`. It works, and tells the window how far it is."""

from __future__ import annotations

import sys

from tk_window_idl import CLSID_Window, IWindow

import pyorpc


def main() -> None:
    name, steps = sys.argv[1], int(sys.argv[2])
    with pyorpc.enter_apartment():
        window = pyorpc.get_active_object(CLSID_Window, IWindow)
        for step in range(1, steps + 1):
            sum(number * number for number in range(2000))  # the work
            window.Show(name, step * 100 // steps)  # one-way: back at once
        # A proxy's release waits behind its one-way calls: none is lost by leaving.


if __name__ == "__main__":
    main()
