"""Remembers of what each module was made, so that an unchanged file is not compiled again.

A record says which texts were read, what was asked for and what came out, by their hashes. A module
is up to date as long as all of them are the same; nothing about it is in the module itself.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pyorpc.midl.emit.names import package_of
from pyorpc.midl.tree_cache import digest, digest_of_compiler, keep_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SUFFIX = ".built"
COMPILER = ("**/*.lark", "**/*.py")


class BuildRecord(msgspec.Struct, frozen=True, array_like=True):
    """One module: the hash of what was asked for, of its bytes, and of each file that was read."""

    request: str
    module: str
    read: dict[str, str]


class BuildRecords:
    """The records in a folder; without one, nothing is remembered."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def is_current(self, module: Path, request: str) -> bool:
        """True if the module is what the request would give again."""
        path = self._path(module)
        if path is None:
            return False
        try:
            record = msgspec.msgpack.decode(path.read_bytes(), type=BuildRecord)
            if record.request != request or record.module != _digest_of(module):
                return False
            return all(_digest_of(Path(name)) == known for name, known in record.read.items())
        except (OSError, msgspec.MsgspecError):
            return False

    def note(self, module: Path, request: str, read: Iterable[Path]) -> None:
        """Remember a module that was written just now."""
        path = self._path(module)
        if path is None:
            return
        with suppress(OSError):  # what cannot be remembered is compiled again
            known = {str(one): _digest_of(one) for one in read}
            record = BuildRecord(request, _digest_of(module), known)
            keep_in(path.parent, path.name, msgspec.msgpack.encode(record))

    def _path(self, module: Path) -> Path | None:
        name = digest(str(module.resolve())) + SUFFIX
        return None if self._folder is None else self._folder / name


def request_of(
    source: Path,
    include: Sequence[Path],
    defined: Mapping[str, str],
    output: Path,
    *,
    with_imported: bool = False,
) -> str:
    """Give the hash of what is asked for: the file, the options, and the compiler itself."""
    parts = [
        compiler_digest(),
        str(source.resolve()),
        package_of(output),
        "with imported" if with_imported else "",
        *(str(folder.resolve()) for folder in include),
        *(f"{name}={value}" for name, value in sorted(defined.items())),
    ]
    return digest("\n".join(parts))


@cache
def compiler_digest() -> str:
    """Give the hash of the compiler: another one may write other modules."""
    return digest_of_compiler(COMPILER)


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
