"""Writes a file in one step: whoever reads it sees the old text or the new one, whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Give a file new content; it keeps its permissions, and a link stays one."""
    real = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if real.exists():
            shutil.copymode(real, scratch)
        else:
            scratch.chmod(0o666 & ~_umask())
        scratch.replace(real)
    except BaseException:
        with suppress(FileNotFoundError):
            scratch.unlink()
        raise


def _umask() -> int:
    """Give the mask of new files, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
