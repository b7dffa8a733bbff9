"""Refuses, at import, to run where pyorpc does not work: anything but Linux and CPython."""

from __future__ import annotations

import sys
from typing import Final

PLATFORM: Final = f"{sys.implementation.name} on {sys.platform}"


def refuse_unsupported(system: str, implementation: str) -> None:
    """Raises ImportError that names what is missing."""
    if system != "linux" or implementation != "cpython":
        raise ImportError(
            f"pyorpc runs with CPython on Linux (it needs epoll, eventfd and pidfd); this is "
            f"{implementation} on {system}"
        )


refuse_unsupported(sys.platform, sys.implementation.name)
