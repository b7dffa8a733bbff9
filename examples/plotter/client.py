"""A client of the plotter: `python client.py json FOLDER` draws the sizes of the package's modules.

Checks that what comes back is a picture, and writes it to FOLDER/json.png.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
from pathlib import Path

from plotter_idl import CLSID_Plotter, IPlotter, Picture

import pyorpc

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def sizes_of(package: str) -> list[int]:
    """The sizes of a package's modules, smallest first."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return sorted(path.stat().st_size for path in Path(spec.origin).parent.rglob("*.py"))


def width_and_height(picture: Picture) -> tuple[int, int]:
    """What the head of a PNG file says. ValueError if it is none."""
    if not picture.png.startswith(SIGNATURE) or picture.png[12:16] != b"IHDR":
        raise ValueError("this is no picture")
    width, height = struct.unpack(">II", picture.png[16:24])
    return width, height


def main() -> None:
    package, folder = sys.argv[1], Path(sys.argv[2])
    sizes = sizes_of(package)
    with pyorpc.enter_apartment():
        plotter = pyorpc.create_instance(CLSID_Plotter, IPlotter)
        title = f"The modules of {package}, in bytes"
        picture = plotter.Plot(title, len(sizes), range(len(sizes)), sizes)
    width, height = width_and_height(picture)
    (folder / f"{package}.png").write_bytes(picture.png)
    print(f"{package}: {width} x {height}, {picture.size} bytes, by thread {picture.thread}")


if __name__ == "__main__":
    main()
