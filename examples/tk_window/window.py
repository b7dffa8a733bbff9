"""The window: a Tk program whose thread is an STA. `python window.py`. Close ends it.

No thread is added and no lock: Tk's own loop serves the apartment.
"""

from __future__ import annotations

import threading
import tkinter as tk
from tkinter import ttk

from tk_window_idl import CLSID_Window, IWindow

import pyorpc
from pyorpc import COINIT


class Window(IWindow):
    """One bar for each worker. Its methods run on Tk's thread, so they may touch the widgets."""

    def __init__(self, root: tk.Tk) -> None:
        self._root = root
        self._bars: dict[str, ttk.Progressbar] = {}
        self._shown: dict[str, int] = {}

    def Show(self, worker: str, percent: int) -> None:
        if worker not in self._bars:
            row = len(self._bars)
            ttk.Label(self._root, text=worker).grid(row=row, column=0, padx=10, pady=10)
            self._bars[worker] = ttk.Progressbar(self._root, length=300)
            self._bars[worker].grid(row=row, column=1, padx=10, pady=10)
        self._bars[worker]["value"] = self._shown[worker] = percent

    def Finished(self) -> tuple[int, int]:
        self._root.update_idletasks()  # what was shown is drawn
        return list(self._shown.values()).count(100), threading.get_ident()

    def Close(self) -> None:
        self._root.after_idle(self._root.destroy)  # after this call was answered


def serve(_descriptor: object, _mask: int) -> None:
    pyorpc.pump_waiting_messages()


def main() -> None:
    root = tk.Tk()
    root.title("Workers")
    with pyorpc.enter_apartment(COINIT.APARTMENTTHREADED):
        # Tk watches the descriptor beside its own events, and pumps when there is something.
        root.createfilehandler(pyorpc.apartment_fileno(), tk.READABLE, serve)
        cookie = pyorpc.register_active_object(Window(root), CLSID_Window)
        print(f"ready: Tk's thread is {threading.get_ident()}", flush=True)
        root.mainloop()
        pyorpc.revoke_active_object(cookie)


if __name__ == "__main__":
    main()
