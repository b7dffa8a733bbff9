"""pyplot for many callers: pictures, all by one thread, none mixed with another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.examples.running import run_example

PACKAGES = ("asyncio", "email", "encodings", "json", "unittest", "xml")


@pytest.mark.processes
def test_every_caller_gets_its_own_picture_from_the_one_thread(tmp_path: Path) -> None:
    printed = run_example("plotter/main.py", tmp_path)

    seen: set[bytes] = set()
    for package in PACKAGES:
        assert (tmp_path / f"{package}.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        with Image.open(tmp_path / f"{package}.png") as picture:
            assert picture.size == (600, 400)
            pixels = picture.convert("RGB")
            assert len(pixels.getcolors(maxcolors=600 * 400) or []) > 10  # something is drawn
            seen.add(pixels.tobytes())
    assert len(seen) == len(PACKAGES)

    assert "6 of 6 pictures are the same" in printed  # as those drawn one after the other
    threads = re.findall(r"by thread (\d+)", printed)
    assert len(threads) == 2 * len(PACKAGES)
    assert len(set(threads)) == 1
