"""The plotter. `pyorpc serve server:Plotter` serves it from an STA, and Ctrl-C ends that."""

# pyright: reportUnknownMemberType=false
# matplotlib does not say what its **kwargs are.

from __future__ import annotations

import io
import threading
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib import pyplot as plt
from plotter_idl import CLSID_Plotter, IPlotter, Picture

from pyorpc import ThreadingModel, coclass

mpl.use("Agg")  # draws into memory, needs no screen


# None: all instances of the class live in one STA, the main one. That is what a library needs which
# is not thread-safe and keeps state of its own: pyplot has one current figure for everybody.
@coclass(CLSID_Plotter, "Example.Plotter", ThreadingModel.NONE)
class Plotter(IPlotter):
    """Draws with pyplot, as one does in a notebook."""

    def Plot(self, title: str, count: int, x: Sequence[float], y: Sequence[float]) -> Picture:
        plt.figure(figsize=(6, 4), dpi=100)
        plt.title(title)
        plt.plot(x, y)
        png = io.BytesIO()
        plt.savefig(png, format="png")
        plt.close()
        return Picture(threading.get_ident(), png.tell(), png.getvalue())
