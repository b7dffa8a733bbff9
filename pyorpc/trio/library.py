"""The library trio, which is an extra; where it is missing, importing `pyorpc.trio` says so."""

from __future__ import annotations

try:
    import trio
except ImportError as error:
    raise ImportError(
        "pyorpc.trio needs trio, which is not installed: pip install 'pyorpc[trio]'"
    ) from error

__all__ = ["trio"]
