"""Replaces a file of the user's in one step, as an editor would."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pyorpc.midl.atomic_file import write_atomically


def replace_file(path: Path, content: bytes) -> None:
    """Give a file new content; it keeps its permissions, and a link stays one."""
    real = path.resolve()
    mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else 0o666 & ~_umask()
    write_atomically(real, content, mode)


def _umask() -> int:
    """Give the mask of new files, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
