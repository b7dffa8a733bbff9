"""Keeps the syntax trees of files by what is in them, so that imports are parsed once.

An entry is named after the hash of the file's text, the macros of the command line and the parser
itself, and lists the files that were included: it holds as long as each of those is found again
with the same text. An entry that cannot be read is no entry. Only trees without errors are kept.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pyorpc.midl import syntax
from pyorpc.midl.atomic_file import write_atomically
from pyorpc.midl.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyorpc.midl.source import Sources

MOST_ENTRIES = 2_000
PARSER = ("*.lark", "*.py", "preprocess/*.py")


class IncludedFile(msgspec.Struct, frozen=True, array_like=True):
    """A file that was included: its name, by which of the files, and the hash of its text."""

    name: str
    includer: int
    digest: str


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one file. A place names its file by the place in the list."""

    included: tuple[IncludedFile, ...]
    tree: msgspec.Raw


class TreeCache:
    """Trees in memory, and in a folder if there is one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def load(self, source: SourceFile, sources: Sources) -> tuple[syntax.Declaration, ...] | None:
        """Give the tree of a file; None if it is not here, or what it includes has changed."""
        content = self._read(_key(source, sources))
        if content is None:
            return None
        try:
            entry = msgspec.msgpack.decode(content, type=_Entry)
            files = _files(source, sources, entry.included)
            if files is None:
                return None

            def file_at(_type: type, index: int) -> SourceFile:
                return files[index]

            decoder = msgspec.msgpack.Decoder(tuple[syntax.Declaration, ...], dec_hook=file_at)
            return decoder.decode(entry.tree)
        except (msgspec.MsgspecError, IndexError, TypeError, RecursionError, OSError):
            return None

    def store(
        self,
        source: SourceFile,
        sources: Sources,
        included: Sequence[tuple[str, SourceFile, SourceFile]],
        tree: tuple[syntax.Declaration, ...],
    ) -> None:
        """Keep the tree of a file, and what was included: names, by whom, and the files."""
        files: dict[SourceFile, int] = {source: 0}
        listed: list[IncludedFile] = []
        for name, includer, found in included:
            if found not in files:
                files[found] = len(files)
                listed.append(IncludedFile(name, files[includer], digest(found.text)))
        try:
            encoded = msgspec.msgpack.encode(tree, enc_hook=lambda one: files[one])
        except RecursionError:
            return
        entry = msgspec.msgpack.encode(_Entry(tuple(listed), msgspec.Raw(encoded)))
        self._write(_key(source, sources), entry)

    def _read(self, key: str) -> bytes | None:
        found = self._memory.get(key)
        if found is None and self._folder is not None:
            with suppress(OSError):
                found = (self._folder / key).read_bytes()
        return found

    def _write(self, key: str, content: bytes) -> None:
        self._memory[key] = content
        if self._folder is not None:
            with suppress(OSError):  # a cache that cannot be written is none
                keep_in(self._folder, key, content)
                _forget_oldest(self._folder)


def keep_in(folder: Path, name: str, content: bytes) -> None:
    """Write a file of the cache's folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / name, content)


def digest(text: str) -> str:
    """Give the hash of a text."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


@cache
def parser_digest() -> str:
    """Give the hash of the parser: another one may make other trees."""
    return digest_of_compiler(PARSER)


def digest_of_compiler(patterns: Sequence[str]) -> str:
    """Give the hash of the compiler's own files that fit one of the patterns."""
    folder = Path(__file__).parent
    paths = sorted(path for pattern in patterns for path in folder.glob(pattern))
    return digest("".join(path.read_text("utf-8") for path in paths))


def _key(source: SourceFile, sources: Sources) -> str:
    macros = "".join(f"{name}={value}\n" for name, value in sorted(sources.predefined.items()))
    return digest(f"{parser_digest()}\n{macros}\n{source.text}")


def _files(
    source: SourceFile, sources: Sources, included: Sequence[IncludedFile]
) -> list[SourceFile] | None:
    """Find the included files again; None if one is not there or is another."""
    files = [source]
    for one in included:
        path = sources.path_of(one.name, files[one.includer])
        found = sources.open(path) if path is not None else None
        if found is None or digest(found.text) != one.digest:
            return None
        files.append(found)
    return files


def _forget_oldest(folder: Path) -> None:
    """Delete a quarter of the entries when there are too many."""
    entries = [entry for entry in os.scandir(folder) if entry.is_file()]
    if len(entries) <= MOST_ENTRIES:
        return
    entries.sort(key=lambda entry: entry.stat().st_mtime)
    for entry in entries[: MOST_ENTRIES // 4]:
        Path(entry.path).unlink(missing_ok=True)
